"""Finds the chain of a history: identities, configuration sets and streams, from its stack or from its bucket."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ses_history.account.doctor.calls import Calls, LateError, MissingError, UnseenError

EVENTS_PREFIX = "events/"

_SAMPLE_BYTES = 1 << 18
"""How much of the newest object is read to see who sent: a few hundred events."""


@dataclass(frozen=True, kw_only=True)
class ConfigurationSet:
    """A configuration set of the history, by its ARN, and what its stack says of its event destination."""

    arn: str
    role_arn: str | None = None
    stream_arn: str | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition("/")[2]

    @property
    def region(self) -> str:
        """Its region."""
        return region_of(self.arn)

    @property
    def account_id(self) -> str:
        """Its account."""
        return self.arn.split(":")[4]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """An identity that sends with the sets of the history."""

    name: str
    region: str
    default: str | None
    """The set that has to be its default: its messages name none. None where they may."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A delivery stream that writes into the bucket, and the role it writes with where the stack says it."""

    arn: str
    role_arn: str | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition("/")[2]

    @property
    def region(self) -> str:
        """Its region."""
        return region_of(self.arn)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """All that an event of the history may pass."""

    bucket: str
    bucket_region: str
    partition: str
    identities: tuple[Identity, ...]
    sets: tuple[ConfigurationSet, ...]
    streams: tuple[Stream, ...]
    unseen: Mapping[str, str]
    """Regions whose sets could not be listed, and why."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that mail is sent in."""
        found = [each.region for each in (*self.sets, *self.identities)]
        return tuple(dict.fromkeys([*found, *self.unseen])) or (self.bucket_region,)

    @property
    def bucket_arn(self) -> str:
        """The ARN of the bucket."""
        return f"arn:{self.partition}:s3:::{self.bucket}"


def region_of(arn: str) -> str:
    """The region an ARN names."""
    return arn.split(":")[3]


def of_stack(calls: Calls, outputs: Mapping[str, Any], *, identities: Iterable[str], sets: Iterable[str]) -> Chain:
    """The chain of a stack, by its outputs."""
    stream = Stream(arn=outputs["delivery_stream_arn"], role_arn=outputs["delivery_role_arn"])
    prefix = outputs["delivery_stream_arn"].replace(":firehose:", ":ses:").rpartition(":")[0]
    of_outputs = {
        arn.rpartition("/")[2]: ConfigurationSet(arn=arn, role_arn=role, stream_arn=stream.arn)
        for arn, role in zip(outputs["configuration_set_arns"], outputs["publisher_role_arns"], strict=True)
    }
    chosen = [
        of_outputs.get(name) or ConfigurationSet(arn=f"{prefix}:configuration-set/{name}", stream_arn=stream.arn)
        for name in list(sets) or of_outputs
    ]
    domains = [name.partition("._domainkey.")[2] for name in outputs["dkim_records"]]
    default = next(iter(of_outputs), None)
    named = [
        Identity(name=name, region=stream.region, default=default) for name in identities or dict.fromkeys(domains)
    ]
    senders = [sender for sender, _ in _senders(calls, outputs["bucket_name"], stream.region)]
    return Chain(
        bucket=outputs["bucket_name"],
        bucket_region=stream.region,
        partition=stream.arn.split(":")[1],
        identities=_merged(named, [] if identities else [each for each in senders if each.region == stream.region]),
        sets=tuple(chosen),
        streams=(stream,),
        unseen={},
    )


def of_bucket(calls: Calls, bucket: str, region: str, *, identities: Iterable[str], sets: Iterable[str]) -> Chain:
    """The chain of a bucket: the sets of each region that sent what it holds, whose streams write into it."""
    account = calls.ask("sts", region, "get_caller_identity")["Arn"].split(":")
    partition, account_id = account[1], account[4]
    senders = _senders(calls, bucket, region)
    regions = dict.fromkeys([region, *(sender.region for sender, _ in senders)])
    prefixes = {each: f"arn:{partition}:ses:{each}:{account_id}:configuration-set/" for each in regions}
    arns = dict.fromkeys(f"{prefixes[sender.region]}{name}" for sender, name in senders if name)
    unseen = dict[str, str]()
    if sets:
        arns = {arn: None for arn in arns if arn.rpartition("/")[2] in sets}
        known = {arn.rpartition("/")[2] for arn in arns}
        arns |= {f"{prefixes[region]}{name}": None for name in sets if name not in known}
    else:
        for each in regions:
            try:
                found = listed(calls, each, "list_configuration_sets", "ConfigurationSets")
            except (UnseenError, LateError) as error:
                unseen[each] = str(error) or "there was no time left"
                continue
            named = [f"{prefixes[each]}{name}" for name in found]
            arns |= {arn: None for arn in named if arn not in arns and _may_write(calls, arn, bucket)}
    bare = [ConfigurationSet(arn=arn) for arn in arns]
    chosen = [replace(each, stream_arn=next(iter(_streams(calls, each)), None)) for each in bare]
    return Chain(
        bucket=bucket,
        bucket_region=region,
        partition=partition,
        identities=_merged(
            [Identity(name=name, region=region, default=next((s.name for s in chosen), None)) for name in identities],
            [] if identities else [sender for sender, _ in senders],
        ),
        sets=tuple(chosen),
        streams=tuple(Stream(arn=arn) for arn in dict.fromkeys(s.stream_arn for s in chosen if s.stream_arn)),
        unseen=unseen,
    )


