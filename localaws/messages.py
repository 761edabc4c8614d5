"""A message that SES takes, whichever way it is handed over: who sends it to whom, its headers and its tags."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.header import Header
from email.utils import getaddresses
from typing import Any

_BETWEEN_ADDRESSES = re.compile(r',\s*(?=(?:[^"]*"[^"]*")*[^"]*$)')
"""A comma outside of quotes."""

_PLACEHOLDER = re.compile(r"{{{?\s*([\w.-]+)\s*}?}}")
"""An attribute in a template. Blocks, as {{#if}}, are not known."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message, with its template rendered."""

    operation: str
    """The operation of the API that takes it."""

    source: str
    recipients: list[str]
    """The bare addresses of all who get it."""

    headers: list[tuple[str, str]]
    tags: Mapping[str, str]
    configuration_set: str | None
    """The set it names."""

    failure: Mapping[str, str] | None
    """Why its template could not be rendered."""

    def values(self, header: str) -> list[str]:
        """The values of a header, as written."""
        return [value for name, value in self.headers if name.lower() == header]

    def addresses(self, header: str) -> list[str]:
        """The addresses of a header, as written."""
        return [address for value in self.values(header) for address in _BETWEEN_ADDRESSES.split(value)]


def message(request: Mapping[str, Any], operation: str, template: Mapping[str, str]) -> Message:
    """The message of a request of SendEmail; `template` is what the template that it uses contains.

    Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
    """
    failure = None
    match request["Content"]:
        case {"Raw": {"Data": data}}:
            return _raw(request, operation, base64.b64decode(data))
        case {"Template": used}:
            data = json.loads(used.get("TemplateData") or "{}")
            failure = _failure(used, template, data)
            subject, charset = _rendered(template["Subject"], data), "UTF-8"
            parts, extra = [name for name in ("Text", "Html") if template.get(name)], used.get("Headers")
        case content:
            simple = content["Simple"]
            subject, charset = simple["Subject"]["Data"], simple["Subject"].get("Charset", "UTF-8")
            parts, extra = list(simple["Body"]), simple.get("Headers")
    headers = {
        "From": request["FromEmailAddress"],
        "Reply-To": ", ".join(request.get("ReplyToAddresses") or []),
        "To": ", ".join(_recipients(request, "To")),
        "Cc": ", ".join(_recipients(request, "Cc")),
        "Subject": subject if subject.isascii() else Header(subject, charset).encode(),
        "MIME-Version": "1.0",
        "Content-Type": _content_type(parts),
    }
    return Message(
        operation=operation,
        source=request["FromEmailAddress"],
        recipients=_bare(_recipients(request, "To", "Cc", "Bcc")),
        headers=[
            *((name, value) for name, value in headers.items() if value),
            *((header["Name"], header["Value"]) for header in extra or []),
        ],
        tags=_tags(request),
        configuration_set=request.get("ConfigurationSetName"),
        failure=failure,
    )


def _raw(request: Mapping[str, Any], operation: str, data: bytes) -> Message:
    """A message as its sender wrote it; what the request leaves out is in its headers.

    Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-send-email.html
    """
    headers = [(name, str(value)) for name, value in message_from_bytes(data).items()]
    written = {name.lower(): value for name, value in headers}
    pairs = (pair.partition("=") for pair in written.get("x-ses-message-tags", "").split(",") if pair)
    return Message(
        operation=operation,
        source=request.get("FromEmailAddress") or written["from"],
        recipients=_bare(
            _recipients(request, "To", "Cc", "Bcc")
            or [value for name, value in headers if name.lower() in ("to", "cc", "bcc")]
        ),
        headers=[(name, value) for name, value in headers if name.lower() != "bcc"],
        tags={name.strip(): value.strip() for name, _, value in pairs} | _tags(request),
        configuration_set=request.get("ConfigurationSetName") or written.get("x-ses-configuration-set"),
        failure=None,
    )


def _recipients(request: Mapping[str, Any], *kinds: str) -> list[str]:
    destination = request.get("Destination") or {}
    return [address for kind in kinds for address in destination.get(f"{kind}Addresses") or []]


def _bare(addresses: Iterable[str]) -> list[str]:
    return [address for _, address in getaddresses(list(addresses))]


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Name"]: tag["Value"] for tag in request.get("EmailTags") or []}


def _content_type(parts: list[str]) -> str:
    if len(parts) > 1:
        return 'multipart/alternative; boundary="----=_Part_1"'
    return "text/html; charset=UTF-8" if parts == ["Html"] else "text/plain; charset=UTF-8"


def _failure(used: Mapping[str, Any], template: Mapping[str, str], data: Any) -> dict[str, str] | None:
    """The first attribute of a template that the data lacks, as the section of a Rendering Failure says it."""
    for attribute in _attributes(template):
        if _attribute(data, attribute) is None:
            error = f"Attribute '{attribute}' is not present in the rendering data."
            return {"errorMessage": error, "templateName": used.get("TemplateName", "")}
    return None


def _attributes(template: Mapping[str, str]) -> Iterator[str]:
    for part in ("Subject", "Text", "Html"):
        yield from _PLACEHOLDER.findall(template.get(part) or "")


def _rendered(text: str, data: Any) -> str:
    return _PLACEHOLDER.sub(lambda found: str(_attribute(data, found[1])), text)


def _attribute(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data
