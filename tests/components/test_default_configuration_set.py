"""DefaultConfigurationSet, created, read, updated and deleted on AWS on this machine."""

import sys
from dataclasses import replace
from typing import Any

import pulumi
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from pulumi import dynamic
from ses_sending_history import (
    DefaultConfigurationSet,
    default_configuration_set,
)

from localaws.aws import LocalAws
from localaws.deploy import Stack, destroy, run, type_of
from tests.localaws.support import default_set


@pytest.fixture
def existing(aws: LocalAws) -> LocalAws:
    """AWS with an identity, its default set, and two other sets."""
    ses = aws.client("sesv2")
    for name in ("theirs", "ours", "another"):
        ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_email_identity(EmailIdentity="example.org", ConfigurationSetName="theirs")
    return aws


def set_default(aws: LocalAws, configuration_set: str = "ours") -> Stack:
    """A stack whose only resource makes the set the identity's default."""
    stack = Stack()
    run(
        aws,
        stack,
        lambda: DefaultConfigurationSet(
            "default", identity="example.org", configuration_set=configuration_set, region="us-east-1"
        ),
    )
    return stack


def test_an_existing_identity_gets_the_set_as_its_default_and_later_its_own_back(existing: LocalAws) -> None:
    stack = set_default(existing)
    assert default_set(existing) == "ours"
    assert stack.resources[0].outputs["previous"] == "theirs"

    destroy(existing, stack)
    assert default_set(existing) == "theirs"


def test_an_identity_without_a_default_is_left_without(aws: LocalAws) -> None:
    aws.client("sesv2").create_configuration_set(ConfigurationSetName="ours")
    aws.client("sesv2").create_email_identity(EmailIdentity="example.org")

    stack = set_default(aws)
    (resource,) = stack.resources
    updated = type_of(resource.type).update(aws, resource, resource.inputs)
    assert default_set(aws) == "ours"
    type_of(resource.type).delete(aws, updated)

    assert default_set(aws) is None


def test_another_set_is_an_update_that_remembers_the_first(existing: LocalAws) -> None:
    stack = set_default(existing)
    (resource,) = stack.resources
    kind = type_of(resource.type)

    updated = kind.update(existing, resource, {**resource.inputs, "configuration_set": "another"})
    assert default_set(existing) == "another"

    kind.delete(existing, updated)
    assert default_set(existing) == "theirs"


def test_drift_is_read_back_and_a_later_choice_is_kept(existing: LocalAws) -> None:
    stack = set_default(existing)
    existing.client("sesv2").put_email_identity_configuration_set_attributes(
        EmailIdentity="example.org", ConfigurationSetName="another"
    )

    refresh(existing, stack)
    assert stack.resources[0].outputs["configuration_set"] == "another"

    destroy(existing, stack)
    assert default_set(existing) == "another"


def test_a_removed_default_is_drift_too(existing: LocalAws) -> None:
    stack = set_default(existing)
    existing.client("sesv2").put_email_identity_configuration_set_attributes(EmailIdentity="example.org")

    refresh(existing, stack)

    (resource,) = stack.resources
    assert diff(resource.outputs, {"configuration_set": "ours"}).changes
    repaired = type_of(resource.type).update(existing, resource, resource.inputs)
    assert default_set(existing) == "ours"
    type_of(resource.type).delete(existing, repaired)
    assert default_set(existing) == "theirs"


def test_a_default_that_was_ours_already_is_not_restored(existing: LocalAws) -> None:
    existing.client("sesv2").put_email_identity_configuration_set_attributes(
        EmailIdentity="example.org", ConfigurationSetName="ours"
    )

    destroy(existing, set_default(existing))

    assert default_set(existing) is None


def refresh(aws: LocalAws, stack: Stack) -> None:
    """Replace the outputs by what the provider reads, as `pulumi refresh` does."""
    (resource,) = stack.resources
    found = type_of(resource.type).read(aws, resource)
    assert found is not None
    stack.resources[:] = [replace(resource, outputs={**found, "id": resource.outputs["id"]})]


def test_a_previous_default_that_no_longer_exists_is_not_restored(existing: LocalAws) -> None:
    stack = set_default(existing)
    existing.client("sesv2").delete_configuration_set(ConfigurationSetName="theirs")

    destroy(existing, stack)

    assert default_set(existing) is None


def test_an_identity_that_is_gone_is_read_as_gone_and_deleted_without_error(existing: LocalAws) -> None:
    stack = set_default(existing)
    existing.client("sesv2").delete_email_identity(EmailIdentity="example.org")

    (resource,) = stack.resources
    assert type_of(resource.type).read(existing, resource) is None
    destroy(existing, stack)


