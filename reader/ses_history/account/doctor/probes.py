"""A function for each link: asks AWS, and returns what was found."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from ses_history.account.doctor import commands
from ses_history.account.doctor.calls import Calls, MissingError, UnseenError
from ses_history.account.doctor.chain import (
    EVENTS_PREFIX,
    Chain,
    ConfigurationSet,
    Identity,
    Stream,
    described_stream,
    firehose_destinations,
    listed,
    newest,
    s3_destination,
)
from ses_history.account.doctor.commands import ERRORS_PREFIX, Role, command, publisher_role
from ses_history.account.doctor.commands import delivery_role as firehose_role
from ses_history.account.doctor.documents import applies, statements

_DAY = timedelta(days=1)
_SLACK = timedelta(minutes=15)
"""How long after its buffer an event may arrive without anything being wrong."""

_LATE = timedelta(minutes=30)
"""How old an event in Firehose may be: its longest buffer is 15 minutes."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a probe found of its link: evidence alone is fine, with `is_broken` it is not."""

    evidence: str
    is_broken: bool = False
    remedy: tuple[str, ...] = ()


_broken = partial(Found, is_broken=True)


class NotToldError(Exception):
    """Another link tells what this one is, and could not be looked at."""


def credentials(calls: Calls, chain: Chain) -> Found:
    """Whose credentials they are."""
    return Found(evidence=f"you are {calls.ask('sts', chain.bucket_region, 'get_caller_identity')['Arn']}")


def account(calls: Calls, region: str) -> Found:
    """Whether SES sends for the account: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html."""
    told = calls.ask("sesv2", region, "get_account")
    status = told.get("EnforcementStatus", "")
    if status == "SHUTDOWN":
        return _broken(
            evidence="AWS has paused the sending of this account: answer the case in the AWS Support Center",
            remedy=(command("sesv2", "get-account", region),),
        )
    if not told["SendingEnabled"]:
        return _broken(
            evidence="sending is paused",
            remedy=(command("sesv2", "put-account-sending-attributes", region, "--sending-enabled"),),
        )
    sandbox = "" if told["ProductionAccessEnabled"] else ", in the sandbox: to verified addresses alone"
    return Found(evidence=f"sending is enabled, {status.lower()}{sandbox}")


def identity(calls: Calls, identity: Identity) -> Found:
    """Whether an identity is verified, and the set is its default that its messages need."""
    try:
        told = calls.ask("sesv2", identity.region, "get_email_identity", EmailIdentity=identity.name)
    except MissingError:
        if identity.default is None:
            return Found(evidence="it sent, and is no identity any more")
        return _broken(
            evidence="it is no identity of this account in this region",
            remedy=(command("sesv2", "create-email-identity", identity.region, email_identity=identity.name),),
        )
    if not told["VerifiedForSendingStatus"]:
        return _broken(
            evidence="it is not verified: publish the DNS records, or answer the message, that this shows",
            remedy=(command("sesv2", "get-email-identity", identity.region, email_identity=identity.name),),
        )
    default = told.get("ConfigurationSetName")
    if identity.default is None or default == identity.default:
        shown = f"its default is {default}" if default else "it has no default: its messages have to name the set"
        return Found(evidence=f"verified, {shown}")
    return _broken(
        evidence=f"its default is {default or 'no set'}: messages that name none are not kept",
        remedy=(_make_default(identity.name, identity.default, identity.region),),
    )


def _make_default(name: str, default: str, region: str) -> str:
    return command(
        "sesv2",
        "put-email-identity-configuration-set-attributes",
        region,
        email_identity=name,
        configuration_set_name=default,
    )


