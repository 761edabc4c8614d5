"""`ses-history show`: what happened to a message."""

import sys
from typing import TYPE_CHECKING

import click

from ses_history.cli.options import on_synced_history
from ses_history.cli.output import print_json, print_lines

if TYPE_CHECKING:
    from ses_history.history import History


@click.command()
@click.argument("message_id")
@on_synced_history
@click.option("--raw", is_flag=True, help="Print the events as SES wrote them, a line of JSON each.")
def show(*, message_id: str, raw: bool, history: "History", as_json: bool) -> None:
    """Show a message: its status for each recipient, and its events.

    The beginning of MESSAGE_ID is enough, and so is the Message-ID header of the message as it was received,
    <MESSAGE_ID@email.amazonses.com>.
    """
    from ses_history.cli import render

    message = history.show(message_id)
    if raw:
        for line in history.raw(message):
            click.echo(render.escaped(line.decode(errors="replace")) if sys.stdout.isatty() else line)
    elif as_json:
        print_json(message)
    else:
        print_lines(render.timeline(message))
