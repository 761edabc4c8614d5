"""`ses-history export`: statuses or events as a file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ses_history.cli.find import having_status
from ses_history.cli.options import on_synced_history, selecting
from ses_history.cli.output import counted, print_json
from ses_history.cli.values import NewFile
from ses_history.selection import FORMATS

if TYPE_CHECKING:
    from ses_history.history import History
    from ses_history.selection import Selection

_STANDARD_OUTPUT = Path("-")


class _NewFileOrOutput(NewFile):
    """The path of a file that there is not yet, or - for standard output."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        return _STANDARD_OUTPUT if str(value) == "-" else super().convert(value, param, ctx)


def _format(ctx: click.Context, _param: click.Parameter, chosen: str | None) -> str:
    file: Path = ctx.params["file"]
    if file_format := chosen or FORMATS.get(file.suffix.lower()):
        return file_format
    if file == _STANDARD_OUTPUT:
        raise click.UsageError("Standard output needs --format csv or --format jsonl")
    raise click.UsageError(f"The name {file} has no known format: end it with {' '.join(FORMATS)}, or give --format")


def _columns(ctx: click.Context, _param: click.Parameter, written: str | None) -> tuple[str, ...]:
    from ses_history.columns import columns_of

    chosen = [name.strip() for name in written.split(",")] if written is not None else []
    return columns_of(events=ctx.params["events"], chosen=chosen)


@click.command()
@click.argument("file", type=_NewFileOrOutput(), is_eager=True)
@on_synced_history
@selecting
@having_status
@click.option("--events", is_flag=True, is_eager=True, help="A line for each event and recipient instead.")
@click.option(
    "--columns",
    metavar="NAME,...",
    callback=_columns,
    help="Only these columns, in this order, such as sent_at,status.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(FORMATS.values())),
    callback=_format,
    help="The format, if FILE's name has none.",
)
def export(
    *,
    file: Path,
    selection: "Selection",
    statuses: tuple[str, ...],
    events: bool,
    columns: tuple[str, ...],
    file_format: str,
    history: "History",
    as_json: bool,
) -> None:
    """Write statuses, or events, to a new FILE that only you can read.

    A line is a message and a recipient, with where the message stands: sent_at, recipient, status, subject, source,
    reply (what the recipient's mail server last said), delivered_at, opened_at, clicked_at, configuration_set,
    provider, recipient_domain, message_id and is_test. With --events it is an event and recipient, with all that SES
    says of it. Times are in UTC.

    \b
    ses-history export week.xlsx --since "this week"
    ses-history export bounced.csv --status bounced --columns recipient,reply
    ses-history export events.parquet --events --type bounce --type complaint
    ses-history export - --format csv --not-status arrived

    The end of the file's name says its format: .csv, .xlsx, .jsonl, .parquet or .sqlite; - is standard output, for csv
    and jsonl. Others wrote what is in it: in .csv a text that a spreadsheet may take for a formula, since it begins
    with = + - @, a tab or a line break, has an apostrophe before it; in .xlsx all texts are texts.
    """  # noqa: D301 click keeps the lines of a paragraph after a backspace character, which r""" would spell out
    if events and statuses:
        raise click.UsageError("--status is of a message and recipient, not of an event: leave it or --events out")
    is_file = file != _STANDARD_OUTPUT
    if as_json and not is_file:
        raise click.UsageError("--json is of an export to a file: use --format jsonl")
    exported = history.export(
        file if is_file else sys.stdout, file_format, selection, events=events, columns=columns, statuses=statuses
    )
    if as_json:
        print_json({"file": str(file), "format": file_format, "rows": exported.rows, "cut": exported.cut})
    elif is_file:
        click.echo(f"{counted(exported.rows, 'row')} in {file}")
    if exported.cut:
        cut = counted(exported.cut, "cell")
        click.echo(f"{cut} cut: Excel holds 32,767 characters in one; .csv has the whole text", err=True)
