"""Failures in the middle of an up: what stands then records or was not moved, and the next up mends it."""

import runpy
from collections.abc import Callable
from typing import Any

import pytest
from pulumi import automation

from localaws.aws import LocalAws
from localaws.ses import publish
from tests.engine.provider import Provider, error
from tests.engine.stack import PROGRAM, Changes, Stack
from tests.localaws.support import SEND, default_set, everything

THROTTLED = error("ThrottlingException", "Rate exceeded")
NOT_ASSUMABLE = error("BadRequestException", "Could not assume IAM role")

EXISTING = "example.org"


def with_existing(aws: LocalAws, stack: Stack) -> dict[str, Any]:
    """The config of the stack with an existing identity, which is created here."""
    aws.client("sesv2").create_email_identity(EmailIdentity=EXISTING)
    return {**stack.config, "existingIdentities": [EXISTING]}


def unrecorded(aws: LocalAws) -> list[str]:
    """The identities whose default configuration set keeps nothing."""
    identities = [each["IdentityName"] for each in aws.client("sesv2").list_email_identities()["EmailIdentities"]]
    sets = {identity: default_set(aws, identity) for identity in identities}
    return [identity for identity, name in sets.items() if name is not None and not is_recorded(aws, name)]


def is_recorded(aws: LocalAws, configuration_set: str) -> bool:
    """Whether an event of this set arrives in its history."""
    return any(outcome.dropped_because is None for outcome in publish(aws, [SEND], configuration_set=configuration_set))


def up_until_it_succeeds(aws: LocalAws, stack: Stack, attempts: int) -> tuple[Changes, list[str]]:
    """The up that succeeds after some that fail, and the identities that some of these left unrecorded."""
    left: list[str] = []
    for _ in range(attempts):
        try:
            return stack.up(), left
        except automation.CommandError:
            left += unrecorded(aws)
    pytest.fail(f"not up after {attempts} attempts")


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_create_and_every_update_may_be_throttled_once(
    aws: LocalAws, provider: Provider, program: Callable[[str], Stack], name: str
) -> None:
    stack = program(name)
    resources = stack.preview().created
    for kind, resource in resources:
        provider.fail(kind, resource, operation="create", error=THROTTLED, times=1)

    up_until_it_succeeds(aws, stack, attempts=len(resources) + 1)

    assert {operation.kind for operation in provider.operations} == {"create"}
    assert len(provider.operations) == 2 * len(resources)
    assert not stack.refresh().any()

    other = {
        "tags": ["team=mail"],
        "eventTypes": ["SEND"],
        "retentionDays": 400,
        "bufferSeconds": 100,
        "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555",
    }
    updated = stack.preview({**stack.config, **other}).updated
    assert len(updated) >= len(resources) // 2
    for kind, resource in updated:
        provider.fail(kind, resource, operation="update", error=THROTTLED, times=1)

    up_until_it_succeeds(aws, stack, attempts=len(updated) + 1)

    assert len([operation for operation in provider.operations if operation.kind == "update"]) == 2 * len(updated)
    assert not stack.refresh().any()
    assert not stack.up().any()


def test_an_identity_is_not_moved_to_a_set_that_does_not_record(
    aws: LocalAws, provider: Provider, program: Callable[[str], Stack]
) -> None:
    stack = program("dev")
    stack.configure(with_existing(aws, stack))
    provider.fail("ConfigurationSetEventDestination", error=THROTTLED)

    with pytest.raises(automation.CommandError, match="Rate exceeded"):
        stack.up()

    assert unrecorded(aws) == []
    assert default_set(aws, EXISTING) is None
    provider.heal()
    stack.up()
    assert default_set(aws, EXISTING) == "dev-mail"
    assert unrecorded(aws) == []


def test_a_role_that_is_not_assumable_for_a_while_is_waited_for(
    provider: Provider, program: Callable[[str], Stack]
) -> None:
    provider.fail("ConfigurationSetEventDestination", error=NOT_ASSUMABLE, times=5)
    provider.fail("FirehoseDeliveryStream", error=error("InvalidArgumentException", "unable to assume role"), times=5)

    stack = program("dev")
    stack.up()

    tried = [(operation.type, operation.failed) for operation in provider.operations]
    for kind in ("ConfigurationSetEventDestination", "FirehoseDeliveryStream"):
        assert [failed for type_, failed in tried if type_ == kind] == [True] * 5 + [False]


@pytest.mark.parametrize("kind", ["ConfigurationSetEventDestination", "FirehoseDeliveryStream"])
def test_after_a_role_that_is_never_assumable_the_next_up_completes_the_stack(
    aws: LocalAws, provider: Provider, program: Callable[[str], Stack], kind: str
) -> None:
    stack = program("dev")
    created = stack.preview().created
    provider.fail(kind, error=NOT_ASSUMABLE)

    with pytest.raises(automation.CommandError, match="Could not assume IAM role"):
        stack.up()

    assert (kind, "ses-history-dev-delivery") not in stack.resources
    stood = stack.resources.keys()
    provider.heal()
    assert stack.up().created == created - stood
    assert is_recorded(aws, "dev-mail")


def test_after_a_crash_of_the_program_the_next_up_completes_the_stack(
    aws: LocalAws, program: Callable[[str], Stack]
) -> None:
    stack = program("dev")
    created = stack.preview().created

    def crash(name: str) -> None:
        raise MemoryError(f"after {name}")

    def crashing() -> None:
        history = runpy.run_path(str(PROGRAM / "__main__.py"))["history"]
        history.delivery_stream_name.apply(crash)

    whole, stack.program = stack.program, crashing
    with pytest.raises(automation.CommandError, match="after ses-history-dev-delivery"):
        stack.up()

    stood = stack.resources.keys()
    assert ("FirehoseDeliveryStream", "ses-history-dev-delivery") in stood
    stack.program = whole
    completed = stack.up()
    assert completed.created == created - stood
    assert not (completed.updated | completed.replaced | completed.deleted)
    assert is_recorded(aws, "dev-mail")


def test_a_resource_whose_creation_fails_half_way_is_known_and_destroyed(
    aws: LocalAws, program: Callable[[str], Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise THROTTLED

    stack = program("dev")
    with monkeypatch.context() as patched:
        patched.setattr(aws.client("logs"), "put_retention_policy", fail)
        with pytest.raises(automation.CommandError, match="Rate exceeded"):
            stack.up()

    assert ("LogGroup", "ses-history-dev-delivery") in stack.resources
    stack.destroy()
    assert everything(aws) == []
