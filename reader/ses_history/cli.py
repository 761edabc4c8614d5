"""The command `ses-history`."""

import functools
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ses_history.event_types import EVENT_TYPES
from ses_history.failures import NoStoreError, NothingFoundError, SourceError

# Whatever takes long to import is imported by the command that needs it: `--help` answers at once.
if TYPE_CHECKING:
    from ses_history.ask import Selection
    from ses_history.source import Source
    from ses_history.store import Store
    from ses_history.sync import Progress, Synced

_LEAST = 120
"""How many characters a line of `find` has at least, to tell something in them."""

_FORMATS = ["csv", "jsonl", "parquet", "sqlite"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ses-history")
def main() -> None:
    """Look up what happened to mail that Amazon SES sent.

    The history is in the S3 bucket that SES sending history keeps it in. Each command first takes what is new there
    into a store on this machine, which only you can read, and answers from that.

    \b
    ses-history find ada@example.com --stack dev   what became of the mail to Ada
    ses-history show MESSAGE-ID                    what happened to one message
    ses-history stats --by domain --since 7d       counts and rates of a week
    ses-history export bounces.csv --type bounce   rows for a spreadsheet

    Where the history is: --bucket, --stack or --folder, or the environment variable SES_HISTORY, which holds
    s3://BUCKET/PREFIX or a folder's path.

    Exit codes: 0 found; 1 nothing found, or stopped; 2 wrong usage; 3 the bucket, stack or folder cannot be read;
    4 the store cannot be used; 5 the export cannot be written.
    """  # noqa: D301 click keeps the lines of a paragraph after a backspace character, which r""" would spell out
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _where(command: Callable[..., None]) -> Callable[..., None]:
    """The options every command has: where the history is, and how the answer looks."""
    for option in reversed(
        [
            click.option("--bucket", help="The S3 bucket that holds the history, or s3://BUCKET/PREFIX."),
            click.option("--prefix", help="The prefix of its objects.  [default: events/]"),
            click.option("--stack", help="The Pulumi stack that made the bucket; asks the Pulumi CLI."),
            click.option("--folder", help="A folder of the objects, as `aws s3 sync s3://BUCKET/events/` makes it."),
            click.option(
                "--store",
                type=click.Path(path_type=Path, dir_okay=False),
                envvar="SES_HISTORY_STORE",
                show_envvar=True,
                help="The file of the store.  [default: one for each history, in your cache folder]",
            ),
            click.option("--json", "as_json", is_flag=True, help="Answer in JSON."),
        ]
    ):
        command = option(command)
    return command


def _without_sync(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--no-sync", is_flag=True, help="Answer from the store as it is.")(command)


def _selection(command: Callable[..., None]) -> Callable[..., None]:
    """The options that select rows; the command gets them as one `selection`."""

    @functools.wraps(command)
    def selecting(**options: Any) -> None:
        from ses_history.ask import Selection  # noqa: PLC0415

        tag_name, tag_value = options.pop("tag") or (None, None)
        selection = Selection(
            since=options.pop("since"),
            until=options.pop("until"),
            types=[EVENT_TYPES[name] for name in options.pop("types")] or None,
            domain=options.pop("domain"),
            set=options.pop("configuration_set"),
            tag_name=tag_name,
            tag_value=tag_value,
        )
        command(selection=selection, **options)

    selected: Callable[..., None] = selecting
    for option in reversed(
        [
            click.option(
                "--since",
                type=_Moment(),
                help="Sent at or after: 2026-11-23, 2026-11-23T08:00 (UTC), or 90m, 12h, 7d, 2w ago.",
            ),
            click.option("--until", type=_Moment(), help="Sent before; written as --since."),
            click.option(
                "--type",
                "types",
                multiple=True,
                type=click.Choice(list(EVENT_TYPES)),
                help="To whom this happened. Can be given several times.",
            ),
            click.option("--domain", help="To this domain."),
            click.option("--set", "configuration_set", help="Sent through this configuration set."),
            click.option("--tag", type=_Tag(), help="Sent with this tag."),
        ]
    ):
        selected = option(selected)
    return selected


class _Moment(click.ParamType[datetime]):
    """A time in UTC: a date, a date and time, or how long ago."""

    name = "time"
    _AGO = re.compile(r"(\d{1,6})([mhdw])")
    _UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}  # noqa: RUF012

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            if ago := self._AGO.fullmatch(value):
                return (datetime.now(UTC) - timedelta(**{self._UNITS[ago[2]]: int(ago[1])})).replace(tzinfo=None)
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time: write 2026-11-23, 2026-11-23T08:00 (UTC), 90m, 12h, 7d or 2w", param, ctx)


class _Tag(click.ParamType[tuple[str, str]]):
    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, tag_value = value.partition("=")
        if not (name and equals):
            self.fail(f"{value!r} is no tag: write NAME=VALUE", param, ctx)
        return name, tag_value


class _By(click.ParamType[str]):
    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in ("day", "type", "domain", "set") and not re.fullmatch("tag:.+", value):
            self.fail(f"{value!r} is none of day, type, domain, set and tag:NAME", param, ctx)
        return value


@main.command()
@_where
def sync(*, as_json: bool, **where: Any) -> None:
    """Take what is new in the bucket into the store, and out of it what is gone there.

    Killed at any moment it loses nothing: the next one goes on where it was. Lines that are no event are told with
    their object and line.
    """
    source = _source(where)
    result = _synced(source, _store_path(source, where))
    if as_json:
        from dataclasses import asdict  # noqa: PLC0415

        return _print_json(asdict(result))
    from ses_history import render  # noqa: PLC0415

    return _print(render.synced(result))


@main.command()
@click.argument("text")
@_where
@_without_sync
@_selection
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many messages at most.")
def find(*, text: str, selection: "Selection", limit: int, as_json: bool, **where: Any) -> None:
    """Find messages by TEXT: an address, a message id, or part of a recipient, sender or subject.

    A line a message, the newest first: when it was sent, to whom, its subject, where it stands now, and what the other
    side said last. Of a mail to several it is whom TEXT or the options name, and how many stand where that one does;
    SES does not tell which of them opened or clicked.
    """
    from ses_history import ask, render  # noqa: PLC0415

    with _history(where) as (store, _):
        found = ask.find(store, text, selection, limit)
    if as_json:
        _print_json(found)
    elif found:
        out = render.console(least=_LEAST)
        out.print(render.messages(found, out))
    if len({row["message_id"] for row in found}) == limit:
        click.echo(f"These are the newest {limit:,}. If there are more, --limit shows them", err=True)
    if not found:
        raise NothingFoundError(
            f"No mail matches {text!r} with these options: it may be older than the history, "
            "or so new that Firehose has not written it yet"
        )


@main.command()
@click.argument("message_id")
@_where
@_without_sync
@click.option("--raw", is_flag=True, help="Print the events as SES wrote them, a line of JSON each.")
def show(*, message_id: str, raw: bool, as_json: bool, **where: Any) -> None:
    """Show where the message MESSAGE_ID stands with each recipient, and everything that happened to it, in order.

    The beginning of the id will do, and so will the Message-ID header of the mail as it was received,
    <MESSAGE_ID@email.amazonses.com>.
    """
    from ses_history import ask, render  # noqa: PLC0415

    with _history(where) as (store, source):
        ids = ask.message_ids(store, message_id)
        if not ids:
            raise NothingFoundError(f"The history has no message {message_id!r}: look for its mail with `find`")
        if len(ids) > 1:
            raise NothingFoundError(f"Several messages have an id that begins with {message_id!r}: give more of it")
        rows = ask.show(store, ids[0])
        recipients = ask.standings(store, ids[0])
    if raw:
        _print_raw(source, rows)
    elif as_json:
        _print_json({"recipients": recipients, "events": rows})
    else:
        _print(render.timeline(rows, recipients))


@main.command()
@_where
@_without_sync
@_selection
@click.option("--by", type=_By(), default="day", show_default=True, help="day, type, domain, set or tag:NAME.")
def stats(*, selection: "Selection", by: str, as_json: bool, **where: Any) -> None:
    """Count by day sent, event type, domain, configuration set or tag.

    Rates are of the recipients sent to. The hard bounce rate leaves out addresses on your account's suppression list,
    as SES does. Soft bounces count automatic replies, which SES tells as such. p50 and p95 are seconds from SES taking
    the mail to the other side taking it: half of the deliveries, and 95 %, took no longer. Of a mail to several,
    events, opens and clicks count with its first recipient: SES does not tell who opened.
    """
    from ses_history import ask, render  # noqa: PLC0415

    with _history(where) as (store, _):
        counted = ask.stats(store, selection, by)
    if as_json:
        _print_json(counted)
    elif counted:
        counts, rates = render.statistics(counted, by)
        _print([counts, "", rates])
    if not counted:
        raise NothingFoundError("Nothing in the history is selected: widen --since, or leave an option out")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_where
@_without_sync
@_selection
@click.option("--format", "file_format", type=click.Choice(_FORMATS), help="The format, if FILE's name does not tell.")
def export(*, selection: "Selection", file: Path, file_format: str | None, as_json: bool, **where: Any) -> None:
    """Write the selected rows, one an event and recipient, to the new FILE.

    Its name tells the format: .csv, .jsonl, .parquet or .sqlite. Only you can read it: rows name people. Have a
    spreadsheet import .csv as text: others wrote what is in it, and what begins with = is not to be run.
    """
    from ses_history.export import FORMATS  # noqa: PLC0415
    from ses_history.export import export as write  # noqa: PLC0415

    chosen = file_format or FORMATS.get(file.suffix.lower())
    if chosen is None:
        raise click.UsageError(f"The name {file} tells no format: end it with {' '.join(FORMATS)}, or give --format")
    if file.exists() or file.is_symlink():
        raise click.UsageError(f"{file} is there already: name another file")
    with _history(where) as (store, _):
        count = write(store, selection, file, chosen)
    if as_json:
        _print_json({"file": str(file), "format": chosen, "rows": count})
    else:
        _print([f"{count:,} rows in {file}"])


@contextmanager
def _history(where: dict[str, Any]) -> Iterator[tuple["Store", "Source"]]:
    """The store to look things up in, synced unless told not to; other processes may read it meanwhile."""
    from ses_history.store import opened  # noqa: PLC0415

    source = _source(where)
    path = _store_path(source, where)
    if not where["no_sync"]:
        result = _synced(source, path)
        if not result.listed:
            raise NothingFoundError(
                f"{source.name} is empty: send a mail through the configuration set, and wait for Firehose's buffer"
            )
        if result.added and result.flaws:
            click.echo(f"{len(result.flaws):,} lines are no event: `ses-history sync` tells which", err=True)
    with opened(path, source.name, read_only=True) as store:
        yield store, source


def _source(where: dict[str, Any]) -> "Source":
    from ses_history.source import Folder, connect, of_stack  # noqa: PLC0415

    given = [name for name in ("bucket", "stack", "folder") if where[name] is not None]
    if empty := [name for name in given if not where[name]]:
        raise click.UsageError(f"--{empty[0]} is empty")
    if len(given) > 1:
        raise click.UsageError(f"--{given[0]} and --{given[1]} both tell where the history is: give one")
    prefix = where["prefix"]
    if prefix is not None and where["folder"]:
        raise click.UsageError("--prefix belongs to --bucket: a folder is read whole")
    if where["folder"]:
        return Folder(Path(where["folder"]))
    if where["bucket"]:
        return _bucket(where["bucket"], prefix)
    if where["stack"]:
        bucket, events_prefix = of_stack(where["stack"])
        return connect(bucket, events_prefix if prefix is None else prefix)
    if not (place := os.environ.get("SES_HISTORY")):
        raise click.UsageError("Where is the history? Give --bucket, --stack or --folder, or set SES_HISTORY")
    if not place.startswith("s3://"):
        if prefix is not None:
            raise click.UsageError("--prefix belongs to a bucket: the folder in SES_HISTORY is read whole")
        return Folder(Path(place))
    return _bucket(place, prefix)


def _bucket(place: str, prefix: str | None) -> "Source":
    from ses_history.source import connect  # noqa: PLC0415

    bucket, _, path = place.removeprefix("s3://").partition("/")
    if not bucket:
        raise click.UsageError(f"{place!r} names no bucket: write s3://BUCKET/PREFIX")
    return connect(bucket, (path or "events/") if prefix is None else prefix)


def _store_path(source: "Source", where: dict[str, Any]) -> Path:
    if where["store"]:
        return where["store"]
    from platformdirs import user_cache_path  # noqa: PLC0415

    digest = sha256(source.name.encode()).hexdigest()[:16]
    return user_cache_path("ses-history", appauthor=False) / f"{digest}.duckdb"


def _synced(source: "Source", path: Path) -> "Synced":
    """What a sync of the store did. With nothing new it is only read, and others may read it meanwhile."""
    from ses_history.store import Flaw, opened  # noqa: PLC0415
    from ses_history.sync import Synced, listed, sync  # noqa: PLC0415

    known, flaws = dict[str, str](), list[Flaw]()
    with suppress(NoStoreError), opened(path, source.name, read_only=True) as store:
        known, flaws = store.objects(), store.flaws()
    with _listing(source) as tell:
        there = listed(source, known, tell)
    if known == {key: item.etag for key, item in there.items()}:
        return Synced(listed=len(there), added=0, removed=0, lines=0, flaws=flaws)
    with opened(path, source.name) as store, _progress() as tell:
        if store.objects() != known:  # another sync came between, and may have seen more
            there = listed(source, known)
        return sync(source, there, store, tell)


@contextmanager
def _listing(source: "Source") -> Iterator[Callable[[int], None]]:
    """How many objects are listed so far on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    what = f"Listing {escape(source.name)}"
    with Console(stderr=True).status(what) as status:

        def tell(count: int) -> None:
            if count % 1000 == 0:
                status.update(f"{what}: {count:,} objects")

        yield tell


@contextmanager
def _progress() -> Iterator[Callable[["Progress"], None]]:
    """A progress bar on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as ProgressBar  # noqa: PLC0415

    columns = (
        TextColumn("Reading {task.fields[objects]} objects"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]} events/s"),
        TimeRemainingColumn(),
    )
    with ProgressBar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, objects="new", rate="-", visible=False)

        def tell(progress: "Progress") -> None:
            elapsed = bar.tasks[0].elapsed
            bar.update(
                task,
                visible=True,
                total=progress.bytes,
                completed=progress.bytes_done,
                objects=f"{progress.objects_done:,} of {progress.objects:,}",
                rate=f"{progress.lines_done / elapsed:,.0f}" if elapsed else "-",
            )

        yield tell


def _print_raw(source: "Source", rows: list[dict[str, Any]]) -> None:
    from ses_history.records import line  # noqa: PLC0415
    from ses_history.render import escaped  # noqa: PLC0415

    quoted_id = f'"{rows[0]["message_id"]}"'.encode()
    read = functools.cache(source.read)
    for key, line_no in dict.fromkeys((row["object_key"], row["line_no"]) for row in rows):
        try:
            text = line(read(key) or b"", line_no)
        except IndexError:
            text = b""
        if quoted_id not in text:
            raise SourceError(f"{key} is not in {source.name} any more, or was written anew: leave --no-sync out")
        click.echo(escaped(text.decode(errors="replace")) if sys.stdout.isatty() else text)


def _print(lines: Iterable[Any]) -> None:
    from ses_history import render  # noqa: PLC0415

    out = render.console()
    for text in lines:
        out.print(text)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, default=_json_time))


def _json_time(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
