"""Whom the roles admit and what they may do, searched with an evaluator that is not this project's: ministack's."""

import itertools

import pytest
from hypothesis import given
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
CONTEXT_KEYS = ("kms:ViaService", "kms:EncryptionContext:aws:s3:arn", "s3:prefix")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/role"

PUBLISHER_TRUST = policies.publisher_trust(
    partition="aws", region="us-east-1", account_id=ACCOUNT, configuration_set="mail"
)
PUBLISHER = policies.publisher_permissions(delivery_stream_arn=STREAM)
DELIVERY_TRUST = policies.delivery_trust(account_id=ACCOUNT)
DELIVERY = policies.delivery_permissions(
    bucket_arn=BUCKET,
    prefixes=["events/", "error/"],
    existing_bucket=False,
    log_stream_arn=LOG_STREAM,
    partition="aws",
    region="us-east-1",
    kms_key_arn=KEY,
)
READER = policies.reader_permissions(
    bucket_arn=BUCKET, prefixes=["events/", "error/"], partition="aws", region="us-east-1", kms_key_arns=[KEY]
)

# What an attacker would vary. Every combination is tried, and then what hypothesis makes up between them.
ACCOUNTS = [ACCOUNT, "999999999999", f"{ACCOUNT}0", "*", ""]
SERVICES = [f"{name}.amazonaws.com" for name in ("ses", "firehose", "sns", "lambda", "s3", "email", "ses.us-east-1")]
NAMES = ["mail", "Mail", "mail2", "mai", "*", "mail*", "", "mail/x"]
ARNS = [
    f"arn:{partition}:{service}:{region}:{account}:{kind}{name}"
    for partition in ("aws", "aws-cn")
    for service in ("ses", "firehose", "*")
    for region in ("us-east-1", "us-east-2", "*")
    for account in ACCOUNTS
    for kind in ("configuration-set/", "deliverystream/")
    for name in NAMES
]
OBJECTS = [
    f"{bucket}/{prefix}{name}"
    for bucket in (BUCKET, f"{BUCKET}2", "arn:aws:s3:::histor")
    for prefix in ("events/", "error/", "events", "error", "Events/", "other/", "", "other/events/")
    for name in ("a", "", "*")
]
RESOURCES = [
    *OBJECTS,
    BUCKET,
    f"{BUCKET}2",
    STREAM,
    f"{STREAM}2",
    LOG_STREAM,
    f"{LOG_STREAM}2",
    KEY,
    f"{KEY}2",
    "*",
    ROLE,
]
ACTIONS = [
    *(f"firehose:{verb}" for verb in ("PutRecordBatch", "PutRecord", "DeleteDeliveryStream", "UpdateDestination")),
    *(f"s3:{verb}" for verb in ("PutObject", "GetObject", "GetObjectVersion", "DeleteObject", "AbortMultipartUpload")),
    *(f"s3:{verb}" for verb in ("ListBucket", "ListBucketVersions", "ListBucketMultipartUploads", "GetBucketLocation")),
    *("s3:PutBucketPolicy", "logs:PutLogEvents", "logs:CreateLogStream"),
    *(f"kms:{verb}" for verb in ("Decrypt", "GenerateDataKey", "Encrypt", "CreateGrant")),
]
CONTEXTS: list[dict[str, str]] = [
    {key: value for key, value in zip(CONTEXT_KEYS, values, strict=True) if value is not None}
    for values in itertools.product(
        [None, "s3.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"],
        [None, BUCKET, f"{BUCKET}/events/a", f"{BUCKET}/other", "*"],
        [None, "events/", "events/day=", "error/", "", "event"],
    )
]


def of_the_history(context: dict[str, str], *prefixes: str) -> bool:
    """Whether a key is used by S3, for the bucket or for an object under one of the prefixes."""
    encrypted = context.get("kms:EncryptionContext:aws:s3:arn", "")
    return context.get("kms:ViaService") == "s3.us-east-1.amazonaws.com" and (
        encrypted == BUCKET or encrypted.startswith(tuple(f"{BUCKET}/{prefix}" for prefix in prefixes))
    )


