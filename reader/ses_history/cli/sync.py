"""`ses-history sync`: bring the local store up to date."""

from typing import TYPE_CHECKING

import click

from ses_history.cli.options import on_history
from ses_history.cli.output import print_json, print_lines

if TYPE_CHECKING:
    from ses_history.cli.display import Display
    from ses_history.history import History


@click.command()
@on_history
def sync(*, history: "History", display: "Display", as_json: bool) -> None:
    """Update the local store: add new objects, remove deleted ones.

    It can be stopped at any moment and loses nothing: the next sync goes on where it was. Invalid lines are listed with
    their object and line.
    """
    with display:
        synced = history.sync()
    if as_json:
        print_json(synced)
    else:
        from ses_history.cli import render

        print_lines(render.synced(synced))