def listed(calls: Calls, region: str, operation: str, field: str) -> list[Any]:
    """All that SES lists in a region, of all pages; raises what `ask` raises."""
    answer = calls.ask("sesv2", region, operation)
    found: list[Any] = answer[field]
    while token := answer.get("NextToken"):
        answer = calls.ask("sesv2", region, operation, NextToken=token)
        found = [*found, *answer[field]]
    return found


def firehose_destinations(calls: Calls, configuration_set: ConfigurationSet) -> list[dict[str, Any]]:
    """The event destinations of a set that put into a delivery stream; raises what `ask` raises."""
    described = calls.ask(
        "sesv2",
        configuration_set.region,
        "get_configuration_set_event_destinations",
        ConfigurationSetName=configuration_set.name,
    )
    return [each for each in described.get("EventDestinations", []) if "KinesisFirehoseDestination" in each]


def described_stream(calls: Calls, arn: str) -> dict[str, Any]:
    """The description of a delivery stream; raises what `ask` raises."""
    name = arn.rpartition("/")[2]
    answer = calls.ask("firehose", region_of(arn), "describe_delivery_stream", DeliveryStreamName=name)
    return answer["DeliveryStreamDescription"]


def s3_destination(described: Mapping[str, Any]) -> dict[str, Any]:
    """Where a described stream writes to."""
    (destination,) = described["Destinations"]
    return destination.get("ExtendedS3DestinationDescription", {})


def newest(calls: Calls, bucket: str, region: str, prefix: str) -> dict[str, Any] | None:
    """The object under a prefix that was written last, of the last day alone where days lie directly under it.

    Days sort as they follow each other. Raises what `ask` raises.
    """
    listed = calls.ask("s3", region, "list_objects_v2", Bucket=bucket, Prefix=prefix, Delimiter="/")
    days = [each["Prefix"] for each in listed.get("CommonPrefixes", []) if each["Prefix"].startswith(f"{prefix}day=")]
    found, after, is_truncated = list[dict[str, Any]](), "", True
    while is_truncated:
        page = calls.ask(
            "s3", region, "list_objects_v2", Bucket=bucket, Prefix=max(days, default=prefix), StartAfter=after
        )
        found += page.get("Contents", [])
        after, is_truncated = found[-1]["Key"] if found else "", page["IsTruncated"]
    return max(found, key=lambda item: (item["LastModified"], item["Key"]), default=None)


def _streams(calls: Calls, configuration_set: ConfigurationSet) -> list[str]:
    """The streams that a set's events are put into, as far as can be seen."""
    try:
        destinations = firehose_destinations(calls, configuration_set)
    except (UnseenError, LateError, MissingError):
        return []
    return [each["KinesisFirehoseDestination"]["DeliveryStreamArn"] for each in destinations]


def _may_write(calls: Calls, set_arn: str, bucket: str) -> bool:
    """Whether the events of a set go into the bucket, or it cannot be seen where they go."""
    try:
        for each in firehose_destinations(calls, ConfigurationSet(arn=set_arn)):
            described = described_stream(calls, each["KinesisFirehoseDestination"]["DeliveryStreamArn"])
            if s3_destination(described).get("BucketARN", "").endswith(f":::{bucket}"):
                return True
    except (UnseenError, LateError):
        return True
    except MissingError:
        return False
    return False


def _senders(calls: Calls, bucket: str, region: str) -> list[tuple[Identity, str | None]]:
    """The identities that the newest events name as senders, and the sets they were sent with; none if unseen."""
    found = dict[tuple[Identity, str | None], None]()
    try:
        item = newest(calls, bucket, region, EVENTS_PREFIX)
        if item is None:
            return []
        answer = calls.ask(
            "s3", region, "get_object", Bucket=bucket, Key=item["Key"], Range=f"bytes=0-{_SAMPLE_BYTES - 1}"
        )
        lines = zlib.decompressobj(wbits=47).decompress(answer["Body"].read(), _SAMPLE_BYTES * 8).splitlines()
    except (UnseenError, LateError, MissingError, zlib.error):
        return []
    for line in lines:
        try:
            mail = json.loads(line)["mail"]
            source: str = mail["sourceArn"]
            name = mail.get("tags", {}).get("ses:configuration-set", [None])[0]
            identity = Identity(name=source.rpartition("identity/")[2], region=region_of(source), default=None)
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
        found[identity, name] = None
    return list(found)


def _merged(named: Iterable[Identity], seen: Iterable[Identity]) -> tuple[Identity, ...]:
    """The identities of both, each once: those that are named count."""
    found = {(each.name, each.region): each for each in (*seen, *named)}
    return tuple(sorted(found.values(), key=lambda each: (each.region, each.name)))
