"""Counts and rates, as tables."""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.bar import Bar
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ses_history.cli.output import counted
from ses_history.cli.render.text import line
from ses_history.health import COMPLAINT_LIMITS, FEW, HARD_BOUNCE_LIMITS
from ses_history.meanings import meaning_of_reason
from ses_history.results import Counts, Stats
from ses_history.selection import TIMES
from ses_history.texts import clean, zone_name

_BAR = 40
"""How wide the longest bar is at most, in characters."""

_GROUP = 40
"""How many characters of a group's name are shown at most."""

_COLUMNS = {"type": ("events",), "status": ("sent",), "reason": ("events",), "template": ("events",)}
"""The columns of groups within which there are no rates: a message has events of several, or stands in one."""


def statistics(groups: Sequence[Counts], total: Counts, by: str, zone: ZoneInfo, *, left_out: int) -> Iterable[Any]:
    """Tables with a line for each group, and the total.

    Counts with a bar of the events; rates and delivery seconds; opens and clicks by people, by machines and unknown.
    """
    heading = f"{by} ({zone_name(zone)})" if by in TIMES else by
    lines = [*((clean(group.group or "(none)"), group) for group in groups), ("total", total)]
    yield _numbers(heading, lines, _COLUMNS.get(by, ("events", "tests", "sent", "delivered", "suppressed", "replies")))
    if left_out:
        yield Text(f"and {counted(left_out, 'more group')}, in the total as well", "dim")
    if by == "reason":
        yield ""
        yield from _meanings(groups)
    if by not in _COLUMNS:
        yield ""
        yield _rates(by, lines)
        yield ""
        yield _reading(by, lines)


def _meanings(groups: Sequence[Counts]) -> Iterable[Any]:
    for group in groups:
        if found := meaning_of_reason(group.group or ""):
            yield Text(clean(group.group), "bold")
            yield Padding(Text(f"{found.meaning} {found.do}"), (0, 0, 0, 2))


def comparison(groups: Sequence[Counts], total: Counts, before: Stats, by: str) -> Iterable[Any]:
    """A table with a line for each group, unless these are times, and the total: what it is now, and was before."""
    table = _table(by, "sent", "before", "change", "hard b.", "before", "complaints", "before")
    earlier = {group.group: group for group in before.groups}
    for group in groups if by not in TIMES else ():
        _add(table, clean(group.group or "(none)"), *_compared(group, earlier.get(group.group)), is_total=False)
    _add(table, "total", *_compared(total, before.total), is_total=True)
    yield table


def _compared(now: Counts, before: Counts | None) -> Iterable[Text | str]:
    yield f"{now.sent:,}"
    yield f"{before.sent:,}" if before else "-"
    yield f"{now.sent / before.sent - 1:+.0%}" if before and before.sent else "-"
    yield _percent(now.hard_bounce_rate, now.sent, HARD_BOUNCE_LIMITS)
    yield _percent(before.hard_bounce_rate, before.sent, HARD_BOUNCE_LIMITS) if before else "-"
    yield _percent(now.complaint_rate, now.sent, COMPLAINT_LIMITS)
    yield _percent(before.complaint_rate, before.sent, COMPLAINT_LIMITS) if before else "-"


def _numbers(heading: str, lines: Sequence[tuple[str, Counts]], columns: Sequence[str]) -> Table:
    """Counts, with a bar of the first of them."""
    table = _table(heading, *columns)
    table.add_column("", max_width=_BAR)
    longest = max(getattr(group, columns[0]) for _, group in lines[:-1])
    for name, group in lines:
        numbers = [getattr(group, column) for column in columns]
        is_total = group is lines[-1][1]
        bar = "" if is_total else Bar(longest, 0, numbers[0])
        _add(table, name, *(f"{number:,}" for number in numbers), bar, is_total=is_total)
    return table


def _rates(heading: str, lines: Sequence[tuple[str, Counts]]) -> Table:
    table = _table(heading, "sent", "hard bounces", "soft bounces", "complaints", "p50 s", "p95 s")
    for name, group in lines:
        _add(
            table,
            name,
            f"{group.sent:,}",
            _rate(group.hard_bounced, group.hard_bounce_rate, group.sent, HARD_BOUNCE_LIMITS),
            _rate(group.soft_bounced, group.soft_bounce_rate, group.sent),
            _rate(group.complained, group.complaint_rate, group.sent, COMPLAINT_LIMITS),
            _seconds(group.p50_seconds),
            _seconds(group.p95_seconds),
            is_total=group is lines[-1][1],
        )
    return table


def _reading(heading: str, lines: Sequence[tuple[str, Counts]]) -> Table:
    table = _table(heading, "opens: people", "machines", "unknown", "clicks: people", "machines", "unknown")
    for name, group in lines:
        numbers = (
            *(group.opens_by_people, group.opens_by_machines, group.opens_unknown),
            *(group.clicks_by_people, group.clicks_by_machines, group.clicks_unknown),
        )
        _add(table, name, *(f"{number:,}" for number in numbers), is_total=group is lines[-1][1])
    return table


def _table(heading: str, *numbers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column(heading, no_wrap=True, max_width=_GROUP)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _add(table: Table, name: str, *cells: Any, is_total: bool) -> None:
    if is_total:
        table.add_section()
    table.add_row(line(name), *cells)


def _rate(count: int, rate: float | None, of: int, limits: tuple[float, float] | None = None) -> Text:
    if rate is None:
        return Text(f"{count:,}")
    return _percent(rate, of, limits).append(f" ({count:,})")


def _percent(rate: float | None, of: int, limits: tuple[float, float] | None = None) -> Text:
    if rate is None:
        return Text("-")
    if of < FEW:
        return Text("few")
    review, pause = limits or (1, 1)
    style = "red" if rate >= pause else "yellow" if rate >= review else ""
    return Text(f"{rate:.2%}", style)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
