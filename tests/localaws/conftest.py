"""AWS on this machine for the tests, with the dev stack deployed onto it."""

from collections.abc import Iterator

import pytest

from localaws.aws import LocalAws
from localaws.deploy import Stack, deploy
from localaws.emulator import running


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with running() as aws:
        yield aws


@pytest.fixture
def dev(aws: LocalAws) -> Stack:
    stack = Stack()
    deploy(aws, stack, name="dev")
    return stack
