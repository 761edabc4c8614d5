"""Each saved query of the component answers what it says, about a few events."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ses_history.athena.statement import literal
from ses_sending_history.catalog import saved_queries

from tests.reader.support import message, put
from tests.trino.conftest import Ask, HistoryOf

NOW = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SQL = {query.name: query.sql for query in saved_queries()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_every_saved_query_is_among_these_tests() -> None:
    asked = {name.removeprefix("test_").partition("_answers_")[0] for name in globals() if "_answers_" in name}
    assert asked == SQL.keys()


def test_counts_answers_how_many_events_of_a_type_were_on_a_day(folder: Path, history_of: HistoryOf) -> None:
    happened(folder, DAY, "m1", ["a@example.com", "b@example.com"], "send", "delivery")
    happened(folder, DAY, "m2", ["a@example.com"], "send")
    happened(folder, 2 * DAY, "m3", ["a@example.com"], "open")
    happened(folder, 40 * DAY, "m4", ["a@example.com"], "send")
    assert answers(history_of(folder), "counts") == [
        ((NOW - DAY).date(), "Delivery", 1),
        ((NOW - DAY).date(), "Send", 2),
        ((NOW - 2 * DAY).date(), "Open", 1),
    ]


def test_failures_answers_what_failed_in_the_last_day_and_what_to_do(folder: Path, history_of: HistoryOf) -> None:
    nobody = [{"emailAddress": "a@example.com", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 nobody here"}]
    full = [{"emailAddress": "b@example.com", "status": "4.2.2", "diagnosticCode": "smtp; 452 4.2.2 full"}]
    away = [{"emailAddress": "c@example.com"}]
    bounced = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": nobody}
    replied = {"bounceType": "Transient", "bounceSubType": "General", "bouncedRecipients": away}
    happened(folder, HOUR, "m1", ["a@example.com"], "send", "bounce", bounce=bounced)
    happened(
        folder, 2 * HOUR, "m2", ["b@example.com"], "delivery_delay",
        deliveryDelay={"delayType": "MailboxFull", "delayedRecipients": full},
    )  # fmt: skip
    happened(folder, 3 * HOUR, "m3", ["c@example.com"], "bounce", bounce=replied)
    happened(folder, 4 * HOUR, "m4", ["d@example.com"], "reject", "delivery")
    happened(folder, 5 * HOUR, "m5", ["e@example.com"], "complaint")
    happened(folder, 25 * HOUR, "m6", ["f@example.com"], "reject")
    subject = "Your order is on its way"
    assert answers(history_of(folder), "failures") == [
        (
            NOW - HOUR,
            "Bounce",
            "a@example.com",
            "smtp; 550 5.1.1 nobody here",
            "The mailbox does not exist.",
            "Do not send there again; SES may already have put it on the suppression list.",
            subject,
            "m1",
        ),
        (
            NOW - 2 * HOUR,
            "DeliveryDelay",
            "b@example.com",
            "smtp; 452 4.2.2 full",
            "The mailbox is full.",
            "Ask the recipient to make room; SES goes on trying.",
            None,  # the golden event has no headers
            "m2",
        ),
        (NOW - 4 * HOUR, "Reject", "d@example.com", "Bad content", None, None, subject, "m4"),
        (
            NOW - 5 * HOUR,
            "Complaint",
            "e@example.com",
            None,
            "The recipient reported the message as unwanted.",
            "Do not send there again; SES may already have put it on the suppression list.",
            subject,
            "m5",
        ),
    ]


def test_message_answers_what_happened_to_it_and_reads_no_other_days(folder: Path, history_of: HistoryOf) -> None:
    sent = int((NOW - 20 * DAY).replace(tzinfo=UTC).timestamp() * 1000)
    message_id = f"0100{sent:012x}-57a83d2e-0c4f-4a55-9e27-4f2e6f1d7b3c-000000"
    to = ["a@example.com", "b@example.com"]
    read = [
        happened(folder, 19 * DAY, message_id, to, "delivery"),
        happened(folder, 20 * DAY, message_id, to, "send"),
    ]
    happened(folder, 60 * DAY, "m1", to, "send")

    found = history_of(folder)(prepared("message", message_id, message_id))

    assert [(row["ts"], row["event_type"], row["recipient"], row["reply"]) for row in found.rows] == [
        (NOW - 20 * DAY, "Send", "a@example.com", None),
        (NOW - 20 * DAY, "Send", "b@example.com", None),
        (NOW - 19 * DAY, "Delivery", "a@example.com", "250 2.6.0 Message received"),
        (NOW - 19 * DAY, "Delivery", "b@example.com", "250 2.6.0 Message received"),
    ]
    assert found.bytes_read == sum(path.stat().st_size for path in read)


def test_rates_answers_how_many_bounced_and_complained_at_each_domain(folder: Path, history_of: HistoryOf) -> None:
    to = "a@example.com"
    soft = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}
    replied = {"bounceType": "Transient", "bounceSubType": "General", "bouncedRecipients": [{"emailAddress": to}]}
    suppressed = {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"}
    happened(folder, DAY, "m1", [to, "b@example.com", "c@example.org"], "send", "delivery", "complaint")
    happened(folder, DAY, "m2", [to], "send", "bounce")
    happened(folder, DAY, "m3", [to], "send", "bounce", bounce=soft)
    happened(folder, DAY, "m4", [to], "bounce", bounce=replied)
    happened(folder, DAY, "m5", [to], "bounce", bounce=suppressed)
    happened(folder, DAY, "m6", [to], "complaint", complaint={"complaintFeedbackType": "not-spam"})
    happened(folder, DAY, "m7", ["bounce@simulator.amazonses.com"], "send", "bounce")
    happened(folder, 40 * DAY, "m8", [to], "send", "bounce")
    assert answers(history_of(folder), "rates") == [
        ("example.com", 4, 2, 1, 1, 1, 0.25, 0.25, 0.25),
        ("example.org", 1, 1, 0, 0, 0, 0.0, 0.0, 0.0),
    ]


def test_recipient_answers_everything_about_an_address_since_a_day(folder: Path, history_of: HistoryOf) -> None:
    happened(folder, DAY, "m1", ["Ada@example.com", "b@example.com"], "click")
    happened(folder, 2 * DAY, "m2", ["ada@EXAMPLE.com"], "bounce")
    happened(folder, 9 * DAY, "m3", ["ada@example.com"], "send")
    asked = prepared("recipient", "ADA@example.com", f"{NOW - 3 * DAY:%Y-%m-%d}")
    shop = ("Shop <shop@example.com>", "Your order is on its way")
    assert [tuple(row.values()) for row in history_of(folder)(asked).rows] == [
        (
            NOW - DAY,
            "Click",
            *shop,
            None,
            None,
            None,
            "https://shop.example.com/orders/4711?from=mail",
            "dev-mail",
            "m1",
        ),
        (NOW - 2 * DAY, "Bounce", *shop, "Permanent", "General", "550 no", None, "dev-mail", "m2"),
    ]


def test_slowest_domains_answers_where_deliveries_take_longest(folder: Path, history_of: HistoryOf) -> None:
    for domain, count, ms in (("example.com", 20, 1500), ("example.net", 19, 90_000), ("example.org", 20, 9000)):
        for number in range(count):
            to = f"{number}@{domain}"
            happened(folder, DAY, to, [to], "delivery", delivery={"processingTimeMillis": ms}, number=number)
    assert answers(history_of(folder), "slowest_domains") == [
        ("example.org", 20, 9.0, 9.0),
        ("example.com", 20, 1.5, 1.5),
    ]


def test_undelivered_answers_what_firehose_could_not_deliver(folder: Path, history_of: HistoryOf) -> None:
    failed = {
        "attemptsMade": 4,
        "arrivalTimestamp": int((NOW - DAY).replace(tzinfo=UTC).timestamp() * 1000),
        "errorCode": "Lambda.FunctionError",
        "errorMessage": "It failed.",
        "rawData": b64encode(b'{"eventType":"Send"}').decode(),
    }
    day = (NOW - DAY).date()
    put(folder, [failed], f"error/processing-failed/day={day}/a.gz")
    put(folder, [failed], f"error/processing-failed/day={(NOW - 40 * DAY).date()}/a.gz")
    assert answers(history_of(folder), "undelivered") == [
        (
            str(day),
            "processing-failed",
            f"{NOW - DAY:%Y-%m-%d %H:%M:%S}.000 UTC",
            "Lambda.FunctionError",
            "It failed.",
            4,
            '{"eventType":"Send"}',
        )
    ]


def happened(
    folder: Path,
    ago: timedelta,
    message_id: str,
    to: list[str],
    *names: str,
    number: int = 0,
    **sections: dict[str, Any],
) -> Path:
    """Write an object of events of a message, which all happened then, with other fields of their sections."""
    at = f"{NOW - ago:%Y-%m-%dT%H:%M:%S}.000Z"
    events = message(message_id, to, *names)
    for event in events:
        event["mail"]["timestamp"] = at
        for name, section in event.items():
            if name not in ("mail", "eventType"):
                section.update({"timestamp": at} | sections.get(name, {}))
    key = f"events/day={(NOW - ago).date()}/{message_id}-{number}.gz"
    put(folder, events, key)
    return folder / key


def prepared(name: str, *values: str) -> str:
    """The saved query with values for its parameters, as Trino is asked it."""
    return f"EXECUTE IMMEDIATE {literal(SQL[name])} USING {', '.join(map(literal, values))}"


def answers(ask: Ask, name: str) -> Sequence[tuple[Any, ...]]:
    """The rows of a saved query."""
    return [tuple(row.values()) for row in ask(SQL[name]).rows]
