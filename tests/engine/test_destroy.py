"""What a destroy takes and what it leaves."""

from collections.abc import Callable

import pulumi
import pytest
from pulumi import automation
from ses_sending_history import SendingHistory

from localaws.aws import LocalAws
from localaws.ses import publish
from tests.engine.conftest import NewStack
from tests.engine.stack import Stack
from tests.localaws.support import SEND, everything


def test_a_bucket_that_holds_history_is_not_deleted_and_stays_as_closed_as_it_was(
    aws: LocalAws, program: Callable[[str], Stack]
) -> None:
    stack = program("dev")
    stack.up({**stack.config, "forceDestroy": False})
    publish(aws, [SEND], configuration_set="dev-mail")
    bucket = stack.outputs["bucket_name"]

    with pytest.raises(automation.CommandError, match="BucketNotEmpty"):
        stack.destroy()

    s3 = aws.client("s3")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert s3.get_bucket_encryption(Bucket=bucket)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)


def test_forced_the_bucket_goes_with_its_history(aws: LocalAws, program: Callable[[str], Stack]) -> None:
    stack = program("dev")
    stack.up()
    publish(aws, [SEND], configuration_set="dev-mail")

    stack.destroy()

    assert everything(aws) == []


def test_a_protected_history_is_not_destroyed(aws: LocalAws, stack_of: NewStack) -> None:
    stack = stack_of(lambda: SendingHistory("mail", opts=pulumi.ResourceOptions(protect=True)))
    created = stack.up().created
    exists = everything(aws)

    with pytest.raises(automation.CommandError, match="protected"):
        stack.destroy()

    assert everything(aws) == exists
    stack.program = lambda: SendingHistory("mail")
    stack.up()
    assert stack.destroy().deleted == created
    assert everything(aws) == []
