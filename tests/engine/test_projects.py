"""What other projects and commands take from a deployed stack."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pulumi
from ses_sending_history import EventPublisher

from localaws import history
from localaws.aws import LocalAws
from localaws.ses import publish
from tests.engine.conftest import NewStack
from tests.engine.stack import Stack
from tests.localaws.support import SEND, default_set


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
