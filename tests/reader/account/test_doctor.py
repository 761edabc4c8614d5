"""The doctor on AWS on this machine: whatever is broken, it names exactly that link, and its commands mend it."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ses_history.account.doctor.calls import Calls
from ses_history.account.doctor.chain import Chain, of_bucket, of_stack
from ses_history.account.doctor.doctor import diagnosis
from ses_history.account.doctor.links import Diagnosis, Finding, Link, State
from ses_history.progress import unwatched

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import Stack
from tests.localaws.support import permissions, send, user
from tests.reader.account import cli

Break = Callable[[LocalAws, Stack], None]

SET = {"ConfigurationSetName": "dev-mail"}
ALLOW_NOTHING: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}


def of_dev(aws: LocalAws, stack: Stack) -> Diagnosis:
    """What the doctor finds of the stack."""
    calls = Calls(lambda service, _: aws.client(service))
    return diagnosis(calls, aws.region, lambda calls: of_stack(calls, stack.outputs, identities=(), sets=()), unwatched)


def broken(found: Diagnosis) -> list[Finding]:
    return [finding for finding in found.findings if finding.state is State.BROKEN]


def role(stack: Stack) -> str:
    return stack.outputs["publisher_role_arns"][0].rpartition("/")[2]


def firehose_role(stack: Stack) -> str:
    return stack.outputs["delivery_role_arn"].rpartition("/")[2]


def account(**changes: Any) -> Break:
    def change(aws: LocalAws, _: Stack) -> None:
        for name, value in changes.items():
            setattr(aws.ses_account, name, value)

    return change


def default(name: str | None) -> Break:
    def change(aws: LocalAws, _: Stack) -> None:
        ses = aws.client("sesv2")
        if name:
            ses.create_configuration_set(ConfigurationSetName=name)
        named = {"ConfigurationSetName": name} if name else {}
        ses.put_email_identity_configuration_set_attributes(EmailIdentity="dev.example.com", **named)

    return change


def delete_identity(aws: LocalAws, _: Stack) -> None:
    aws.client("sesv2").delete_email_identity(EmailIdentity="dev.example.com")


def addresses(*names: str, default: str | None = None) -> Break:
    def change(aws: LocalAws, _: Stack) -> None:
        ses = aws.client("sesv2")
        named = {"ConfigurationSetName": default} if default else {}
        if default:
            ses.create_configuration_set(**named)
        for name in names:
            ses.create_email_identity(EmailIdentity=f"{name}@dev.example.com", **named)

    return change


def delete_set(aws: LocalAws, stack: Stack) -> None:
    delete_destination(aws, stack)
    aws.client("sesv2").delete_configuration_set(**SET)


def disable_set(aws: LocalAws, _: Stack) -> None:
    aws.client("sesv2").put_configuration_set_sending_options(**SET, SendingEnabled=False)


def _destination(aws: LocalAws) -> dict[str, Any]:
    (found,) = aws.client("sesv2").get_configuration_set_event_destinations(**SET)["EventDestinations"]
    return found


def delete_destination(aws: LocalAws, _: Stack) -> None:
    name = _destination(aws)["Name"]
    aws.client("sesv2").delete_configuration_set_event_destination(**SET, EventDestinationName=name)


def _update_destination(aws: LocalAws, **changes: Any) -> None:
    found = _destination(aws)
    name = found.pop("Name")
    aws.client("sesv2").update_configuration_set_event_destination(
        **SET, EventDestinationName=name, EventDestination=found | changes
    )


def disable_destination(aws: LocalAws, _: Stack) -> None:
    _update_destination(aws, Enabled=False)


def without_type(event_type: str) -> Break:
    def change(aws: LocalAws, _: Stack) -> None:
        kept = [each for each in _destination(aws)["MatchingEventTypes"] if each != event_type]
        _update_destination(aws, MatchingEventTypes=kept)

    return change


def to_a_topic(aws: LocalAws, stack: Stack) -> None:
    delete_destination(aws, stack)
    topic = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:mail"}
    aws.client("sesv2").create_configuration_set_event_destination(
        **SET,
        EventDestinationName="topic",
        EventDestination={"Enabled": True, "MatchingEventTypes": ["SEND"], "SnsDestination": topic},
    )


def to_another_stream(aws: LocalAws, stack: Stack) -> None:
    other = stack.outputs["delivery_stream_arn"] + "-2"
    allow(role, Action="firehose:*", Resource=other)(aws, stack)
    firehose = _destination(aws)["KinesisFirehoseDestination"] | {"DeliveryStreamArn": other}
    _update_destination(aws, KinesisFirehoseDestination=firehose)
    aws.client("iam").delete_role_policy(RoleName=role(stack), PolicyName="other")


def trust(named: Callable[[Stack], str], document: Callable[[dict[str, Any]], dict[str, Any]]) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        iam, name = aws.client("iam"), named(stack)
        known = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document(known)))

    return change


def replaced(old: str, new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda document: json.loads(json.dumps(document).replace(old, new))


def with_deny(document: dict[str, Any]) -> dict[str, Any]:
    denied = {name: value for name, value in document["Statement"][0].items() if name != "Condition"}
    return document | {"Statement": [*document["Statement"], denied | {"Effect": "Deny"}]}


def delete_role(named: Callable[[Stack], str]) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        delete_permission(named)(aws, stack)
        aws.client("iam").delete_role(RoleName=named(stack))

    return change


def delete_permission(named: Callable[[Stack], str]) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        identified, _ = permissions(aws, named(stack))
        aws.client("iam").delete_role_policy(**identified)

    return change


def permission(named: Callable[[Stack], str], old: str, new: str) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        identified, document = permissions(aws, named(stack))
        changed = json.dumps(replaced(old, new)(document))
        aws.client("iam").put_role_policy(**identified, PolicyDocument=changed)

    return change


def allow(named: Callable[[Stack], str], **statement: Any) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        document = ALLOW_NOTHING | {"Statement": [{"Effect": "Allow", **statement}]}
        aws.client("iam").put_role_policy(
            RoleName=named(stack), PolicyName="other", PolicyDocument=json.dumps(document)
        )

    return change


def boundary(named: Callable[[Stack], str]) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        iam = aws.client("iam")
        document = ALLOW_NOTHING | {"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
        arn = iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
        iam.put_role_permissions_boundary(RoleName=named(stack), PermissionsBoundary=arn)

    return change


def delete_stream(aws: LocalAws, stack: Stack) -> None:
    aws.client("firehose").delete_delivery_stream(DeliveryStreamName=stack.outputs["delivery_stream_name"])


def stream(**changes: Any) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        aws.client("s3").create_bucket(Bucket="other")
        firehose, name = aws.client("firehose"), stack.outputs["delivery_stream_name"]
        told = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        firehose.update_destination(
            DeliveryStreamName=name,
            CurrentDeliveryStreamVersionId=told["VersionId"],
            DestinationId=told["Destinations"][0]["DestinationId"],
            ExtendedS3DestinationUpdate=changes,
        )

    return change


def convert(aws: LocalAws, stack: Stack) -> None:
    schema = {"DatabaseName": "nowhere", "TableName": "nothing", "RoleARN": stack.outputs["delivery_role_arn"]}
    stream(
        DataFormatConversionConfiguration={
            "Enabled": True,
            "SchemaConfiguration": schema,
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        }
    )(aws, stack)
    bucket = stack.outputs["bucket_name"]
    for key in history.keys(aws, bucket):
        aws.client("s3").delete_object(Bucket=bucket, Key=key)
    send(aws, "success")


def bucket_policy(principal: Callable[[Stack], Any], **other: Any) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        s3, named = aws.client("s3"), {"Bucket": stack.outputs["bucket_name"]}
        policy = json.loads(s3.get_bucket_policy(**named)["Policy"])
        resource = f"{stack.outputs['bucket_arn']}/*"
        denied = {"Effect": "Deny", "Principal": principal(stack), "Action": "s3:PutObject", "Resource": resource}
        policy["Statement"].append(denied | other)
        s3.put_bucket_policy(**named, Policy=json.dumps(policy))

    return change


def deny_everything(aws: LocalAws, stack: Stack) -> None:
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": f"{stack.outputs['bucket_arn']}/*"}
    policy = json.dumps(ALLOW_NOTHING | {"Statement": [denied]})
    aws.client("s3").put_bucket_policy(Bucket=stack.outputs["bucket_name"], Policy=policy)


def key(state: Callable[[Any, str], Any]) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        kms = aws.client("kms")
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}}
        aws.client("s3").put_bucket_encryption(
            Bucket=stack.outputs["bucket_name"], ServerSideEncryptionConfiguration={"Rules": [rule]}
        )
        state(kms, arn)

    return change


def log_an_error(aws: LocalAws, _: Stack) -> None:
    logs = aws.client("logs")
    (group,) = logs.describe_log_groups()["logGroups"]
    (found,) = logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
    logs.put_log_events(
        logGroupName=group["logGroupName"],
        logStreamName=found["logStreamName"],
        logEvents=[{"timestamp": int(time.time() * 1000) + 2000, "message": "S3.AccessDenied"}],
    )


def metric(namespace: str, name: str, value: float, ago: timedelta) -> Break:
    def change(aws: LocalAws, stack: Stack) -> None:
        of_stream = [{"Name": "DeliveryStreamName", "Value": stack.outputs["delivery_stream_name"]}]
        datum: dict[str, Any] = {"MetricName": name, "Value": value, "Timestamp": datetime.now(UTC) - ago}
        datum["Dimensions"] = of_stream if namespace == "AWS/Firehose" else []
        aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])

    return change


def lose_what_came_in(aws: LocalAws, stack: Stack) -> None:
    bucket = stack.outputs["bucket_name"]
    for each in history.keys(aws, bucket):
        aws.client("s3").delete_object(Bucket=bucket, Key=each)
    metric("AWS/Firehose", "IncomingRecords", 5, timedelta(hours=3))(aws, stack)


MENDED: dict[str, tuple[Link, Break]] = {
    "the account has paused its sending": (Link.ACCOUNT, account(sending_enabled=False)),
    "the default set is missing": (Link.IDENTITY, default(None)),
    "the default is another set": (Link.IDENTITY, default("other")),
    "the identity is deleted": (Link.IDENTITY, delete_identity),
    "an address identity has no default": (Link.ADDRESSES, addresses("ada")),
    "two address identities have no default": (Link.ADDRESSES, addresses("ada", "grace")),
    "an address identity has another default": (Link.ADDRESSES, addresses("ada", default="other")),
    "the set is deleted": (Link.SET, delete_set),
    "the set does not send": (Link.SET, disable_set),
    "the destination is deleted": (Link.DESTINATION, delete_destination),
    "the destination is disabled": (Link.DESTINATION, disable_destination),
    "sends are not published": (Link.DESTINATION, without_type("SEND")),
    "rejects are not published": (Link.DESTINATION, without_type("REJECT")),
    "bounces are not published": (Link.DESTINATION, without_type("BOUNCE")),
    "complaints are not published": (Link.DESTINATION, without_type("COMPLAINT")),
    "deliveries are not published": (Link.DESTINATION, without_type("DELIVERY")),
    "failures to render are not published": (Link.DESTINATION, without_type("RENDERING_FAILURE")),
    "delays are not published": (Link.DESTINATION, without_type("DELIVERY_DELAY")),
    "events go to a topic": (Link.DESTINATION, to_a_topic),
    "events go to another stream": (Link.DESTINATION, to_another_stream),
    "SES's role trusts another account": (Link.TRUST, trust(role, replaced('"123456789012"', '"999999999999"'))),
    "SES's role trusts another set": (Link.TRUST, trust(role, replaced("set/dev-mail", "set/other"))),
    "SES's role trusts another region": (Link.TRUST, trust(role, replaced("us-east-1", "eu-west-1"))),
    "SES's role trusts another service": (Link.TRUST, trust(role, replaced("ses.amazonaws", "sns.amazonaws"))),
    "SES's role trusts nobody": (Link.TRUST, trust(role, lambda _: ALLOW_NOTHING)),
    "SES's role denies SES": (Link.TRUST, trust(role, with_deny)),
    "SES's role is deleted": (Link.TRUST, delete_role(role)),
    "SES's role has no permission": (Link.PERMISSION, delete_permission(role)),
    "SES's role may put on another stream": (Link.PERMISSION, permission(role, "deliverystream/", "deliverystream/x")),
    "SES's role may put single records": (Link.PERMISSION, permission(role, "PutRecordBatch", "PutRecord")),
    "the stream is deleted": (Link.STREAM, delete_stream),
    "the stream writes under another prefix": (
        Link.STREAM,
        stream(Prefix="other/!{timestamp:yyyy}/", ErrorOutputPrefix="error/!{firehose:error-output-type}/"),
    ),
    "the stream writes to another bucket": (Link.STREAM, stream(BucketARN="arn:aws:s3:::other")),
    "Firehose's role trusts another account": (
        Link.DELIVERY_ROLE,
        trust(firehose_role, replaced("123456789012", "999999999999")),
    ),
    "Firehose's role trusts another service": (
        Link.DELIVERY_ROLE,
        trust(firehose_role, replaced("firehose.amazonaws", "lambda.amazonaws")),
    ),
    "Firehose's role denies Firehose": (Link.DELIVERY_ROLE, trust(firehose_role, with_deny)),
    "Firehose's role is deleted": (Link.DELIVERY_ROLE, delete_role(firehose_role)),
    "Firehose's role has no permission": (Link.DELIVERY_ROLE, delete_permission(firehose_role)),
    "Firehose's role may not put objects": (Link.DELIVERY_ROLE, permission(firehose_role, "PutObject", "PutObjectAcl")),
    "Firehose's role may write errors alone": (Link.DELIVERY_ROLE, permission(firehose_role, "/events/*", "/none/*")),
    "the bucket's policy denies everybody": (Link.BUCKET, bucket_policy(lambda _: "*")),
    "the bucket's policy denies Firehose's role": (
        Link.BUCKET,
        bucket_policy(lambda stack: {"AWS": stack.outputs["delivery_role_arn"]}),
    ),
    "the bucket's policy denies the account": (
        Link.BUCKET,
        bucket_policy(lambda _: {"AWS": "arn:aws:iam::123456789012:root"}, Action="s3:*"),
    ),
    "the bucket's policy denies all others": (
        Link.BUCKET,
        bucket_policy(lambda _: "*", Condition={"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/other"}}),
    ),
    "the bucket's policy only denies": (Link.BUCKET, deny_everything),
    "the key is disabled": (Link.KEY, key(lambda kms, arn: kms.disable_key(KeyId=arn))),
    "the key is about to be deleted": (Link.KEY, key(lambda kms, arn: kms.schedule_key_deletion(KeyId=arn))),
    "a conversion fails": (Link.ERRORS, convert),
}
"""What is broken, the link that is named, and how it is broken."""

TOLD: dict[str, tuple[Link, Break, str]] = {
    "AWS has paused the account": (Link.ACCOUNT, account(enforcement_status="SHUTDOWN"), "AWS has paused the sending"),
    "the identity is not verified": (
        Link.IDENTITY,
        account(pending_identities={"dev.example.com"}),
        "it is not verified: publish the DNS records",
    ),
    "SES's role is denied by its policy": (
        Link.PERMISSION,
        allow(role, Effect="Deny", Action="firehose:*", Resource="*"),
        "one of its policies denies it",
    ),
    "SES's role has a boundary": (Link.PERMISSION, boundary(role), "its permissions boundary has to allow it"),
    "Firehose's role is denied by its policy": (
        Link.DELIVERY_ROLE,
        allow(firehose_role, Effect="Deny", Action="s3:Put*", Resource="*"),
        "one of its policies denies it",
    ),
    "Firehose's role has a boundary": (Link.DELIVERY_ROLE, boundary(firehose_role), "its permissions boundary has to"),
    "Firehose logged an error": (Link.LOG, log_an_error, "S3.AccessDenied"),
    "mail is sent without the sets": (
        Link.RECORDS,
        metric("AWS/SES", "Send", 7, timedelta(hours=3)),
        "SES sent 7 messages of the account, and 0 events came in",
    ),
    "events wait for long": (
        Link.DELIVERY,
        metric("AWS/Firehose", "DeliveryToS3.DataFreshness", 7200, timedelta()),
        "the oldest event waited 120 min",
    ),
    "what came in was not written": (Link.NEWEST, lose_what_came_in, "and were not written"),
}
"""What no command mends: the link, how it is broken, and what is said of it."""


@pytest.fixture
def sending(aws: LocalAws, dev: Stack) -> Stack:
    """The dev stack, with the events of a message in its bucket."""
    send(aws, "success")
    return dev


def test_all_links_of_a_stack_that_works_are_fine_in_the_order_mail_takes(aws: LocalAws, sending: Stack) -> None:
    found = of_dev(aws, sending)

    assert {finding.state for finding in found.findings} == {State.FINE}
    assert [finding.link for finding in found.findings] == list(Link)


@pytest.mark.parametrize("what", MENDED)
def test_exactly_the_broken_link_is_named_and_its_commands_mend_it(what: str, aws: LocalAws, sending: Stack) -> None:
    link, change = MENDED[what]
    change(aws, sending)

    found = of_dev(aws, sending)
    assert [finding.link for finding in broken(found)] == [link]
    assert State.COULD_NOT_LOOK not in {finding.state for finding in found.findings}

    # What was deleted had others depend on it: they are named one after the other.
    for _ in range(4):
        for finding in broken(found):
            for command in finding.remedy:
                cli.run(aws, command)
        before = len(history.keys(aws, sending.outputs["bucket_name"], "events/"))
        send(aws, "success")
        found = of_dev(aws, sending)
        if not broken(found):
            break
    assert broken(found) == []
    assert len(history.keys(aws, sending.outputs["bucket_name"], "events/")) == before + 1


@pytest.mark.parametrize("what", TOLD)
def test_exactly_the_broken_link_is_named_with_what_aws_says(what: str, aws: LocalAws, sending: Stack) -> None:
    link, change, said = TOLD[what]
    change(aws, sending)

    (finding,) = broken(of_dev(aws, sending))
    assert finding.link is link
    assert said in finding.evidence


def test_a_stream_of_which_no_attempt_to_write_succeeds_is_broken(aws: LocalAws, dev: Stack) -> None:
    metric("AWS/Firehose", "DeliveryToS3.Success", 0, timedelta())(aws, dev)
    metric("AWS/Firehose", "DeliveryToS3.DataFreshness", 400, timedelta())(aws, dev)

    (finding,) = broken(of_dev(aws, dev))
    assert finding.link is Link.DELIVERY
    assert "no attempt to write succeeded: after 24 hours what S3 refuses is lost" in finding.evidence


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"production_access": False}, "sending is enabled, healthy, in the sandbox: to verified addresses alone"),
        ({"enforcement_status": "PROBATION"}, "sending is enabled, probation"),
    ],
)
def test_an_account_that_sends_is_fine_and_says_how(
    changes: dict[str, Any], said: str, aws: LocalAws, sending: Stack
) -> None:
    account(**changes)(aws, sending)

    found = of_dev(aws, sending)
    assert broken(found) == []
    assert [finding.evidence for finding in found.findings if finding.link is Link.ACCOUNT] == [said]


def test_of_two_sets_only_the_broken_one_is_named_and_the_rest_of_the_chain_is_looked_at(
    aws: LocalAws, sending: Stack
) -> None:
    arn = sending.outputs["configuration_set_arns"][0]
    two = sending.outputs | {
        "configuration_set_arns": [arn, arn.replace("dev-mail", "gone")],
        "publisher_role_arns": sending.outputs["publisher_role_arns"] * 2,
    }
    calls = Calls(lambda service, _: aws.client(service))
    found = diagnosis(calls, aws.region, lambda calls: of_stack(calls, two, identities=(), sets=()), unwatched)

    assert [(finding.link, finding.subject) for finding in broken(found)] == [(Link.SET, "gone (us-east-1)")]
    late = [finding.subject for finding in found.findings if finding.state is State.NOT_LOOKED_AT]
    assert late == ["gone (us-east-1)"] * 3


def test_after_a_broken_link_nothing_that_depends_on_it_is_blamed(aws: LocalAws, sending: Stack) -> None:
    disable_destination(aws, sending)

    found = of_dev(aws, sending).findings
    states = [finding.state for finding in found]
    after = states.index(State.BROKEN) + 1
    assert set(states[after:]) == {State.NOT_LOOKED_AT}
    assert {finding.evidence for finding in found[after:]} == {"nothing can arrive"}


def test_the_chain_of_a_bucket_is_found_by_itself(aws: LocalAws, sending: Stack) -> None:
    calls = Calls(lambda service, _: aws.client(service))
    bucket = sending.outputs["bucket_name"]
    found = diagnosis(
        calls, aws.region, lambda calls: of_bucket(calls, bucket, aws.region, identities=(), sets=()), unwatched
    )

    assert found.state is State.FINE
    assert [(finding.link, finding.subject) for finding in found.findings if finding.link is Link.SET] == [
        (Link.SET, "dev-mail (us-east-1)")
    ]


def statements_without(policy: str, action: str | None) -> str:
    """The policy without one of its actions."""
    document = json.loads(policy)
    kept = list[dict[str, Any]]()
    for statement in document["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        if rest := [each for each in actions if each != action]:
            kept.append(statement | {"Action": rest})
    return json.dumps(document | {"Statement": kept})


def seen_by(aws: LocalAws, stack: Stack, policy: str, *, bucket: bool) -> Diagnosis:
    """What a user with this policy is told, of the stack or of the bucket alone."""
    access_key = user(aws, policy)
    calls = Calls(lambda service, _: aws.client_of(service, access_key))
    name = stack.outputs["bucket_name"]

    def find(calls: Calls) -> Chain:
        if bucket:
            return of_bucket(calls, name, aws.region, identities=(), sets=())
        return of_stack(calls, stack.outputs, identities=(), sets=())

    return diagnosis(calls, aws.region, find, unwatched)


UNSEEN_WITHOUT: dict[str, set[Link]] = {
    "cloudwatch:GetMetricData": {Link.RECORDS, Link.DELIVERY},
    "firehose:DescribeDeliveryStream": {Link.STREAM},
    "iam:GetRole": {Link.TRUST, Link.DELIVERY_ROLE},
    "iam:SimulatePrincipalPolicy": {Link.PERMISSION, Link.DELIVERY_ROLE},
    "kms:DescribeKey": {Link.KEY},
    "logs:FilterLogEvents": {Link.LOG},
    "s3:GetBucketPolicy": {Link.BUCKET},
    "s3:GetEncryptionConfiguration": {Link.KEY},
    "s3:GetObject": {Link.READER},
    "s3:ListBucket": {Link.ERRORS, Link.NEWEST, Link.READER},
    "ses:GetAccount": {Link.ACCOUNT},
    "ses:GetConfigurationSet": {Link.SET},
    "ses:GetConfigurationSetEventDestinations": {Link.DESTINATION},
    "ses:GetEmailIdentity": {Link.IDENTITY},
    "ses:ListConfigurationSets": {Link.SET},
    "ses:ListEmailIdentities": {Link.ADDRESSES},
}
"""The links that nobody can look at without an action."""


@pytest.mark.parametrize("bucket", [False, True])
def test_with_its_policy_the_doctor_sees_everything(aws: LocalAws, sending: Stack, *, bucket: bool) -> None:
    found = seen_by(aws, sending, sending.outputs["doctor_policy_json"], bucket=bucket)

    assert {finding.state for finding in found.findings} == {State.FINE}


@pytest.mark.parametrize("action", UNSEEN_WITHOUT)
def test_without_an_action_exactly_its_links_could_not_be_looked_at(action: str, aws: LocalAws, sending: Stack) -> None:
    if action == "kms:DescribeKey":
        key(lambda _, arn: arn)(aws, sending)
    policy = statements_without(sending.outputs["doctor_policy_json"], action)
    # Which sets there are, the stack knows: only of a bucket they are asked for.
    found = seen_by(aws, sending, policy, bucket=action == "ses:ListConfigurationSets")

    unseen = [finding for finding in found.findings if finding.state is State.COULD_NOT_LOOK]
    assert {finding.link for finding in unseen} == UNSEEN_WITHOUT[action]
    assert {finding.evidence for finding in unseen} == {f"{action} is not allowed to you"}
    assert broken(found) == []
    assert found.state is State.COULD_NOT_LOOK


def test_the_policy_has_no_action_that_the_doctor_does_not_use(sending: Stack) -> None:
    statements = json.loads(sending.outputs["doctor_policy_json"])["Statement"]
    listed = [[each["Action"]] if isinstance(each["Action"], str) else each["Action"] for each in statements]
    actions = {action for actions in listed for action in actions}

    assert actions == UNSEEN_WITHOUT.keys() - {"kms:DescribeKey"}
