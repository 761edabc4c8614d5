import gzip
import json
import zlib
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.localaws.support import EVENTS
from tests.reader.support import KEY, event, history, lines, put, synced

at = datetime.fromisoformat

COMMON: dict[str, Any] = {
    "day": date(2026, 11, 23),
    "recipient": "reader@example.com",
    "recipient_domain": "example.com",
    "recipient_no": 1,
    "recipients_n": 1,
    "source": "Shop <shop@example.com>",
    "subject": "Your order is on its way",
    "configuration_set": "dev-mail",
    "from_domain": "example.com",
    "account_id": "123456789012",
    "object_key": KEY,
    "line_no": 1,
}
SPECIFIC: dict[str, dict[str, Any]] = {
    "bounce": {
        "ts": at("2026-03-01T08:02:04.669"),
        "sent_at": at("2026-03-01T08:02:02.012"),
        "bounce_type": "Permanent",
        "bounce_sub_type": "General",
        "smtp_status": "5.1.1",
        "smtp_response": "smtp; 550 5.1.1 no such mailbox",
        "reporting_mta": "dsn; a8-50.smtp-out.amazonses.com",
        "feedback_id": "01000192aa4f053b-7be8a001-0d2b-4a53-9e80-61b59c110000-000000",
    },
    "click": {
        "ts": at("2026-03-01T10:51:25.570"),
        "sent_at": at("2026-03-01T08:05:05.795"),
        "ip": "192.0.2.1",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "link": "https://shop.example.com/orders/4711?from=mail",
    },
    "complaint": {
        "ts": at("2026-03-02T09:41:02.669"),
        "sent_at": at("2026-03-01T08:03:01.123"),
        "complaint_type": "abuse",
        "feedback_id": "01000193aa4f053b-7be8a002-0d2b-4a53-9e80-61b59c110000-000000",
        "user_agent": "ExampleFeedbackLoop/1.0",
    },
    "delivery": {
        "ts": at("2026-03-01T08:05:04.133"),
        "sent_at": at("2026-03-01T08:04:52.240"),
        "recipients_n": 2,
        "smtp_response": "250 2.6.0 Message received",
        "reporting_mta": "a8-50.smtp-out.amazonses.com",
        "processing_ms": 11893,
    },
    "delivery_delay": {
        "ts": at("2026-03-01T08:18:40.095"),
        "sent_at": at("2026-03-01T08:08:40.641"),
        "subject": None,
        "from_domain": None,
        "smtp_status": "4.4.1",
        "smtp_response": "smtp; 421 4.4.1 connection refused",
        "delay_type": "TransientCommunicationFailure",
        "delay_expires_at": at("2026-03-01T20:08:40.914"),
    },
    "open": {
        "ts": at("2026-03-01T08:09:19.652"),
        "sent_at": at("2026-03-01T08:06:49.927"),
        "ip": "192.0.2.1",
        "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Mobile/15E148",
    },
    "reject": {
        "ts": at("2026-03-01T08:01:00.241"),
        "sent_at": at("2026-03-01T08:01:00.241"),
        "reason": "Bad content",
    },
    "rendering_failure": {
        "ts": at("2026-03-01T08:07:06.197"),
        "sent_at": at("2026-03-01T08:07:06.197"),
        "subject": None,
        "from_domain": None,
        "reason": "Attribute 'orderNumber' is not present in the rendering data.",
        "template_name": "OrderShipped",
    },
    "send": {
        "ts": at("2026-03-01T08:00:00.120"),
        "sent_at": at("2026-03-01T08:00:00.120"),
    },
    "subscription": {
        "ts": at("2026-03-01T12:00:17.910"),
        "sent_at": at("2026-03-01T08:09:14.340"),
        "contact_list": "Customers",
    },
}


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_becomes_this_row_and_every_other_column_is_empty(name: str, tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS[name]])
    row = history(tmp_path / "h")[0]
    assert isinstance(row.pop("event_key"), int)
    expected = {
        **COMMON,
        "event_type": EVENTS[name]["eventType"],
        "message_id": EVENTS[name]["mail"]["messageId"],
        "tags": EVENTS[name]["mail"]["tags"],
        **SPECIFIC[name],
    }
    assert {column: value for column, value in row.items() if value is not None} == {
        column: value for column, value in expected.items() if value is not None
    }


