"""What localaws adds to ministack's SES and Firehose."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pulumi_aws
import pytest
from botocore.exceptions import ClientError

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import Stack, run
from tests.localaws.support import send

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
    ' "Principal": {"Service": "firehose.amazonaws.com"}}]}'
)


REJECTED_STREAMS: dict[str, tuple[dict[str, str], str]] = {
    "an error prefix without the error type": ({"error_output_prefix": "error/"}, "ErrorOutputPrefix 'error/' must"),
    "a prefix with the error type": (
        {"prefix": "events/!{firehose:error-output-type}/"},
        "Prefix 'events/!{firehose:error-output-type}/' cannot",
    ),
    "an unknown bucket": ({"bucket_arn": "arn:aws:s3:::nowhere"}, "Bucket nowhere does not exist"),
    "an unknown role": ({"role_arn": "arn:aws:iam::123456789012:role/nobody"}, "role/nobody does not exist"),
    "a role without a policy": ({}, "may not s3:PutObject on arn:aws:s3:::existing-bucket/events/"),
}


@pytest.mark.parametrize("case", REJECTED_STREAMS)
def test_firehose_rejects(case: str, aws: LocalAws) -> None:
    changes, message = REJECTED_STREAMS[case]
    aws.client("s3").create_bucket(Bucket="existing-bucket")

    def program() -> None:
        role = pulumi_aws.iam.Role("role", assume_role_policy=TRUST)
        s3: Any = {
            "role_arn": role.arn,
            "bucket_arn": "arn:aws:s3:::existing-bucket",
            "prefix": "events/day=!{timestamp:yyyy-MM-dd}/",
            "error_output_prefix": "error/!{firehose:error-output-type}/",
            **changes,
        }
        pulumi_aws.kinesis.FirehoseDeliveryStream("stream", destination="extended_s3", extended_s3_configuration=s3)

    with pytest.raises(ClientError) as rejected:
        run(aws, Stack(), program)
    assert message in str(rejected.value)


def test_ses_rejects_a_destination_whose_role_cannot_put_records(aws: LocalAws, dev: Stack) -> None:
    def program() -> None:
        role = pulumi_aws.iam.Role("role", assume_role_policy=TRUST)
        pulumi_aws.sesv2.ConfigurationSetEventDestination(
            "destination",
            configuration_set_name="dev-mail",
            event_destination_name="second",
            event_destination={
                "enabled": True,
                "matching_event_types": ["SEND"],
                "kinesis_firehose_destination": {
                    "delivery_stream_arn": dev.outputs["delivery_stream_arn"],
                    "iam_role_arn": role.arn,
                },
            },
        )

    with pytest.raises(ClientError, match=r"Could not assume IAM role: .* does not trust ses\.amazonaws\.com"):
        run(aws, Stack(), program)


def test_messages_sent_at_the_same_time_are_all_kept(aws: LocalAws, dev: Stack) -> None:
    with ThreadPoolExecutor(20) as pool:
        sent = set(pool.map(partial(send, aws), [f"success+{n}" for n in range(40)]))

    objects = history.events(aws, dev.outputs["bucket_name"], "events/")
    kept = Counter(event["mail"]["messageId"] for _, events in objects for event in events)
    assert kept == Counter(dict.fromkeys(sent, 2))
    assert len(sent) == 40


@pytest.mark.parametrize(
    ("sender", "how", "code"),
    [
        ("shop@example.org", {}, "MessageRejected"),
        ("shop@dev.example.com", {"ConfigurationSetName": "nowhere"}, "NotFoundException"),
    ],
)
def test_a_message_of_an_unverified_sender_or_an_unknown_set_is_not_sent(
    aws: LocalAws, dev: Stack, sender: str, how: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError, match=code):
        send(aws, "success", sender=sender, **how)
    assert history.keys(aws, dev.outputs["bucket_name"]) == []


def test_a_table_in_glue_has_a_description_only_if_it_was_given_one(aws: LocalAws) -> None:
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": "mail"})
    glue.create_table(DatabaseName="mail", TableInput={"Name": "described", "Description": "The lines"})
    glue.create_table(DatabaseName="mail", TableInput={"Name": "history"})
    tables = glue.get_tables(DatabaseName="mail")["TableList"]
    assert {table["Name"]: table.get("Description") for table in tables} == {"described": "The lines", "history": None}
    assert "Description" not in glue.get_table(DatabaseName="mail", Name="history")["Table"]


def test_the_metrics_configurations_of_a_bucket_are_listed(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    for bucket in ("one-bucket", "another-bucket"):
        s3.create_bucket(Bucket=bucket)
    configuration = {"Id": "EntireBucket", "Filter": {"Prefix": "events/"}}
    s3.put_bucket_metrics_configuration(Bucket="one-bucket", Id="EntireBucket", MetricsConfiguration=configuration)

    listed = [s3.list_bucket_metrics_configurations(Bucket=bucket) for bucket in ("one-bucket", "another-bucket")]
    assert [each.get("MetricsConfigurationList", []) for each in listed] == [[configuration], []]
    assert [each["IsTruncated"] for each in listed] == [False, False]


def test_the_policies_of_a_role_are_simulated_for_every_resource_with_context_and_boundary(aws: LocalAws) -> None:
    iam = aws.client("iam")
    key_of_mail = "arn:aws:s3:::mail/*"
    statements = [
        {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": key_of_mail,
            "Condition": {"StringEquals": {"aws:SourceAccount": aws.account_id}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secret/*"},
    ]
    role = iam.create_role(RoleName="writer", Path="/mail/", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="writer", PolicyName="only", PolicyDocument=policy)

    def simulated(context: dict[str, str]) -> dict[tuple[str, str], str]:
        entries = [
            {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for name, value in context.items()
        ]
        results = iam.simulate_principal_policy(
            PolicySourceArn=role,
            ActionNames=["s3:PutObject", "s3:GetObject"],
            ResourceArns=["arn:aws:s3:::mail/events/1", "arn:aws:s3:::secret/1"],
            ContextEntries=entries,
        )["EvaluationResults"]
        return {(each["EvalActionName"], each["EvalResourceName"]): each["EvalDecision"] for each in results}

    assert simulated({"aws:SourceAccount": aws.account_id}) == {
        ("s3:PutObject", "arn:aws:s3:::mail/events/1"): "allowed",
        ("s3:PutObject", "arn:aws:s3:::secret/1"): "implicitDeny",
        ("s3:GetObject", "arn:aws:s3:::mail/events/1"): "allowed",
        ("s3:GetObject", "arn:aws:s3:::secret/1"): "explicitDeny",
    }
    assert simulated({})["s3:PutObject", "arn:aws:s3:::mail/events/1"] == "implicitDeny"

    boundary = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}
    arn = iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(boundary))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="writer", PermissionsBoundary=arn)
    assert simulated({})["s3:GetObject", "arn:aws:s3:::mail/events/1"] == "implicitDeny"