def addresses(calls: Calls, identities: tuple[Identity, ...], sets: tuple[str, ...], region: str) -> Found:
    """Whether addresses that are identities of their own, under one of the domains, have a default of the history.

    An address does not inherit its domain's: https://docs.aws.amazon.com/ses/latest/dg/managing-configuration-sets.html
    """
    domains = {each.name: each.default for each in identities if each.default}
    under = {
        each["IdentityName"]: domains[domain]
        for each in listed(calls, region, "list_email_identities", "EmailIdentities")
        if (domain := each["IdentityName"].rpartition("@")[2]) in domains and domain != each["IdentityName"]
    }
    wrong = dict[str, str]()
    for name, wanted in under.items():
        default = calls.ask("sesv2", region, "get_email_identity", EmailIdentity=name).get("ConfigurationSetName")
        if default not in sets and wanted:
            wrong[name] = wanted
    if wrong:
        return _broken(
            evidence=f"without a default set of the history, and none is inherited from the domain: {', '.join(wrong)}",
            remedy=tuple(_make_default(name, default, region) for name, default in wrong.items()),
        )
    return Found(evidence=f"{len(under)} under the domains" if under else "none under the domains")


def configuration_set(calls: Calls, one: ConfigurationSet) -> Found:
    """Whether a set is there and sends."""
    named = {"configuration_set_name": one.name}
    try:
        told = calls.ask("sesv2", one.region, "get_configuration_set", ConfigurationSetName=one.name)
    except MissingError:
        return _broken(
            evidence="there is no such set in this region",
            remedy=(command("sesv2", "create-configuration-set", one.region, **named),),
        )
    if not told.get("SendingOptions", {}).get("SendingEnabled", True):
        return _broken(
            evidence="sending with it is disabled",
            remedy=(
                command("sesv2", "put-configuration-set-sending-options", one.region, "--sending-enabled", **named),
            ),
        )
    return Found(evidence="sending is enabled")


def destination(calls: Calls, chain: Chain, one: ConfigurationSet) -> Found:
    """Whether a set publishes what tells how a message ended, into a stream of the history."""
    found = firehose_destinations(calls, one)
    streams = [stream.arn for stream in chain.streams]
    ours = [each for each in found if each["KinesisFirehoseDestination"]["DeliveryStreamArn"] in streams]
    if not ours:
        others = ", ".join(each["KinesisFirehoseDestination"]["DeliveryStreamArn"] for each in found)
        remedy = tuple[str, ...]()
        if one.role_arn and one.stream_arn:
            remedy = (commands.create_destination(one, one.role_arn, one.stream_arn),)
        return _broken(
            evidence=f"its events go to {others}" if others else "it has no event destination with a delivery stream",
            remedy=remedy,
        )
    (first, *_) = ours
    if not first["Enabled"]:
        return _broken(
            evidence=f"{first['Name']} is disabled",
            remedy=(commands.update_destination(one, first, Enabled=True),),
        )
    matching = first["MatchingEventTypes"]
    if missing := commands.missing_types(matching):
        return _broken(
            evidence=f"{first['Name']} does not publish {', '.join(missing)}",
            remedy=(commands.update_destination(one, first, MatchingEventTypes=[*matching, *missing]),),
        )
    return Found(evidence=f"{first['Name']} is enabled, with {len(matching)} event types")


def publisher_trust(calls: Calls, one: ConfigurationSet) -> Found:
    """Whether SES may assume the role of a set's destination for this set."""
    return _trusts(calls, _publisher(calls, one)[0])


def publisher_permission(calls: Calls, one: ConfigurationSet) -> Found:
    """Whether the role of a set's destination may put records on its stream."""
    role, stream_arn = _publisher(calls, one)
    return _may(calls, role, {"firehose:PutRecordBatch": stream_arn}, {})


def _publisher(calls: Calls, one: ConfigurationSet) -> tuple[Role, str]:
    """The role and the stream of a set's destination; as its stack says where AWS does not."""
    role_arn, stream_arn = one.role_arn, one.stream_arn
    with suppress(UnseenError, MissingError):
        for each in firehose_destinations(calls, one):
            told = each["KinesisFirehoseDestination"]
            if one.stream_arn in {None, told["DeliveryStreamArn"]}:
                role_arn, stream_arn = told["IamRoleArn"], told["DeliveryStreamArn"]
    if not (role_arn and stream_arn):
        raise NotToldError("the event destination tells the role")
    return publisher_role(one, role_arn, stream_arn), stream_arn


