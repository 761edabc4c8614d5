"""`ses-history stats`: counts and rates."""

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import click

from ses_history.cli import clock
from ses_history.cli.options import on_synced_history, selecting, zoned
from ses_history.cli.output import print_json, print_lines
from ses_history.cli.period import before
from ses_history.cli.values import Group, Known
from ses_history.cli.zone import zone
from ses_history.errors import NothingFoundError
from ses_history.results import Counts
from ses_history.selection import GROUPS, TIMES

if TYPE_CHECKING:
    from ses_history.history import History
    from ses_history.results import Stats
    from ses_history.selection import Selection

_SORTS = {
    "events": "events",
    "sent": "sent",
    "delivered": "delivered",
    "hard-bounces": "hard_bounced",
    "soft-bounces": "soft_bounced",
    "complaints": "complained",
    "p95": "p95_seconds",
}
"""What groups can be sorted by, the greatest first, beside their names."""


@click.command()
@on_synced_history
@zoned
@selecting
@click.option("--by", type=Group(), default="day", show_default=True, help=f"{', '.join(GROUPS)} or tag:NAME.")
@click.option(
    "--sort",
    type=Known(("name", *_SORTS)),
    metavar="SORT",
    help=f"name, or the greatest first of {', '.join(_SORTS)}.  [default: times by name, others by events]",
)
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the first N groups.")
@click.option("--compare", is_flag=True, help="Compare with the period before: with --since only.")
@click.option("--csv", "as_csv", is_flag=True, help="Answer in CSV; its last line is the total.")
def stats(
    *,
    selection: "Selection",
    by: str,
    sort: str | None,
    top: int | None,
    compare: bool,
    as_csv: bool,
    history: "History",
    as_json: bool,
) -> None:
    """Count by time of sending, or by what else is asked.

    Rates are of the recipients sent to, and "few" where these are less than 200. AWS reviews an account at 5 % hard
    bounces or 0.1 % complaints, and pauses it at 10 % or 0.5 %. In no rate are suppressed recipients, whom SES did not
    try to reach, automatic replies, which SES reports as bounces, and tests: messages to the mailbox simulator, or with
    the tag ses-history-test. p50 and p95 are seconds from SES accepting a message to the recipient's mail server taking
    it: half of the deliveries, and 95 %, took no longer. Opens and clicks are by people or by machines, as SES says, or
    unknown, where it says nothing. Events, opens, clicks and complaints of a message to several count with its first
    recipient: SES does not say who it was.

    \b
    ses-history stats --since "last month" --by week --tz Asia/Tokyo
    ses-history stats --by provider --since 7d --sort hard-bounces --top 5
    ses-history stats --by reason --type bounce --since "this week"
    ses-history stats --by set --since "this week" --compare

    --compare sets the same length of time before beside it, from the same day of the week or month where --since is
    the beginning of one: `--since "this week" --compare` compares with last week up to the same hour.
    """  # noqa: D301 click keeps the lines of a paragraph after a backspace character, which r""" would spell out
    if as_csv and (as_json or compare):
        raise click.UsageError(f"--csv goes without {'--json' if as_json else '--compare'}")
    counted = history.stats(selection, by=by, zone=zone().key)
    if counted.total is None:
        raise NothingFoundError("No message matches: widen --since, or leave an option out")
    key = _SORTS.get(sort or ("name" if by in TIMES else "events"))
    groups = sorted(counted.groups, key=lambda group: -(getattr(group, key) or 0)) if key else list(counted.groups)
    shown = groups[:top]
    earlier = _earlier(history, selection, by) if compare else None
    if as_json:
        answer = {"groups": shown, "total": counted.total}
        print_json(answer | ({"before": {"groups": earlier.groups, "total": earlier.total}} if earlier else {}))
        return
    if as_csv:
        from ses_history.cli.table import print_csv

        print_csv([item.name for item in fields(Counts)], [*shown, replace(counted.total, group="total")])
        return
    from ses_history.cli.render.stats import comparison, statistics

    if earlier:
        print_lines(comparison(shown, counted.total, earlier, by))
    else:
        print_lines(statistics(shown, counted.total, by, zone(), left_out=len(groups) - len(shown)))


def _earlier(history: "History", selection: "Selection", by: str) -> "Stats":
    """The same counts of the period before."""
    if selection.since is None:
        raise click.UsageError("--compare needs --since: the beginning of the period to compare")
    until = selection.until or clock.now().replace(tzinfo=None)
    since, until = before(selection.since, until, zone())
    return history.stats(replace(selection, since=since, until=until), by=by, zone=zone().key)
