"""From a message sent to a row found: SES, Firehose, S3, the tables in Glue, and who may query them."""

from collections.abc import Callable

import pytest

from localaws.aws import LocalAws
from localaws.deploy import Stack, deploy
from tests.localaws.support import send
from tests.trino.conftest import Ask
from tests.trino.server import QueryFailedError, Trino

ANSWERS = {
    "bounce": [("Send", None), ("Bounce", "Permanent")],
    "complaint": [("Send", None), ("Delivery", None), ("Complaint", None)],
    "success": [("Send", None), ("Delivery", None)],
}
"""What comes of a message to an address of the mailbox simulator: types of events, and of bounces."""


@pytest.fixture(scope="module")
def stack(aws: LocalAws) -> Stack:
    """The dev stack as the program deploys it."""
    stack = Stack()
    deploy(aws, stack, name="dev")
    return stack


def test_mail_sent_with_the_set_of_the_program_is_found_by_who_has_the_policy_alone(
    aws: LocalAws, trino: Trino, stack: Stack, queried: Callable[[Stack], Ask]
) -> None:
    ids = {name: send(aws, name, ConfigurationSetName="dev-mail") for name in ANSWERS}
    with pytest.raises(QueryFailedError, match="not authorized"):
        trino.query("SELECT * FROM history", database=stack.outputs["database_name"])
    ask = queried(stack)

    found = ask("SELECT * FROM history WHERE day >= current_date - INTERVAL '1' DAY").rows

    rows = {name: [row for row in found if row["message_id"] == message_id] for name, message_id in ids.items()}
    assert {
        name: sorted(((row["event_type"], row["bounce_type"]) for row in of_it), key=ANSWERS[name].index)
        for name, of_it in rows.items()
    } == ANSWERS
    assert {(row["source"], row["configuration_set"], row["is_test"]) for row in found} == {
        ("shop@dev.example.com", "dev-mail", True)
    }
    assert {row["object_key"].split("/")[0] for row in found} == {"events"}


def test_who_has_the_policy_cannot_query_another_history(
    queried: Callable[[Stack], Ask], stack: Stack, aws: LocalAws
) -> None:
    other = Stack()
    deploy(aws, other, name="prod")

    with pytest.raises(QueryFailedError, match="not authorized"):
        queried(stack)("SELECT * FROM {database_name}.lines".format_map(other.outputs))