def _trusts(calls: Calls, role: Role) -> Found:
    """Whether the role's service may assume it."""
    try:
        told = calls.ask("iam", role.region, "get_role", RoleName=role.name)["Role"]
    except MissingError:
        return _broken(evidence=f"there is no role {role.arn}", remedy=role.create())
    context = {key.lower(): value for key, value in role.context.items()}
    effects = [
        statement["Effect"]
        for statement in statements(told["AssumeRolePolicyDocument"])
        if applies(statement, principals={role.service, "*"}, action="sts:AssumeRole", resource=None, context=context)
    ]
    if effects and "Deny" not in effects:
        return Found(evidence=f"{role.name} trusts {role.service}")
    conditions = ", ".join(f"{key} {value}" for key, value in role.context.items())
    return _broken(
        evidence=f"{role.name} does not trust {role.service} with {conditions}", remedy=(role.trust_again(),)
    )


def _may(calls: Calls, role: Role, actions: Mapping[str, str], context: Mapping[str, str]) -> Found:
    """Whether IAM allows a role these actions, each on its resource.

    Its boundary counts, policies of the organization do not.
    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    entries = [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
    ]
    for action, resource in actions.items():
        asked = {"ActionNames": [action], "ResourceArns": [resource], "ContextEntries": entries}
        answer = calls.ask("iam", role.region, "simulate_principal_policy", PolicySourceArn=role.arn, **asked)
        (result,) = answer["EvaluationResults"]
        if result["EvalDecision"] == "allowed":
            continue
        may_not = f"{role.name} may not {action} on {resource}"
        if not result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True):
            return _broken(evidence=f"{may_not}: its permissions boundary has to allow it")
        if result["EvalDecision"] == "explicitDeny":
            return _broken(evidence=f"{may_not}: one of its policies denies it, and that statement has to go")
        return _broken(evidence=may_not, remedy=(role.allow(),))
    return Found(evidence=f"{role.name} may {', '.join(actions)}")


def stream(calls: Calls, chain: Chain, stream: Stream) -> Found:
    """Whether a stream is active, can decrypt what it buffers, and writes to the place the history is read from."""
    wanted: dict[str, Any] = {
        "BucketARN": chain.bucket_arn,
        "Prefix": f"{EVENTS_PREFIX}day=!{{timestamp:yyyy-MM-dd}}/",
        "ErrorOutputPrefix": f"{ERRORS_PREFIX}!{{firehose:error-output-type}}/day=!{{timestamp:yyyy-MM-dd}}/",
    }
    try:
        told = described_stream(calls, stream.arn)
    except MissingError:
        configuration = wanted | {"RoleARN": stream.role_arn, "CompressionFormat": "GZIP"}
        create = command(
            "firehose",
            "create-delivery-stream",
            stream.region,
            delivery_stream_name=stream.name,
            extended_s3_destination_configuration=configuration,
        )
        return _broken(evidence="there is no such stream", remedy=(create,) if stream.role_arn else ())
    status = told["DeliveryStreamStatus"]
    if status != "ACTIVE":
        reason = told.get("FailureDescription", {}).get("Details", "")
        return _broken(evidence=f"it is {status.lower()} {reason}".strip())
    encryption = told.get("DeliveryStreamEncryptionConfiguration", {})
    if encryption.get("Status", "").endswith("_FAILED"):
        return _broken(evidence=f"its encryption is {encryption['Status'].lower()}: is its key usable?")
    written = s3_destination(told)
    if written.get("BucketARN") != chain.bucket_arn or not written.get("Prefix", "").startswith(EVENTS_PREFIX):
        return _broken(
            evidence=f"it writes to {written.get('BucketARN')}/{written.get('Prefix', '')}",
            remedy=(_update_stream(told, stream.region, wanted),),
        )
    return Found(evidence=f"active, writes to {chain.bucket}/{EVENTS_PREFIX}")


def _update_stream(told: Mapping[str, Any], region: str, changes: dict[str, Any]) -> str:
    return command(
        "firehose",
        "update-destination",
        region,
        delivery_stream_name=told["DeliveryStreamName"],
        current_delivery_stream_version_id=told["VersionId"],
        destination_id=told["Destinations"][0]["DestinationId"],
        extended_s3_destination_update=changes,
    )


def records(calls: Calls, stream: Stream) -> Found:
    """Whether records come in where SES sends: https://docs.aws.amazon.com/firehose/latest/dev/cloudwatch-metrics.html.

    SES counts all mail of the account in the region, whatever set it is sent with.
    """
    sent = sum(_sums(calls, stream, "AWS/SES", "Send").values())
    came = sum(_sums(calls, stream, "AWS/Firehose", "IncomingRecords").values())
    evidence = f"in 24 hours SES sent {sent:,.0f} messages of the account, and {came:,.0f} events came in"
    if sent and not came:
        return _broken(
            evidence=f"{evidence}: they are sent with no set of the history; name one, or make it the default"
        )
    return Found(evidence=evidence)


def _sums(calls: Calls, stream: Stream, namespace: str, metric: str) -> dict[datetime, float]:
    """The sum of a metric in each hour of the last day that is over."""
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hour = timedelta(hours=1)
    return _metric(calls, stream, namespace=namespace, metric=metric, statistic="Sum", period=hour, until=until)


def _metric(
    calls: Calls,
    stream: Stream,
    *,
    namespace: str,
    metric: str,
    statistic: str,
    period: timedelta,
    until: datetime,
) -> dict[datetime, float]:
    """A metric in each period, in which there is any, of the day before `until`, by the beginning of the period."""
    of_stream = [{"Name": "DeliveryStreamName", "Value": stream.name}] if namespace == "AWS/Firehose" else []
    named = {"Namespace": namespace, "MetricName": metric, "Dimensions": of_stream}
    query = {"Id": "asked", "MetricStat": {"Metric": named, "Period": int(period.total_seconds()), "Stat": statistic}}
    times = {"StartTime": until - _DAY, "EndTime": until}
    answer = calls.ask("cloudwatch", stream.region, "get_metric_data", MetricDataQueries=[query], **times)
    (result,) = answer["MetricDataResults"]
    return dict(zip(result["Timestamps"], result["Values"], strict=True))


def delivery_role(calls: Calls, chain: Chain, stream: Stream) -> Found:
    """Whether Firehose may assume its role, and write with it."""
    key_arn = None
    try:
        told = s3_destination(described_stream(calls, stream.arn))
        role_arn = told["RoleARN"]
        key_arn = told.get("EncryptionConfiguration", {}).get("KMSEncryptionConfig", {}).get("AWSKMSKeyARN")
    except (UnseenError, MissingError):
        if stream.role_arn is None:
            raise NotToldError("the delivery stream tells the role") from None
        role_arn = stream.role_arn
    role = firehose_role(stream, role_arn, chain.bucket_arn, key_arn)
    trusted = _trusts(calls, role)
    if trusted.is_broken:
        return trusted
    actions = {"s3:PutObject": f"{chain.bucket_arn}/{EVENTS_PREFIX}object"}
    context = dict[str, str]()
    if key_arn:
        actions |= {"kms:GenerateDataKey": key_arn}
        context = {
            "kms:ViaService": f"s3.{chain.bucket_region}.amazonaws.com",
            "kms:EncryptionContext:aws:s3:arn": chain.bucket_arn,
        }
    return _may(calls, role, actions, context)


def bucket(calls: Calls, chain: Chain) -> Found:
    """Whether the bucket is there, and its policy does not keep Firehose out."""
    try:
        told = calls.ask("s3", chain.bucket_region, "get_bucket_policy", Bucket=chain.bucket)
    except MissingError as missing:
        if str(missing) == "NoSuchBucketPolicy":
            return Found(evidence="it has no policy")
        return _broken(evidence="there is no such bucket, and what was in it is gone: create another with `pulumi up`")
    document = json.loads(told["Policy"])
    kept = [each for each in statements(document) if not _keeps_out(calls, chain, each)]
    if len(kept) == len(statements(document)):
        return Found(evidence="it lets Firehose write")
    named = {"bucket": chain.bucket}
    if kept:
        remedy = command(
            "s3api", "put-bucket-policy", chain.bucket_region, **named, policy=document | {"Statement": kept}
        )
    else:
        remedy = command("s3api", "delete-bucket-policy", chain.bucket_region, **named)
    denying = ", ".join(each.get("Sid", "without Sid") for each in statements(document) if each not in kept)
    return _broken(evidence=f"a statement of its policy denies Firehose to write: {denying}", remedy=(remedy,))


def _keeps_out(calls: Calls, chain: Chain, statement: Mapping[str, Any]) -> bool:
    """Whether a statement denies the role of any stream to write an object of events."""
    if statement["Effect"] != "Deny":
        return False
    context = {"aws:securetransport": "true"}
    for stream in chain.streams:
        role_arn = stream.role_arn or s3_destination(described_stream(calls, stream.arn))["RoleARN"]
        account_id = role_arn.split(":")[4]
        root = f"arn:{chain.partition}:iam::{account_id}:root"
        resource = f"{chain.bucket_arn}/{EVENTS_PREFIX}object"
        if applies(
            statement,
            principals={role_arn, account_id, root, "*"},
            action="s3:PutObject",
            resource=resource,
            context=context | {"aws:principalarn": role_arn, "aws:principalaccount": account_id},
        ):
            return True
    return False


def key(calls: Calls, chain: Chain) -> Found:
    """Whether the key that the bucket encrypts with can be used."""
    region = chain.bucket_region
    told = calls.ask("s3", region, "get_bucket_encryption", Bucket=chain.bucket)  # there is always one
    (rule, *_) = told["ServerSideEncryptionConfiguration"]["Rules"]
    if not (arn := rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")):
        return Found(evidence="S3's own")
    try:
        state = calls.ask("kms", region, "describe_key", KeyId=arn)["KeyMetadata"]["KeyState"]
    except MissingError:
        return _broken(evidence=f"there is no key {arn}")
    if state == "Enabled":
        return Found(evidence=f"{arn} is enabled")
    cancel = command("kms", "cancel-key-deletion", region, key_id=arn)
    enable = command("kms", "enable-key", region, key_id=arn)
    remedies = {"Disabled": (enable,), "PendingDeletion": (cancel, enable)}
    return _broken(evidence=f"{arn} is {state}", remedy=remedies.get(state, ()))


def log(calls: Calls, chain: Chain, stream: Stream) -> Found:
    """Whether Firehose logged an error since an object arrived last. It logs a sample: none proves nothing."""
    try:
        options = s3_destination(described_stream(calls, stream.arn)).get("CloudWatchLoggingOptions", {})
    except (UnseenError, MissingError):
        raise NotToldError("the delivery stream tells the log") from None
    if not options.get("Enabled"):
        return Found(evidence="Firehose logs no errors")
    try:
        item = newest(calls, chain.bucket, chain.bucket_region, EVENTS_PREFIX)
    except (UnseenError, MissingError):
        item = None
    since = max(datetime.now(UTC) - _DAY, item["LastModified"] if item else datetime.min.replace(tzinfo=UTC))
    group, milliseconds = options["LogGroupName"], int(since.timestamp() * 1000) + 999
    asked = {"logGroupName": group, "startTime": milliseconds}
    try:
        answer = calls.ask("logs", stream.region, "filter_log_events", **asked)
        # A page may be empty, and the next not.
        while not answer["events"] and (token := answer.get("nextToken")):
            answer = calls.ask("logs", stream.region, "filter_log_events", **asked, nextToken=token)
    except MissingError:
        return Found(evidence=f"there is no log group {group}")
    if not (events := answer["events"]):
        return Found(evidence="no error since the newest object" if item else "no error in 24 hours")
    last = max(events, key=lambda event: event["timestamp"])
    return _broken(
        evidence=f"{_time(datetime.fromtimestamp(last['timestamp'] / 1000, UTC))} {last['message']}",
        remedy=(command("logs", "tail", stream.region, group, since="1d"),),
    )


def delivery(calls: Calls, stream: Stream) -> Found:
    """Whether Firehose writes in time: what S3 refuses is lost after 24 hours.

    Source: https://docs.aws.amazon.com/firehose/latest/dev/retry.html
    """
    latest = partial(_latest, calls, stream)
    age, succeeded = latest("DeliveryToS3.DataFreshness"), latest("DeliveryToS3.Success")
    if age is None or succeeded is None:
        return Found(evidence="nothing was written in 24 hours")
    if succeeded and age <= _LATE.total_seconds():
        return Found(evidence=f"the oldest event waited {age / 60:,.0f} min")
    failed = "" if succeeded else ", and no attempt to write succeeded"
    return _broken(
        evidence=f"the oldest event waited {age / 60:,.0f} min{failed}: after 24 hours what S3 refuses is lost",
        remedy=(command("firehose", "describe-delivery-stream", stream.region, delivery_stream_name=stream.name),),
    )


def _latest(calls: Calls, stream: Stream, metric: str) -> float | None:
    """The greatest value of a metric of a stream in the last five minutes of the last day that have any."""
    until = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    values = _metric(
        calls,
        stream,
        namespace="AWS/Firehose",
        metric=metric,
        statistic="Maximum",
        period=timedelta(minutes=5),
        until=until,
    )
    return values[max(values)] if values else None


def newest_object(calls: Calls, chain: Chain) -> Found:
    """Whether objects arrived after the last events came in."""
    item = newest(calls, chain.bucket, chain.bucket_region, EVENTS_PREFIX)
    arrived = item["LastModified"] if item else datetime.min.replace(tzinfo=UTC)
    shown = f"{item['Key']}, {_time(arrived)}" if item else f"there is none under {EVENTS_PREFIX}"
    came = list[datetime]()
    for stream in chain.streams:
        try:
            hours = _sums(calls, stream, "AWS/Firehose", "IncomingRecords")
        except UnseenError:
            continue
        came += [hour for hour, count in hours.items() if count]
    # An hour in which events came in before the object was written says nothing of those after it.
    waiting = [hour for hour in came if hour > arrived and hour + timedelta(hours=1) + _SLACK < datetime.now(UTC)]
    if waiting:
        return _broken(evidence=f"{shown}; events came in at {_time(max(waiting))}, and were not written")
    return Found(evidence=shown)


def error_objects(calls: Calls, chain: Chain) -> Found:
    """Whether what Firehose could not deliver is newer than what it delivered."""
    failed = newest(calls, chain.bucket, chain.bucket_region, ERRORS_PREFIX)
    if failed is None:
        return Found(evidence=f"none under {ERRORS_PREFIX}")
    item = newest(calls, chain.bucket, chain.bucket_region, EVENTS_PREFIX)
    evidence = f"{failed['Key']}, {_time(failed['LastModified'])}"
    if item and item["LastModified"] >= failed["LastModified"]:
        return Found(evidence=f"{evidence}; events arrived since")
    remedy = tuple(
        _update_stream(told, stream.region, _NO_TRANSFORMATION)
        for stream in chain.streams
        if (told := _described(calls, stream))
    )
    return _broken(evidence=f"{evidence}: a transformation or a conversion of the stream fails", remedy=remedy)


_NO_TRANSFORMATION: dict[str, Any] = {
    "DataFormatConversionConfiguration": {"Enabled": False},
    "ProcessingConfiguration": {"Enabled": False},
}


def _described(calls: Calls, stream: Stream) -> dict[str, Any] | None:
    try:
        return described_stream(calls, stream.arn)
    except (UnseenError, MissingError):
        return None


def reader(calls: Calls, chain: Chain) -> Found:
    """Whether these credentials may read an object of the history."""
    item = newest(calls, chain.bucket, chain.bucket_region, EVENTS_PREFIX)
    if item is None:
        return Found(evidence="you may list the history; there is nothing to read yet")
    first = {"Bucket": chain.bucket, "Key": item["Key"], "Range": "bytes=0-0"}
    calls.ask("s3", chain.bucket_region, "get_object", **first)["Body"].close()
    return Found(evidence="you may list and read the history")


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
