"""A test message: what SES would refuse is said before it is sent, and then it is followed into the history."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, sleep
from typing import Any

from ses_history.account import simulator
from ses_history.account.ses import explained, found
from ses_history.errors import AccountError, NothingFoundError
from ses_history.results import Message

TAG = "ses-history-test"
"""The tag that marks messages as tests: they are in no rate."""

_SECONDS = 2
"""Between two looks into the bucket."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A test message to one recipient."""

    sender: str
    recipient: str
    configuration_set: str | None
    """None for the default one of the sender's identity."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A test message that SES accepted."""

    letter: Letter
    message_id: str
    seconds: float
    """That SES took to accept it."""


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What of a test message is in the history."""

    sent: Sent
    seconds: float
    """After SES accepted it; the look before was two seconds earlier."""

    event_types: tuple[str, ...]
    """In the order they happened."""

    missing: tuple[str, ...]
    """Event types that this recipient gives, and that are not there yet."""


def check(ses: Any, letter: Letter) -> None:
    """Raise AccountError with all for which SES would refuse the message, or publish nothing of it."""
    with explained("to look at the account"):
        account = ses.get_account()
    with explained(f"to look at the identity of {letter.sender}"):
        identity = _identity(ses, letter.sender)
    problems = [*_of_account(account), *_of_sender(letter, identity)]
    if not account.get("ProductionAccessEnabled") and not letter.recipient.endswith(f"@{simulator.DOMAIN}"):
        with explained(f"to look at the identity of {letter.recipient}"):
            problems += _of_recipient(letter, _identity(ses, letter.recipient))
    if configuration_set := letter.configuration_set or identity.get("ConfigurationSetName"):
        with explained(f"to look at the configuration set {configuration_set}"):
            known = found(ses.get_configuration_set, ConfigurationSetName=configuration_set)
        problems += _of_set(configuration_set, known)
    if problems:
        raise AccountError("The message is not sent: " + "; ".join(problems))


def _of_account(account: Mapping[str, Any]) -> Iterator[str]:
    if account.get("EnforcementStatus") == "SHUTDOWN" or not account.get("SendingEnabled"):
        yield "sending is paused in this region: see the account dashboard of SES"


def _of_sender(letter: Letter, identity: Mapping[str, Any]) -> Iterator[str]:
    if not identity.get("VerifiedForSendingStatus"):
        yield f"neither {letter.sender} nor its domain is a verified identity here: check AWS_REGION, or verify it"
    elif not (letter.configuration_set or identity.get("ConfigurationSetName")):
        yield f"the identity of {letter.sender} has no default configuration set, so that no event is kept: use --set"


def _of_recipient(letter: Letter, identity: Mapping[str, Any]) -> Iterator[str]:
    if not identity.get("VerifiedForSendingStatus"):
        yield (
            f"the account is in the sandbox, and {letter.recipient} is not verified: use --to success, or ask AWS for "
            "production access"
        )


def _of_set(name: str, known: Mapping[str, Any] | None) -> Iterator[str]:
    if known is None:
        yield f"there is no configuration set {name} in this region"
    elif not known.get("SendingOptions", {}).get("SendingEnabled", True):
        yield f"sending with the configuration set {name} is turned off"


def _identity(ses: Any, address: str) -> Mapping[str, Any]:
    """The identity that SES takes for a sender: the address, its domain, or a domain above that; empty for none.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    labels = address.rpartition("@")[2].split(".")
    domains = [".".join(labels[first:]) for first in range(len(labels) - 1)]
    for name in (address, *domains):
        if identity := found(ses.get_email_identity, EmailIdentity=name):
            return identity
    return {}


def send(ses: Any, letter: Letter, now: datetime) -> Sent:
    """Send the message, marked as a test; raises AccountError."""
    began = monotonic()
    named = {"ConfigurationSetName": letter.configuration_set} if letter.configuration_set else {}
    subject = f"ses-history send-test, {now:%Y-%m-%d %H:%M:%S}"
    with explained(f"to send to {letter.recipient}"):
        answer = ses.send_email(
            FromEmailAddress=letter.sender,
            Destination={"ToAddresses": [letter.recipient]},
            Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": f"{subject}\n"}}}},
            EmailTags=[{"Name": TAG, "Value": "send-test"}],
            **named,
        )
    return Sent(letter=letter, message_id=answer["MessageId"], seconds=monotonic() - began)


def follow(sent: Sequence[Sent], look: Callable[[str], Message], timeout: float) -> Iterator[Arrived]:
    """What of the messages arrives, each when there is something new of it, until all is there or time is over.

    `look` looks for a message in the history as it is now, and raises NothingFoundError.
    """
    began = monotonic()
    told = dict[str, tuple[str, ...]]()
    waiting = list(sent)
    while waiting:
        for each in tuple(waiting):
            event_types = _event_types(look, each.message_id)
            missing = tuple(kind for kind in simulator.gives(each.letter.recipient) if kind not in event_types)
            if event_types != told.get(each.message_id, ()):
                told[each.message_id] = event_types
                yield Arrived(sent=each, seconds=monotonic() - began, event_types=event_types, missing=missing)
            if not missing:
                waiting.remove(each)
        if monotonic() - began > timeout:
            return
        if waiting:
            sleep(_SECONDS)


def _event_types(look: Callable[[str], Message], message_id: str) -> tuple[str, ...]:
    try:
        message = look(message_id)
    except NothingFoundError:
        return ()
    return tuple(dict.fromkeys(event.event_type for event in message.events))
