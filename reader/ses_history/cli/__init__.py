"""The command `ses-history`: options in, a question to the History, and the answer as text or JSON.

What takes long to import is imported by the function that needs it, so that --help answers at once.
"""

import io
import os
import shlex
import sys
from contextlib import suppress
from typing import Any

import click
from click.exceptions import NoSuchCommand

from ses_history.cli.doctor import doctor
from ses_history.cli.exit_codes import ExitCode, exit_code
from ses_history.cli.export import export
from ses_history.cli.find import find
from ses_history.cli.health import health
from ses_history.cli.sample import sample
from ses_history.cli.send_test import send_test
from ses_history.cli.show import show
from ses_history.cli.stats import stats
from ses_history.cli.suppression import suppression
from ses_history.cli.sync import sync
from ses_history.cli.tail import tail
from ses_history.errors import HistoryError
from ses_history.texts import clean


class _Commands(click.Group):
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The same, but what is no command, and no other spelling of one, may be what to find."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            if error.possibilities and "@" not in args[0]:
                raise
            command = clean(shlex.join(["ses-history", "find", *args]))
            raise click.UsageError(f"No such command {args[0]!r}. To find messages: {command}", ctx) from error

    def main(self, *args: Any, **options: Any) -> Any:
        """The same, but a full disk behind standard output is an error in one line."""
        try:
            return super().main(*args, **options)
        except OSError as error:
            if error.filename is not None:
                raise
            with suppress(OSError):
                click.echo(f"Error: the answer cannot be written: {error.strerror}", err=True)
            # Python writes what is left once more when it ends, and would complain of it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(ExitCode.EXPORT)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HistoryError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            click.echo("Stopped", err=True)
            ctx.exit(ExitCode.INTERRUPTED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ses-history")
def main() -> None:
    """Look up what happened to messages that Amazon SES sent.

    The history is in the S3 bucket that SES sending history keeps it in. Each command first updates a local store,
    which only you can read, with what is new in the bucket, and answers from that.

    \b
    ses-history find ada@example.com --stack dev   the messages to Ada
    ses-history show MESSAGE-ID                    all events of one message
    ses-history stats --by domain --since 7d       counts and rates of a week
    ses-history health                             is the account in danger?
    ses-history export week.xlsx --since 7d        statuses for a spreadsheet
    ses-history doctor --stack dev                 does every event arrive?

    Where the history is: --bucket, --stack or --folder, or the environment variable SES_HISTORY, which holds
    s3://BUCKET/PREFIX or a folder's path.

    Exit codes: 0 found; 1 nothing found, or a link is broken; 2 wrong usage; 3 the bucket, stack or folder cannot be
    read; 4 the local store cannot be used; 5 the export, the page or standard output cannot be written; 6 the doctor
    could not tell; 130 stopped with Ctrl-C.
    """  # noqa: D301 click keeps the lines of a paragraph after a backspace character, which r""" would spell out
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


for command in (sync, find, show, stats, health, export, tail, doctor, send_test, suppression, sample):
    main.add_command(command)
