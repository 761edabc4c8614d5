"""The life of a stack: preview, up, up again, refresh, drift seen and mended, destroy."""

import json
from collections.abc import Callable

import pytest

from localaws.aws import LocalAws
from tests.engine.provider import Named, Provider
from tests.engine.stack import Stack
from tests.localaws.support import everything

SIZES = {"dev": 31, "prod": 42}
KEPT = {"dev": 0, "prod": 4}
"""How much a destroy keeps in AWS: the bucket, both sets and the identity of prod. Dev says forceDestroy."""
"""How many resources of AWS a stack has."""


@pytest.mark.parametrize("name", SIZES)
def test_a_stack_goes_up_as_previewed_stays_as_it_is_and_leaves_what_it_should(
    aws: LocalAws, program: Callable[[str], Stack], name: str
) -> None:
    stack = program(name)
    previewed = stack.preview()
    assert everything(aws) == []

    up = stack.up()
    assert len(up.created) == SIZES[name]
    assert previewed.created == up.created

    assert not stack.up().any()
    assert not stack.refresh().any()
    assert not stack.preview().any()

    assert stack.destroy().deleted == up.created
    assert len(everything(aws)) == KEPT[name]


@pytest.mark.parametrize("name", SIZES)
def test_what_was_changed_by_hand_is_seen_and_mended(aws: LocalAws, program: Callable[[str], Stack], name: str) -> None:
    stack = program(name)
    stack.up()
    changed = change_by_hand(aws, stack)
    deleted = delete_by_hand(aws, stack)

    seen = stack.refresh()
    assert (seen.updated, seen.deleted) == (changed, deleted)

    previewed = stack.preview()
    mended = stack.up()
    for changes in (previewed, mended):
        assert (changes.updated, changes.created, changes.replaced) == (changed, deleted, set())
    assert not stack.refresh().any()
    assert not stack.preview().any()


def test_a_stack_goes_up_and_down_in_the_order_that_its_parts_need(
    provider: Provider, program: Callable[[str], Stack]
) -> None:
    stack = program("dev")
    stack.up()
    stack.destroy()

    def position(kind: str, type_: str, name: str) -> int:
        (found,) = (
            n
            for n, operation in enumerate(provider.operations)
            if (operation.kind, operation.type, operation.name) == (kind, type_, f"ses-history-dev-{name}")
        )
        return found

    needs = [
        ("FirehoseDeliveryStream", "delivery", "RolePolicy", "delivery"),
        ("ConfigurationSetEventDestination", "dev-mail", "RolePolicy", "dev-mail"),
        ("ConfigurationSetEventDestination", "dev-mail", "FirehoseDeliveryStream", "delivery"),
        ("ConfigurationSetEventDestination", "dev-mail", "ConfigurationSet", "dev-mail"),
        ("EmailIdentity", "dev.example.com", "ConfigurationSet", "dev-mail"),
        ("FirehoseDeliveryStream", "delivery", "Bucket", "archive"),
    ]
    for type_, name, needed_type, needed_name in needs:
        assert position("create", needed_type, needed_name) < position("create", type_, name)
        assert position("delete", type_, name) < position("delete", needed_type, needed_name)


def change_by_hand(aws: LocalAws, stack: Stack) -> set[Named]:
    """Change settings of the stack as a person would; return what was changed."""
    outputs = stack.outputs
    history = f"ses-history-{stack.name}"
    bucket, stream = outputs["bucket_name"], outputs["delivery_stream_name"]
    configuration_set, role = outputs["configuration_set_names"][0], outputs["delivery_role_arn"].rpartition("/")[2]

    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "owner", "Value": "nobody"}]})
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    rules[0]["Expiration"] = {"Days": 7}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})

    iam = aws.client("iam")
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    document["Statement"] = document["Statement"][:1]
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))

    firehose = aws.client("firehose")
    described = firehose.describe_delivery_stream(DeliveryStreamName=stream)["DeliveryStreamDescription"]
    firehose.update_destination(
        DeliveryStreamName=stream,
        CurrentDeliveryStreamVersionId=described["VersionId"],
        DestinationId=described["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"BufferingHints": {"IntervalInSeconds": 120, "SizeInMBs": 1}},
    )

    ses = aws.client("sesv2")
    destinations = ses.get_configuration_set_event_destinations(ConfigurationSetName=configuration_set)
    (destination,) = destinations["EventDestinations"]
    ses.update_configuration_set_event_destination(
        ConfigurationSetName=configuration_set,
        EventDestinationName=destination.pop("Name"),
        EventDestination=destination | {"Enabled": False},
    )
    (identity,) = ses.list_email_identities()["EmailIdentities"]
    ses.put_email_identity_configuration_set_attributes(EmailIdentity=identity["IdentityName"])

    return {
        ("Bucket", f"{history}-archive"),
        ("BucketVersioning", f"{history}-archive"),
        ("BucketLifecycleConfiguration", f"{history}-archive"),
        ("RolePolicy", f"{history}-delivery"),
        ("FirehoseDeliveryStream", f"{history}-delivery"),
        ("ConfigurationSetEventDestination", f"{history}-{configuration_set}"),
        ("EmailIdentity", f"{history}-{identity['IdentityName']}"),
    }


def delete_by_hand(aws: LocalAws, stack: Stack) -> set[Named]:
    """Delete a setting of the bucket as a person would; return what was deleted."""
    aws.client("s3").delete_bucket_policy(Bucket=stack.outputs["bucket_name"])
    return {("BucketPolicy", f"ses-history-{stack.name}-archive")}


def test_what_uses_a_role_is_created_after_the_policy_of_the_role(
    provider: Provider, program: Callable[[str], Stack]
) -> None:
    program("prod").up()
    order = [(operation.type, operation.name.removeprefix("ses-history-prod-")) for operation in provider.operations]

    users = [("FirehoseDeliveryStream", "delivery")]
    users += [("ConfigurationSetEventDestination", name) for name in ("transactional", "newsletter")]
    for user in users:
        assert order.index(("RolePolicy", user[1])) < order.index(user)
    assert order.index(("ConfigurationSetEventDestination", "transactional")) < order.index(
        ("EmailIdentity", "example.com")
    )
