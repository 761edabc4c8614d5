"""Programs deployed to AWS on this machine: resources created, read, updated and deleted."""

from typing import Any

import pulumi
import pulumi_aws
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from localaws.aws import LocalAws
from localaws.deploy import Stack, deploy, destroy, run, type_of
from localaws.ses import publish
from tests.localaws.support import SEND, everything


def test_what_is_read_of_each_resource_is_what_the_program_created(aws: LocalAws) -> None:
    stack = Stack()
    deploy(aws, stack, name="prod")

    for resource in stack.resources:
        found = type_of(resource.type).read(aws, resource)
        assert found == resource.inputs, resource.type


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("s3/bucket:Bucket", {"tags": {"team": "mail"}}),
    ("s3/bucketVersioning:BucketVersioning", {"versioningConfiguration": {"status": "Suspended"}}),
    ("iam/role:Role", {"description": "Another one", "tags": {"team": "mail"}}),
    ("cloudwatch/logGroup:LogGroup", {"retentionInDays": 7, "tags": {"team": "mail"}}),
    ("kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", {"tags": {"team": "mail"}}),
    ("sesv2/configurationSet:ConfigurationSet", {"tags": {"team": "mail"}}),
    ("cloudwatch/metricAlarm:MetricAlarm", {"threshold": 5, "tags": {"team": "mail"}}),
    ("glue/catalogDatabase:CatalogDatabase", {"tags": {"team": "mail"}}),
    ("glue/catalogTable:CatalogTable", {"parameters": {"EXTERNAL": "TRUE"}}),
    ("athena/workgroup:Workgroup", {"description": "Another one", "tags": {"team": "mail"}}),
    ("athena/preparedStatement:PreparedStatement", {"queryStatement": "SELECT ?"}),
    ("sesv2/emailIdentity:EmailIdentity", {"configurationSetName": "newsletter"}),
]


@pytest.mark.parametrize(("token", "change"), CHANGES, ids=[token for token, _ in CHANGES])
def test_an_update_changes_what_is_read(aws: LocalAws, token: str, change: dict[str, Any]) -> None:
    stack = Stack()
    deploy(aws, stack, name="prod")
    resource = next(r for r in stack.resources if r.type == f"aws:{token}")
    kind = type_of(resource.type)

    updated = kind.update(aws, resource, resource.inputs | change)

    found = kind.read(aws, updated)
    assert found is not None
    assert {name: found[name] for name in change} == change


def test_the_stream_and_the_event_destination_are_updated_in_place(aws: LocalAws, dev: Stack) -> None:
    stream, destination = (
        next(r for r in dev.resources if r.type.endswith(token))
        for token in (":FirehoseDeliveryStream", ":ConfigurationSetEventDestination")
    )
    shorter = {**stream.inputs["extendedS3Configuration"], "bufferingInterval": 0}
    fewer = {**destination.inputs["eventDestination"], "matchingEventTypes": ["BOUNCE"]}

    for resource, change in (
        (stream, {"extendedS3Configuration": shorter}),
        (destination, {"eventDestination": fewer}),
    ):
        kind = type_of(resource.type)
        assert kind.read(aws, kind.update(aws, resource, resource.inputs | change)) is not None

    described = aws.client("firehose").describe_delivery_stream(DeliveryStreamName=dev.outputs["delivery_stream_name"])
    s3 = described["DeliveryStreamDescription"]["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert s3["BufferingHints"] == {"SizeInMBs": 64, "IntervalInSeconds": 0}
    publish(aws, [SEND], configuration_set="dev-mail")
    assert aws.publications[-1].dropped_because == "the event destination does not match its type"


def test_a_deleted_resource_is_read_as_gone(aws: LocalAws, dev: Stack) -> None:
    resources = list(dev.resources)
    destroy(aws, dev)

    for resource in resources:
        assert type_of(resource.type).read(aws, resource) is None, resource.type


def test_an_input_with_an_invalid_value_is_rejected_by_botocore(aws: LocalAws) -> None:
    def program() -> None:
        pulumi_aws.cloudwatch.LogGroup("group", name="")

    with pytest.raises(ParamValidationError, match="Invalid length for parameter logGroupName"):
        run(aws, Stack(), program)


def test_an_input_that_no_operation_takes_is_named(aws: LocalAws) -> None:
    def program() -> None:
        pulumi_aws.s3.Bucket("bucket", object_lock_enabled=True, request_payer="Requester")

    with pytest.raises(LookupError, match="Bucket bucket: no operation takes objectLockEnabled, requestPayer"):
        run(aws, Stack(), program)


def test_what_was_created_before_a_failure_can_still_be_destroyed(aws: LocalAws) -> None:
    def program() -> None:
        bucket = pulumi_aws.s3.Bucket("bucket")
        pulumi_aws.cloudwatch.LogStream(
            "stream", log_group_name="nowhere", opts=pulumi.ResourceOptions(depends_on=[bucket])
        )

    stack = Stack()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        run(aws, stack, program)
    assert len(everything(aws)) == 1

    destroy(aws, stack)
    assert everything(aws) == []


def test_a_failure_waits_for_what_is_still_being_created(aws: LocalAws) -> None:
    def program() -> None:
        pulumi_aws.cloudwatch.LogStream("stream", log_group_name="nowhere")
        for n in range(20):
            pulumi_aws.s3.Bucket(f"bucket-{n}")

    stack = Stack()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        run(aws, stack, program)

    assert len(everything(aws)) == len(stack.resources)


def test_a_resource_is_known_as_soon_as_it_exists(aws: LocalAws) -> None:
    stack = Stack()
    with pytest.raises(ClientError, match="InvalidParameterException"):
        run(aws, stack, lambda: pulumi_aws.cloudwatch.LogGroup("group", retention_in_days=13))

    assert len(everything(aws)) == len(stack.resources) == 1
