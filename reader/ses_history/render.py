"""Answers as text for a terminal. What came from mail is shown without its control characters."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from rich import box
from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_history.ask import ID_LENGTH
from ses_history.sync import Synced

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
"""The columns in which an event tells more than its type, time and recipient."""

_BAR = 40
"""How wide the longest bar is at most, in characters."""

_GROUP = 40
"""How many characters of a group's name are shown at most."""

_FLAWS_SHOWN = 20


def console(least: int = 0) -> Console:
    """Standard output. A terminal narrower than `least` folds lines itself; other programs read them whole."""
    out = Console(highlight=False, markup=False)
    out.width = max(out.width, least) if out.is_terminal else 1000
    return out


def synced(result: Synced) -> Iterable[str]:
    """What a sync did, a line each; flawed lines with their object and place."""
    yield (
        f"{result.listed:,} objects listed, {result.added:,} read with {result.lines:,} lines, "
        f"{result.removed:,} taken out"
    )
    if result.flaws:
        yield f"{len(result.flaws):,} lines are no event as SES documents them:"
    for flaw in result.flaws[:_FLAWS_SHOWN]:
        yield f"  {clean(flaw.object_key)} line {flaw.line_no}: {flaw.flaw}"
    if len(result.flaws) > _FLAWS_SHOWN:
        yield f"  and {len(result.flaws) - _FLAWS_SHOWN:,} more: --json tells all"


def messages(recipients: Sequence[dict[str, Any]], out: Console) -> Table:
    """A line a message: when it was sent, to whom, its subject, where it stands, and what the other side said last.

    A terminal shows the beginning of its id, enough for `show`; where it is too narrow, texts end in an ellipsis.
    """
    table = Table(box=None, pad_edge=False)
    for name in ("sent (UTC)", "recipient", "subject", "stands", "last reply"):
        table.add_column(_line(name), no_wrap=name in ("sent (UTC)", "stands"))
    table.add_column("message id", no_wrap=True, overflow="crop", max_width=ID_LENGTH if out.is_terminal else None)
    for _, group in groupby(recipients, key=lambda row: row["message_id"]):
        rows = list(group)
        first = rows[0]
        others = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        table.add_row(
            moment(first["sent_at"]),
            _line(clean(first["recipient"]) + others),
            _line(clean(first["subject"])),
            _standing(first["standing"], sum(row["standing"] == first["standing"] for row in rows), len(rows)),
            _line(clean(first["reply"])),
            Text(clean(first["message_id"])),
        )
    return table


def _line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _standing(standing: str, count: int = 1, of: int = 1) -> Text:
    text = Text().append(standing, _STYLES.get(standing.partition(":")[0], ""))
    return text.append(f" ({count} of {of})") if of > 1 else text


def timeline(rows: Sequence[dict[str, Any]], recipients: Sequence[dict[str, Any]]) -> Iterable[Text]:
    """A message's head and where each recipient stands, then a line an event with the time since the send.

    Below each event stands what is known of it; whose it is, if it is not all recipients'.
    """
    first = rows[0]
    head = {
        "Message": first["message_id"],
        "From": first["source"],
        "Subject": first["subject"],
        "Sent": moment(first["sent_at"]) + " UTC",
        "Set": first["configuration_set"],
    }
    for name, value in head.items():
        yield Text(f"{name:<9}{clean(value)}")
    for recipient in recipients:
        yield Text(f"{'To':<9}{clean(recipient['recipient'])}  ").append(_standing(recipient["standing"]))
    for name, values in sorted((first["tags"] or {}).items()):
        yield Text(f"{'Tag':<9}{clean(name)} = {clean(', '.join(value or '' for value in values or []))}")
    for _, event in groupby(rows, key=lambda row: (row["object_key"], row["line_no"])):
        yield Text()
        yield from _event(list(event))


def _event(rows: Sequence[dict[str, Any]]) -> Iterable[Text]:
    first = rows[0]
    text = Text(f"{moment(first['ts'])}  {_since(first['sent_at'], first['ts']):<10}  ")
    text.append(clean(first["event_type"]), "bold").append("  ")
    yield text.append(", ".join(clean(row["recipient"]) for row in rows))
    for name in _DETAILS:
        whose = dict[str, list[str]]()
        for row in rows:
            if row[name] is not None:
                whose.setdefault(clean(str(row[name])), []).append(clean(row["recipient"]))
        for value, recipients in whose.items():
            only = f" ({', '.join(recipients)})" if len(recipients) < len(rows) else ""
            yield Text(f"    {name}: {value}{only}")
    yield Text(f"    {clean(first['object_key'])} line {first['line_no']}", "dim")


def _since(sent_at: datetime | None, ts: datetime | None) -> str:
    if sent_at is None or ts is None:
        return "?"
    seconds = (ts - sent_at).total_seconds()
    if abs(seconds) < 60:  # noqa: PLR2004
        return f"{seconds:+.3f} s"
    return f"+{timedelta(seconds=round(seconds))}"


def statistics(rows: Sequence[dict[str, Any]], by: str) -> tuple[Table, Table]:
    """A line a group: counts with a bar of its events; then the rates of what was sent, and delivery seconds."""
    names = ("events", "sent", "delivered", "suppressed", "opens", "clicks")
    counts = _table(by, *names)
    counts.add_column("events", max_width=_BAR)
    rates = _table(by, "sent", "hard bounces", "soft bounces", "complaints", "p50 s", "p95 s")
    most = max(row["events"] for row in rows)
    for row in rows:
        group = _line(clean(row["group"] or "-"))
        counts.add_row(group, *(f"{row[name]:,}" for name in names), Bar(most, 0, row["events"]))
        rates.add_row(
            group,
            f"{row['sent']:,}",
            _rate(row["hard_bounced"], row["hard_bounce_rate"]),
            _rate(row["soft_bounced"], row["soft_bounce_rate"]),
            _rate(row["complained"], row["complaint_rate"]),
            _seconds(row["p50_seconds"]),
            _seconds(row["p95_seconds"]),
        )
    return counts, rates


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