def test_every_complained_recipient_and_every_delayed_one_has_its_row(tmp_path: Path) -> None:
    complaint, delay = event("complaint"), event("delivery_delay")
    complaint["complaint"]["complainedRecipients"] = [
        {"emailAddress": "a@example.com"},
        {"emailAddress": "b@example.com"},
    ]
    delay["deliveryDelay"]["delayedRecipients"] = [
        {"emailAddress": "c@example.com"},
        {"emailAddress": "<d@example.com>"},
    ]
    put(tmp_path / "h", [complaint, delay])
    assert [(row["recipient"], row["recipient_domain"]) for row in history(tmp_path / "h")] == [
        (recipient, "example.com")
        for recipient in ("a@example.com", "b@example.com", "c@example.com", "<d@example.com>")
    ]


def test_a_time_without_end_is_no_time(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", timestamp="infinity")])
    assert [(row["ts"], row["sent_at"]) for row in history(tmp_path / "h")] == [(None, None)]


def test_an_event_has_a_row_for_each_of_its_recipients(tmp_path: Path) -> None:
    bounce = event("bounce", destination=["a@example.com", "b@example.net", "c@example.org"])
    bounce["bounce"]["bouncedRecipients"] = [
        {"emailAddress": "c@example.org", "status": "5.2.2"},
        {"emailAddress": "A@Example.com"},
    ]
    send = event("send", destination=["a@example.com", "b@example.net"])
    put(tmp_path / "h", [bounce, send, event("send", destination=[], messageId="none")])
    rows = history(tmp_path / "h")
    assert [
        (row["line_no"], row["recipient"], row["recipient_domain"], row["recipient_no"], row["recipients_n"])
        for row in rows
    ] == [
        (1, "c@example.org", "example.org", 1, 2),
        (1, "A@Example.com", "example.com", 2, 2),
        (2, "a@example.com", "example.com", 1, 2),
        (2, "b@example.net", "example.net", 2, 2),
        (3, None, None, 1, 0),
    ]
    assert [row["smtp_status"] for row in rows[:2]] == ["5.2.2", None]


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        ("=?UTF-8?Q?Caf=C3=A9?= menu", "Café menu"),
        ("=?iso-8859-1?b?R3L832U=?=", "Grüße"),
        ("=?UTF-8?B?SGVsbG8=?= =?UTF-8?B?V29ybGQ=?=", "HelloWorld"),
        ("=?klingon?Q?nuqneH?=", "=?klingon?Q?nuqneH?="),
        ("What is =? in Perl", "What is =? in Perl"),
        ("日本 =?UTF-8?Q?Caf=C3=A9?=", "日本 =?UTF-8?Q?Caf=C3=A9?="),
    ],
)
@pytest.mark.parametrize("common", [True, False])
def test_a_subject_is_kept_as_its_reader_saw_it_from_whichever_header_tells(
    subject: str, read: str, *, common: bool, tmp_path: Path
) -> None:
    headers = [{"name": "To", "value": "x"}, {"name": "SUBJECT", "value": subject}]
    told = {"commonHeaders": {"subject": subject}} if common else {"commonHeaders": {}, "headers": headers}
    put(tmp_path / "h", [event("send", **told)])
    assert [row["subject"] for row in history(tmp_path / "h")] == [read]


def test_lines_that_are_no_event_are_told_and_the_others_kept(tmp_path: Path) -> None:
    body = b"\n".join(
        [
            json.dumps(EVENTS["send"]).encode(),
            b"",
            b" \t\r",
            json.dumps(EVENTS["bounce"]).encode()[:-40],
            b'{"a": 1}',
            b"[1]",
            json.dumps(event("send") | {"eventType": "Teleport"}).encode(),
            b'{"eventType": "Send", "mail": {"messageId": "a\xff"}}',
        ]
    )
    put(tmp_path / "h", body)
    with synced(tmp_path / "h") as (store, result):
        rows = store.rows("SELECT line_no, event_type, message_id FROM history ORDER BY line_no")
    assert [(flaw.object_key, flaw.line_no, flaw.flaw) for flaw in result.flaws] == [
        (KEY, 2, "blank"),
        (KEY, 3, "blank"),
        (KEY, 4, "not JSON"),
        (KEY, 5, "not an event"),
        (KEY, 6, "not an event"),
        (KEY, 7, "unknown event type"),
    ]
    assert result.lines == 8
    assert [(row["line_no"], row["event_type"], row["message_id"]) for row in rows] == [
        (1, "Send", EVENTS["send"]["mail"]["messageId"]),
        (7, "Teleport", EVENTS["send"]["mail"]["messageId"]),
        (8, "Send", "a\N{REPLACEMENT CHARACTER}"),
    ]


