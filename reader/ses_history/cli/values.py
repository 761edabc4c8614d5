"""The values that options take: times, tags, and what to count by."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from ses_history.selection import GROUPS

_AGO = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, now: datetime) -> datetime:
    """The time, naive and in UTC, that the text means at `now`; raises ValueError and OverflowError.

    A date, a date and time (UTC, or with an offset), or how long ago: 90m, 12h, 7d, 2w.
    """
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


class Moment(click.ParamType[datetime]):
    """A time, as `moment` reads it."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time, naive and in UTC."""
        try:
            return moment(value, datetime.now(UTC).replace(tzinfo=None))
        except (ValueError, OverflowError):
            self.fail(f"invalid time {value!r}: use 2026-11-23, 2026-11-23T08:00 (UTC), 90m, 12h, 7d or 2w", param, ctx)


class Tag(click.ParamType[tuple[str, str]]):
    """A tag: its name and one of its values."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The name and the value."""
        name, equals, tag_value = value.partition("=")
        if not (name and equals):
            self.fail(f"invalid tag {value!r}: use NAME=VALUE", param, ctx)
        return name, tag_value


class Group(click.ParamType[str]):
    """What to count by: one of `GROUPS`, or tag:NAME."""

    name = "group"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same text."""
        if value not in GROUPS and not re.fullmatch("tag:.+", value):
            self.fail(f"invalid group {value!r}: use {', '.join(GROUPS)} or tag:NAME", param, ctx)
        return value
