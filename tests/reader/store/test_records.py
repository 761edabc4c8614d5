import gzip
import json
import time
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ses_history.store.layouts import events_on_lines
from ses_history.store.records import line_batches

from tests.contract.support import EVENTS, ROWS
from tests.reader.support import KEY, event, lines, put, rows, stored, sync


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_becomes_exactly_the_rows_of_the_contract(name: str, tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS[name]])
    place = {"day": "2026-11-23", "object_key": KEY, "line_no": 1}
    assert [
        {column: value for column, value in row.items() if value is not None}
        for row in json.loads(json.dumps(rows(tmp_path / "h"), default=_utc))
    ] == [row | place for row in ROWS[name]]


def invalid_lines(folder: Path) -> list[tuple[str, int, str, int]]:
    with stored(folder) as store:
        return [(line.object_key, line.line_no, line.reason, line.lines) for line in store.invalid_lines(9999)]


def _utc(value: date) -> str:
    return value.isoformat(timespec="milliseconds") + "Z" if isinstance(value, datetime) else value.isoformat()


def test_the_reporting_server_of_a_delay_is_kept(tmp_path: Path) -> None:
    delay = event("delivery_delay")
    delay["deliveryDelay"]["reportingMTA"] = "a8-50.smtp-out.amazonses.com"
    put(tmp_path / "h", [delay])
    assert [row["reporting_mta"] for row in rows(tmp_path / "h")] == ["a8-50.smtp-out.amazonses.com"]


@pytest.mark.parametrize(
    "spelled",
    [
        "KIM@example.net",
        "Kim <kim@example.net>",
        "kim@example.net\r\n",
        "\tkim@example.net ",
        "rfc822;kim@example.net",
        "RFC822; kim@example.net",
        "kim@example.net (Kim Lee)",
        '"kim"@example.net',
        "kim@example.net.",
    ],
)
def test_a_recipient_named_twice_by_an_event_is_one(spelled: str, tmp_path: Path) -> None:
    sent, delivered, complained = (event(name) for name in ("send", "delivery", "complaint"))
    for item in (sent, delivered, complained):
        item["mail"]["destination"] = ["kim@example.net", spelled]
    delivered["delivery"]["recipients"] = [spelled, "kim@example.net", "other@example.net"]
    complained["complaint"]["complainedRecipients"] = []
    put(tmp_path / "h", [sent, delivered, complained])
    found = [
        (row["event_type"], row["recipient"].lower(), row["recipient_no"], row["recipient_count"])
        for row in rows(tmp_path / "h")
    ]
    assert found == [
        ("Send", "kim@example.net", 1, 1),
        ("Delivery", "kim@example.net", 1, 2),
        ("Delivery", "other@example.net", 2, 2),
        ("Complaint", "kim@example.net", 1, 1),
    ]