def may_publish(action: str, resource: str, _: dict[str, str]) -> bool:
    return (action, resource) == ("firehose:putrecordbatch", STREAM)


def may_deliver(action: str, resource: str, context: dict[str, str]) -> bool:
    match action:
        case "s3:putobject" | "s3:getobject" | "s3:abortmultipartupload":
            return resource.startswith((f"{BUCKET}/events/", f"{BUCKET}/error/"))
        case "s3:getbucketlocation" | "s3:listbucket" | "s3:listbucketmultipartuploads":
            return resource == BUCKET
        case "logs:putlogevents":
            return resource == LOG_STREAM
        case "kms:decrypt" | "kms:generatedatakey":
            return resource == KEY and of_the_history(context, "events/", "error/")
    return False


def may_read(action: str, resource: str, context: dict[str, str]) -> bool:
    match action:
        case "s3:listbucket":
            return resource == BUCKET and context.get("s3:prefix", "").startswith(("events/", "error/"))
        case "s3:getobject":
            return resource.startswith((f"{BUCKET}/events/", f"{BUCKET}/error/"))
        case "kms:decrypt":
            return resource == KEY and of_the_history(context, "events/", "error/")
    return False


INTENDED = {"publisher": (PUBLISHER, may_publish), "delivery": (DELIVERY, may_deliver), "reader": (READER, may_read)}


@pytest.mark.parametrize("who", INTENDED)
def test_of_all_combinations_only_those_intended_are_allowed(who: str) -> None:
    policy, intended = INTENDED[who]
    allowed = 0
    for action, resource, context in itertools.product(ACTIONS, RESOURCES, CONTEXTS):
        decision = allows([policy], Action(name=action, resource=resource, context=context))
        assert decision == intended(action.lower(), resource, context), (action, resource, context)
        allowed += decision
    assert allowed > 0


lines = st.text(st.characters(exclude_characters="\n"), max_size=12)
actions = st.sampled_from(ACTIONS) | st.sampled_from(ACTIONS).map(str.lower) | st.builds("{}:{}".format, lines, lines)
resources = (
    st.sampled_from(RESOURCES + ARNS) | st.builds("{}{}".format, st.sampled_from(RESOURCES + ARNS), lines) | lines
)
accounts = st.sampled_from(ACCOUNTS) | st.from_regex(r"\d{12}", fullmatch=True)
services = st.sampled_from(SERVICES) | st.from_regex(r"[a-z0-9-]{1,20}\.amazonaws\.com", fullmatch=True)
sources = st.fixed_dictionaries(
    {},
    optional={
        "aws:SourceAccount": accounts,
        "aws:SourceArn": st.sampled_from([SET_ARN, *ARNS]) | lines,
        "sts:ExternalId": accounts,
    },
)


@given(who=st.sampled_from(sorted(INTENDED)), action=actions, resource=resources, context=st.sampled_from(CONTEXTS))
def test_nor_is_anything_else_allowed(who: str, action: str, resource: str, context: dict[str, str]) -> None:
    policy, intended = INTENDED[who]

    decision = allows([policy], Action(name=action, resource=resource, context=context))
    assert decision == intended(action.lower(), resource, context)


def ses_for_the_set(service: str, source: dict[str, str]) -> bool:
    return service == "ses.amazonaws.com" and {**source, "sts:ExternalId": ""} == {
        "aws:SourceAccount": ACCOUNT,
        "aws:SourceArn": SET_ARN,
        "sts:ExternalId": "",
    }


def firehose_of_the_account(service: str, source: dict[str, str]) -> bool:
    return service == "firehose.amazonaws.com" and source.get("sts:ExternalId") == ACCOUNT


NO_OR_ACCOUNTS = [None, *ACCOUNTS]
TRUSTED = {"publisher": (PUBLISHER_TRUST, ses_for_the_set), "delivery": (DELIVERY_TRUST, firehose_of_the_account)}


