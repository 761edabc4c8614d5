"""`make test-trino`: the tests of the view on a real Trino. Without Maven or a JDK they are skipped, and said to be."""

import sys

import pytest

from tests.trino import toolchain


def main() -> int:
    """The exit code of the tests."""
    tools = toolchain.find()
    if isinstance(tools, str):
        print(f"The tests on a real Trino were SKIPPED: {tools}", file=sys.stderr)  # noqa: T201
        return 0
    return pytest.main(["tests/trino", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
