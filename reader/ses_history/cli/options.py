"""The options that commands share, each declared once, and what a command gets for them."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ses_history.cli.display import Display
from ses_history.cli.output import counted
from ses_history.cli.values import Known, Moment, NameValue
from ses_history.cli.where import source_of
from ses_history.cli.zone import ZONE
from ses_history.errors import NothingFoundError
from ses_history.event_types import EVENT_TYPES
from ses_history.providers import PROVIDERS
from ses_history.selection import Selection

if TYPE_CHECKING:
    from ses_history.history import History
    from ses_history.results import Synced

Command = Callable[..., None]

_WHERE = (
    click.option(
        "--bucket",
        multiple=True,
        help="The S3 bucket that holds the history, or s3://BUCKET/PREFIX; PROFILE@ before it takes an AWS profile. "
        "Several, also of --stack and --folder, are one history.",
    ),
    click.option("--prefix", help="The prefix of its objects.  [default: events/]"),
    click.option("--stack", multiple=True, help="The Pulumi stack that created the bucket; asks the Pulumi CLI."),
    click.option(
        "--folder", multiple=True, help="A folder of the objects, as `aws s3 sync s3://BUCKET/events/` makes."
    ),
    click.option(
        "--store",
        type=click.Path(),
        metavar="FILE",
        envvar="SES_HISTORY_STORE",
        show_envvar=True,
        help="The file of the local store.  [default: one for each history, in your cache folder]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Answer in JSON."),
)

_NO_SYNC = click.option("--no-sync", is_flag=True, help="Answer from the local store as it is.")

_ATHENA = (
    click.option(
        "--athena", is_flag=True, help="Ask Athena, for the --stack or --workgroup, instead of a local store."
    ),
    click.option("--workgroup", metavar="NAME", help="The Athena workgroup of the history; asks Athena."),
    click.option("--dry-run", is_flag=True, help="Show the SQL that Athena would run first, and ask nothing."),
)

_SELECTION = (
    click.option(
        "--since",
        type=Moment(),
        help="Sent at or after: today, yesterday, this week, last month, 2026-11-23, 2026-11-23T08:00, or 90m, 12h, 7d "
        "ago.",
    ),
    click.option("--until", type=Moment(), help="Sent before; written as --since."),
    click.option("--happened-since", type=Moment(), help="With an event at or after; written as --since."),
    click.option("--happened-until", type=Moment(), help="With an event before; written as --since."),
    click.option(
        "--type",
        "types",
        multiple=True,
        type=Known(EVENT_TYPES),
        metavar="TYPE",
        help=f"Only with an event of this type, wherever they stand now; repeatable: {', '.join(EVENT_TYPES)}.",
    ),
    click.option("--domain", help="Sent to this domain; .example.co.jp takes its subdomains as well."),
    click.option(
        "--provider",
        type=Known(PROVIDERS),
        metavar="PROVIDER",
        help=f"Sent to addresses of this provider: {', '.join(PROVIDERS)}.",
    ),
    click.option("--set", "configuration_set", help="Sent with this configuration set."),
    click.option("--tag", type=NameValue(), help="Sent with this tag."),
)


def on_history(command: Command) -> Command:
    """Give the command the `history` that its options name, the `display` that watches it, and `as_json`."""
    return _with_options(_on_history(command), _WHERE)


def _on_history(command: Command) -> Command:
    @functools.wraps(command)
    def run(*, store: str | None, **options: Any) -> None:
        from ses_history.history import History

        source = source_of(**{name: options.pop(name) for name in ("bucket", "prefix", "stack", "folder")})
        display = Display()
        click.get_current_context().obj = display
        command(history=History(source, store, display), display=display, **options)

    return run


def on_synced_history(command: Command) -> Command:
    """Give the command the `history` brought up to date, unless it is called with --no-sync, and `as_json`.

    With --athena it is the history that Athena has. The display that watches it is the object of click's context.
    """

    @functools.wraps(command)
    def run_synced(*, history: "History", display: Display, no_sync: bool, **options: Any) -> None:
        if not no_sync:
            # To compare with the time before takes more than what is selected.
            since = None if options.get("compare") else options.get("since")
            with display:
                synced = history.catch_up(since)
            _check(synced, history.source.name)
        command(history=history, **options)

    local = _on_history(run_synced)

    @functools.wraps(command)
    def run(*, athena: bool, workgroup: str | None, dry_run: bool, **options: Any) -> None:
        if not (athena or workgroup is not None or dry_run):
            local(**options)
            return
        from ses_history.cli.athena import ShownError, athena_history

        others = {name: options.pop(name) for name in ("bucket", "folder", "prefix", "no_sync")}
        options.pop("store")
        display = Display()
        click.get_current_context().obj = display
        try:
            with display:
                history = athena_history(
                    stack=options.pop("stack"), workgroup=workgroup, dry_run=dry_run, others=others, watch=display
                )
                command(history=history, **options)
        except ShownError as shown:
            click.echo(shown)
        finally:
            display.say_scanned()

    return _with_options(run, (*_WHERE, _NO_SYNC, *_ATHENA))


def zoned(command: Command) -> Command:
    """Let the command be told a time zone, which `zone.zone` gives."""
    return _with_options(command, ZONE)


def selecting(command: Command) -> Command:
    """Give the command the `selection` of its options."""

    @functools.wraps(command)
    def run(**options: Any) -> None:
        tag_name, tag_value = options.pop("tag") or (None, None)
        selection = Selection(
            since=options.pop("since"),
            until=options.pop("until"),
            types=tuple(EVENT_TYPES[name] for name in options.pop("types")) or None,
            happened_since=options.pop("happened_since"),
            happened_until=options.pop("happened_until"),
            domain=options.pop("domain"),
            provider=options.pop("provider"),
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
            f"{source} is empty: check the name; of a new history, send a message and wait for Firehose's buffer"
        )
    if synced.added and synced.invalid_lines:
        lines = counted(synced.invalid_lines, "invalid line")
        click.echo(f"Skipped {lines}; `ses-history sync` lists {_them(synced.invalid_lines)}", err=True)
    if count := len(synced.unread):
        click.echo(f"{counted(count, 'object')} cannot be read; `ses-history sync` lists {_them(count)}", err=True)


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
