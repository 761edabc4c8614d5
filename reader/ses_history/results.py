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
    """Why it is none, in words such as `not JSON`, `not an event`, `longer than 4 MB` or `truncated gzip`."""

    lines: int
    """How many invalid lines of its object it stands for, the first of which it is: nearly always 1."""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """An object of the source that cannot be read."""

    object_key: str
    """A key that ends in / stands for all that is under it."""

    reason: str
    """What is wrong with it, and what to do."""


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
    """How many events and invalid lines were read."""

    invalid_lines: int
    """How many lines of the history are invalid, those read before as well."""

    unread: tuple[Unread, ...]
    """The objects that cannot be read, those tried before as well."""


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

    is_test: bool
    """Whether it was sent to the mailbox simulator, or with the tag `ses-history-test`."""

    reply: str | None
    """What the recipient's mail server, or SES, last said."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The newest of the messages that were looked for."""

    total: int
    """How many messages match."""

    standing: dict[str, int]
    """How many of them have each status, the strongest first; of several recipients, that of whom was looked for."""

    recipients: tuple[RecipientStatus, ...]
    """The recipients of the newest of them: the newest message first; in a message, who was looked for first."""

    looked_through: int = 0
    """How many messages were looked through for a header."""

    truncated: int = 0
    """How many of those have lost some of their headers, and may have had it."""

    unread: int = 0
    """How many objects could not be read for it."""


@dataclass(frozen=True, kw_only=True)
class Emptied:
    """A condition that leaves nothing to be found."""

    condition: str
    """`text`, `statuses`, `tag`, a field of `selection.Selection`, or `together`: each by others."""

    value: str

    matches: int
    """How many messages match without it; 0 where no message has it at all."""

    near: tuple[str, ...]
    """The nearest names that there are, where the history has nothing of this name."""


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
    cc: str | None
    reply_to: str | None
    mail_message_id: str | None
    configuration_set: str | None
    from_domain: str | None
    tenant: str | None
    source_arn: str | None
    account_id: str | None
    tags: dict[str, list[str | None] | None] | None
    bounce_type: str | None
    bounce_sub_type: str | None
    action: str | None
    smtp_status: str | None
    smtp_response: str | None
    reporting_mta: str | None
    remote_mta_ip: str | None
    processing_ms: int | None
    delay_type: str | None
    delay_expires_at: datetime | None
    complaint_type: str | None
    complaint_sub_type: str | None
    arrival_date: datetime | None
    feedback_id: str | None
    user_agent: str | None
    ip: str | None
    is_bot: bool | None
    link: str | None
    link_tags: dict[str, list[str | None] | None] | None
    reason: str | None
    template_name: str | None
    contact_list: str | None
    subscription_source: str | None
    unsubscribed: bool | None
    topics: dict[str, str | None] | None
    is_test: bool
    provider: str | None
    object_key: str
    line_no: int | None
    event_key: int


@dataclass(frozen=True, kw_only=True)
class Message:
    """What happened to a message."""

    recipients: tuple[RecipientStatus, ...]
    events: tuple[Row, ...]
    """In the order they happened; an event has a row for each of its recipients."""


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Rows that arrived since the last time."""

    rows: tuple[Row, ...]
    """In the order they happened."""

    last: int
    """What to ask on with."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What happened to the messages of a group. Rates are of `sent`, and None without any."""

    group: str | None
    events: int
    tests: int
    """Recipients of tests, who are in no other number but `events`."""

    sent: int
    """Recipients sent to."""

    delivered: int
    hard_bounced: int
    soft_bounced: int
    suppressed: int
    """Whom SES did not try to reach."""

    complained: int
    replies: int
    """Automatic replies, such as out of office."""

    opens_by_people: int
    opens_by_machines: int
    opens_unknown: int
    """Opens of which SES did not say by whom."""

    clicks_by_people: int
    clicks_by_machines: int
    clicks_unknown: int
    p50_seconds: float | None
    """Half of the deliveries took no longer."""

    p95_seconds: float | None
    hard_bounce_rate: float | None
    soft_bounce_rate: float | None
    complaint_rate: float | None


@dataclass(frozen=True, kw_only=True)
class Stats:
    """What happened to messages, by group."""

    groups: tuple[Counts, ...]
    """In the order of their names."""

    total: Counts | None
    """Of all of them together; None without any."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export wrote."""

    rows: int

    cut: int = 0
    """How many cells were longer than the 32,767 characters that a cell of Excel holds, and are cut there."""
