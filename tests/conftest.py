"""Settings of all tests, and the AWS on this machine for those that need it."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from localaws.aws import LocalAws
from localaws.deploy import Stack, deploy
from localaws.emulator import running

# Enough to meet each combination of the values that matter; and how long an example takes is not what is tested.
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("thorough")


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with running() as aws:
        yield aws


@pytest.fixture
def dev(aws: LocalAws) -> Stack:
    stack = Stack()
    deploy(aws, stack, name="dev")
    return stack
