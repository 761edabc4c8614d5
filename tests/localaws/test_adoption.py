"""What a history needs before it goes into production: things that exist already, a key, readers, and no accidents."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pytest
from botocore.exceptions import ClientError
from pulumi import dynamic
from ses_sending_history import (
    DefaultConfigurationSet,
    SendingHistory,
    SendingHistoryArgs,
    default_configuration_set,
)

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import PROGRAM, Stack, deploy, destroy, run, stack_config, type_of
from localaws.ses import publish
from tests.localaws.support import SEND, permissions, user


def default_set(aws: LocalAws, identity: str = "example.org") -> str | None:
    return aws.client("sesv2").get_email_identity(EmailIdentity=identity).get("ConfigurationSetName")


@pytest.fixture
def existing(aws: LocalAws) -> LocalAws:
    """An AWS where someone made an identity with a default set, and two sets more."""
    ses = aws.client("sesv2")
    for name in ("theirs", "ours", "another"):
        ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_email_identity(EmailIdentity="example.org", ConfigurationSetName="theirs")
    return aws


def set_default(aws: LocalAws, configuration_set: str = "ours") -> Stack:
    stack = Stack()
    run(
        aws,
        stack,
        lambda: DefaultConfigurationSet(
            "default", identity="example.org", configuration_set=configuration_set, region="us-east-1"
        ),
    )
    return stack


def test_an_existing_identity_gets_the_set_as_its_default_and_its_own_back(existing: LocalAws) -> None:
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


def test_a_default_taken_away_is_drift_too(existing: LocalAws) -> None:
    stack = set_default(existing)
    existing.client("sesv2").put_email_identity_configuration_set_attributes(EmailIdentity="example.org")

    refresh(existing, stack)

    (resource,) = stack.resources
    assert diff(resource.outputs, {"configuration_set": "ours"}).changes
    repaired = type_of(resource.type).update(existing, resource, resource.inputs)
    assert default_set(existing) == "ours"
    type_of(resource.type).delete(existing, repaired)
    assert default_set(existing) == "theirs"


def test_a_default_that_was_ours_already_is_not_given_back(existing: LocalAws) -> None:
    existing.client("sesv2").put_email_identity_configuration_set_attributes(
        EmailIdentity="example.org", ConfigurationSetName="ours"
    )

    destroy(existing, set_default(existing))

    assert default_set(existing) is None


def refresh(aws: LocalAws, stack: Stack) -> None:
    """Put what AWS tells in the place of what is known, as `pulumi refresh` does."""
    (resource,) = stack.resources
    found = type_of(resource.type).read(aws, resource)
    assert found is not None
    stack.resources[:] = [replace(resource, outputs={**found, "id": resource.outputs["id"]})]


def test_a_default_that_is_gone_by_then_is_not_restored(existing: LocalAws) -> None:
    stack = set_default(existing)
    existing.client("sesv2").delete_configuration_set(ConfigurationSetName="theirs")

    destroy(existing, stack)

    assert default_set(existing) is None


def test_an_identity_that_is_gone_is_found_gone_and_needs_nothing_more(existing: LocalAws) -> None:
    stack = set_default(existing)
    existing.client("sesv2").delete_email_identity(EmailIdentity="example.org")

    (resource,) = stack.resources
    assert type_of(resource.type).read(existing, resource) is None
    destroy(existing, stack)


def test_an_unknown_identity_is_refused(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        set_default(aws)


STATE = {"identity": "example.org", "configuration_set": "ours", "region": "us-east-1", "applied": "ours"}


def diff(olds: dict[str, Any], change: dict[str, str]) -> dynamic.DiffResult:
    """What Pulumi is told when the inputs of STATE change so, and `olds` is what it knows."""
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


def test_the_program_sets_the_default_of_identities_made_elsewhere(aws: LocalAws, tmp_path: Any) -> None:
    aws.client("sesv2").create_email_identity(EmailIdentity="example.org")
    config = stack_config(PROGRAM, "dev") | {"ses-sending-history:existingIdentities": '["example.org"]'}
    for name in ("Pulumi.yaml", "__main__.py"):
        (tmp_path / name).write_text((PROGRAM / name).read_text())
    (tmp_path / "Pulumi.test.yaml").write_text(json.dumps({"config": config}))

    stack = Stack()
    deploy(aws, stack, name="test", folder=tmp_path)
    assert default_set(aws) == "dev-mail"

    destroy(aws, stack)
    assert default_set(aws) is None


def test_a_bucket_made_elsewhere_keeps_every_setting(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="made-elsewhere")
    theirs = {"Version": "2012-10-17", "Statement": [deny("s3:DeleteObject")]}
    s3.put_bucket_policy(Bucket="made-elsewhere", Policy=json.dumps(theirs))
    s3.put_bucket_tagging(Bucket="made-elsewhere", Tagging={"TagSet": [{"Key": "team", "Value": "data"}]})

    stack = history_of(aws, {"bucket": "made-elsewhere", "alarms": True, "tags": {"team": "mail"}})
    publish(aws, [SEND], configuration_set="mail")
    assert len(history.keys(aws, "made-elsewhere", "events/")) == 1
    destroy(aws, stack)

    assert json.loads(s3.get_bucket_policy(Bucket="made-elsewhere")["Policy"]) == theirs
    assert s3.get_bucket_tagging(Bucket="made-elsewhere")["TagSet"] == [{"Key": "team", "Value": "data"}]
    assert len(history.keys(aws, "made-elsewhere")) == 1
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="made-elsewhere")


def deny(action: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::made-elsewhere/*"}


def history_of(aws: LocalAws, args: SendingHistoryArgs) -> Stack:
    stack = Stack()

    def program() -> None:
        made = SendingHistory("mail", args)
        for name in SendingHistory.__annotations__:
            pulumi.export(name, getattr(made, name))

    run(aws, stack, program)
    return stack


def test_fifty_configuration_sets_share_one_history(aws: LocalAws) -> None:
    names = [f"set-{n}" for n in range(50)]
    stack = history_of(aws, {"configuration_sets": names})

    for name in names:
        publish(aws, [SEND], configuration_set=name)

    assert {publication.dropped_because for publication in aws.publications} == {None}
    assert len(history.keys(aws, stack.outputs["bucket_name"], "events/")) == 50


def test_a_key_encrypts_the_bucket_and_the_stream_and_firehose_may_use_it(aws: LocalAws) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    stack = history_of(aws, {"kms_key_arn": key})
    bucket = stack.outputs["bucket_name"]

    publish(aws, [SEND], configuration_set="mail")

    assert len(history.keys(aws, bucket, "events/")) == 1
    (rule,) = aws.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert rule["BucketKeyEnabled"]
    name = stack.outputs["delivery_stream_name"]
    stream = aws.client("firehose").describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    assert stream["DeliveryStreamEncryptionConfiguration"]["KeyARN"] == key


def test_without_the_key_in_its_policy_firehose_delivers_nothing(aws: LocalAws) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    stack = history_of(aws, {"kms_key_arn": key})
    named, policy = permissions(aws, stack.outputs["delivery_role_arn"])
    policy["Statement"] = [s for s in policy["Statement"] if s["Resource"] != key]
    aws.client("iam").put_role_policy(**named, PolicyDocument=json.dumps(policy))

    publish(aws, [SEND], configuration_set="mail")

    assert history.keys(aws, stack.outputs["bucket_name"]) == []


def test_access_to_the_history_is_logged_when_asked(aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="logs-of-example")
    stack = history_of(aws, {"access_log_bucket": "logs-of-example"})

    bucket = stack.outputs["bucket_name"]
    logging = aws.client("s3").get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == ("logs-of-example", f"{bucket}/")


def test_a_reader_lists_and_gets_events_and_can_do_nothing_else(aws: LocalAws, dev: Stack) -> None:
    publish(aws, [SEND], configuration_set="dev-mail")
    bucket = dev.outputs["bucket_name"]
    (key,) = history.keys(aws, bucket, "events/")
    aws.client("s3").put_object(Bucket=bucket, Key="error/secret", Body=b"raw")
    access_key = user(aws, dev.outputs["reader_policy_json"])
    s3 = aws.client_of("s3", access_key)

    assert s3.list_objects_v2(Bucket=bucket, Prefix="events/")["KeyCount"] == 1
    assert s3.list_objects_v2(Bucket=bucket, Prefix="events/day=")["KeyCount"] == 1
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    refused: list[Callable[[], object]] = [
        lambda: s3.list_objects_v2(Bucket=bucket),
        lambda: s3.list_objects_v2(Bucket=bucket, Prefix="error/"),
        lambda: s3.get_object(Bucket=bucket, Key="error/secret"),
        lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"forged"),
        lambda: s3.delete_object(Bucket=bucket, Key=key),
        lambda: s3.get_bucket_policy(Bucket=bucket),
        lambda: s3.list_object_versions(Bucket=bucket, Prefix="events/"),
        s3.list_buckets,
        aws.client_of("firehose", access_key).list_delivery_streams,
        aws.client_of("sesv2", access_key).list_configuration_sets,
        aws.client_of("iam", access_key).list_roles,
    ]
    for attempt in refused:
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client_of("s3", access_key, tls=False).get_object(Bucket=bucket, Key=key)


def test_what_was_overwritten_or_deleted_can_be_had_back(aws: LocalAws, dev: Stack) -> None:
    publish(aws, [SEND], configuration_set="dev-mail")
    bucket = dev.outputs["bucket_name"]
    (key,) = history.keys(aws, bucket, "events/")
    s3 = aws.client("s3")
    kept = s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    s3.put_object(Bucket=bucket, Key=key, Body=b"overwritten")
    s3.delete_object(Bucket=bucket, Key=key)

    versions = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    bodies = [
        s3.get_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])["Body"].read() for version in versions
    ]
    assert sorted(bodies) == sorted([kept, b"overwritten"])