def test_an_unknown_identity_is_rejected(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        set_default(aws)


STATE = {"identity": "example.org", "configuration_set": "ours", "region": "us-east-1", "applied": "ours"}


def diff(olds: dict[str, Any], change: dict[str, str]) -> dynamic.DiffResult:
    """The provider's diff between the state `olds` and the inputs of STATE with this change."""
    inputs = {name: STATE[name] for name in ("identity", "configuration_set", "region")}
    return default_configuration_set._Provider().diff("example.org", olds, inputs | change)  # noqa: SLF001


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        ({"configuration_set": "another"}, []),
        ({"identity": "example.net"}, ["identity"]),
        ({"region": "x"}, ["region"]),
    ],
)
def test_only_another_identity_is_another_resource(change: dict[str, str], replaces: list[str]) -> None:
    found = diff(STATE, change)

    assert (found.replaces, found.changes) == (replaces, True)
    assert not diff(STATE, {}).changes


PROVIDER: Any = default_configuration_set._Provider()  # noqa: SLF001  a resource has no public way to its provider


def problems(**props: Any) -> list[tuple[str, str]]:
    """What a preview says is wrong with the resource."""
    checked = PROVIDER.check({}, {"region": "us-east-1", **props})
    return [(failure.property, failure.reason) for failure in checked.failures]


def test_an_existing_identity_and_the_account_of_the_provider_are_fine(existing: LocalAws) -> None:
    assert problems(identity="example.org", account_id=existing.account_id) == []
    assert problems(identity="example.org") == []


def test_a_missing_identity_is_said_before_anything_changes(existing: LocalAws) -> None:
    assert existing.region == "us-east-1"
    assert problems(identity="example.net") == [
        (
            "identity",
            "does not exist (example.net is no identity of SES in us-east-1): create it, or list it in identities",
        )
    ]


def test_credentials_of_another_account_are_refused(existing: LocalAws) -> None:
    ours = existing.account_id
    said = f"is 999999999999, the provider's, but the AWS credentials, those of this process, are of {ours}"
    elsewhere = {"identity": "example.org", "region": "us-east-1", "configuration_set": "ours", "applied": "theirs"}
    elsewhere |= {"account_id": "999999999999"}
    assert problems(**elsewhere) == [("account_id", f"{said}: set AWS_PROFILE")]
    for call in (lambda: PROVIDER.read("id", elsewhere), lambda: PROVIDER.delete("id", elsewhere)):
        with pytest.raises(ValueError, match=r"^example.org: account_id is 999999999999, the provider's, but"):
            call()
    assert default_set(existing) == "theirs"


@pytest.mark.parametrize("code", ["ExpiredToken", "AccessDenied"])
def test_credentials_that_aws_refuses_are_one_line(
    code: str, existing: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts = existing.client_of("sts")

    class Session:
        def client(self, _: str) -> Any:
            return sts

    def new_session(_: dict[str, Any]) -> Session:
        return Session()

    monkeypatch.setattr(default_configuration_set, "_session", new_session)
    with Stubber(sts) as stub:
        stub.add_client_error("get_caller_identity", code)
        ((name, reason),) = problems(identity="example.org", account_id="123456789012")
    assert (name, reason.startswith(f"cannot be looked up: An error occurred ({code})")) == ("identity", True)


def test_a_profile_that_is_not_there_is_one_line(existing: LocalAws) -> None:
    assert existing.region
    assert problems(identity="example.org", profile="nobody") == [
        ("identity", "cannot be looked up: The config profile (nobody) could not be found")
    ]


def test_without_boto3_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert problems(identity="example.org") == [
        ("identity", "needs boto3: pip install 'ses-sending-history[identities]'")
    ]


def test_what_is_not_known_yet_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert problems(identity=pulumi.output.Unknown()) == []
    assert problems(identity="example.org", region=pulumi.output.Unknown()) == []


def test_an_account_or_profile_that_is_added_replaces_nothing() -> None:
    old = {"identity": "example.org", "configuration_set": "ours", "region": "us-east-1", "applied": "ours"}
    diff = PROVIDER.diff("id", old, {**old, "account_id": "123456789012", "profile": "mail"})
    assert (diff.changes, diff.replaces) == (True, [])
    assert PROVIDER.diff("id", {**old, "profile": "mail"}, old).changes
    assert not PROVIDER.diff("id", old, old).changes
    assert PROVIDER.diff("id", old, {**old, "region": "eu-west-1"}).replaces == ["region"]
