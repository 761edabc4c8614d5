"""`ses-history stats`: counts and rates."""

from typing import TYPE_CHECKING

import click

from ses_history.cli.options import on_synced_history, selecting
from ses_history.cli.output import print_json, print_lines
from ses_history.cli.values import Group
from ses_history.errors import NothingFoundError
from ses_history.selection import GROUPS

if TYPE_CHECKING:
    from ses_history.history import History
    from ses_history.selection import Selection


@click.command()
@on_synced_history
@selecting
@click.option("--by", type=Group(), default="day", show_default=True, help=f"{', '.join(GROUPS)} or tag:NAME.")
def stats(*, selection: "Selection", by: str, history: "History", as_json: bool) -> None:
    """Count by day sent, event type, domain, configuration set or tag.

    Rates are of the recipients sent to. The hard bounce rate leaves out addresses on your account's suppression list,
    as SES does. Soft bounces include automatic replies, which SES reports as bounces. p50 and p95 are seconds from SES
    accepting a message to the recipient's mail server taking it: half of the deliveries, and 95 %, took no longer.
    Events, opens and clicks of a message to several count with its first recipient: SES does not say who opened.
    """
    counts = history.stats(selection, by=by)
    if as_json:
        print_json(counts)
    elif counts:
        from ses_history.cli import render

        numbers, rates = render.statistics(counts, by)
        print_lines([numbers, "", rates])
    if not counts:
        raise NothingFoundError("No message matches these options: widen --since, or leave one out")
