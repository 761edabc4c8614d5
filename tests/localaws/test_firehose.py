"""Firehose as AWS runs it: what its objects carry, what it does when S3 refuses them, and what it measures."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import Stack
from tests.localaws.support import metric, permissions


def put(aws: LocalAws, stack: Stack, *lines: bytes) -> None:
    """Put each line on the stream of the stack with PutRecord."""
    for line in lines:
        aws.client("firehose").put_record(DeliveryStreamName=name(stack), Record={"Data": line})


def name(stack: Stack) -> str:
    """The name of the stack's delivery stream."""
    return stack.outputs["delivery_stream_name"]


def contents(aws: LocalAws, stack: Stack) -> list[bytes]:
    """What each object of the stack's bucket holds, decompressed."""
    bucket = stack.outputs["bucket_name"]
    s3 = aws.client("s3")
    return [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in history.keys(aws, bucket)]


def update(aws: LocalAws, stack: Stack, **changes: Any) -> None:
    """Change the destination of the stack's delivery stream."""
    firehose = aws.client("firehose")
    described = firehose.describe_delivery_stream(DeliveryStreamName=name(stack))["DeliveryStreamDescription"]
    firehose.update_destination(
        DeliveryStreamName=name(stack),
        CurrentDeliveryStreamVersionId=described["VersionId"],
        DestinationId=described["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate=changes,
    )


def logged(aws: LocalAws) -> list[dict[str, Any]]:
    """The lines of the only error log."""
    logs = aws.client("logs")
    (group,) = logs.describe_log_groups()["logGroups"]
    events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    return [json.loads(event["message"]) for event in events]


def test_a_compressed_object_says_so_also_after_an_update(aws: LocalAws, dev: Stack) -> None:
    put(aws, dev, b"first\n")
    update(aws, dev, CompressionFormat="UNCOMPRESSED")
    put(aws, dev, b"second\n")
    update(aws, dev, CompressionFormat="GZIP")
    put(aws, dev, b"third\n")

    bucket, s3 = dev.outputs["bucket_name"], aws.client("s3")
    found = [s3.get_object(Bucket=bucket, Key=key) | {"Key": key} for key in history.keys(aws, bucket)]
    found.sort(key=lambda each: each["Key"].split("-", 6)[-1])
    kept = {each["Body"].read(): (each.get("ContentEncoding"), each["Key"].endswith(".gz")) for each in found}
    assert {gzip.decompress(body) if marks[0] else body: marks for body, marks in kept.items()} == {
        b"first\n": ("gzip", True),
        b"second\n": (None, False),
        b"third\n": ("gzip", True),
    }


def test_what_fails_to_be_converted_is_not_said_to_be_compressed(aws: LocalAws, dev: Stack) -> None:
    conversion: dict[str, Any] = {
        "Enabled": True,
        "SchemaConfiguration": {
            "DatabaseName": "nowhere",
            "TableName": "nothing",
            "RoleARN": dev.outputs["delivery_role_arn"],
        },
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
    }
    update(aws, dev, DataFormatConversionConfiguration=conversion)
    put(aws, dev, b"{}\n")

    bucket = dev.outputs["bucket_name"]
    (key,) = history.keys(aws, bucket, dev.outputs["errors_prefix"])
    assert "ContentEncoding" not in aws.client("s3").get_object(Bucket=bucket, Key=key)


@pytest.mark.parametrize("operation", ["put_record", "put_record_batch"])
def test_what_s3_refuses_is_accepted_logged_and_delivered_when_it_may_be(
    aws: LocalAws, dev: Stack, operation: str
) -> None:
    named, policy = permissions(aws, dev.outputs["delivery_role_arn"])
    aws.client("iam").delete_role_policy(**named)
    records = {"put_record": {"Record": {"Data": b"first\n"}}, "put_record_batch": {"Records": [{"Data": b"first\n"}]}}
    accepted = getattr(aws.client("firehose"), operation)(DeliveryStreamName=name(dev), **records[operation])
    assert accepted.get("RecordId") or accepted["FailedPutCount"] == 0

    assert contents(aws, dev) == []
    assert logged(aws) == [
        {
            "deliveryStreamARN": dev.outputs["delivery_stream_arn"],
            "destination": f"arn:aws:s3:::{dev.outputs['bucket_name']}",
            "deliveryStreamVersionId": 1,
            "message": "Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to"
            " assume the role, and the access policy allows access to the S3 bucket.",
            "errorCode": "S3.AccessDenied",
        }
    ]

    aws.client("iam").put_role_policy(**named, PolicyDocument=json.dumps(policy))
    put(aws, dev, b"second\n")
    assert contents(aws, dev) == [b"first\nsecond\n"]


def test_a_bucket_that_is_gone_is_logged(aws: LocalAws, dev: Stack) -> None:
    aws.client("s3").delete_bucket(Bucket=dev.outputs["bucket_name"])

    put(aws, dev, b"first\n")

    assert [line["errorCode"] for line in logged(aws)] == ["S3.NoSuchBucket"]


def test_a_stream_without_a_log_fails_without_a_line(aws: LocalAws, dev: Stack) -> None:
    update(aws, dev, CloudWatchLoggingOptions={"Enabled": False})
    aws.client("s3").delete_bucket(Bucket=dev.outputs["bucket_name"])

    put(aws, dev, b"first\n")

    assert logged(aws) == []


def test_a_record_for_an_unknown_stream_is_rejected(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        aws.client("firehose").put_record(DeliveryStreamName="nowhere", Record={"Data": b"line\n"})


def test_a_stream_measures_what_comes_in_and_what_it_delivers(aws: LocalAws, dev: Stack) -> None:
    batch = [{"Data": b"one\n"}, {"Data": b"two\n"}]
    aws.client("firehose").put_record_batch(DeliveryStreamName=name(dev), Records=batch)
    aws.client("iam").delete_role_policy(**permissions(aws, dev.outputs["delivery_role_arn"])[0])
    put(aws, dev, b"three\n")
    put(aws, dev, b"four\n")

    measured = {
        (measure, statistic): metric(aws, "AWS/Firehose", measure, statistic, DeliveryStreamName=name(dev))
        for measure, statistic in (
            ("IncomingRecords", "Sum"),
            ("IncomingBytes", "Sum"),
            ("DeliveryToS3.Success", "Sum"),
            ("DeliveryToS3.Success", "SampleCount"),
        )
    }
    assert measured == {
        ("IncomingRecords", "Sum"): 4,
        ("IncomingBytes", "Sum"): 19,
        ("DeliveryToS3.Success", "Sum"): 1,
        ("DeliveryToS3.Success", "SampleCount"): 3,
    }
    oldest = metric(aws, "AWS/Firehose", "DeliveryToS3.DataFreshness", "Maximum", DeliveryStreamName=name(dev))
    assert oldest is not None
    assert 0 < oldest < timedelta(minutes=1).total_seconds()
    assert metric(aws, "AWS/Firehose", "IncomingRecords", "Sum", DeliveryStreamName="another") is None
