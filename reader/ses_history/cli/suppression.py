"""`ses-history suppression`: is an address on the suppression list, and why."""

import click

from ses_history.cli.options import zoned
from ses_history.cli.output import print_json
from ses_history.cli.values import Address
from ses_history.cli.zone import zone

_WHY = {"BOUNCE": "a hard bounce", "COMPLAINT": "a complaint"}


@click.command()
@click.argument("address", type=Address())
@zoned
@click.option("--tenant", metavar="NAME", help="Look at the list of this tenant.")
@click.option("--remove", is_flag=True, help="Take the address off the list; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def suppression(*, address: str, tenant: str | None, remove: bool, yes: bool, as_json: bool) -> None:
    """Tell whether ADDRESS is on the account's suppression list, since when and why.

    SES sends nothing to an address on it. The list is one of the account in a region: AWS_REGION, or the profile's.
    `ses-history show MESSAGE-ID` tells what became of the message that led to it. Exit code 1 is for an address that is
    not on the list.
    """
    from ses_history.account import suppression as lists
    from ses_history.account.ses import connect

    ses = connect()
    entry = lists.look(ses, address, tenant)
    if as_json:
        print_json(entry)
    else:
        from ses_history.texts import clean, moment

        by = f", by the message {clean(entry.message_id)}" if entry.message_id else ", put there by hand"
        since = moment(entry.since, zone())
        click.echo(
            f"{clean(entry.address)} is on the list since {since} for {_WHY.get(entry.reason, entry.reason)}{by}"
        )
    if not remove:
        return
    if not yes:
        click.confirm(f"Send to {entry.address} again?", abort=True, err=True)
    lists.remove(ses, entry)
    click.echo(f"{entry.address} is off the list", err=True)
