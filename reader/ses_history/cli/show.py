"""`ses-history show`: what happened to a message."""

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ses_history.cli.options import Command, on_synced_history, zoned
from ses_history.cli.output import print_json, print_lines
from ses_history.cli.values import NewFile
from ses_history.cli.zone import zone

if TYPE_CHECKING:
    from ses_history.history import History

_FORMS = {"as_json": "--json", "raw": "--raw", "html": "--html", "markdown": "--markdown"}


def _in_one_form(command: Command) -> Command:
    """Refuse options that ask for the answer in several forms."""

    @functools.wraps(command)
    def run(**options: Any) -> None:
        chosen = [option for name, option in _FORMS.items() if options[name]]
        if len(chosen) > 1:
            raise click.UsageError(f"{' and '.join(chosen)} cannot be combined: choose one")
        command(**options)

    return run


@click.command()
@click.argument("message_id")
@_in_one_form
@on_synced_history
@zoned
@click.option("--raw", is_flag=True, help="Print the events as they lie in their objects.")
@click.option(
    "--html",
    type=NewFile(),
    help="Write a page to a new FILE, which only you can read.",
)
@click.option("--markdown", is_flag=True, help="Print Markdown, for a ticket.")
def show(*, message_id: str, raw: bool, html: Path | None, markdown: bool, history: "History", as_json: bool) -> None:
    """Show a message: its status for each recipient, and its events with what they mean.

    The beginning of MESSAGE_ID is enough, and so is the Message-ID header of the message as it was received,
    <MESSAGE_ID@email.amazonses.com>.
    """
    message = history.show(message_id)
    if as_json:
        print_json(message)
        return
    if raw:
        from ses_history.texts import escaped

        for line in history.raw(message):
            click.echo(escaped(line.decode(errors="replace")) if sys.stdout.isatty() else line)
        return
    from ses_history.story import story

    told = story(message, zone())
    if html:
        from ses_history import documents
        from ses_history.new_file import new_file

        with new_file(html) as file:
            file.write_text(documents.html(told), encoding="utf-8")
        click.echo(f"1 message in {html}")
    elif markdown:
        from ses_history import documents

        click.echo(documents.markdown(told), nl=False)
    else:
        from ses_history.cli.render.show import timeline

        print_lines(timeline(told))
