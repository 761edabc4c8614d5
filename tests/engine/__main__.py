"""`make test-engine`: the tests of the real engine and of the examples in other languages.

What there are no tools for is skipped, and said to be.
"""

import sys

import pytest

from tests.engine import cli


def main() -> int:
    """The exit code of the tests."""
    folders = ["tests/languages"]
    if cli.find() is None:
        print(cli.MISSING, file=sys.stderr)  # noqa: T201
    else:
        folders.append("tests/engine")
    return pytest.main(["--numprocesses", "auto", "--dist", "worksteal", "-rs", *folders, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
