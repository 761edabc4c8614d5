"""`ses-history health`: the verdict on the account's sending."""

from typing import TYPE_CHECKING

import click

from ses_history.cli.options import on_synced_history, zoned
from ses_history.cli.output import print_json, print_lines
from ses_history.cli.zone import zone

if TYPE_CHECKING:
    from ses_history.history import History


@click.command()
@on_synced_history
@zoned
def health(*, history: "History", as_json: bool) -> None:
    """Tell whether the account is in danger, and what to look after, in one screen.

    Rates are of the recipients that AWS counts: not the suppressed, whom SES did not try to reach, and not those at
    your own domains, which are those that the history has senders of. Hard bounces and complaints are counted; not
    automatic replies, which SES reports as bounces. AWS looks at a "representative volume" of mail rather than at a
    fixed time, and does not say how much that is: here it is 14 days, or the last 10,000 recipients where these took
    longer. Below 200 recipients a rate is "few". "Close" is above half of the rate at which AWS reviews an account.

    Tests are in no number: messages to the mailbox simulator, or with the tag ses-history-test. Delays are of the last
    24 hours, and "waiting" are those that have not ended yet. Opens are messages opened, of those of the last 14 days.
    `ses-history find --status sent --status delayed --since 7d --until 1d` lists the messages without news.
    """
    verdict = history.health()
    if as_json:
        print_json(verdict)
        return
    from ses_history.cli.render.health import screen

    print_lines(screen(verdict, zone()))
