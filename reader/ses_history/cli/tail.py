"""`ses-history tail`: new events as they arrive."""

from time import sleep
from typing import TYPE_CHECKING

import click

from ses_history.cli.options import on_history, selecting, zoned
from ses_history.cli.output import print_json_lines, print_lines
from ses_history.cli.zone import zone

if TYPE_CHECKING:
    from ses_history.cli.display import Display
    from ses_history.history import History
    from ses_history.selection import Selection


@click.command()
@on_history
@zoned
@selecting
@click.option(
    "--every", type=click.IntRange(1, 3600), default=15, show_default=True, help="How many seconds between two looks."
)
def tail(*, selection: "Selection", every: int, history: "History", display: "Display", as_json: bool) -> None:
    """Show new events as they arrive in the bucket, until Ctrl-C.

    An event has a line for each recipient: when it happened, what, to whom, and the reply or the subject. It is in the
    bucket once Firehose's buffer is full or its time is up, a minute or more after it happened. With --json a line is a
    row of history.
    """
    from ses_history.cli.render.tail import lines

    last = None
    while True:
        with display:
            history.catch_up(selection.since)
        arrivals = history.arrivals(selection, after=last)
        if last is None:
            click.echo(f"Waiting for new events; looking every {every} s", err=True)
        if as_json:
            print_json_lines(arrivals.rows)
        else:
            print_lines(lines(arrivals.rows, zone()), paged=False)
        last = arrivals.last
        sleep(every)
