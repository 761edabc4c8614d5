"""`ses-history find`: find messages."""

import functools
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TextIO

import click

from ses_history.cli.options import Command, on_synced_history, selecting, zoned
from ses_history.cli.output import counted, print_json, print_lines
from ses_history.cli.values import Known, NameValue
from ses_history.cli.zone import zone
from ses_history.errors import NothingFoundError
from ses_history.results import RecipientStatus
from ses_history.selection import HEADER_OBJECTS, LIMIT, Header
from ses_history.statuses import STATUS_GROUPS, STATUSES
from ses_history.statuses import statuses as of_names

if TYPE_CHECKING:
    from ses_history.history import History
    from ses_history.results import Emptied
    from ses_history.selection import Selection

_TIMES = {
    "since": "--since",
    "until": "--until",
    "happened_since": "--happened-since",
    "happened_until": "--happened-until",
}
_CONDITIONS = _TIMES | {
    "text": "text",
    "statuses": "status",
    "types": "event type",
    "domain": "domain",
    "provider": "provider",
    "set": "set",
    "tag": "tag",
    "tag_name": "tag",
    "tag_value": "tag value",
}
"""What a condition of a question is called."""

_TOO_OLD_OR_NEW = "It may be older than the history, or so new that Firehose has not written it yet"

_NAMES = (*STATUS_GROUPS, *STATUSES)


_STATUS = (
    click.option(
        "--status",
        "wanted",
        multiple=True,
        type=Known(_NAMES),
        metavar="STATUS",
        help=f"Only where a message stands so with a recipient; repeatable: {', '.join(_NAMES)}.",
    ),
    click.option(
        "--not-status", "unwanted", multiple=True, type=Known(_NAMES), metavar="STATUS", help="Only where it does not."
    ),
)


def having_status(command: Command) -> Command:
    """Give the command the `statuses` of its options; none where it is called without."""

    @functools.wraps(command)
    def run(*, wanted: tuple[str, ...], unwanted: tuple[str, ...], **options: Any) -> None:
        command(statuses=_statuses(wanted, unwanted), **options)

    for option in reversed(_STATUS):
        run = option(run)
    return run


@click.command()
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@on_synced_history
@zoned
@selecting
@having_status
@click.option(
    "--from-file",
    type=click.File(encoding="utf-8-sig", errors="replace"),
    help="A file of addresses and message ids, one a line, any of which is looked for; - is standard input.",
)
@click.option("--exact/--part", default=None, help="Look for TEXT whole, or for its words, whatever it looks like.")
@click.option(
    "--header",
    type=NameValue(),
    help="Only messages with this header, such as X-Order-ID=4711. It is looked for in the objects.",
)
@click.option("--yes", is_flag=True, help="Read as many objects as --header takes.")
@click.option(
    "--limit", type=click.IntRange(1, LIMIT), default=50, show_default=True, help="How many messages at most."
)
@click.option("--csv", "as_csv", is_flag=True, help="Answer in CSV.")
def find(
    *,
    texts: tuple[str, ...],
    selection: "Selection",
    statuses: tuple[str, ...],
    from_file: TextIO | None,
    exact: bool | None,
    header: tuple[str, str] | None,
    yes: bool,
    limit: int,
    as_csv: bool,
    history: "History",
    as_json: bool,
) -> None:
    """Find messages: how many, how they stand, and the newest.

    TEXT that is an address or a message id is looked for whole, in any spelling; with several, messages with any of
    them are found. Of other TEXT all words are looked for, in recipients, senders, subjects and ids, in any order and
    without case. Without TEXT the options select.

    \b
    ses-history find ada@example.com                       all mail to Ada
    ses-history find november news --not-status arrived    what did not arrive
    ses-history find --status bounced --provider gmail --since yesterday
    ses-history find --from-file addresses.txt --tz Asia/Tokyo

    A message is listed with when it was sent, to whom, its subject, its status, and what the recipient's mail server
    last said. Of a message to several, that is about the recipient that TEXT or the options name; SES does not say
    which of several opened or clicked.
    """  # noqa: D301 click keeps the lines of a paragraph after a backspace character, which r""" would spell out
    if as_csv and as_json:
        raise click.UsageError("--csv and --json are two answers: choose one")
    asked: dict[str, Any] = {
        "texts": texts,
        "selection": selection,
        "any_of": _lines(from_file),
        "exact": exact,
        "statuses": statuses,
    }
    with click.get_current_context().obj:
        found = history.find(
            **asked,
            limit=limit,
            header=Header(name=header[0], value=header[1]) if header else None,
            read_at_most=None if yes else HEADER_OBJECTS,
        )
    if as_json:
        print_json(found.recipients)
    elif as_csv:
        from ses_history.cli.table import print_csv

        print_csv([item.name for item in fields(RecipientStatus)], found.recipients)
    elif found.total:
        from ses_history.cli.render.find import found_messages

        print_lines(found_messages(found, zone()))
    if header:
        click.echo(f"Looked through {counted(found.looked_through, 'message')} for the header {header[0]}", err=True)
    if found.truncated:
        others = counted(found.truncated, "message")
        click.echo(f"{others} may have had it: SES cuts headers above 10 KB, and did so here", err=True)
    if found.unread:
        click.echo(f"{counted(found.unread, 'object')} cannot be read for it; `ses-history sync` says why", err=True)
    if header and found.looked_through and not found.total:
        raise NothingFoundError(f"None of them has the header {header[0]}={header[1]}")
    if not found.total:
        reasons = [_why(emptied) for emptied in history.emptied(**asked)]
        raise NothingFoundError("\n".join(("No message matches", *(reasons or [_TOO_OLD_OR_NEW]))))


def _why(emptied: "Emptied") -> str:
    """What a condition that leaves nothing has to do with it."""
    if emptied.condition == "together":
        return "There are messages for each of the conditions, but none for all of them"
    condition = _CONDITIONS[emptied.condition]
    if emptied.near:
        return f"There is no {condition} {emptied.value!r}: there are {', '.join(emptied.near)}"
    which = condition if emptied.condition in _TIMES else f"the {condition} {emptied.value!r}"
    if not emptied.matches:
        return f"Nothing matches {which}"
    return f"Without {which}: {counted(emptied.matches, 'message')}"


def _lines(file: TextIO | None) -> tuple[str, ...]:
    """What is on the lines of the file that are not blank; raises click.UsageError where all are."""
    texts = tuple(text for line in file or () if (text := line.strip()))
    if file and not texts:
        raise click.UsageError(f"--from-file: {file.name} names nobody: write an address or a message id on each line")
    return texts


def _statuses(wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> tuple[str, ...]:
    """The statuses that are left; all of them is the same as none."""
    excluded = of_names(unwanted)
    left = tuple(status for status in of_names(wanted or STATUSES) if status not in excluded)
    if not left:
        raise click.UsageError("--not-status leaves nothing of --status")
    return left if wanted or unwanted else ()
