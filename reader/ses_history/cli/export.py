"""`ses-history export`: rows of history as a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ses_history.cli.options import on_synced_history, selecting
from ses_history.cli.output import counted, print_json
from ses_history.cli.values import NewFile
from ses_history.selection import FORMATS

if TYPE_CHECKING:
    from ses_history.history import History
    from ses_history.selection import Selection


def _format(ctx: click.Context, _param: click.Parameter, chosen: str | None) -> str:
    file: Path = ctx.params["file"]
    if file_format := chosen or FORMATS.get(file.suffix.lower()):
        return file_format
    raise click.UsageError(f"The name {file} has no known format: end it with {' '.join(FORMATS)}, or give --format")


@click.command()
@click.argument("file", type=NewFile(), is_eager=True)
@on_synced_history
@selecting
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(FORMATS.values())),
    callback=_format,
    help="The format, if FILE's name has none.",
)
def export(*, file: Path, selection: "Selection", file_format: str, history: "History", as_json: bool) -> None:
    """Write the selected rows to a new FILE.

    A row is one event and recipient. The end of the file's name says its format: .csv, .jsonl, .parquet or .sqlite.
    Only you can read it: rows name people. Import .csv into a spreadsheet as text: others wrote what is in it, and it
    may hold formulas.
    """
    count = history.export(file, file_format, selection)
    if as_json:
        print_json({"file": str(file), "format": file_format, "rows": count})
    else:
        click.echo(f"{counted(count, 'row')} in {file}")
