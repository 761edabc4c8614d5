"""`ses-history send-test`: send a message, and follow it into the history."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ses_history.account import simulator
from ses_history.cli.options import on_history
from ses_history.cli.output import print_json, print_lines
from ses_history.cli.values import Address
from ses_history.errors import NothingFoundError

if TYPE_CHECKING:
    from ses_history.account.send_test import Arrived, Sent
    from ses_history.cli.display import Display
    from ses_history.history import History
    from ses_history.results import Message

_ALL = "all"


class _Recipient(Address):
    """An address, or the name of one of the simulator."""

    name = "recipient"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address, or `all`."""
        if value in (_ALL, *simulator.GIVES):
            return value if value == _ALL else simulator.address(value)
        if "@" not in value:
            names = ", ".join((*simulator.GIVES, _ALL))
            self.fail(f"unknown recipient {value!r}: use {names}, or an address", param, ctx)
        return super().convert(value, param, ctx)


@click.command("send-test")
@on_history
@click.option("--from", "sender", required=True, type=Address(), help="The sender: an address of a verified identity.")
@click.option("--set", "configuration_set", help="The configuration set.  [default: that of the identity]")
@click.option(
    "--to",
    default="success",
    show_default=True,
    type=_Recipient(),
    metavar="RECIPIENT",
    help=f"One of the mailbox simulator ({', '.join(simulator.GIVES)}, or {_ALL}), or an address.",
)
@click.option(
    "--timeout", type=click.IntRange(1, 3600), default=300, show_default=True, help="How many seconds to wait for it."
)
def send_test(
    *,
    sender: str,
    configuration_set: str | None,
    to: str,
    timeout: int,
    history: "History",
    display: "Display",
    as_json: bool,
) -> None:
    """Send a test message, and wait until its events are in the bucket.

    What SES would refuse, or keep no event of, is said before anything is sent. The message has the tag
    ses-history-test, with which it is in no rate. Bounces and complaints of the mailbox simulator do not count with AWS
    either.

    \b
    ses-history send-test --from shop@example.com --stack dev
    ses-history send-test --from shop@example.com --to all --set news --stack dev

    Firehose writes a buffer when its time is up: 60 seconds after the first event, unless the stack says otherwise.
    Where the events are not there in time, or of another kind than the recipient gives, `ses-history doctor` looks why,
    and the exit code is 1.
    """  # noqa: D301 click keeps the lines of a paragraph after a backspace character, which r""" would spell out
    from ses_history.account.doctor.doctor import diagnosis_of_bucket
    from ses_history.account.send_test import Letter, Sent, check, send
    from ses_history.account.ses import connect
    from ses_history.cli.render.doctor import lines, told
    from ses_history.sources.bucket import Bucket

    source = history.source
    if not isinstance(source, Bucket):
        raise click.UsageError("The events are waited for in a bucket: give one --stack or --bucket")
    recipients = [simulator.address(name) for name in simulator.GIVES] if to == _ALL else [to]
    letters = [Letter(sender=sender, recipient=each, configuration_set=configuration_set) for each in recipients]
    ses = connect()
    for letter in letters:
        check(ses, letter)
    sent = list[Sent]()
    for letter in letters:
        sent.append(send(ses, letter, datetime.now(UTC)))
        click.echo(
            f"{letter.recipient}: accepted after {sent[-1].seconds:.1f} s, as {sent[-1].message_id}", err=as_json
        )

    arrived = _arrivals(history, sent, timeout, as_json=as_json)
    late = [each for each in sent if each.message_id not in arrived or arrived[each.message_id].missing]
    diagnosis = None
    if late:
        sets = () if configuration_set is None else (configuration_set,)
        with display:
            diagnosis = diagnosis_of_bucket(source.bucket, None, (), sets, display)
    if as_json:
        messages = [_answer(each, arrived.get(each.message_id)) for each in sent]
        print_json({"messages": messages, "doctor": diagnosis and told(diagnosis)})
    elif diagnosis:
        print_lines(lines(diagnosis), paged=False)
    if late:
        raise NothingFoundError("\n".join(_late(late, arrived, timeout)))


def _arrivals(history: "History", sent: Sequence["Sent"], timeout: int, *, as_json: bool) -> dict[str, "Arrived"]:
    """What of the messages arrived last, by their ids, told as it arrives."""
    from ses_history.account.send_test import follow

    began = datetime.now(UTC)

    def look(message_id: str) -> "Message":
        history.catch_up(began)
        return history.show(message_id)

    arrived: dict[str, Arrived] = {}
    try:
        with _waiting():
            for each in follow(sent, look, timeout):
                arrived[each.sent.message_id] = each
                click.echo(_line(each), err=as_json)
    except KeyboardInterrupt:
        click.echo("\n".join(f"To look later: ses-history show {each.message_id}" for each in sent), err=True)
        raise
    return arrived


@contextmanager
def _waiting() -> Iterator[None]:
    """Show that time passes, on a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task("Waiting for the events in the bucket", total=None)
        yield


def _line(each: "Arrived") -> str:
    events = ", ".join(each.event_types)
    still = f"; {', '.join(each.missing)} to come" if each.missing else ", as this recipient gives"
    return f"{each.sent.letter.recipient}: {events} in the bucket after {each.seconds:.0f} s{still}"


def _answer(sent: "Sent", arrived: "Arrived | None") -> dict[str, Any]:
    missing = arrived.missing if arrived else simulator.gives(sent.letter.recipient)
    return {
        **asdict(sent.letter),
        "message_id": sent.message_id,
        "accepted_seconds": round(sent.seconds, 3),
        "arrived_seconds": round(arrived.seconds, 3) if arrived else None,
        "event_types": arrived.event_types if arrived else (),
        "missing": missing,
    }


def _late(late: Sequence["Sent"], arrived: Mapping[str, "Arrived"], timeout: int) -> Iterator[str]:
    for each in late:
        there = arrived.get(each.message_id)
        missing = ", ".join(there.missing if there else simulator.gives(each.letter.recipient))
        yield f"Not in the bucket after {timeout} s, of the message to {each.letter.recipient}: {missing}"
        yield f"To look later: ses-history show {each.message_id}"
