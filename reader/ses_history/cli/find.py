"""`ses-history find`: find messages."""

from typing import TYPE_CHECKING

import click

from ses_history.cli.options import on_synced_history, selecting
from ses_history.cli.output import counted, print_json
from ses_history.errors import NothingFoundError

if TYPE_CHECKING:
    from ses_history.history import History
    from ses_history.selection import Selection

_WIDTH = 120
"""How many characters a line has at least: in fewer there is no room for what it says."""


@click.command()
@click.argument("text")
@on_synced_history
@selecting
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many messages at most.")
def find(*, text: str, selection: "Selection", limit: int, history: "History", as_json: bool) -> None:
    """Find messages by recipient, sender, subject or id.

    TEXT is an address, a message id, or part of a recipient, sender or subject.

    A line for each message, the newest first: when it was sent, to whom, its subject, its status, and the last reply of
    the recipient's mail server. Of a message to several, the line is about the recipient that TEXT or the options name,
    and says how many have the same status; SES does not say which of several opened or clicked.
    """
    found = history.find(text, selection, limit=limit)
    if as_json:
        print_json(found.recipients)
    elif found.total:
        from ses_history.cli import render

        out = render.console(width=_WIDTH)
        out.print(render.messages(found.recipients, out))
    if found.total > limit:
        matches = counted(found.total, "message")
        click.echo(f"{matches} match; showing the newest {limit:,} (--limit for more)", err=True)
    if not found.total:
        raise NothingFoundError(
            f"No message matches {text!r} with these options. It may be older than the history, "
            "or so new that Firehose has not written it yet"
        )
