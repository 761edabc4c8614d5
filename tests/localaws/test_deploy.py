"""Programs deployed onto the AWS on this machine: created, read, updated and deleted over its API."""

import os
import socket
import subprocess
import sys
import threading
from typing import Any
from urllib.parse import urlsplit

import pulumi
import pulumi_aws
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from ses_sending_history import EventPublisher, SendingHistory

from localaws import demo, history
from localaws.aws import LocalAws
from localaws.deploy import PROGRAM, Stack, deploy, destroy, run, type_of
from localaws.emulator import running
from localaws.resources import RESOURCE_TYPES
from localaws.ses import publish
from tests.localaws.support import SEND, send

NOT_TOLD = {"forceDestroy", "namePrefix", "destination"}
"""Inputs that no AWS API answers with."""


def everything(aws: LocalAws) -> list[Any]:
    """What exists on an AWS, of the services a history uses."""
    return [
        *aws.client("s3").list_buckets()["Buckets"],
        *aws.client("iam").list_roles()["Roles"],
        *aws.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        *aws.client("logs").describe_log_groups()["logGroups"],
        *aws.client("sesv2").list_configuration_sets()["ConfigurationSets"],
        *aws.client("sesv2").list_email_identities()["EmailIdentities"],
        *aws.client("cloudwatch").describe_alarms()["MetricAlarms"],
        *aws.client("cloudwatch").list_dashboards()["DashboardEntries"],
    ]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_each_environment_deploys_and_destroying_it_leaves_nothing(aws: LocalAws, name: str) -> None:
    stack = Stack()
    deploy(aws, stack, name=name)
    assert len(stack.resources) == {"dev": 17, "prod": 29}[name]
    assert len(everything(aws)) == {"dev": 7, "prod": 16}[name]

    destroy(aws, stack)

    assert everything(aws) == []
    assert stack.resources == []


def test_a_bucket_that_holds_history_is_destroyed_only_when_told_to_and_stays_closed(aws: LocalAws) -> None:
    dev, prod = Stack(), Stack()
    deploy(aws, dev, name="dev")
    deploy(aws, prod, name="prod")
    publish(aws, [SEND], configuration_set="dev-mail")
    publish(aws, [SEND], configuration_set="newsletter")

    destroy(aws, dev)
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        destroy(aws, prod)

    s3, bucket = aws.client("s3"), {"Bucket": prod.outputs["bucket_name"]}
    assert len(history.keys(aws, bucket["Bucket"])) == 1
    assert all(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values())
    assert "aws:SecureTransport" in s3.get_bucket_policy(**bucket)["Policy"]
    assert s3.get_bucket_lifecycle_configuration(**bucket)["Rules"][0]["Expiration"] == {"Days": 730}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"


def test_what_aws_tells_of_each_resource_is_what_the_program_asked_for(aws: LocalAws) -> None:
    stack = Stack()
    deploy(aws, stack, name="prod")

    for resource in stack.resources:
        found = type_of(resource.type).read(aws, resource)
        assert found, resource.type
        key = RESOURCE_TYPES[resource.type].key
        told = {name: value for name, value in resource.inputs.items() if name not in {*NOT_TOLD, *key}}
        if "serverSideEncryption" in told:
            told["serverSideEncryption"] = {"keyType": "AWS_OWNED_CMK"}
        assert {name: found[name] for name in told} == told, resource.type


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("s3/bucket:Bucket", {"tags": {"team": "mail"}}),
    ("s3/bucketVersioning:BucketVersioning", {"versioningConfiguration": {"status": "Suspended"}}),
    ("iam/role:Role", {"description": "Another one", "tags": {"team": "mail"}}),
    ("cloudwatch/logGroup:LogGroup", {"retentionInDays": 7, "tags": {"team": "mail"}}),
    ("kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", {"tags": {"team": "mail"}}),
    ("sesv2/configurationSet:ConfigurationSet", {"tags": {"team": "mail"}}),
    ("cloudwatch/metricAlarm:MetricAlarm", {"threshold": 5, "tags": {"team": "mail"}}),
    ("sesv2/emailIdentity:EmailIdentity", {"configurationSetName": "newsletter"}),
]


@pytest.mark.parametrize(("token", "change"), CHANGES, ids=[token for token, _ in CHANGES])
def test_an_update_changes_what_aws_tells(aws: LocalAws, token: str, change: dict[str, Any]) -> None:
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


def test_a_resource_deleted_behind_its_back_is_found_gone(aws: LocalAws, dev: Stack) -> None:
    resources = list(dev.resources)
    destroy(aws, dev)

    for resource in resources:
        assert type_of(resource.type).read(aws, resource) is None, resource.type


def test_a_second_project_attaches_its_own_set_to_the_stream(aws: LocalAws, dev: Stack) -> None:
    arn = dev.outputs["delivery_stream_arn"]
    other = Stack()
    run(aws, other, lambda: EventPublisher("alerts", {"configuration_set": "alerts", "delivery_stream_arn": arn}))

    (outcome,) = publish(aws, [SEND], configuration_set="alerts")

    assert outcome.dropped_because is None
    assert [events for _, events in history.events(aws, dev.outputs["bucket_name"], "events/")] == [[SEND]]


def test_sets_identities_and_a_bucket_made_elsewhere_keep_history_too(aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="made-elsewhere")
    aws.client("sesv2").create_configuration_set(ConfigurationSetName="legacy")

    run(
        aws,
        Stack(),
        lambda: SendingHistory(
            "mail",
            {
                "configuration_sets": [],
                "existing_configuration_sets": ["legacy"],
                "bucket": "made-elsewhere",
                "identities": ["example.org"],
            },
        ),
    )
    send(aws, "success", sender="news@example.org")

    ((_, events),) = history.events(aws, "made-elsewhere", "events/")
    assert [event["eventType"] for event in events] == ["Send", "Delivery"]


