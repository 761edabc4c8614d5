"""What happened to a message, in a person's words: the one text that a terminal, HTML and Markdown show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from ses_history.meanings import code_of_server, is_automatic_reply, meaning
from ses_history.results import Message, RecipientStatus, Row
from ses_history.texts import clean, duration, moment, zone_name

_Value = TypeVar("_Value")

_SUPPRESSED = (
    "Suppressed",
    "OnAccountSuppressionList",
    "OnTenantSuppressionList",
    "EmailValidationSuppressed",
    "UnsubscribedRecipient",
)
_ARRIVED = ("delivered", "opened", "clicked")
_OF_ONE = ("Open", "Click", "Complaint")
"""Event types that name all recipients, of whom one did it."""

_TITLES: Final[Mapping[str, str]] = {
    "Send": "Sent",
    "Reject": "Rejected",
    "Bounce": "Bounced",
    "Complaint": "Complaint",
    "Delivery": "Delivered",
    "Open": "Opened",
    "Click": "Link followed",
    "Rendering Failure": "Not built",
    "DeliveryDelay": "Delayed",
    "Subscription": "Subscription changed",
}

_WITHOUT_CODE: Final[Mapping[str, str]] = {
    "Reject": "SES found a virus in the message and did not send it.",
    "Rendering Failure": "The template and its data do not fit together: SES did not send the message.",
}

UNPROVED: Final[Mapping[str, str]] = {
    "complained": "The recipient has the message, and marked it as spam, perhaps by mistake.",
    "bounced:hard": "The mail server refused it; whether there is such a mailbox, only its reply tells.",
    "bounced:soft": "The reason may pass: the mailbox may well exist.",
    "suppressed": "SES did not try; `ses-history suppression ADDRESS` tells since when and why it is on the list.",
    "clicked": "SES judges who was a person: a program that checks links may pass for one.",
    "opened": "Its images were loaded: not that somebody read it. Who loads none is not seen.",
    "delivered": "The recipient's mail server took it: whether it is in the inbox is not known.",
    "rejected": "SES does not say which virus it found.",
    "failed": "Nothing was sent: whether the address works is not known.",
    "delayed": "SES goes on trying: it may still arrive.",
    "sent": "SES accepted it: nothing has been heard of it since.",
}
"""What each status does not prove."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """What the codes of an event mean, and what to do."""

    text: str
    """Empty where a code is not known."""

    code: str
    """The codes, as others wrote them; empty where there are none."""

    of: tuple[str, ...]
    """The recipients it is about; empty where it is about all of the event."""


@dataclass(frozen=True, kw_only=True)
class Detail:
    """Something else that is known of an event."""

    label: str
    value: str
    of: tuple[str, ...]
    """The recipients who have this value; empty where all of the event have."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """An event."""

    at: str
    after: str
    """How long after the send; empty for what has the time of the send."""

    title: str
    one_of: bool
    """Whether it is of an unknown one of the recipients."""

    recipients: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    details: tuple[Detail, ...]
    place: str
    """The object and the line that hold the event."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """A message and what happened to it, ready to be shown: no text holds a control character."""

    zone: str
    """The name of the zone of all times."""

    head: tuple[tuple[str, str], ...]
    """The message id first, each with its label."""

    recipients: tuple[RecipientStatus, ...]
    notes: tuple[tuple[str, str], ...]
    """What is not proved: a sentence about each status, and about what SES cannot see."""

    tags: tuple[tuple[str, str], ...]
    events: tuple[Happening, ...]


def story(message: Message, zone: ZoneInfo) -> Story:
    """What happened to the message, with times in the zone."""
    first = message.events[0]
    head = {
        "Message": first.message_id,
        "From": first.source,
        "Subject": first.subject,
        "Sent": f"{moment(first.sent_at, zone)} {zone_name(zone)}",
        "Set": first.configuration_set,
        "Cc": first.cc,
        "Reply-To": first.reply_to,
        "Own id": first.mail_message_id,
    }
    # Athena does not know lines.
    events = groupby(message.events, key=lambda row: (row.object_key, row.line_no, row.event_type, row.ts))
    return Story(
        zone=zone_name(zone),
        head=tuple((label, clean(value)) for label, value in head.items() if value),
        recipients=tuple(_cleaned(recipient) for recipient in message.recipients),
        notes=tuple(_notes(message)),
        tags=tuple((clean(name), _shown(values)) for name, values in sorted((first.tags or {}).items())),
        events=tuple(_happening(list(rows), zone) for _, rows in events),
    )


def _cleaned(recipient: RecipientStatus) -> RecipientStatus:
    texts: dict[str, Any] = {
        name: clean(getattr(recipient, name)) for name in ("message_id", "source", "subject", "reply")
    }
    return replace(recipient, recipient=_who(recipient.recipient), **texts)


def _who(recipient: str | None) -> str:
    return clean(recipient) or "unknown"


def _notes(message: Message) -> Iterator[tuple[str, str]]:
    statuses = {recipient.status for recipient in message.recipients}
    yield from ((status, sentence) for status, sentence in UNPROVED.items() if status in statuses)
    several = {row.event_type for row in message.events if row.recipient_count > 1}
    if several & {"Open", "Click"}:
        yield "opens and clicks", "Of several recipients, SES does not say who it was."
    if "Complaint" in several:
        yield "complaint", "Of several recipients, SES does not say who complained."
    gmail = {row.recipient for row in message.events if row.provider == "gmail"}
    if any(recipient.recipient in gmail and recipient.status in _ARRIVED for recipient in message.recipients):
        yield "no complaint", "Gmail does not tell SES of complaints: there may be one."


def _happening(rows: Sequence[Row], zone: ZoneInfo) -> Happening:
    first = rows[0]
    return Happening(
        at=moment(first.ts, zone),
        after=_after(first),
        title=_title(rows),
        one_of=first.event_type in _OF_ONE and len(rows) > 1,
        recipients=tuple(_who(row.recipient) for row in rows),
        sentences=tuple(
            Sentence(text=text, code=code, of=of) for (text, code), of in _by_value(rows, _sentence) if text or code
        ),
        details=tuple(_details(rows, zone)),
        place=clean(first.object_key) + (f" line {first.line_no}" if first.line_no else ""),
    )


def _after(row: Row) -> str:
    if row.ts is None or row.sent_at is None or row.ts == row.sent_at:
        return ""
    between = duration(abs(row.ts - row.sent_at).total_seconds())
    return f"after {between}" if row.ts > row.sent_at else f"{between} before"


def _title(rows: Sequence[Row]) -> str:
    row = rows[0]
    if all(map(is_automatic_reply, rows)):
        return "Automatic reply"
    if (row.bounce_sub_type or row.complaint_sub_type) in _SUPPRESSED:
        return "Not sent"
    if row.complaint_type == "not-spam":
        return "Reported as no spam"
    if row.unsubscribed:
        return "Unsubscribed from all"
    by = {True: ", probably by a machine", False: ", probably by a person", None: ""}
    return _TITLES.get(row.event_type, clean(row.event_type)) + by[row.is_bot]


def _sentence(row: Row) -> tuple[str, str]:
    """What the event means for a recipient, with the codes that say so."""
    found = meaning(row)
    text = _WITHOUT_CODE.get(row.event_type, "")
    if found:
        text = found.meaning if found.do.startswith("Nothing") else f"{found.meaning} {found.do}"
    bounce = "/".join(filter(None, (row.bounce_type, row.bounce_sub_type)))
    codes = (bounce, row.delay_type, row.complaint_sub_type, row.complaint_type, code_of_server(row) or row.smtp_status)
    return text, clean(", ".join(filter(None, codes)))


def _details(rows: Sequence[Row], zone: ZoneInfo) -> Iterator[Detail]:
    def time(at: datetime) -> str:
        return moment(at, zone)

    reader = "reported by" if rows[0].event_type == "Complaint" else "program"
    shown: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
        ("reply", "smtp_response", clean),
        ("action", "action", clean),
        ("took", "processing_ms", lambda ms: duration(ms / 1000)),
        ("expires", "delay_expires_at", time),
        ("mail server", "reporting_mta", lambda server: clean(server.removeprefix("dsn;").strip())),
        ("taken by", "remote_mta_ip", clean),
        ("link", "link", clean),
        ("link tags", "link_tags", _shown),
        (reader, "user_agent", clean),
        ("IP address", "ip", clean),
        ("arrived", "arrival_date", time),
        ("reason", "reason", clean),
        ("template", "template_name", clean),
        ("list", "contact_list", clean),
        ("changed by", "subscription_source", clean),
        ("topics", "topics", _topics),
        ("feedback id", "feedback_id", clean),
    )
    for label, column, words in shown:

        def value(row: Row, column: str = column, words: Callable[[Any], str] = words) -> str | None:
            found = getattr(row, column)
            return None if found is None else words(found)

        for text, of in _by_value(rows, value):
            if text:
                yield Detail(label=label, value=text, of=of)


def _by_value(rows: Sequence[Row], of: Callable[[Row], _Value]) -> Iterator[tuple[_Value, tuple[str, ...]]]:
    """Each value that rows have, with the recipients that have it: none are named where all have the same."""
    having = dict[_Value, list[str]]()
    for row in rows:
        having.setdefault(of(row), []).append(_who(row.recipient))
    for value, recipients in having.items():
        yield value, tuple(recipients) if len(having) > 1 else ()


def _shown(value: Any) -> str:
    match value:
        case Mapping():
            return "; ".join(f"{clean(name)} = {_shown(each)}" for name, each in sorted(value.items()))
        case list():
            return ", ".join(_shown(each) for each in value)
        case _:
            return clean(value)


def _topics(topics: Mapping[str, str | None]) -> str:
    words = {"OptIn": "subscribed", "OptOut": "unsubscribed"}
    return "; ".join(f"{clean(name)}: {words.get(now or '', clean(now))}" for name, now in sorted(topics.items()))
