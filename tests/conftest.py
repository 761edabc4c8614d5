"""Settings of all tests, and the fixtures that give a test AWS on this machine."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localaws.aws import LocalAws
    from localaws.deploy import Stack

# Answers are in the time zone of the machine.
os.environ["TZ"] = "UTC"

# A shell that starts the tests in the background has Ctrl-C ignored, by the commands that they start as well.
signal.signal(signal.SIGINT, signal.default_int_handler)

# An example costs about a millisecond; how long it takes is not what is tested.
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("thorough")
# `make fuzz`: what a night finds that a minute does not.
settings.register_profile("fuzz", parent=settings.get_profile("thorough"), max_examples=40_000)
# There are a thousand mutants, and a different set of examples for each would blame the wrong one.
settings.register_profile("mutants", deadline=None, max_examples=50, database=None, derandomize=True)


# The fixtures import localaws themselves: boto3, ministack and Pulumi take two seconds that a test of the reader saves.


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    """An empty AWS on this machine."""
    from localaws.emulator import running  # noqa: PLC0415

    with running() as aws:
        yield aws


@pytest.fixture
def dev(aws: LocalAws) -> Stack:
    """The dev stack, deployed to `aws`."""
    from localaws.deploy import Stack, deploy  # noqa: PLC0415

    stack = Stack()
    deploy(aws, stack, name="dev")
    return stack
