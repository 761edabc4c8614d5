"""The time zone that times are read and shown in: this machine's, unless the options name another."""

import difflib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_META = "ses_history.zone"

_NAME_OF_A_LINK = "localtime"
"""What the database of zones may have beside the names: this machine's, which the store does not know."""


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

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002  as click has it
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem]":
        """The zones that begin so."""
        return beginning_with(incomplete, sorted(available_timezones()))


def beginning_with(incomplete: str, values: Iterable[str]) -> "list[CompletionItem]":
    """What a shell is told of values: those that begin so, in any case."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(value) for value in values if value.lower().startswith(incomplete.lower())]


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
    """The zone of this machine, by a name that the store knows too: `TZ=JST-9` is none, and a copied file has none."""
    from tzlocal import get_localzone

    try:
        key = get_localzone().key
        return ZoneInfo("" if key == _NAME_OF_A_LINK else key)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.UsageError(
            "this machine does not tell the name of its time zone: give one, such as --tz Asia/Tokyo, or set TZ to it"
        ) from error
