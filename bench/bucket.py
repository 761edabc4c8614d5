"""A bucket of many objects on AWS on this machine. Run as `python -m bench.bucket NAME COUNT`.

It prints the environment of who wants to see the bucket, as JSON, and is there until its standard input ends.
"""

import gzip
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from localaws.emulator import running


def main() -> None:
    """Serve the bucket."""
    bucket, count = sys.argv[1], int(sys.argv[2])
    body = gzip.compress(b'{"eventType": "Send", "mail": {"messageId": "one"}}\n')
    with running() as aws:
        client = aws.client("s3")
        client.create_bucket(Bucket=bucket)

        def put(number: int) -> None:
            key = f"events/day=2026-11-{number % 28 + 1:02}/ses-history-1-2026-11-23-08-00-00-{number:08}.gz"
            client.put_object(Bucket=bucket, Key=key, Body=body)

        with ThreadPoolExecutor() as pool:
            list(pool.map(put, range(count)))
        caller = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        sys.stdout.write(json.dumps(caller) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
