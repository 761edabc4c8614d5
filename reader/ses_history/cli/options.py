"""The options that commands share, each declared once, and what a command gets for them."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ses_history.cli.display import Display
from ses_history.cli.output import counted
from ses_history.cli.values import Moment, Tag
from ses_history.cli.where import source_of
from ses_history.errors import NothingFoundError
from ses_history.event_types import EVENT_TYPES
from ses_history.selection import Selection

if TYPE_CHECKING:
    from ses_history.history import History
    from ses_history.results import Synced

Command = Callable[..., None]

_WHERE = (
    click.option("--bucket", help="The S3 bucket that holds the history, or s3://BUCKET/PREFIX."),
    click.option("--prefix", help="The prefix of its objects.  [default: events/]"),
    click.option("--stack", help="The Pulumi stack that created the bucket; asks the Pulumi CLI."),
    click.option("--folder", help="A folder of the objects, as `aws s3 sync s3://BUCKET/events/` makes it."),
    click.option(
        "--store",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="SES_HISTORY_STORE",
        show_envvar=True,
        help="The file of the local store.  [default: one for each history, in your cache folder]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Answer in JSON."),
)

_NO_SYNC = click.option("--no-sync", is_flag=True, help="Answer from the local store as it is.")

_SELECTION = (
    click.option(
        "--since",
        type=Moment(),
        help="Sent at or after: 2026-11-23, 2026-11-23T08:00 (UTC), or 90m, 12h, 7d, 2w ago.",
    ),
    click.option("--until", type=Moment(), help="Sent before; written as --since."),
    click.option(
        "--type",
        "types",
        multiple=True,
        type=click.Choice(list(EVENT_TYPES)),
        help="Only messages with an event of this type; repeatable.",
    ),
    click.option("--domain", help="Sent to this domain."),
    click.option("--set", "configuration_set", help="Sent with this configuration set."),
    click.option("--tag", type=Tag(), help="Sent with this tag."),
)


def on_history(command: Command) -> Command:
    """Give the command the `history` that its options name, the `display` that watches it, and `as_json`."""

    @functools.wraps(command)
    def run(*, store: Path | None, **options: Any) -> None:
        from ses_history.history import History

        source = source_of(**{name: options.pop(name) for name in ("bucket", "prefix", "stack", "folder")})
        display = Display()
        command(history=History(source, store, display), display=display, **options)

    return _with_options(run, _WHERE)


def on_synced_history(command: Command) -> Command:
    """Give the command the `history` brought up to date, unless it is called with --no-sync, and `as_json`."""

    @functools.wraps(command)
    def run(*, history: "History", display: Display, no_sync: bool, **options: Any) -> None:
        if not no_sync:
            with display:
                synced = history.sync()
            _check(synced, history.source.name)
        command(history=history, **options)

    return on_history(_with_options(run, (_NO_SYNC,)))


def selecting(command: Command) -> Command:
    """Give the command the `selection` of its options."""

    @functools.wraps(command)
    def run(**options: Any) -> None:
        tag_name, tag_value = options.pop("tag") or (None, None)
        selection = Selection(
            since=options.pop("since"),
            until=options.pop("until"),
            types=tuple(EVENT_TYPES[name] for name in options.pop("types")) or None,
            domain=options.pop("domain"),
            set=options.pop("configuration_set"),
            tag_name=tag_name,
            tag_value=tag_value,
        )
        command(selection=selection, **options)

    return _with_options(run, _SELECTION)


def _with_options(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def _check(synced: "Synced", source: str) -> None:
    """Say what a look-up has to know of the sync before it; raises NothingFoundError."""
    if not synced.listed:
        raise NothingFoundError(
            f"{source} is empty: send a message with the configuration set, and wait for Firehose's buffer"
        )
    if synced.added and synced.invalid_lines:
        count = len(synced.invalid_lines)
        them = "it" if count == 1 else "them"
        click.echo(f"Skipped {counted(count, 'invalid line')}; `ses-history sync` lists {them}", err=True)
