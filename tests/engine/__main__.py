"""`make test-engine`: the tests of this folder, or one clear message that there is nothing to run them with."""

import sys

import pytest

from tests.engine import cli


def main() -> int:
    """The exit code of the tests; 0 when they are skipped."""
    if cli.find() is None:
        print(cli.MISSING, file=sys.stderr)  # noqa: T201
        return 0
    return pytest.main(["--numprocesses", "auto", "--dist", "worksteal", "tests/engine", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
