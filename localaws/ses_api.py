"""What ministack's SES lacks, by the operations of both versions of its API."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from localaws import query
from localaws.aws import LocalAws
from localaws.iam import naming, pass_role
from localaws.middleware import Request, Response, ServiceError, intercept
from localaws.sending import RefusedError, Sender
from localaws.ses import check_role

_V1_STATUSES = {"SUCCESS": "Success", "MESSAGE_REJECTED": "MessageRejected"}
"""The statuses of SendBulkEmail, as SendBulkTemplatedEmail spells them."""


@contextmanager
def extended(aws: LocalAws) -> Generator[None]:
    """SES that sends and publishes, with default sets, an account and a suppression list, while the context lasts."""
    sender = Sender(aws=aws)
    with (
        intercept("ses", _FirstVersion(sender).handle),
        intercept("ses_v2", _SecondVersion(sender).handle),
        naming("ses", _tagged),
    ):
        yield


def _tagged(body: bytes, parameters: Mapping[str, Any], _region: str, _account: str) -> str | None:
    """The ARN of the resource whose tags a request is about; only the second version has tags, and speaks JSON."""
    if "ResourceArn" in parameters:
        return parameters["ResourceArn"][0]
    return json.loads(body).get("ResourceArn") if body.startswith(b"{") else None


class _SecondVersion:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._default_sets = sender.default_sets

    async def handle(self, request: Request) -> Response:
        match [request.method, *(unquote(part) for part in request.path.removeprefix("/v2/email/").split("/"))]:
            case [method, "identities" | "list-identities" as kind, *names]:
                return await self._identities(request, [method, kind, *names])
            case ["POST" | "PUT", "configuration-sets", name, "event-destinations", *_]:
                destination = request.json["EventDestination"]
                if firehose := destination.get("KinesisFirehoseDestination"):
                    pass_role(request, firehose["IamRoleArn"], "ses.amazonaws.com")
                await request.run_blocking(check_role, self._sender.aws, name, destination)
            case ["POST", "outbound-emails"]:
                message_id = await request.run_blocking(self._sender.send, request.json, "SendEmail")
                return Response().with_json({"MessageId": message_id})
            case ["POST", "outbound-bulk-emails"]:
                results = await request.run_blocking(self._sender.send_bulk, request.json, "SendBulkEmail")
                return Response().with_json({"BulkEmailEntryResults": results})
            case [method, "account", *settings]:
                return await self._account(request, [method, *settings])
            case [method, "suppression", "addresses", *names]:
                return self._suppression(request, [method, *names])
        return await request.forward()

    async def _identities(self, request: Request, operation: list[str]) -> Response:
        match operation:
            case ["POST", "identities"]:
                return await self._create_identity(request)
            case ["GET", "identities"] | ["POST", "list-identities"]:
                response = await request.forward()
                listed = [each | self._verification(each["IdentityName"]) for each in response.json["EmailIdentities"]]
                return response.with_json(response.json | {"EmailIdentities": listed})
            case ["GET", _, name] if name in self._default_sets:
                response = await request.forward()
                verification = self._verification(name)
                described = {
                    "VerifiedForSendingStatus": verification["SendingEnabled"],
                    "VerificationStatus": verification["VerificationStatus"],
                    "ConfigurationSetName": self._default_sets[name],
                }
                return response.with_json(response.json | described)
            case ["DELETE", _, name]:
                self._default_sets.pop(name, None)
            case ["PUT", _, name, "configuration-set"]:
                return await self._set_default(request, name)
        return await request.forward()

    def _verification(self, identity: str) -> dict[str, Any]:
        """How far the verification of an identity is, as ListEmailIdentities says it.

        Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_IdentityInfo.html
        """
        pending = identity in self._sender.aws.ses_account.pending_identities
        return {"SendingEnabled": not pending, "VerificationStatus": "PENDING" if pending else "SUCCESS"}

    async def _account(self, request: Request, operation: list[str]) -> Response:
        account = self._sender.aws.ses_account
        match operation:
            case ["GET"]:
                response = await request.forward()
                # Source: https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html
                quota = response.json["SendQuota"]
                if not account.production_access:
                    quota |= {"Max24HourSend": 200.0, "MaxSendRate": 1.0}
                state = {
                    "EnforcementStatus": account.enforcement_status,
                    "ProductionAccessEnabled": account.production_access,
                    "SendingEnabled": self._sender.may_send(),
                    "SendQuota": quota,
                    "SuppressionAttributes": {"SuppressedReasons": account.suppressed_reasons},
                }
                return response.with_json(response.json | state)
            case ["PUT", "sending"]:
                account.sending_enabled = request.json.get("SendingEnabled", False)
                return Response().with_json({})
            case ["PUT", "suppression"]:
                account.suppressed_reasons = request.json.get("SuppressedReasons", [])
                return Response().with_json({})
        return await request.forward()

    def _suppression(self, request: Request, operation: list[str]) -> Response:
        suppression = self._sender.suppression
        match operation:
            case ["PUT"]:
                return suppression.put(request.json, production_access=self._sender.aws.ses_account.production_access)
            case ["GET", address]:
                return suppression.get(address)
            case ["DELETE", address]:
                return suppression.delete(address)
        return suppression.list(request.query)

    async def _create_identity(self, request: Request) -> Response:
        default = request.json.get("ConfigurationSetName")
        name = request.json["EmailIdentity"]
        if name in self._default_sets:
            raise ServiceError("AlreadyExistsException", f"Email identity {name} already exists.")
        await request.run_blocking(self._sender.configuration_set, default)
        self._default_sets[name] = default
        return await request.forward()

    async def _set_default(self, request: Request, name: str) -> Response:
        configuration_set = request.json.get("ConfigurationSetName")
        if name not in self._default_sets:
            raise ServiceError("NotFoundException", f"Email identity {name} does not exist.", 404)
        await request.run_blocking(self._sender.configuration_set, configuration_set)
        self._default_sets[name] = configuration_set
        return Response().with_json({})


class _FirstVersion:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def handle(self, request: Request) -> Response:
        """Answer what sends; the second version is behind the same module of ministack."""
        if request.path.startswith("/v2/"):
            return await request.forward()
        asked = query.parameters(parse_qs(request.body.decode(), keep_blank_values=True))
        operation = asked.get("Action")
        if operation == "SendBulkTemplatedEmail":
            send, content = self._sender.send_bulk, _bulk(asked)
        elif operation in ("SendEmail", "SendRawEmail", "SendTemplatedEmail"):
            send, content = self._sender.send, _single(asked)
        else:
            return await request.forward()
        try:
            sent = await request.run_blocking(send, content, operation)
        except RefusedError as error:
            return _error(error)
        return _sent(operation, sent)


def _single(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The request of the second version's SendEmail that says the same.

    Source: https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html
    """
    match asked:
        case {"Message": simple}:
            content = {"Simple": simple}
        case {"RawMessage": raw}:
            content = {"Raw": raw}
        case _:
            content = {"Template": {"TemplateName": asked["Template"], "TemplateData": asked["TemplateData"]}}
    return {
        **_common(asked),
        "Destination": asked.get("Destination") or {"ToAddresses": asked.get("Destinations")},
        "Content": content,
        "EmailTags": asked.get("Tags"),
    }