def test_botocore_refuses_an_input_the_api_does_not_know(aws: LocalAws) -> None:
    def program() -> None:
        pulumi_aws.cloudwatch.LogGroup("group", name="")

    with pytest.raises(ParamValidationError, match="Invalid length for parameter logGroupName"):
        run(aws, Stack(), program)


def test_an_input_no_api_call_takes_is_named(aws: LocalAws) -> None:
    def program() -> None:
        pulumi_aws.s3.Bucket("bucket", object_lock_enabled=True, request_payer="Requester")

    with pytest.raises(LookupError, match="Bucket bucket: no operation takes objectLockEnabled, requestPayer"):
        run(aws, Stack(), program)


TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
    ' "Principal": {"Service": "firehose.amazonaws.com"}}]}'
)
REFUSED_STREAMS: dict[str, tuple[dict[str, str], str]] = {
    "an error prefix without the error type": ({"error_output_prefix": "error/"}, "ErrorOutputPrefix 'error/' must"),
    "a prefix with the error type": (
        {"prefix": "events/!{firehose:error-output-type}/"},
        "Prefix 'events/!{firehose:error-output-type}/' cannot",
    ),
    "a bucket that is not there": ({"bucket_arn": "arn:aws:s3:::nowhere"}, "Bucket nowhere does not exist"),
    "a role that is not there": ({"role_arn": "arn:aws:iam::123456789012:role/nobody"}, "role/nobody does not exist"),
    "a role without a policy": ({}, "may not s3:PutObject on arn:aws:s3:::made-elsewhere/events/"),
}


@pytest.mark.parametrize("case", REFUSED_STREAMS)
def test_firehose_refuses(case: str, aws: LocalAws) -> None:
    changes, message = REFUSED_STREAMS[case]
    aws.client("s3").create_bucket(Bucket="made-elsewhere")

    def program() -> None:
        role = pulumi_aws.iam.Role("role", assume_role_policy=TRUST)
        s3: Any = {
            "role_arn": role.arn,
            "bucket_arn": "arn:aws:s3:::made-elsewhere",
            "prefix": "events/day=!{timestamp:yyyy-MM-dd}/",
            "error_output_prefix": "error/!{firehose:error-output-type}/",
            **changes,
        }
        pulumi_aws.kinesis.FirehoseDeliveryStream("stream", destination="extended_s3", extended_s3_configuration=s3)

    with pytest.raises(ClientError) as refused:
        run(aws, Stack(), program)
    assert message in str(refused.value)


def test_ses_refuses_a_destination_whose_role_cannot_put_records(aws: LocalAws, dev: Stack) -> None:
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


def test_a_person_s_own_aws_profile_has_no_part_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-someone")
    with running() as aws:
        assert aws.client("s3").list_buckets()["Buckets"] == []
    assert os.environ["AWS_PROFILE"] == "of-someone"


def test_the_emulator_listens_on_loopback_only_and_is_gone_afterwards() -> None:
    with running() as aws:
        address = urlsplit(aws.endpoint)
        assert address.hostname == "127.0.0.1"
        aws.client("s3").list_buckets()
        # It would answer at every loopback address if it listened on every interface.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", address.port or 0)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port or 0)).close()
    assert "ministack" not in {thread.name for thread in threading.enumerate()}


def test_the_demo_shows_each_event_under_the_key_that_holds_it(capsys: pytest.CaptureFixture[str]) -> None:
    demo.main()

    lines = capsys.readouterr().out.splitlines()
    assert any(line.endswith(": 22 events in 10 objects") for line in lines)
    assert sum(line.startswith("events/day=") for line in lines) == 10
    sent = {line.split()[1] for line in lines if line.startswith("  ") and "@" in line.split()[0]}
    shown = [line for line in lines if line.startswith("  20")]
    assert len(sent) == 10
    assert len(shown) == 22
    assert {line.split()[-1] for line in shown} == sent
    assert lines[-1].endswith("nothing left running")


def test_components_install_by_themselves_and_work_in_another_project(tmp_path: Any) -> None:
    uv = [sys.executable, "-m", "uv"]
    pins = tmp_path / "pins.txt"
    subprocess.run(
        [*uv, "export", "--quiet", "--frozen", "--all-packages", "--no-emit-workspace", "--no-hashes", "-o", pins],
        cwd=PROGRAM,
        check=True,
    )
    python = tmp_path / ".venv" / "bin" / "python"
    subprocess.run([*uv, "venv", "--quiet", tmp_path / ".venv"], check=True)
    install = [*uv, "pip", "install", "--quiet", "--python", python, "--constraint", pins, PROGRAM / "components"]
    subprocess.run(install, check=True)
    program = (
        "import pulumi\n"
        "class Nothing(pulumi.runtime.Mocks):\n"
        "    def new_resource(self, args): return args.name, args.inputs\n"
        "    def call(self, args): return {}, []\n"
        "pulumi.runtime.set_mocks(Nothing())\n"
        "from ses_sending_history import EventPublisher, SendingHistory\n"
        "print(pulumi.runtime.test(lambda: SendingHistory('mail', {}).events_prefix.apply(print))())\n"
    )
    ran = subprocess.run(
        [python, "-W", "ignore", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[0] == "events/"
