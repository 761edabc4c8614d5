"""What contract/meanings.toml says is short, is plain, and leaves out no code."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.support import CONTRACT, EVENTS

MEANINGS: dict[str, dict[str, dict[str, str]]] = tomllib.loads((CONTRACT / "meanings.toml").read_text())
ENTRIES = {f"{table} {code}": entry for table, entries in MEANINGS.items() for code, entry in entries.items()}

DOCUMENTED = {
    "bounce": {
        "Undetermined/Undetermined",
        *("Permanent/General", "Permanent/NoEmail", "Permanent/Suppressed", "Permanent/OnAccountSuppressionList"),
        *("Permanent/OnTenantSuppressionList", "Permanent/EmailValidationSuppressed"),
        "Permanent/UnsubscribedRecipient",
        *("Transient/General", "Transient/MailboxFull", "Transient/MessageTooLarge", "Transient/ContentRejected"),
        *("Transient/AttachmentRejected", "Transient/CustomTimeoutExceeded"),
    },
    "delay": {
        *("InternalFailure", "General", "MailboxFull", "SpamDetected", "RecipientServerError", "IPFailure"),
        *("TransientCommunicationFailure", "BYOIPHostNameLookupUnavailable", "Undetermined", "SendingDeferral"),
    },
    "complaint": {
        *("abuse", "auth-failure", "fraud", "not-spam", "other", "virus"),
        *("OnAccountSuppressionList", "OnTenantSuppressionList"),
    },
}


def codes_of(event: Any) -> Iterator[tuple[str, str]]:
    """Return the codes in an event, each with its table."""
    if bounce := event.get("bounce"):
        yield "bounce", f"{bounce['bounceType']}/{bounce['bounceSubType']}"
    if delay := event.get("deliveryDelay"):
        yield "delay", delay["delayType"]
    complaint = event.get("complaint", {})
    for name in ("complaintSubType", "complaintFeedbackType"):
        if code := complaint.get(name):
            yield "complaint", code
    recipients = event.get("bounce", {}).get("bouncedRecipients", [])
    for recipient in recipients + event.get("deliveryDelay", {}).get("delayedRecipients", []):
        if status := recipient.get("status"):
            yield "smtp", status


def test_there_is_a_table_of_each_kind_of_code_and_no_other() -> None:
    assert MEANINGS.keys() == {"bounce", "delay", "complaint", "smtp", "reply"}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_a_code_has_a_meaning_and_what_to_do_as_a_short_sentence_each(entry: dict[str, str]) -> None:
    assert entry.keys() == {"meaning", "do"}
    for sentence in entry.values():
        assert re.fullmatch(r"[A-Z][^.!?]*\.", sentence)
        assert 10 < len(sentence) <= 90


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_a_sentence_speaks_in_no_first_or_second_person(entry: dict[str, str]) -> None:
    assert not re.search(r"\b(I|we|us|our|my|me|you|your)\b", " ".join(entry.values()), re.IGNORECASE)


@pytest.mark.parametrize("table", DOCUMENTED)
def test_every_documented_code_has_an_entry(table: str) -> None:
    assert DOCUMENTED[table] - MEANINGS[table].keys() == set()


@pytest.mark.parametrize("name", EVENTS)
def test_every_code_in_the_events_of_the_contract_has_an_entry(name: str) -> None:
    assert {(table, code) for table, code in codes_of(EVENTS[name]) if code not in MEANINGS[table]} == set()


def test_the_events_of_the_contract_have_codes_of_every_table_but_that_of_replies() -> None:
    assert {table for event in EVENTS.values() for table, _ in codes_of(event)} == MEANINGS.keys() - {"reply"}


def test_a_bounce_has_an_entry_of_its_type_for_sub_types_to_come() -> None:
    assert {code.partition("/")[0] for code in MEANINGS["bounce"]} <= MEANINGS["bounce"].keys()


def test_an_unknown_delay_and_an_unknown_complaint_have_an_entry_to_fall_back_to() -> None:
    assert "Undetermined" in MEANINGS["delay"]
    assert "other" in MEANINGS["complaint"]


def test_an_enhanced_code_has_an_entry_of_its_subject_and_of_its_class() -> None:
    codes = MEANINGS["smtp"].keys()
    assert {code for code in codes if not re.fullmatch(r"[245](\.\d{1,3}){0,2}", code)} == set()
    assert {code.rpartition(".")[0] for code in codes if "." in code} <= codes
    assert {f"{failure}.{subject}" for failure in "45" for subject in range(1, 8)} <= codes


def test_a_reply_code_has_three_digits_and_a_class_among_the_enhanced_codes() -> None:
    assert {code for code in MEANINGS["reply"] if not re.fullmatch(r"\d{3}", code)} == set()
    assert {code[0] for code in MEANINGS["reply"]} <= MEANINGS["smtp"].keys()


@pytest.mark.parametrize("code", ["OnAccountSuppressionList", "OnTenantSuppressionList"])
def test_a_suppressed_address_is_said_to_be_on_the_suppression_list(code: str) -> None:
    for entry in (MEANINGS["bounce"][f"Permanent/{code}"], MEANINGS["complaint"][code]):
        assert entry["meaning"].startswith("SES did not send it: ")
        assert "suppression list" in entry["meaning"]
