"""`ses-history sync`: bring the local store up to date."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ses_history.cli.options import on_history
from ses_history.cli.output import counted, print_json, print_lines
from ses_history.errors import SourceError
from ses_history.selection import LIMIT

if TYPE_CHECKING:
    from ses_history.cli.display import Display
    from ses_history.history import History

_INVALID_LINES = 20
"""How many invalid lines are listed at most, but in JSON."""


@click.command()
@on_history
def sync(*, history: "History", display: "Display", as_json: bool) -> None:
    """Update the local store: add new objects, remove deleted ones.

    New objects are added in batches. A sync that is stopped keeps every complete batch, and the next one reads the
    rest. Invalid lines are listed with their object and line.

    Objects that cannot be read, such as those in Glacier, are left out and listed with the reason. All others are
    added, and the exit code is 3 then.
    """
    with display:
        synced = history.sync()
        undelivered = history.undelivered()
    invalid_lines = history.invalid_lines(LIMIT if as_json else _INVALID_LINES)
    if as_json:
        counts = {"invalid_line_count": synced.invalid_lines, "undelivered": undelivered}
        print_json(asdict(synced) | counts | {"invalid_lines": invalid_lines})
    else:
        from ses_history.cli.render.sync import synced as told

        print_lines(told(synced, invalid_lines, undelivered))
    if synced.unread:
        objects = counted(len(synced.unread), "object")
        raise SourceError(f"{objects} of {history.source.name} cannot be read: mend that, and sync again")
