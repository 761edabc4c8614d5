"""What the reader makes of the codes in an event, as the header of contract/meanings.toml says."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import ses_history
from ses_history.history import History
from ses_history.meanings import (
    AUTOMATIC_REPLY,
    Meaning,
    code_of_reply,
    is_automatic_reply,
    meaning,
    meaning_of_reply,
)
from ses_history.results import Row
from ses_history.sources.folder import Folder

from tests.contract.support import CONTRACT
from tests.reader.support import bounce, put, store_of

TABLES: dict[str, dict[str, dict[str, str]]] = tomllib.loads((CONTRACT / "meanings.toml").read_text())


def row(event_type: str, **columns: Any) -> Row:
    """A row of history that has these columns alone."""
    nothing: dict[str, Any] = dict.fromkeys(field.name for field in fields(Row))
    return Row(**(nothing | columns | {"event_type": event_type}))


def entry(table: str, code: str) -> Meaning:
    return Meaning(**TABLES[table][code])


def test_the_readers_copy_is_that_of_the_contract() -> None:
    copy = Path(ses_history.__file__).with_name("meanings.toml")
    assert copy.read_bytes() == (CONTRACT / "meanings.toml").read_bytes()


@pytest.mark.parametrize(
    ("kind", "sub_type", "status", "reply", "expected"),
    [
        ("Permanent", "NoEmail", "5.2.1", None, ("bounce", "Permanent/NoEmail")),
        (
            "Permanent",
            "OnAccountSuppressionList",
            "5.1.1",
            "Amazon SES",
            ("bounce", "Permanent/OnAccountSuppressionList"),
        ),
        ("Permanent", "ToCome", "5.1.1", None, ("bounce", "Permanent")),
        ("Permanent", "General", "5.1.1", "550 5.7.1 no", ("smtp", "5.1.1")),
        ("Permanent", "General", "5.7.511", None, ("smtp", "5.7")),
        ("Permanent", "General", "5.0.0", None, ("smtp", "5")),
        ("Permanent", "General", None, "smtp; 550 5.7.1 no", ("smtp", "5.7.1")),
        ("Permanent", "General", None, "smtp; 554 no", ("reply", "554")),
        ("Permanent", "General", None, "smtp; 555 no", ("smtp", "5")),
        ("Permanent", "General", None, "no", ("bounce", "Permanent/General")),
        ("Permanent", None, None, None, ("bounce", "Permanent")),
        ("Transient", "MailboxFull", None, None, ("bounce", "Transient/MailboxFull")),
        ("Transient", "General", "4.4.7", None, ("smtp", "4.4.7")),
        ("Undetermined", "Undetermined", "", "", ("bounce", "Undetermined/Undetermined")),
    ],
)
def test_a_bounce_means_what_its_sub_type_says_or_else_what_the_mail_server_said(
    kind: str, sub_type: str | None, status: str | None, reply: str | None, expected: tuple[str, str]
) -> None:
    bounced = row("Bounce", bounce_type=kind, bounce_sub_type=sub_type, smtp_status=status, smtp_response=reply)
    assert meaning(bounced) == entry(*expected)


def test_a_bounce_of_an_unknown_type_without_a_code_means_nothing() -> None:
    assert meaning(row("Bounce", bounce_type="ToCome", bounce_sub_type="New", action="failed")) is None


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_an_automatic_reply_has_a_sentence_of_its_own(kind: str) -> None:
    assert meaning(row("Bounce", bounce_type=kind, bounce_sub_type="General")) == AUTOMATIC_REPLY


def test_an_automatic_reply_is_what_leaves_the_status_as_it_was(folder: Path) -> None:
    reports: list[dict[str, str]] = [{}, {"action": "failed"}, {"status": "5.1.1"}, {"diagnosticCode": "x"}]
    made = list[Any]()
    for kind in ("Permanent", "Transient", "Undetermined"):
        for sub_type in ("General", "Undetermined", "MailboxFull", "Suppressed", "ToCome"):
            for report in reports:
                made += bounce(f"{len(made)}-", "a@example.com", kind, sub_type)
                made[-1]["bounce"]["bouncedRecipients"] = [{"emailAddress": "a@example.com"} | report]
    put(folder, made)
    history = History(Folder(folder), store_of(folder))
    history.sync()
    shown = [history.show(message_id) for message_id in {event["mail"]["messageId"] for event in made}]
    replies = {
        message.events[0].message_id: any(is_automatic_reply(event) for event in message.events) for message in shown
    }
    assert replies == {message.events[0].message_id: message.recipients[0].status == "sent" for message in shown}
    assert sum(replies.values()) == 4


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("MailboxFull", "4.4.1", ("delay", "MailboxFull")),
        ("General", "4.4.1", ("smtp", "4.4.1")),
        ("General", None, ("delay", "General")),
        ("ToCome", "4.4.1", ("smtp", "4.4.1")),
        ("ToCome", None, ("delay", "Undetermined")),
        (None, None, ("delay", "Undetermined")),
    ],
)
def test_a_delay_means_what_its_type_says_or_else_what_the_mail_server_said(
    kind: str | None, status: str | None, expected: tuple[str, str]
) -> None:
    assert meaning(row("DeliveryDelay", delay_type=kind, smtp_status=status)) == entry(*expected)


@pytest.mark.parametrize(
    ("sub_type", "kind", "expected"),
    [
        ("OnAccountSuppressionList", "abuse", "OnAccountSuppressionList"),
        ("ToCome", "fraud", "fraud"),
        (None, "to-come", "other"),
        (None, None, "other"),
    ],
)
def test_a_complaint_means_what_its_sub_type_or_its_type_says(
    sub_type: str | None, kind: str | None, expected: str
) -> None:
    complaint = row("Complaint", complaint_sub_type=sub_type, complaint_type=kind)
    assert meaning(complaint) == entry("complaint", expected)


def test_a_delivery_means_what_the_mail_server_said() -> None:
    assert meaning(row("Delivery", smtp_response="250 2.6.0 Message received")) == entry("smtp", "2")
    assert meaning(row("Delivery")) is None


def test_other_events_have_no_code() -> None:
    assert [meaning(row(kind, smtp_status="5.1.1")) for kind in ("Send", "Open", "Reject", "ToCome")] == [None] * 4


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("smtp; 550 5.1.1 unknown", "5.1.1", ("smtp", "5.1.1")),
        ("452 4.2.2 The mailbox is full", "4.2.2", ("smtp", "4.2.2")),
        ("smtp; 550-5.1.1 The email account", "5.1.1", ("smtp", "5.1.1")),
        ("550 no such user (#5.1.1)", "5.1.1", ("smtp", "5.1.1")),
        ("5.1.1 (bad destination mailbox address)", "5.1.1", ("smtp", "5.1.1")),
        ("5.1.1", "5.1.1", ("smtp", "5.1.1")),
        ("550", "550", ("reply", "550")),
        ("550 blocked by postfix-5.1.1", "550", ("reply", "550")),
        ("550 5.1.1.9 is blocked", "550", ("reply", "550")),
        ("550 192.5.1.1 is blocked", "550", ("reply", "550")),
        ("host mx.example.com said: 554 no", "554", ("reply", "554")),
        ("250 ok dirdel", "250", ("reply", "250")),
        ("499 no", "499", ("smtp", "4")),
    ],
)
def test_a_reply_alone_means_what_its_code_says(text: str, code: str, expected: tuple[str, str]) -> None:
    assert (code_of_reply(text), meaning_of_reply(text)) == (code, entry(*expected))


@pytest.mark.parametrize(
    "text", ["", "no", "out of 550 messages", "5500 no", "5.1", "354 go ahead", "\u0665.\u0661.\u0661"]
)
def test_a_reply_without_a_code_means_nothing(text: str) -> None:
    assert (code_of_reply(text), meaning_of_reply(text)) == (None, None)
