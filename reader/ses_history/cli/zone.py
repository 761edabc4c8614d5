"""The time zone that times are read and shown in: this machine's, unless the options name another."""

import difflib
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import click

_META = "ses_history.zone"


class Zone(click.ParamType[ZoneInfo]):
    """A time zone by its name in the IANA database."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """The zone."""
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = difflib.get_close_matches(value, available_timezones(), n=3) or ["Asia/Tokyo", "Europe/Berlin"]
            self.fail(f"unknown time zone {value!r}: use a name such as {' or '.join(near)}", param, ctx)


def _chosen(ctx: click.Context, _: click.Parameter, value: ZoneInfo | None) -> None:
    if value:
        ctx.meta[_META] = value


# Eager: the values of other options are read in the zone.
_OPTION = {"type": Zone(), "is_eager": True, "expose_value": False, "callback": _chosen}
ZONE: tuple[Callable[[Any], Any], ...] = (
    click.option("--tz", help="The zone of times and days: Asia/Tokyo, say.  [default: this machine's]", **_OPTION),
    click.option("--utc", flag_value="UTC", help="The same as --tz UTC.", **_OPTION),
)
"""The options of a command that reads or shows times."""


def zone() -> ZoneInfo:
    """The zone of the command that runs."""
    chosen = click.get_current_context().meta.get(_META)
    return chosen or _local()


def _local() -> ZoneInfo:
    from tzlocal import get_localzone

    return get_localzone()
