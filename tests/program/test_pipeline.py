"""The deployed dev stack: every event arrives, nothing else does, and a failed delivery is kept."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from ses_sending_history.event_types import EVENT_TYPES

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import Stack
from localaws.ses import publish
from tests.contract.support import EVENTS
from tests.localaws.support import SEND, permissions, send, user


def arrived(aws: LocalAws, stack: Stack) -> list[Any]:
    """The events in the bucket of the stack."""
    bucket = stack.outputs["bucket_name"]
    return [event for _, events in history.events(aws, bucket, "") for event in events]


def test_every_event_type_arrives_complete_one_line_each_under_its_day(aws: LocalAws, dev: Stack) -> None:
    days = {datetime.now(UTC).date()}
    outcomes = publish(aws, list(EVENTS.values()), configuration_set="dev-mail")
    days.add(datetime.now(UTC).date())

    assert [outcome.dropped_because for outcome in outcomes] == [None] * len(EVENTS)
    assert {outcome.event_type for outcome in outcomes} == set(EVENT_TYPES)
    ((key, events),) = history.events(aws, dev.outputs["bucket_name"], "")
    assert events == list(EVENTS.values())
    assert key.startswith(tuple(f"events/day={day}/" for day in days))
    assert key.endswith(".gz")


def test_a_message_is_kept_by_the_set_it_names_and_by_the_default_of_its_identity(aws: LocalAws, dev: Stack) -> None:
    named, default = send(aws, "complaint", ConfigurationSetName="dev-mail"), send(aws, "bounce")

    kept = [(event["mail"]["messageId"], event["eventType"]) for event in arrived(aws, dev)]
    assert sorted(kept) == [
        (named, "Complaint"),
        (named, "Delivery"),
        (named, "Send"),
        (default, "Bounce"),
        (default, "Send"),
    ]


def disable(aws: LocalAws) -> None:
    update_destination(aws, Enabled=False)


def match_bounces_only(aws: LocalAws) -> None:
    update_destination(aws, MatchingEventTypes=["BOUNCE"])


def update_destination(aws: LocalAws, **changes: Any) -> None:
    ses = aws.client("sesv2")
    described = ses.get_configuration_set_event_destinations(ConfigurationSetName="dev-mail")
    (destination,) = described["EventDestinations"]
    name = destination.pop("Name")
    ses.update_configuration_set_event_destination(
        ConfigurationSetName="dev-mail", EventDestinationName=name, EventDestination=destination | changes
    )


def allow_another_stream_only(aws: LocalAws) -> None:
    iam = aws.client("iam")
    (role_arn,) = [role["Arn"] for role in iam.list_roles()["Roles"] if "dev-mail" in role["RoleName"]]
    named, policy = permissions(aws, role_arn)
    policy["Statement"][0]["Resource"] += "-of-another-team"
    iam.put_role_policy(**named, PolicyDocument=json.dumps(policy))


def remove_the_destination(aws: LocalAws) -> None:
    ses = aws.client("sesv2")
    (destination,) = ses.get_configuration_set_event_destinations(ConfigurationSetName="dev-mail")["EventDestinations"]
    ses.delete_configuration_set_event_destination(
        ConfigurationSetName="dev-mail", EventDestinationName=destination["Name"]
    )


def publish_to_a_topic_instead(aws: LocalAws) -> None:
    remove_the_destination(aws)
    aws.client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName="dev-mail",
        EventDestinationName="topic",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["DELIVERY"],
            "SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:mail"},
        },
    )


OTHER_SET = "arn:aws:ses:us-east-1:123456789012:configuration-set/dev-mail-2"


ATTACKS: dict[str, tuple[dict[str, str], Callable[[LocalAws], None] | None, str]] = {
    "another account": ({"account_id": "999999999999"}, None, "aws:SourceAccount 999999999999"),
    "another configuration set": ({"source_arn": OTHER_SET}, None, f"aws:SourceArn {OTHER_SET}"),
    "another set by another case": (
        {"source_arn": OTHER_SET.removesuffix("-2").replace("dev-mail", "DEV-MAIL")},
        None,
        "does not trust ses.amazonaws.com",
    ),
    "another service": ({"service": "sns.amazonaws.com"}, None, "does not trust sns.amazonaws.com"),
    "another Firehose action": ({"action": "PutRecord"}, None, "may not firehose:PutRecord on"),
    "deleting the stream": ({"action": "DeleteDeliveryStream"}, None, "may not firehose:DeleteDeliveryStream on"),
    "a stream not its own": ({}, allow_another_stream_only, "may not firehose:PutRecordBatch on"),
    "a disabled destination": ({}, disable, "the event destination is disabled"),
    "an event type not matched": ({}, match_bounces_only, "does not match its type"),
    "a set without a destination": ({}, remove_the_destination, "the set has no Firehose destination"),
    "a set that publishes to a topic only": ({}, publish_to_a_topic_instead, "the set has no Firehose destination"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_arrives_from(attack: str, aws: LocalAws, dev: Stack) -> None:
    forged, prepare, reason = ATTACKS[attack]
    publish(aws, [SEND], configuration_set="dev-mail")
    assert arrived(aws, dev) == [SEND], "without the attack the same event arrives"
    if prepare:
        prepare(aws)

    (outcome,) = publish(aws, [EVENTS["delivery"]], configuration_set="dev-mail", **forged)

    assert arrived(aws, dev) == [SEND]
    assert outcome.dropped_because is not None
    assert reason in outcome.dropped_because
    assert aws.publications[-1] == outcome


def test_the_role_of_firehose_reads_and_writes_its_prefixes_and_nothing_else(aws: LocalAws, dev: Stack) -> None:
    bucket = dev.outputs["bucket_name"]
    aws.client("s3").put_object(Bucket=bucket, Key="events/day=2026-03-01/kept.gz", Body=b"history")
    aws.client("s3").create_bucket(Bucket="another-bucket")
    # Only a service can assume the role, so a user with the same policy tries.
    _, policy = permissions(aws, dev.outputs["delivery_role_arn"])
    s3 = aws.client_of("s3", user(aws, json.dumps(policy)))

    for key in ("events/day=2026-03-01/new.gz", "error/processing-failed/day=2026-03-01/new.gz"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"event")
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"event"
    aws.client("s3").put_object(Bucket=bucket, Key="elsewhere/kept.gz", Body=b"mine")
    for refused in (
        lambda: s3.get_object(Bucket=bucket, Key="elsewhere/kept.gz"),
        lambda: s3.put_object(Bucket=bucket, Key="elsewhere/new.gz", Body=b"event"),
        lambda: s3.put_object(Bucket=bucket, Key="events", Body=b"event"),
        lambda: s3.put_object(Bucket="another-bucket", Key="events/new.gz", Body=b"event"),
        lambda: s3.delete_object(Bucket=bucket, Key="events/day=2026-03-01/kept.gz"),
        lambda: s3.delete_bucket_policy(Bucket=bucket),
        s3.list_buckets,
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()


def test_the_bucket_answers_over_tls_only(aws: LocalAws, dev: Stack) -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    key = user(aws, json.dumps(everything))

    aws.client_of("s3", key).list_objects_v2(Bucket=dev.outputs["bucket_name"])
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client_of("s3", key, tls=False).list_objects_v2(Bucket=dev.outputs["bucket_name"])


def test_a_delivery_that_fails_lands_under_its_error_type(aws: LocalAws, dev: Stack) -> None:
    firehose = aws.client("firehose")
    name = dev.outputs["delivery_stream_name"]
    stream = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    no_such_table = {
        "DatabaseName": "nowhere",
        "TableName": "nothing",
        "RoleARN": dev.outputs["publisher_role_arns"][0],
    }
    firehose.update_destination(
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId=stream["VersionId"],
        DestinationId=stream["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={
            "DataFormatConversionConfiguration": {
                "Enabled": True,
                "SchemaConfiguration": no_such_table,
                "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
                "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
            }
        },
    )

    days = {datetime.now(UTC).date()}
    publish(aws, [SEND], configuration_set="dev-mail")
    days.add(datetime.now(UTC).date())

    bucket = dev.outputs["bucket_name"]
    assert history.keys(aws, bucket, dev.outputs["events_prefix"]) == []
    (key,) = history.keys(aws, bucket, dev.outputs["errors_prefix"])
    assert key.startswith(tuple(f"error/format-conversion-failed/day={day}/" for day in days))


def test_a_stream_that_may_not_write_says_so_in_its_log(aws: LocalAws, dev: Stack) -> None:
    named, _ = permissions(aws, dev.outputs["delivery_role_arn"])
    aws.client("iam").delete_role_policy(**named)

    publish(aws, [SEND], configuration_set="dev-mail")

    assert history.keys(aws, dev.outputs["bucket_name"]) == []
    logs = aws.client("logs")
    (group,) = logs.describe_log_groups()["logGroups"]
    (stream,) = logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
    (event,) = logs.get_log_events(logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"])["events"]
    assert json.loads(event["message"])["errorCode"] == "S3.AccessDenied"
