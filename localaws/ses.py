"""How SES publishes events: by the event destinations of a configuration set, with the role of each."""

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError
from ses_sending_history.event_types import API_SPELLING

from localaws import simulator
from localaws.aws import LocalAws, Publication
from localaws.iam import Action, denial
from localaws.middleware import ServiceError


def publish(
    aws: LocalAws,
    records: Sequence[simulator.Record],
    *,
    configuration_set: str,
    service: str = "ses.amazonaws.com",
    account_id: str | None = None,
    source_arn: str | None = None,
    action: str = "PutRecordBatch",
) -> list[Publication]:
    """Publish events as SES does, to every Firehose destination of the configuration set; return the outcome of each.

    The arguments after `configuration_set` are for attacks that SES itself never makes: another service, account or
    configuration set that uses the destination's role, or another Firehose action.
    """
    described = aws.client("sesv2").get_configuration_set_event_destinations(ConfigurationSetName=configuration_set)
    forged = {"aws:SourceAccount": account_id, "aws:SourceArn": source_arn}
    source = _source(aws, configuration_set) | {key: value for key, value in forged.items() if value is not None}

    def undeliverable(destination: dict[str, Any]) -> str | None:
        if not destination["Enabled"]:
            return "the event destination is disabled"
        return _denial(aws, destination["KinesisFirehoseDestination"], source, service=service, action=action)

    def publication(record: simulator.Record, destination: str | None, dropped_because: str | None) -> Publication:
        return Publication(
            event_type=API_SPELLING[record["eventType"]],
            message_id=record["mail"]["messageId"],
            configuration_set=configuration_set,
            event_destination=destination,
            dropped_because=dropped_because,
        )

    publications: list[Publication] = []
    destinations = [d for d in described.get("EventDestinations", []) if "KinesisFirehoseDestination" in d]
    if not destinations:
        publications += [publication(record, None, "the set has no Firehose destination") for record in records]
    for destination in destinations:
        matching = [r for r in records if API_SPELLING[r["eventType"]] in destination["MatchingEventTypes"]]
        publications += [
            publication(record, destination["Name"], "the event destination does not match its type")
            for record in records
            if record not in matching
        ]
        reason = undeliverable(destination)
        if matching and not reason:
            reason = _put(aws, matching, destination["KinesisFirehoseDestination"]["DeliveryStreamArn"])
        publications += [publication(record, destination["Name"], reason) for record in matching]
    aws.publications.extend(publications)
    return publications


def _source(aws: LocalAws, configuration_set: str) -> dict[str, str]:
    """The condition keys of SES's AssumeRole call for a destination."""
    return {
        "aws:SourceAccount": aws.account_id,
        "aws:SourceArn": f"arn:aws:ses:{aws.region}:{aws.account_id}:configuration-set/{configuration_set}",
    }


def _denial(
    aws: LocalAws,
    firehose: dict[str, str],
    source: dict[str, str],
    *,
    service: str = "ses.amazonaws.com",
    action: str = "PutRecordBatch",
) -> str | None:
    """Why the role of a Firehose destination may not put records on its stream; None when it may."""
    return denial(
        aws.client("iam"),
        firehose["IamRoleArn"],
        service=service,
        source=source,
        actions=[Action(name=f"firehose:{action}", resource=firehose["DeliveryStreamArn"])],
    )


def check_role(aws: LocalAws, configuration_set: str, destination: dict[str, Any]) -> None:
    """Raise ServiceError for an event destination whose role SES cannot use, which it does not accept."""
    firehose = destination.get("KinesisFirehoseDestination")
    if firehose and (reason := _denial(aws, firehose, _source(aws, configuration_set))):
        raise ServiceError("BadRequestException", f"Could not assume IAM role: {reason}.")


def _put(aws: LocalAws, records: Sequence[simulator.Record], stream_arn: str) -> str | None:
    """Put the records on the stream, a line each; return the reason when it does not accept them."""
    name = stream_arn.rpartition("/")[2]
    lines = [{"Data": json.dumps(record, separators=(",", ":")).encode() + b"\n"} for record in records]
    firehose = aws.client("firehose")
    try:
        response = firehose.put_record_batch(DeliveryStreamName=name, Records=lines)
    except ClientError as error:
        return str(error)
    return f"Firehose rejected {response['FailedPutCount']} records" if response["FailedPutCount"] else None
