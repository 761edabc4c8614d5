"""The life of a stack: preview, up, up again, refresh, drift, destroy."""

from collections.abc import Callable

import pytest

from localaws.aws import LocalAws
from tests.engine.stack import Stack
from tests.localaws.support import everything


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_a_stack_goes_up_stays_as_it_is_and_goes(aws: LocalAws, program: Callable[[str], Stack], name: str) -> None:
    stack = program(name)
    previewed = stack.preview()
    up = stack.up()
    assert previewed.created == up.created
    again = stack.up()
    assert not again.any(), again
    refreshed = stack.refresh()
    assert not refreshed.any(), refreshed
    assert not stack.preview().any()
    gone = stack.destroy()
    assert gone.deleted == up.created
    assert everything(aws) == []
