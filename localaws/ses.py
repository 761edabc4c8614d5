"""What ministack's SES lacks: default configuration sets, checks of the role, and the publishing of events."""

import json
import uuid
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from ses_sending_history.event_types import API_SPELLING

from localaws import simulator
from localaws.aws import LocalAws, Publication
from localaws.iam import Action, denial, naming, pass_role
from localaws.middleware import Request, Response, ServiceError, intercept


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


@contextmanager
def extended(aws: LocalAws) -> Generator[None]:
    """SES with default sets, these checks and events, while the context lasts."""
    with intercept("ses_v2", _Ses(aws).handle), naming("ses", _tagged):
        yield


def _tagged(body: bytes, query: Mapping[str, Any], _region: str, _account: str) -> str | None:
    """The ARN of the resource whose tags a request is about."""
    return query["ResourceArn"][0] if "ResourceArn" in query else json.loads(body or b"{}").get("ResourceArn")


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


class _Ses:
    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._default_sets: dict[str, str | None] = {}
        """The default configuration set of every identity."""

    async def handle(self, request: Request) -> Response:
        match [request.method, *(unquote(part) for part in request.path.removeprefix("/v2/email/").split("/"))]:
            case ["POST", "identities"]:
                return await self._create_identity(request)
            case ["GET", "identities", name]:
                response = await request.forward()
                if default := self._default_sets.get(name):
                    response = response.with_json(response.json | {"ConfigurationSetName": default})
                return response
            case ["DELETE", "identities", name]:
                self._default_sets.pop(name, None)
            case ["PUT", "identities", name, "configuration-set"]:
                return await self._set_default(request, name)
            case ["POST", "configuration-sets", name, "event-destinations"] | [
                "PUT",
                "configuration-sets",
                name,
                "event-destinations",
                _,
            ]:
                destination = request.json["EventDestination"]
                if firehose := destination.get("KinesisFirehoseDestination"):
                    pass_role(request, firehose["IamRoleArn"], "ses.amazonaws.com")
                await request.run_blocking(self._check_role, name, destination)
            case ["POST", "outbound-emails"]:
                return await self._send(request)
        return await request.forward()

    async def _create_identity(self, request: Request) -> Response:
        default = request.json.get("ConfigurationSetName")
        name = request.json["EmailIdentity"]
        if name in self._default_sets:
            raise ServiceError("AlreadyExistsException", f"Email identity {name} already exists.")
        await request.run_blocking(self._check_set, default)
        self._default_sets[name] = default
        return await request.forward()

    async def _set_default(self, request: Request, name: str) -> Response:
        configuration_set = request.json.get("ConfigurationSetName")
        if name not in self._default_sets:
            raise ServiceError("NotFoundException", f"Email identity {name} does not exist.", 404)
        await request.run_blocking(self._check_set, configuration_set)
        self._default_sets[name] = configuration_set
        return Response().with_json({})

    def _check_set(self, name: str | None) -> None:
        if name is None:
            return
        ses = self._aws.client("sesv2")
        try:
            ses.get_configuration_set(ConfigurationSetName=name)
        except ses.exceptions.NotFoundException as error:
            raise ServiceError("NotFoundException", f"Configuration set <{name}> does not exist.", 404) from error

    def _check_role(self, configuration_set: str, destination: dict[str, Any]) -> None:
        """Check the role of an event destination before accepting it, as SES does."""
        firehose = destination.get("KinesisFirehoseDestination")
        if firehose and (reason := _denial(self._aws, firehose, _source(self._aws, configuration_set))):
            raise ServiceError("BadRequestException", f"Could not assume IAM role: {reason}.")

    async def _send(self, request: Request) -> Response:
        identity = self._identity(request.json["FromEmailAddress"])
        configuration_set = request.json.get("ConfigurationSetName") or self._default_sets[identity]
        await request.run_blocking(self._check_set, configuration_set)
        response = await request.forward()
        if response.status != 200 or configuration_set is None:  # noqa: PLR2004
            return response
        sent_at = datetime.now(UTC)
        message_id = f"0100{int(sent_at.timestamp() * 1000):012x}-{uuid.uuid4()}-000000"
        mail = simulator.sent_mail(
            request.json,
            message_id=message_id,
            sent_at=sent_at,
            configuration_set=configuration_set,
            arn=f"arn:aws:ses:{self._aws.region}:{self._aws.account_id}:identity/{identity}",
        )
        events = list(simulator.events(mail))
        await request.run_blocking(lambda: publish(self._aws, events, configuration_set=configuration_set))
        return Response().with_json({"MessageId": message_id})

    def _identity(self, sender: str) -> str:
        """The verified identity that may send as `sender`: the address itself, or its domain."""
        address = parseaddr(sender)[1]
        for identity in (address, address.rpartition("@")[2]):
            if identity in self._default_sets:
                return identity
        raise ServiceError("MessageRejected", f"Email address is not verified: {address}")
