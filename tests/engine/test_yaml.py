"""A program in YAML on the real engine, which starts the plugin for its components."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi import automation
from ses_sending_history import SendingHistory

from localaws import history
from localaws.aws import LocalAws
from localaws.ses import publish
from tests.engine.conftest import NewStack
from tests.engine.provider import Provider
from tests.engine.stack import PROGRAM, Stack
from tests.localaws.support import SEND, everything

EXAMPLE = yaml.safe_load((PROGRAM / "examples" / "yaml" / "Pulumi.yaml").read_text())

Program = Callable[..., Stack]


@pytest.fixture
def program(provider: Provider, tmp_path: Path) -> Program:  # noqa: ARG001  its engine must run
    """Makes the stack of the example, with other properties of its history or other resources beside it."""

    def new(properties: dict[str, Any] | None = None, **resources: Any) -> Stack:
        # The engine finds the plugin on the PATH: nothing is to be downloaded.
        project = {key: value for key, value in EXAMPLE.items() if key != "packages"}
        mail = project["resources"]["mail"]
        if properties is not None:
            mail = {**mail, "properties": properties}
        return Stack(tmp_path / "yaml", project={**project, "resources": {"mail": mail, **resources}}, name="dev")

    return new


def refused(stack: Stack) -> str:
    """What the CLI says instead of a preview."""
    with pytest.raises(automation.CommandError) as error:
        stack.preview()
    assert "Traceback" not in str(error.value)
    assert 'File "' not in str(error.value)
    return str(error.value)


def test_the_example_goes_up_and_down_like_the_program_in_python(
    aws: LocalAws, program: Program, stack_of: NewStack
) -> None:
    def in_python() -> None:
        SendingHistory(
            "mail", {"configuration_sets": ["receipts", "news"], "identities": ["example.com"], "retention_days": 730}
        )

    stack = program()
    assert stack.preview().created == stack_of(in_python).preview().created
    created = stack.up().created
    assert not stack.up().any()
    assert not stack.refresh().any()
    assert stack.outputs["configurationSetNames"] == ["receipts", "news"]
    assert len(stack.outputs["dkimRecords"]) == 3

    publish(aws, [SEND], configuration_set="news")
    ((_, events),) = history.events(aws, stack.outputs["bucketName"], "")
    assert events == [SEND]

    assert stack.destroy().deleted == created


def test_bad_arguments_are_one_error_with_each_problem(aws: LocalAws, program: Program) -> None:
    said = refused(program({"configurationSets": ["a b"], "retentionDays": -1, "kmsKeyArn": "alias/mail"}))

    problems = said.splitlines()
    heading = max(i for i, line in enumerate(problems) if line.endswith("SendingHistory 'mail' has invalid arguments:"))
    assert "resource 'mail' has a problem" in problems[heading]
    assert [line.strip() for line in problems[heading + 1 : heading + 4]] == [
        '- property configurationSets[0] with value "a b" has a problem: must be 1 to 64 of A-Z a-z 0-9 _ -',
        (
            '- property kmsKeyArn with value "alias/mail" has a problem: '
            "must be the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID"
        ),
        (
            "- property retentionDays with value -1 has a problem: "
            "must be a whole number of days; 0 keeps the history forever"
        ),
    ]
    assert everything(aws) == []


def test_an_output_for_a_plain_argument_is_one_error(aws: LocalAws, program: Program) -> None:
    other = {"type": "ses-sending-history:SendingHistory"}
    stack = program({"configurationSets": ["${other.bucketName}"]}, other=other)

    (problem,) = [line for line in refused(stack).splitlines() if "- property configurationSets[0] " in line]
    assert problem.endswith(
        "has a problem: must be a plain value, not an Output; for a set created in the same program use EventPublisher"
    )
    assert everything(aws) == []


def test_an_existing_identity_is_answered_with_the_command_for_it(aws: LocalAws, program: Program) -> None:
    aws.client("sesv2").create_email_identity(EmailIdentity="example.com")

    with pytest.raises(automation.CommandError) as error:
        program().up()

    assert (
        "example.com exists already in this account and region: leave it out of the identities to create, and make the "
        "set its default with `aws sesv2 put-email-identity-configuration-set-attributes --email-identity example.com "
        "--configuration-set-name receipts`"
    ) in str(error.value)
