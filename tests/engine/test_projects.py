"""What other projects and commands take from a deployed stack."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from pulumi import automation
from ses_sending_history import EventPublisher, EventPublisherArgs, SendingHistory

from localaws import history
from localaws.aws import LocalAws
from localaws.ses import publish
from tests.engine.conftest import NewStack
from tests.engine.stack import Stack
from tests.localaws.support import SEND, default_set, everything


def test_a_publisher_of_another_project_takes_the_stream_of_a_stack_reference(
    aws: LocalAws, program: Callable[[str], Stack], stack_of: NewStack
) -> None:
    stack = program("dev")
    stack.up()

    def alerts() -> None:
        kept = pulumi.StackReference("organization/ses-sending-history/dev")
        EventPublisher(
            "alerts",
            {"configuration_set": "alerts", "delivery_stream_arn": kept.require_output("delivery_stream_arn")},
        )

    other = stack_of(alerts, project="alerts")
    created = other.preview().created
    assert other.up().created == created
    assert len(created) == 4

    (outcome,) = publish(aws, [SEND], configuration_set="alerts")
    assert outcome.dropped_because is None
    ((_, events),) = history.events(aws, stack.outputs["bucket_name"], "")
    assert events == [SEND]
    assert other.destroy().deleted == created


def test_an_existing_identity_gets_its_default_set_back(aws: LocalAws, program: Callable[[str], Stack]) -> None:
    ses = aws.client("sesv2")
    ses.create_configuration_set(ConfigurationSetName="before")
    ses.create_email_identity(EmailIdentity="example.org", ConfigurationSetName="before")
    stack = program("dev")
    config = stack.config
    stack.up({**config, "existingIdentities": ["example.org"]})
    assert default_set(aws) == "dev-mail"
    assert not stack.up().any()
    assert not stack.refresh().any()

    ses.put_email_identity_configuration_set_attributes(EmailIdentity="example.org", ConfigurationSetName="before")
    assert stack.refresh().updated == {("DefaultConfigurationSet", "example.org")}
    assert stack.up().updated == {("DefaultConfigurationSet", "example.org")}
    assert default_set(aws) == "dev-mail"

    assert stack.up(config).deleted == {("DefaultConfigurationSet", "example.org")}
    assert default_set(aws) == "before"


def test_the_command_finds_the_bucket_of_a_stack(
    aws: LocalAws, program: Callable[[str], Stack], tmp_path: Path
) -> None:
    stack = program("dev")
    stack.up()
    publish(aws, [SEND], configuration_set="dev-mail")

    command = [Path(sys.executable).with_name("ses-history"), "find", "example", "--stack", "dev", "--json"]
    store = {"SES_HISTORY_STORE": str(tmp_path / "store.duckdb"), "AWS_DEFAULT_REGION": aws.region}
    found = subprocess.run(
        command, cwd=stack.folder, env=os.environ | store, capture_output=True, text=True, check=True
    ).stdout

    assert [recipient["message_id"] for recipient in json.loads(found)] == [SEND["mail"]["messageId"]]


def test_an_existing_identity_that_is_missing_is_one_line_of_the_preview(
    aws: LocalAws, program: Callable[[str], Stack]
) -> None:
    stack = program("dev")

    with pytest.raises(automation.CommandError) as refused:
        stack.preview({**stack.config, "existingIdentities": ["example.net"]})

    said = [
        line for line in str(refused.value).splitlines() if "example.net is no identity of SES in us-east-1" in line
    ]
    assert said
    assert "Traceback" not in str(refused.value)
    assert everything(aws) == []


def test_two_histories_that_create_one_set_are_told_so(stack_of: NewStack) -> None:
    def both() -> None:
        for name in ("one", "two"):
            SendingHistory(name, {"configuration_sets": ["news"], "force_destroy": True})

    with pytest.raises(automation.CommandError) as refused:
        stack_of(both).up()

    said = "news exists already in this account and region: name it as an existing configuration set"
    assert said in " ".join(str(refused.value).split())


def test_a_publisher_may_have_the_name_that_a_set_of_a_history_has(stack_of: NewStack) -> None:
    def both() -> None:
        history = SendingHistory("mail", {"configuration_sets": ["news"], "force_destroy": True})
        args: EventPublisherArgs = {
            "configuration_set": "other",
            "delivery_stream_arn": history.delivery_stream_arn,
            "force_destroy": True,
        }
        EventPublisher("mail-news", args)

    stack = stack_of(both)
    created = stack.up().created
    assert not stack.up().any()
    assert stack.destroy().deleted == created
