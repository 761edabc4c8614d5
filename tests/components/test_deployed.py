"""The components deployed to AWS on this machine: with what exists already, a key, and many sets."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from ses_sending_history import (
    EventPublisher,
    SendingHistory,
)

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import Stack, destroy, run
from localaws.ses import publish
from tests.localaws.support import SEND, history_of, permissions, send


def test_an_existing_bucket_keeps_every_setting(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="existing-bucket")
    theirs = {"Version": "2012-10-17", "Statement": [deny("s3:DeleteObject")]}
    s3.put_bucket_policy(Bucket="existing-bucket", Policy=json.dumps(theirs))
    s3.put_bucket_tagging(Bucket="existing-bucket", Tagging={"TagSet": [{"Key": "team", "Value": "data"}]})

    stack = history_of(aws, {"bucket": "existing-bucket", "alarms": True, "tags": {"team": "mail"}})
    publish(aws, [SEND], configuration_set="mail")
    assert len(history.keys(aws, "existing-bucket", "events/")) == 1
    destroy(aws, stack)

    assert json.loads(s3.get_bucket_policy(Bucket="existing-bucket")["Policy"]) == theirs
    assert s3.get_bucket_tagging(Bucket="existing-bucket")["TagSet"] == [{"Key": "team", "Value": "data"}]
    assert len(history.keys(aws, "existing-bucket")) == 1
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="existing-bucket")


def deny(action: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::existing-bucket/*"}


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
    policy["Statement"] = [s for s in policy["Statement"] if s["Resource"] != [key]]
    aws.client("iam").put_role_policy(**named, PolicyDocument=json.dumps(policy))

    publish(aws, [SEND], configuration_set="mail")

    assert history.keys(aws, stack.outputs["bucket_name"]) == []


def test_access_to_the_history_is_logged_when_asked(aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="logs-of-example")
    stack = history_of(aws, {"access_log_bucket": "logs-of-example"})

    bucket = stack.outputs["bucket_name"]
    logging = aws.client("s3").get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == ("logs-of-example", f"{bucket}/")


def test_existing_sets_and_an_existing_bucket_keep_history_too(aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="existing-bucket")
    aws.client("sesv2").create_configuration_set(ConfigurationSetName="legacy")

    run(
        aws,
        Stack(),
        lambda: SendingHistory(
            "mail",
            {
                "configuration_sets": [],
                "existing_configuration_sets": ["legacy"],
                "bucket": "existing-bucket",
                "identities": ["example.org"],
            },
        ),
    )
    send(aws, "success", sender="news@example.org")

    ((_, events),) = history.events(aws, "existing-bucket", "events/")
    assert [event["eventType"] for event in events] == ["Send", "Delivery"]


def test_a_second_project_attaches_its_own_set_to_the_stream(aws: LocalAws, dev: Stack) -> None:
    arn = dev.outputs["delivery_stream_arn"]
    other = Stack()
    run(aws, other, lambda: EventPublisher("alerts", {"configuration_set": "alerts", "delivery_stream_arn": arn}))

    (outcome,) = publish(aws, [SEND], configuration_set="alerts")

    assert outcome.dropped_because is None
    assert [events for _, events in history.events(aws, dev.outputs["bucket_name"], "events/")] == [[SEND]]
