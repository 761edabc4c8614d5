"""A bucket with a folder's objects on AWS on this machine. Run as `python -m bench.bucket NAME FOLDER`.

It prints the environment of who wants to see the bucket, as JSON, and is there until its standard input ends.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from localaws.emulator import running


def main() -> None:
    """Serve the bucket."""
    bucket, folder = sys.argv[1], Path(sys.argv[2])
    with running() as aws:
        client = aws.client("s3")
        client.create_bucket(Bucket=bucket)

        def put(path: Path) -> None:
            client.put_object(Bucket=bucket, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())

        with ThreadPoolExecutor() as pool:
            list(pool.map(put, folder.rglob("*.gz")))
        caller = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        sys.stdout.write(json.dumps(caller) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
