"""The values that options take: times, tags, names of what there is, and what to count by."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from ses_history.cli import clock
from ses_history.cli.zone import beginning_with, zone
from ses_history.selection import GROUPS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_AGO = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_DAYS: Final[Mapping[str, Callable[[date], date]]] = {
    "today": lambda today: today,
    "yesterday": lambda today: today - timedelta(days=1),
    "this week": lambda today: today - timedelta(days=today.weekday()),
    "last week": lambda today: today - timedelta(days=today.weekday() + 7),
    "this month": lambda today: today.replace(day=1),
    "last month": lambda today: (today.replace(day=1) - timedelta(days=1)).replace(day=1),
}
"""The day that each of these begins with; weeks begin on Monday."""


def moment(text: str, now: datetime, of: ZoneInfo) -> datetime:
    """The time, naive and in UTC, that the text means in the zone at `now`; raises ValueError and OverflowError.

    One of `_DAYS`, a date, a date and time (in the zone, or with an offset), or how long ago: 90m, 12h, 7d, 2w.
    """
    if ago := _AGO.fullmatch(text):
        return _in_utc(now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
    if first_day := _DAYS.get(text.lower().replace("-", " ")):
        return _in_utc(datetime.combine(first_day(now.astimezone(of).date()), time(), of))
    at = datetime.fromisoformat(text.replace("/", "-"))
    return _in_utc(at if at.tzinfo else at.replace(tzinfo=of))


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


class Moment(click.ParamType[datetime]):
    """A time, as `moment` reads it in the zone of the command."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time, naive and in UTC."""
        try:
            return moment(value, clock.now(), zone())
        except (ValueError, OverflowError):
            known = ", ".join(_DAYS)
            self.fail(
                f"invalid time {value!r}: use {known}, 2026-11-23, 2026-11-23T08:00, 90m, 12h, 7d or 2w", param, ctx
            )

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002  as click has it
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem]":
        """The days that begin so, with hyphens: a shell has them in one word."""
        return beginning_with(incomplete, (day.replace(" ", "-") for day in _DAYS))


class NameValue(click.ParamType[tuple[str, str]]):
    """A tag or a header: its name and its value."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The name and the value."""
        name, equals, its_value = value.partition("=")
        if not (name and equals):
            self.fail(f"invalid {value!r}: use NAME=VALUE", param, ctx)
        return name, its_value


class NewFile(click.Path):
    """The path of a file that there is not yet."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002  as click has it
        """What stands for the path in a usage line."""
        return "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        file = Path(value)
        if file.exists() or file.is_symlink():
            raise click.UsageError(f"{file} already exists: choose another name, or remove it", ctx)
        return super().convert(value, param, ctx)


class Known(click.Choice[str]):
    """One of the names there are, in any case."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(tuple(names), case_sensitive=False)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002  as click has it
        """What is wrong, and the name that is nearest."""
        near = get_close_matches(value.lower(), self.choices, n=1)
        meant = f", perhaps {near[0]}" if near else ""
        return f"unknown {value!r}{meant}: use {', '.join(self.choices)}"


class Group(click.ParamType[str]):
    """What to count by: one of `GROUPS`, or tag:NAME."""

    name = "group"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same text."""
        if value not in GROUPS and not re.fullmatch("tag:.+", value):
            self.fail(f"invalid group {value!r}: use {', '.join(GROUPS)} or tag:NAME", param, ctx)
        return value

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002  as click has it
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem]":
        """The groups that begin so."""
        return beginning_with(incomplete, (*GROUPS, "tag:"))


class Address(click.ParamType[str]):
    """A mail address, alone."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address."""
        local, _, domain = str(value).rpartition("@")
        if not local or "." not in domain or any(character in value for character in '<>"(), \t\r\n'):
            self.fail(f"{value!r} is no mail address: write it alone, as ada@example.com", param, ctx)
        return str(value)
