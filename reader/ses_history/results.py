"""Answers, as values. Times are naive and UTC."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class InvalidLine:
    """A line of an object that is not an event as SES documents it."""

    object_key: str
    line_no: int
    """Counted from 1."""

    reason: str
    """`blank`, `not JSON`, `not an event`, `unknown event type` or `truncated gzip`."""


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What a sync did."""

    listed: int
    """How many objects the source has."""

    added: int
    """How many of them were read."""

    removed: int
    """How many objects were removed from the store: deleted from the source, or changed there and read again."""

    lines: int
    """How many lines were read."""

    invalid_lines: tuple[InvalidLine, ...]
    """Every invalid line in the store, in order."""


@dataclass(frozen=True, kw_only=True)
class RecipientStatus:
    """Where a message stands with one of its recipients."""

    sent_at: datetime | None
    message_id: str
    recipient: str | None
    source: str | None
    subject: str | None
    status: str
    """One of those in contract/statuses.toml, such as `delivered` or `bounced:hard`."""

    reply: str | None
    """What the recipient's mail server, or SES, last said."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The newest of the messages that were looked for."""

    total: int
    """How many messages match."""

    recipients: tuple[RecipientStatus, ...]
    """The recipients of the newest of them: the newest message first; in a message, who was looked for first."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of history: one event and recipient. contract/columns.toml describes each column."""

    ts: datetime | None
    day: date | None
    event_type: str
    message_id: str | None
    sent_at: datetime | None
    recipient: str | None
    recipient_domain: str | None
    recipient_no: int
    recipient_count: int
    source: str | None
    subject: str | None
    configuration_set: str | None
    from_domain: str | None
    account_id: str | None
    tags: dict[str, list[str | None] | None] | None
    bounce_type: str | None
    bounce_sub_type: str | None
    smtp_status: str | None
    smtp_response: str | None
    reporting_mta: str | None
    processing_ms: int | None
    delay_type: str | None
    delay_expires_at: datetime | None
    complaint_type: str | None
    feedback_id: str | None
    user_agent: str | None
    ip: str | None
    link: str | None
    reason: str | None
    template_name: str | None
    contact_list: str | None
    object_key: str
    line_no: int
    event_key: int


@dataclass(frozen=True, kw_only=True)
class Message:
    """What happened to a message."""

    recipients: tuple[RecipientStatus, ...]
    events: tuple[Row, ...]
    """In the order they happened; an event has a row for each of its recipients."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What happened to the messages of a group. Rates are of `sent`, and None without any."""

    group: str | None
    events: int
    sent: int
    """Recipients sent to."""

    delivered: int
    hard_bounced: int
    soft_bounced: int
    suppressed: int
    complained: int
    opens: int
    clicks: int
    p50_seconds: float | None
    """Half of the deliveries took no longer."""

    p95_seconds: float | None
    hard_bounce_rate: float | None
    soft_bounce_rate: float | None
    complaint_rate: float | None