def test_an_object_of_several_gzip_members_and_one_of_plain_text_are_read_whole(tmp_path: Path) -> None:
    first, second = lines([EVENTS["send"]]), lines([EVENTS["bounce"], EVENTS["open"]])
    path = tmp_path / "h/members.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(first) + gzip.compress(second[:100]) + gzip.compress(second[100:]) + b"\0" * 9)
    (tmp_path / "h/plain.json").write_bytes(lines([EVENTS["click"]]))
    with synced(tmp_path / "h") as (store, result):
        types = [row["event_type"] for row in store.rows("SELECT event_type FROM history ORDER BY object_key, line_no")]
    assert (types, result.flaws) == (["Send", "Bounce", "Open", "Click"], [])


@pytest.mark.parametrize("kept", [0.5, 0.999])
def test_of_a_truncated_object_every_line_before_the_break_is_kept_and_the_break_is_told(
    kept: float, tmp_path: Path
) -> None:
    path = tmp_path / "h/torn.gz"
    path.parent.mkdir()
    many = [event("send", messageId=f"{number:064}") for number in range(4000)]
    whole = gzip.compress(lines(many))
    torn = whole[: int(len(whole) * kept)]
    path.write_bytes(torn)
    there = zlib.decompressobj(wbits=31).decompress(torn).count(b"\n")
    with synced(tmp_path / "h") as (store, result):
        rows = store.rows("SELECT message_id FROM history ORDER BY line_no")
    assert [row["message_id"] for row in rows] == [f"{number:064}" for number in range(there)]
    assert [(flaw.line_no, flaw.flaw) for flaw in result.flaws] == [(there + 1, "not JSON"), (there + 2, "torn gzip")]
    assert 1000 < there < 4000


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["2026-03-01T08:02:04.669Z", "infinity", "9999-12-31T23:59:59Z", "a@example.com"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["emailAddress", "timestamp", "subject", "a"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """An event of SES with a few of its fields, at any depth, taken out or replaced by something else."""
    record = event(draw(st.sampled_from(sorted(EVENTS))))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = record
        path = draw(st.lists(st.integers(0, 9), min_size=1, max_size=4))
        for step in path[:-1]:
            inner = [value for value in _values(place) if _values(value)]
            if not inner:
                break
            place = inner[step % len(inner)]
        key = sorted(place, key=str)[path[-1] % len(place)] if isinstance(place, dict) else path[-1] % len(place)
        if place is record and key == "eventType":
            continue
        place[key] = draw(JSON)
    return record


def _values(place: Any) -> list[Any]:
    match place:
        case dict():
            return list(place.values())
        case list():
            return place
        case _:
            return []


def expected_rows(record: dict[str, Any]) -> int:
    """How many recipients the record names, said in Python: one row when it names none."""
    section, name = {
        "Bounce": ("bounce", "bouncedRecipients"),
        "Complaint": ("complaint", "complainedRecipients"),
        "Delivery": ("delivery", "recipients"),
        "DeliveryDelay": ("deliveryDelay", "delayedRecipients"),
    }.get(record["eventType"], ("mail", "destination"))
    inside = record.get(section)
    recipients = inside.get(name) if isinstance(inside, dict) else None
    return max(1, len(recipients)) if isinstance(recipients, list) else 1


@settings(max_examples=60)
@given(st.lists(records(), min_size=1, max_size=40))
def test_no_record_is_lost_or_makes_the_sync_fail_and_each_has_a_row_for_each_recipient(
    generated: list[dict[str, Any]],
) -> None:
    with TemporaryDirectory() as folder:
        put(Path(folder) / "h", generated)
        with synced(Path(folder) / "h") as (store, result):
            entries = store.rows("SELECT line_no, event_type, tags, flaw FROM entries ORDER BY line_no")
            store.rows("SELECT * FROM history")
    assert result.lines == len(generated)
    assert [e["line_no"] for e in entries if e["flaw"] is None] == [
        number for number, record in enumerate(generated, 1) for _ in range(expected_rows(record))
    ]