def test_an_empty_address_is_that_of_the_only_recipient(tmp_path: Path) -> None:
    bounced = event("bounce", destination=["kim@example.net"])
    bounced["bounce"]["bouncedRecipients"] = [{"emailAddress": "", "status": "5.1.1"}]
    put(tmp_path / "h", [bounced])
    assert [(row["recipient"], row["smtp_status"]) for row in rows(tmp_path / "h")] == [("kim@example.net", "5.1.1")]


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
    assert [(row["recipient"], row["recipient_domain"]) for row in rows(tmp_path / "h")] == [
        (recipient, "example.com") for recipient in ("a@example.com", "b@example.com", "c@example.com", "d@example.com")
    ]


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T09:00:00.123Z",
        "2026-11-20T09:00:00.123z",
        "2026-11-20T09:00:00,123Z",
        "2026-11-20T18:00:00.123+09:00",
        "2026-11-20 09:00:00.123 +0000",
        "2026-11-20 18:00:00.123 +09:00",
        "2026-11-20T09:00:00.123",
        "1795165200123",
        1795165200123,
        "1795165200.123",
    ],
)
def test_a_time_is_the_same_moment_however_it_is_written(written: str | int, tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", timestamp=written)])
    assert [row["ts"].isoformat() for row in rows(tmp_path / "h")] == ["2026-11-20T09:00:00.123000"]


@pytest.mark.parametrize(
    "written", ["20261120T090000Z", "Fri, 20 Nov 2026 18:00:00 +0900", "1795165200", 1795165200, "2026-11-20T09:00:00Z"]
)
def test_a_time_to_the_second_is_one_too(written: str | int, tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", timestamp=written)])
    assert [row["ts"].isoformat() for row in rows(tmp_path / "h")] == ["2026-11-20T09:00:00"]


@pytest.mark.parametrize("written", ["epoch", "now", "infinity", "-infinity", "soon", "", "12", "99999999999999999999"])
def test_what_is_no_time_is_none(written: str, tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", timestamp=written)])
    assert [row["ts"] for row in rows(tmp_path / "h")] == [None]


def test_an_infinite_time_is_no_time(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", timestamp="infinity")])
    assert [(row["ts"], row["sent_at"]) for row in rows(tmp_path / "h")] == [(None, None)]


def test_an_event_has_a_row_for_each_of_its_recipients(tmp_path: Path) -> None:
    bounce = event("bounce", destination=["a@example.com", "b@example.net", "c@example.org"])
    bounce["bounce"]["bouncedRecipients"] = [
        {"emailAddress": "c@example.org", "status": "5.2.2"},
        {"emailAddress": "A@Example.com"},
    ]
    send = event("send", destination=["a@example.com", "b@example.net"])
    put(tmp_path / "h", [bounce, send, event("send", destination=[], messageId="none")])
    found = rows(tmp_path / "h")
    assert [
        (row["line_no"], row["recipient"], row["recipient_domain"], row["recipient_no"], row["recipient_count"])
        for row in found
    ] == [
        (1, "c@example.org", "example.org", 1, 2),
        (1, "A@Example.com", "example.com", 2, 2),
        (2, "a@example.com", "example.com", 1, 2),
        (2, "b@example.net", "example.net", 2, 2),
        (3, None, None, 1, 0),
    ]
    assert [row["smtp_status"] for row in found[:2]] == ["5.2.2", None]


@pytest.mark.parametrize(
    "mail",
    [
        {"commonHeaders": {"subject": "=?UTF-8?Q?Caf=C3=A9?= menu"}},
        {
            "commonHeaders": {},
            "headers": [{"name": "To", "value": "x"}, {"name": "SUBJECT", "value": "=?UTF-8?Q?Caf=C3=A9?= menu"}],
        },
    ],
    ids=["commonHeaders", "headers"],
)
def test_a_subject_is_kept_as_its_reader_saw_it_from_whichever_header_tells(
    mail: dict[str, Any], tmp_path: Path
) -> None:
    put(tmp_path / "h", [event("send", **mail)])
    assert [row["subject"] for row in rows(tmp_path / "h")] == ["Café menu"]


def test_invalid_lines_are_listed_and_the_others_kept(tmp_path: Path) -> None:
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
    result = sync(tmp_path / "h")
    assert invalid_lines(tmp_path / "h") == [
        (KEY, 4, "not JSON", 1),
        (KEY, 5, "not an event", 1),
        (KEY, 6, "not an event", 1),
        (KEY, 7, "unknown event type", 1),
    ]
    assert (result.lines, result.invalid_lines) == (6, 4)
    assert [(row["line_no"], row["event_type"], row["message_id"]) for row in rows(tmp_path / "h")] == [
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
    assert sync(tmp_path / "h").invalid_lines == 0
    assert [row["event_type"] for row in rows(tmp_path / "h")] == ["Send", "Bounce", "Open", "Click"]


@pytest.mark.parametrize("kept", [0.5, 0.999])
def test_every_line_before_the_break_of_a_truncated_object_is_kept_and_the_break_is_listed(
    kept: float, tmp_path: Path
) -> None:
    path = tmp_path / "h/truncated.gz"
    path.parent.mkdir()
    many = [event("send", messageId=f"{number:064}") for number in range(4000)]
    whole = gzip.compress(lines(many))
    truncated = whole[: int(len(whole) * kept)]
    path.write_bytes(truncated)
    there = zlib.decompressobj(wbits=31).decompress(truncated).count(b"\n")
    assert [row["message_id"] for row in rows(tmp_path / "h")] == [f"{number:064}" for number in range(there)]
    assert invalid_lines(tmp_path / "h") == [
        ("truncated.gz", there + 1, "not JSON", 1),
        ("truncated.gz", there + 2, "truncated gzip", 1),
    ]
    assert 1000 < there < 4000


@pytest.mark.parametrize("end", [b"\n", b""])
def test_the_events_on_any_line_of_a_large_object_are_read_by_its_number(end: bytes) -> None:
    # Some megabytes: it is decompressed in several blocks, which end anywhere in a line.
    padding = "".join(f"{number:04}" for number in range(400))
    whole = lines([event("send", messageId=f"{number}", x=padding[: number % 1600]) for number in range(3000)])
    events = whole.split(b"\n")[:-1]
    body = gzip.compress(whole.removesuffix(b"\n") + end)
    numbers = (1, 2, 1500, 2999, 3000)
    assert list(events_on_lines([body], {*numbers, 3001})) == [(number, events[number - 1]) for number in numbers]


def test_an_object_truncated_in_its_first_line_or_after_a_whole_one_has_no_blank_line(tmp_path: Path) -> None:
    (tmp_path / "h").mkdir()
    whole = gzip.compress(lines([EVENTS["send"]]))
    (tmp_path / "h/first.gz").write_bytes(whole[:12])
    (tmp_path / "h/second.gz").write_bytes(whole + whole[:12])
    sync(tmp_path / "h")
    assert invalid_lines(tmp_path / "h") == [
        ("first.gz", 1, "truncated gzip", 1),
        ("second.gz", 2, "truncated gzip", 1),
    ]


SMALL = [b'{"eventType":"Send","mail":{"messageId":"%d"}}' % number for number in range(3)]
JUNK = [b"x", b'{"a', b'{"a": 1}', b"[]", b"{" + b"x" * 99 + b"}", b'{"eventType":"Send","mail":7}', b"", b" ", b"\xff"]
MIXED = st.lists(st.sampled_from([*SMALL, *JUNK, SMALL[0] + SMALL[1], b"[" + SMALL[2], b"  " + SMALL[0]]), max_size=12)


def entries(folder: Path) -> list[dict[str, Any]]:
    sync(folder)
    with stored(folder) as store:
        return store.rows("SELECT line_no, message_id, invalid, invalid_lines FROM entries ORDER BY ALL")


@settings(max_examples=settings().max_examples // 25)
@given(MIXED, st.sampled_from([b"\n", b"\r\n"]))
def test_among_lines_that_are_none_the_events_are_those_of_a_careful_reading(mixed: list[bytes], end: bytes) -> None:
    body = end.join([SMALL[0], *mixed])
    read = [row for batch in line_batches([(1, [body])], careful=True) for row in batch.to_pylist()]
    with TemporaryDirectory() as folder:
        put(Path(folder) / "h", body)
        found = entries(Path(folder) / "h")
    assert [(row["line_no"], row["message_id"], row["invalid"]) for row in found] == sorted(
        (row["line_no"], json.loads(row["line"])["mail"]["messageId"] if row["line"] else None, row["invalid"])
        for row in read
    )


@pytest.mark.parametrize("beside", [b"", SMALL[0] + b"\n"], ids=["alone", "beside an event"])
@pytest.mark.parametrize("junk", [b"x", b'{"a', b'{"a": 1}', b"{" + b"x" * 99 + b"}"])
def test_what_is_read_fast_ends_where_many_lines_are_seen_to_be_no_events(junk: bytes, beside: bytes) -> None:
    block = beside + (junk + b"\n") * ((1 << 20) // len(junk))
    given_out = 0

    def chunks() -> Iterator[bytes]:
        nonlocal given_out
        yield lines([EVENTS["send"]]) * 3000
        for _ in range(50):
            given_out += 1
            yield block

    found = [row for batch in line_batches([(1, chunks())]) for row in batch.to_pylist()]
    assert [row["invalid"] for row in found if row["invalid"]] == ["not JSON"]
    assert len(found) <= 3001
    assert given_out < 5


@pytest.mark.parametrize("junk", [b"x", b'{"a": 1}', b"{" + b"x" * 299 + b"}"])
def test_what_is_read_fast_ends_at_a_line_that_is_shorter_than_events_and_none(junk: bytes) -> None:
    body = b"\n".join([lines([EVENTS["send"]] * 9), junk, b"", lines([EVENTS["send"]])])
    found = [row for batch in line_batches([(1, [body])]) for row in batch.to_pylist()]
    assert [(row["line"], row["invalid"], row["invalid_lines"]) for row in found] == [("", "not JSON", 1)]


@pytest.mark.parametrize("first", [b"x\n", b"[7,\n", b'{"a": 1}\n'])
def test_what_has_to_be_read_again_is_not_read_to_its_end_before(first: bytes) -> None:
    chunks = iter([first, *[lines([EVENTS["send"]] * 400)] * 50])
    found = [row for batch in line_batches([(1, chunks)]) for row in batch.to_pylist()]
    assert found[-1]["invalid"] in ("not JSON", "not an event")
    assert len(list(chunks)) > 45


@pytest.mark.parametrize("junk", [b"x", b'{"a', b'{"a": 1}'])
def test_lines_that_are_none_take_no_longer_to_sync_than_to_read_carefully(junk: bytes, tmp_path: Path) -> None:
    body = SMALL[0] + b"\n" + (junk + b"\n") * 200_000
    start = time.process_time()
    count = sum(batch.num_rows for batch in line_batches([(1, [body])], careful=True))
    careful = time.process_time() - start
    put(tmp_path / "h", body)
    start = time.process_time()
    assert sync(tmp_path / "h").invalid_lines == 200_000
    assert count == 1002
    assert time.process_time() - start < 2 * careful + 2


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
        if place is record and key in ("eventType", "mail"):
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
        result = sync(Path(folder) / "h")
        with stored(Path(folder) / "h") as store:
            entries = store.rows("SELECT line_no, event_type, tags, invalid FROM entries ORDER BY line_no")
            store.rows("SELECT * FROM history")
    assert result.lines == len(generated)
    assert [e["line_no"] for e in entries if e["invalid"] is None] == [
        number for number, record in enumerate(generated, 1) for _ in range(expected_rows(record))
    ]