@pytest.mark.parametrize("role", TRUSTED)
def test_of_all_services_accounts_and_sources_only_the_one_intended_may_assume(role: str) -> None:
    trust, intended = TRUSTED[role]
    admitted = 0
    for service, account, arn, id_ in itertools.product(SERVICES, NO_OR_ACCOUNTS, [None, *ARNS], NO_OR_ACCOUNTS):
        said = {"aws:SourceAccount": account, "aws:SourceArn": arn, "sts:ExternalId": id_}
        source = {key: value for key, value in said.items() if value is not None}
        decision = may_assume(trust, ROLE, service=service, source=source)
        assert decision == intended(service, source), (service, source)
        admitted += decision
    assert admitted > 0


@given(role=st.sampled_from(sorted(TRUSTED)), service=services, source=sources)
def test_nor_may_any_other_service_assume(role: str, service: str, source: dict[str, str]) -> None:
    trust, intended = TRUSTED[role]

    assert may_assume(trust, ROLE, service=service, source=source) == intended(service, source)


@given(
    role=st.sampled_from(sorted(TRUSTED)),
    principal=st.builds(
        "arn:aws:{}::{}:{}".format,
        st.sampled_from(["iam", "sts"]),
        accounts,
        st.sampled_from(["root", "user/admin", "role/role", "assumed-role/role/session", "*"]),
    )
    | st.just("*"),
    source=sources,
)
def test_no_person_or_role_may_assume(role: str, principal: str, source: dict[str, str]) -> None:
    request = EvalContext(
        principal_arn=principal,
        principal_type="User",
        principal_account=ACCOUNT,
        action="sts:AssumeRole",
        resource_arn=ROLE,
        region="us-east-1",
        service_context={key.lower(): value for key, value in source.items()},
    )

    assert evaluate_resource_policy(TRUSTED[role][0], request).decision != "Allow"


places = st.tuples(
    st.sampled_from(["aws", "aws-cn", "aws-us-gov"]),
    st.sampled_from(["us-east-1", "us-east-2", "cn-north-1"]),
    st.sampled_from([ACCOUNT, "999999999999"]),
    st.sampled_from(["mail", "mail-2", "mail_2", "Mail", "m"]),
)


@given(mine=places, theirs=places)
def test_a_publisher_made_for_one_set_is_for_no_other(
    mine: tuple[str, str, str, str], theirs: tuple[str, str, str, str]
) -> None:
    partition, region, account, name = mine
    trust = policies.publisher_trust(partition=partition, region=region, account_id=account, configuration_set=name)
    permissions = policies.publisher_permissions(delivery_stream_arn=stream_arn(mine))

    source = {
        "aws:SourceAccount": theirs[2],
        "aws:SourceArn": f"arn:{theirs[0]}:ses:{theirs[1]}:{theirs[2]}:configuration-set/{theirs[3]}",
    }
    put = Action(name="firehose:PutRecordBatch", resource=stream_arn(theirs))
    assert may_assume(trust, ROLE, service="ses.amazonaws.com", source=source) == (mine == theirs)
    assert allows([permissions], put) == (mine == theirs)


def stream_arn(place: tuple[str, str, str, str]) -> str:
    partition, region, account, name = place
    return f"arn:{partition}:firehose:{region}:{account}:deliverystream/{name}"


@given(mine=places, theirs=places)
def test_a_delivery_made_for_one_bucket_and_account_is_for_no_other(
    mine: tuple[str, str, str, str], theirs: tuple[str, str, str, str]
) -> None:
    partition, region, account, name = mine
    trust = policies.delivery_trust(account_id=account)
    permissions = policies.delivery_permissions(
        bucket_arn=f"arn:{partition}:s3:::{name}",
        prefixes=["events/"],
        existing_bucket=False,
        log_stream_arn=stream_arn(mine),
        partition=partition,
        region=region,
        kms_key_arn=None,
    )

    source = {"sts:ExternalId": theirs[2]}
    put = Action(name="s3:PutObject", resource=f"arn:{theirs[0]}:s3:::{theirs[3]}/events/a")
    assert may_assume(trust, ROLE, service="firehose.amazonaws.com", source=source) == (account == theirs[2])
    assert allows([permissions], put) == ((partition, name) == (theirs[0], theirs[3]))