def _bulk(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The request of SendBulkEmail that says the same.

    Source: https://docs.aws.amazon.com/ses/latest/APIReference/API_SendBulkTemplatedEmail.html
    """
    template = {"TemplateName": asked["Template"], "TemplateData": asked.get("DefaultTemplateData")}
    entries = [
        {
            "Destination": each["Destination"],
            "ReplacementTags": each.get("ReplacementTags"),
            "ReplacementEmailContent": {
                "ReplacementTemplate": {"ReplacementTemplateData": each.get("ReplacementTemplateData")}
            },
        }
        for each in asked["Destinations"]
    ]
    return {
        **_common(asked),
        "DefaultContent": {"Template": template},
        "DefaultEmailTags": asked.get("DefaultTags"),
        "BulkEmailEntries": entries,
    }


def _common(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "FromEmailAddress": asked.get("Source"),
        "ReplyToAddresses": asked.get("ReplyToAddresses"),
        "ConfigurationSetName": asked.get("ConfigurationSetName"),
    }


def _sent(operation: str, sent: str | list[dict[str, str]]) -> Response:
    if isinstance(sent, str):
        result = f"<MessageId>{sent}</MessageId>"
    else:
        spelled = [each | {"Status": _V1_STATUSES[each["Status"]]} for each in sent]
        members = ("".join(f"<{key}>{escape(value)}</{key}>" for key, value in each.items()) for each in spelled)
        result = f"<Status>{''.join(f'<member>{member}</member>' for member in members)}</Status>"
    return _xml(200, f"<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>")


def _error(error: RefusedError) -> Response:
    detail = f"<Type>Sender</Type><Code>{error.v1}</Code><Message>{escape(str(error))}</Message>"
    return _xml(400, f"<ErrorResponse><Error>{detail}</Error></ErrorResponse>")


def _xml(status: int, document: str) -> Response:
    return Response(status=status, headers={"Content-Type": "text/xml"}, body=document.encode())
