"""Whom the roles admit and what they may do, searched with an evaluator that is not this project's: ministack's."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ses_sending_history import policies

from localaws.iam import Action, allows, may_assume

ACCOUNT = "123456789012"
SET_ARN = f"arn:aws:ses:us-east-1:{ACCOUNT}:configuration-set/mail"
STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/mail"
LOG_STREAM = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:errors:log-stream:errors"
BUCKET = "arn:aws:s3:::history"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/role"

PUBLISHER_TRUST = policies.publisher_trust(
    partition="aws", region="us-east-1", account_id=ACCOUNT, configuration_set="mail"
)
PUBLISHER = policies.publisher_permissions(delivery_stream_arn=STREAM)
DELIVERY_TRUST = policies.delivery_trust(account_id=ACCOUNT)
DELIVERY = policies.delivery_permissions(
    bucket_arn=BUCKET,
    prefixes=["events/", "error/"],
    log_stream_arn=LOG_STREAM,
    partition="aws",
    region="us-east-1",
    kms_key_arn=KEY,
)
READER = policies.reader_permissions(
    bucket_arn=BUCKET, prefix="events/", partition="aws", region="us-east-1", kms_key_arn=KEY
)

accounts = st.sampled_from([ACCOUNT, "999999999999", f"{ACCOUNT}0", "*", ""]) | st.from_regex(r"\d{12}", fullmatch=True)
services = st.sampled_from(
    [f"{name}.amazonaws.com" for name in ("ses", "firehose", "sns", "lambda", "s3", "email", "ses.us-east-1")]
) | st.from_regex(r"[a-z0-9-]{1,20}\.amazonaws\.com", fullmatch=True)
names = st.sampled_from(["mail", "Mail", "mail2", "mai", "*", "mail*", "", "mail/x"]) | st.text(max_size=10)
regions = st.sampled_from(["us-east-1", "us-east-2", "*", ""])
arns = st.builds(
    "arn:{}:{}:{}:{}:{}{}".format,
    st.sampled_from(["aws", "aws-cn", "*"]),
    st.sampled_from(["ses", "firehose", "logs", "*"]),
    regions,
    accounts,
    st.sampled_from(["configuration-set/", "deliverystream/", "identity/", "log-group:errors:log-stream:"]),
    names,
) | st.sampled_from([SET_ARN, STREAM, LOG_STREAM])
sources = st.fixed_dictionaries({}, optional={"aws:SourceAccount": accounts, "aws:SourceArn": arns})
VERBS = {
    "firehose": ["PutRecordBatch", "PutRecord", "DeleteDeliveryStream", "UpdateDestination"],
    "s3": ["PutObject", "GetObject", "GetObjectVersion", "DeleteObject", "AbortMultipartUpload", "ListBucket"],
    "s3 of a bucket": ["GetBucketLocation", "ListBucketMultipartUploads", "PutBucketPolicy"],
    "logs": ["PutLogEvents", "CreateLogStream"],
    "kms": ["Decrypt", "GenerateDataKey", "Encrypt", "CreateGrant"],
}
known_actions = st.sampled_from([f"{name.split()[0]}:{verb}" for name, verbs in VERBS.items() for verb in verbs])
actions = (
    known_actions | known_actions.map(str.lower) | st.builds("{}:{}".format, st.text(max_size=4), st.text(max_size=8))
)
objects = st.builds(
    "{}/{}{}".format,
    st.sampled_from([BUCKET, f"{BUCKET}2", "arn:aws:s3:::histor"]),
    st.sampled_from(["events/", "error/", "events", "error", "Events/", "other/", "", "other/events/"]),
    st.text(max_size=10),
)
resources = arns | objects | st.sampled_from([BUCKET, f"{BUCKET}2", KEY, f"{KEY}2", "*", ROLE])
contexts = st.fixed_dictionaries(
    {},
    optional={
        "kms:ViaService": st.sampled_from(["s3.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com", "ec2"]),
        "kms:EncryptionContext:aws:s3:arn": st.sampled_from([BUCKET, f"{BUCKET}/events/a", f"{BUCKET}/other", "*"]),
        "s3:prefix": st.sampled_from(["events/", "events/day=", "error/", "", "event"]),
    },
)


@given(service=services, source=sources)
@example(service="ses.amazonaws.com", source={"aws:SourceAccount": ACCOUNT, "aws:SourceArn": SET_ARN})
def test_only_ses_for_the_one_set_of_the_one_account_may_assume_the_role_of_a_publisher(
    service: str, source: dict[str, str]
) -> None:
    intended = service == "ses.amazonaws.com" and source == {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": SET_ARN}

    assert may_assume(PUBLISHER_TRUST, ROLE, service=service, source=source) == intended


@given(service=services, source=sources)
@example(service="firehose.amazonaws.com", source={"aws:SourceAccount": ACCOUNT})
def test_only_firehose_of_the_one_account_may_assume_the_role_of_the_delivery(
    service: str, source: dict[str, str]
) -> None:
    intended = service == "firehose.amazonaws.com" and source.get("aws:SourceAccount") == ACCOUNT

    assert may_assume(DELIVERY_TRUST, ROLE, service=service, source=source) == intended


@given(
    principal=st.builds(
        "arn:aws:{}::{}:{}".format,
        st.sampled_from(["iam", "sts"]),
        accounts,
        st.sampled_from(["root", "user/admin", "role/role", "assumed-role/role/session", "*"]),
    )
    | st.just("*"),
    source=sources,
)
@example(principal=f"arn:aws:iam::{ACCOUNT}:root", source={"aws:SourceAccount": ACCOUNT, "aws:SourceArn": SET_ARN})
def test_no_person_or_role_may_assume_either(principal: str, source: dict[str, str]) -> None:
    request = EvalContext(
        principal_arn=principal,
        principal_type="User",
        principal_account=ACCOUNT,
        action="sts:AssumeRole",
        resource_arn=ROLE,
        region="us-east-1",
        service_context={key.lower(): value for key, value in source.items()},
    )

    for trust in (PUBLISHER_TRUST, DELIVERY_TRUST):
        assert evaluate_resource_policy(trust, request).decision != "Allow"


def allowed(policy: Any, name: str, resource: str, context: dict[str, str]) -> bool:
    return allows([policy], Action(name=name, resource=resource, context=context))


@given(name=actions, resource=resources, context=contexts)
@example(name="firehose:PutRecordBatch", resource=STREAM, context={})
def test_a_publisher_may_only_put_records_on_its_stream(name: str, resource: str, context: dict[str, str]) -> None:
    intended = name.lower() == "firehose:putrecordbatch" and resource == STREAM

    assert allowed(PUBLISHER, name, resource, context) == intended


@given(name=actions, resource=resources, context=contexts)
@example(name="s3:PutObject", resource=f"{BUCKET}/events/a", context={})
@example(name="s3:PutObject", resource=f"{BUCKET}/error/a", context={})
@example(name="s3:GetBucketLocation", resource=BUCKET, context={})
@example(name="logs:PutLogEvents", resource=LOG_STREAM, context={})
@example(
    name="kms:GenerateDataKey",
    resource=KEY,
    context={"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": BUCKET},
)
def test_the_delivery_may_only_write_its_prefixes_and_its_log_and_use_its_key_through_s3(
    name: str, resource: str, context: dict[str, str]
) -> None:
    written = resource.startswith((f"{BUCKET}/events/", f"{BUCKET}/error/")) and "\n" not in resource
    intended = {
        "s3:putobject": written,
        "s3:abortmultipartupload": written,
        "s3:getbucketlocation": resource == BUCKET,
        "s3:listbucket": resource == BUCKET,
        "s3:listbucketmultipartuploads": resource == BUCKET,
        "logs:putlogevents": resource == LOG_STREAM,
        "kms:decrypt": resource == KEY and of_the_history(context),
        "kms:generatedatakey": resource == KEY and of_the_history(context),
    }

    assert allowed(DELIVERY, name, resource, context) == intended.get(name.lower(), False)


@given(name=actions, resource=resources, context=contexts)
@example(name="s3:ListBucket", resource=BUCKET, context={"s3:prefix": "events/"})
@example(name="s3:GetObject", resource=f"{BUCKET}/events/a", context={})
def test_a_reader_may_only_list_get_and_decrypt_events(name: str, resource: str, context: dict[str, str]) -> None:
    intended = {
        "s3:listbucket": resource == BUCKET and context.get("s3:prefix", "").startswith("events/"),
        "s3:getobject": resource.startswith(f"{BUCKET}/events/") and "\n" not in resource,
        "kms:decrypt": resource == KEY and of_the_history(context),
    }

    assert allowed(READER, name, resource, context) == intended.get(name.lower(), False)


def of_the_history(context: dict[str, str]) -> bool:
    """Whether a key is used by S3, for the bucket or for an event."""
    return context.get("kms:ViaService") == "s3.us-east-1.amazonaws.com" and context.get(
        "kms:EncryptionContext:aws:s3:arn"
    ) in {BUCKET, f"{BUCKET}/events/a"}
