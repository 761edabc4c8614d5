"""Today's program on the state that commit efc9f40 left."""

from collections.abc import Callable

import pytest

from localaws.aws import LocalAws
from tests.engine.provider import Named
from tests.engine.stack import Stack
from tests.engine.upgrade import recorded, recreate

MAY_BE_DELETED: dict[str, set[Named]] = {
    "dev": set(),
    "prod": {("BucketMetric", "ses-history-prod-alarms"), ("MetricAlarm", "ses-history-prod-alarms-undelivered")},
}
"""What today's program no longer has, and an upgrade so deletes."""


@pytest.mark.parametrize("name", MAY_BE_DELETED)
def test_an_upgrade_replaces_and_deletes_nothing(aws: LocalAws, program: Callable[[str], Stack], name: str) -> None:
    state = recorded(name)
    recreate(aws, state)
    stack = program(name)
    stack.import_state(state)
    assert not stack.refresh().any()
    before = stack.resources

    previewed = stack.preview()
    up = stack.up()

    for changes in (previewed, up):
        assert (changes.replaced, changes.deleted) == (set(), MAY_BE_DELETED[name])
    physical = {named: resource["id"] for named, resource in stack.resources.items() if "id" in resource}
    assert before.keys() - MAY_BE_DELETED[name] <= stack.resources.keys()
    assert all(physical[named] == before[named]["id"] for named in physical if "id" in before.get(named, {}))
    assert not stack.up().any()
    assert not stack.refresh().any()
