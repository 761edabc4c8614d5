"""Answers as text for a terminal. What comes from messages is shown without control characters."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from rich import box
from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_history.cli.output import counted
from ses_history.results import Counts, Message, RecipientStatus, Row, Synced

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_STYLES = {
    "delivered": "green",
    "opened": "green",
    "clicked": "green",
    "bounced": "red",
    "complained": "red",
    "rejected": "red",
    "failed": "red",
    "delayed": "yellow",
}
_DETAILS = (
    "bounce_type",
    "bounce_sub_type",
    "smtp_status",
    "smtp_response",
    "reporting_mta",
    "processing_ms",
    "delay_type",
    "delay_expires_at",
    "complaint_type",
    "feedback_id",
    "user_agent",
    "ip",
    "link",
    "reason",
    "template_name",
    "contact_list",
)
"""The columns that an event has beside its type, time and recipient."""

_ID_LENGTH = 25
"""How much of a message id is shown: the millisecond of the send and 32 bits after it, enough for `show`."""

_BAR = 40
"""How wide the longest bar is at most, in characters."""

_GROUP = 40
"""How many characters of a group's name are shown at most."""

_INVALID_LINES = 20
"""How many invalid lines are listed at most."""


def console(width: int = 0) -> Console:
    """Standard output. A terminal narrower than `width` folds lines itself; other programs read them whole."""
    out = Console(highlight=False, markup=False)
    out.width = max(out.width, width) if out.is_terminal else 1000
    return out


def synced(result: Synced) -> Iterable[str]:
    """What a sync did, and a line for each invalid line with its object and number."""
    yield (
        f"{counted(result.listed, 'object')} in the history: {result.added:,} added with "
        f"{counted(result.lines, 'line')}, {result.removed:,} removed"
    )
    if result.invalid_lines:
        yield f"{counted(len(result.invalid_lines), 'invalid line')}, skipped:"
    for invalid in result.invalid_lines[:_INVALID_LINES]:
        yield f"  {clean(invalid.object_key)} line {invalid.line_no}: {invalid.reason}"
    if len(result.invalid_lines) > _INVALID_LINES:
        yield f"  and {len(result.invalid_lines) - _INVALID_LINES:,} more: --json lists all"


def messages(recipients: Sequence[RecipientStatus], out: Console) -> Table:
    """A line for each message: when it was sent, to whom, its subject, its status, and the last reply.

    A terminal shows the beginning of its id, enough for `show`; where it is too narrow, texts end in an ellipsis.
    """
    table = Table(box=None, pad_edge=False)
    for name in ("sent (UTC)", "recipient", "subject", "status", "last reply"):
        table.add_column(_line(name), no_wrap=name in ("sent (UTC)", "status"))
    table.add_column("message id", no_wrap=True, overflow="crop", max_width=_ID_LENGTH if out.is_terminal else None)
    for _, group in groupby(recipients, key=lambda recipient: recipient.message_id):
        first, *others = group
        more = f" and {len(others)} more" if others else ""
        same = 1 + sum(other.status == first.status for other in others)
        table.add_row(
            moment(first.sent_at),
            _line(clean(first.recipient) + more),
            _line(clean(first.subject)),
            _status(first.status, same, 1 + len(others)),
            _line(clean(first.reply)),
            Text(clean(first.message_id)),
        )
    return table


def _line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _status(status: str, count: int = 1, of: int = 1) -> Text:
    text = Text().append(status, _STYLES.get(status.partition(":")[0], ""))
    return text.append(f" ({count} of {of})") if of > 1 else text


def timeline(message: Message) -> Iterable[Text]:
    """The head of a message, its status for each recipient, then its events, each with the time since the send."""
    first = message.events[0]
    head = {
        "Message": first.message_id,
        "From": first.source,
        "Subject": first.subject,
        "Sent": moment(first.sent_at) + " UTC",
        "Set": first.configuration_set,
    }
    for name, value in head.items():
        yield Text(f"{name:<9}{clean(value)}")
    for recipient in message.recipients:
        yield Text(f"{'To':<9}{clean(recipient.recipient)}  ").append(_status(recipient.status))
    for name, values in sorted((first.tags or {}).items()):
        yield Text(f"{'Tag':<9}{clean(name)} = {clean(', '.join(value or '' for value in values or []))}")
    for _, rows in groupby(message.events, key=lambda row: (row.object_key, row.line_no)):
        yield Text()
        yield from _event(list(rows))


def _event(rows: Sequence[Row]) -> Iterable[Text]:
    first = rows[0]
    text = Text(f"{moment(first.ts)}  {_since(first.sent_at, first.ts):<10}  ")
    text.append(clean(first.event_type), "bold").append("  ")
    yield text.append(", ".join(clean(row.recipient) for row in rows))
    for name in _DETAILS:
        recipients = dict[str, list[str]]()
        for row in rows:
            value = getattr(row, name)
            if value is not None:
                recipients.setdefault(clean(str(value)), []).append(clean(row.recipient))
        for value, having in recipients.items():
            only = f" ({', '.join(having)})" if len(having) < len(rows) else ""
            yield Text(f"    {name}: {value}{only}")
    yield Text(f"    {clean(first.object_key)} line {first.line_no}", "dim")


def _since(sent_at: datetime | None, ts: datetime | None) -> str:
    if sent_at is None or ts is None:
        return "?"
    seconds = (ts - sent_at).total_seconds()
    if abs(seconds) < 60:  # noqa: PLR2004
        return f"{seconds:+.3f} s"
    return f"+{timedelta(seconds=round(seconds))}"


def statistics(counts: Sequence[Counts], by: str) -> tuple[Table, Table]:
    """Two tables, each with a line for each group: counts with a bar of the events; rates and delivery seconds."""
    numbers = _table(by, "events", "sent", "delivered", "suppressed", "opens", "clicks")
    numbers.add_column("events", max_width=_BAR)
    rates = _table(by, "sent", "hard bounces", "soft bounces", "complaints", "p50 s", "p95 s")
    most = max(group.events for group in counts)
    for group in counts:
        name = _line(clean(group.group or "-"))
        shown = (group.events, group.sent, group.delivered, group.suppressed, group.opens, group.clicks)
        numbers.add_row(name, *(f"{number:,}" for number in shown), Bar(most, 0, group.events))
        rates.add_row(
            name,
            f"{group.sent:,}",
            _rate(group.hard_bounced, group.hard_bounce_rate),
            _rate(group.soft_bounced, group.soft_bounce_rate),
            _rate(group.complained, group.complaint_rate),
            _seconds(group.p50_seconds),
            _seconds(group.p95_seconds),
        )
    return numbers, rates


def _table(by: str, *numbers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column(by, no_wrap=True, max_width=_GROUP)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _rate(count: int, rate: float | None) -> str:
    return f"{count:,}" if rate is None else f"{rate:.2%} ({count:,})"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def moment(at: datetime | None) -> str:
    """A time in UTC to the second."""
    return "?" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def escaped(json_line: str) -> str:
    """A line of JSON that says the same without what would steer a terminal."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json_line.strip())


def clean(value: str | None) -> str:
    """Text without what would steer a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value or "")
