"""The same events come out of whatever they are laid out in, and nothing that lies beside them stops that."""

import gzip
import io
import json
import resource
import time
import zipfile
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ses_history.store.layouts import EVENT_BYTES, Event, events_on_lines, found
from ses_history.store.records import line_batches
from ses_history.store.unpack import unpacked

from tests.contract.support import EVENTS
from tests.reader.support import event, lines

SENT, BOUNCED, CLICKED = EVENTS["send"], EVENTS["bounce"], event("click", subject="Grüße, 日本 🎉")
THREE = [SENT, BOUNCED, CLICKED]

SMALL = {"eventType": "Send", "mail": {"messageId": "m"}}
SMALL_LINE = json.dumps(SMALL).encode()

Row = tuple[int, Any, str | None, int]


def rows(*chunks: bytes, careful: bool = True) -> list[Row]:
    """Line, event, why it is invalid and for how many lines it stands, of each row that an object becomes."""
    batches = line_batches([(1, chunks)], careful=careful)
    return [
        (row["line_no"], json.loads(row["line"]) if row["line"] else None, row["invalid"], row["invalid_lines"])
        for batch in batches
        for row in batch.to_pylist()
    ]


def event_row(line_no: int, value: Any = SMALL) -> Row:
    return line_no, value, None, 0


def invalid_row(line_no: int, reason: str, stands_for: int = 1) -> Row:
    return line_no, None, reason, stands_for


def text(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def each(wrap: Callable[[Any], Any]) -> bytes:
    """A line for each event, wrapped."""
    return lines([wrap(item) for item in THREE])


def notification(item: dict[str, Any]) -> dict[str, Any]:
    return {"notificationType" if key == "eventType" else key: value for key, value in item.items()}


def sns(item: Any) -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": "22b80b92", "TopicArn": "arn:aws:sns:x", "Message": text(item)}


def sqs(item: Any) -> dict[str, Any]:
    return {"messageId": "059f36b4", "receiptHandle": "AQEB", "body": text(sns(item)), "eventSource": "aws:sqs"}


def undelivered(item: Any) -> dict[str, Any]:
    raw = b64encode(json.dumps(item).encode()).decode()
    return {"attemptsMade": 4, "errorCode": "Lambda.FunctionError", "rawData": raw}


def zipped(*bodies: bytes, streamed: bool = False, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

        def tell(self) -> int:
            raise io.UnsupportedOperation

    file = Unseekable() if streamed else io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for number, body in enumerate(bodies):
            archive.writestr(f"{number}.json", body)
    return file.getvalue()


def base64(body: bytes) -> str:
    return b64encode(body).decode()


def logs(items: list[Any]) -> bytes:
    """What CloudWatch Logs hands to a subscriber, which is packed."""
    events = [{"id": "3", "timestamp": 1, "message": text(item)} for item in items]
    return gzip.compress(text({"messageType": "DATA_MESSAGE", "logEvents": events}).encode())


PLAIN = "".join(text(item) + "\n" for item in THREE)
BODY = PLAIN.encode()
ARRAY = text(THREE)

LAYOUTS = {
    "a line each": BODY,
    "without the last end of line": BODY[:-1],
    "escaped": lines(THREE),
    "lines that end as on Windows": BODY.replace(b"\n", b"\r\n"),
    "several in a line": "".join(map(text, THREE)).encode(),
    "pretty-printed": "\n".join(text(item, 2) for item in THREE).encode(),
    "an array": ARRAY.encode(),
    "a pretty-printed array": text(THREE, 4).encode(),
    "an array in an array": text([[SENT], [BOUNCED, [CLICKED]]]).encode(),
    "an array that breaks off": ARRAY[:-1].encode(),
    "trailing commas": PLAIN.replace("\n", ",\n").encode(),
    "an array with a trailing comma": f"[{','.join(map(text, THREE))},]".encode(),
    "blank lines": PLAIN.replace("\n", "\n\n \t\r\n").encode(),
    "a byte order mark": PLAIN.encode("utf-8-sig"),
    "a byte order mark for each": "".join("\ufeff" + text(item) for item in THREE).encode(),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16 LE": PLAIN.encode("utf-16-le"),
    "UTF-16 BE": PLAIN.encode("utf-16-be"),
    "UTF-16 BE with a byte order mark": ("\ufeff" + PLAIN).encode("utf-16-be"),
    "UTF-32": PLAIN.encode("utf-32"),
    "UTF-32 LE": PLAIN.encode("utf-32-le"),
    "UTF-32 BE": PLAIN.encode("utf-32-be"),
    "UTF-32 BE with a byte order mark": ("\ufeff" + PLAIN).encode("utf-32-be"),
    "SNS": each(sns),
    "SQS that holds SNS": each(sqs),
    "Lambda of SNS": text({"Records": [{"EventSource": "aws:sns", "Sns": sns(item)} for item in THREE]}).encode(),
    "Lambda of SQS": text({"Records": [sqs(item) for item in THREE]}, 2).encode(),
    "EventBridge": each(lambda item: {"version": "0", "source": "aws.ses", "detail": item}),
    "CloudWatch Logs": text(
        {
            "messageType": "DATA_MESSAGE",
            "logEvents": [{"id": "3", "timestamp": 1, "message": text(item)} for item in THREE],
        }
    ).encode(),
    "what Firehose could not deliver": each(undelivered),
    "CloudWatch Logs in Lambda": text({"awslogs": {"data": base64(logs(THREE))}}).encode(),
    "CloudWatch Logs in Kinesis": text(
        {"Records": [{"kinesis": {"data": base64(logs([item]))}} for item in THREE]}
    ).encode(),
    "packed records of Kinesis": text({"Records": [{"kinesis": {"data": base64(gzip.compress(BODY))}}]}).encode(),
    "what Firehose could not deliver, packed": each(lambda item: {"rawData": base64(gzip.compress(lines([item])))}),
    "what Firehose could not deliver of CloudWatch Logs": each(lambda item: {"rawData": base64(logs([item]))}),
    "zip in Base64": text({"data": base64(zipped(lines(THREE[:2]), lines(THREE[2:])))}).encode(),
    "UTF-16 in Base64": text({"data": base64(PLAIN.encode("utf-16"))}).encode(),
    "Base64 in lines": text({"data": encodebytes(gzip.compress(BODY)).decode().replace("\n", "\r\n")}).encode(),
    "Base64 in lines without padding": each(
        lambda item: {"data": encodebytes(lines([item])).decode().replace("\n", "\r\n").rstrip("=\r\n")}
    ),
    "Base64 without padding": each(lambda item: {"data": base64(lines([item])).rstrip("=")}),
    "Base64 for addresses": each(lambda item: {"data": urlsafe_b64encode(gzip.compress(lines([item]))).decode()}),
    "texts": each(text),
    "texts of texts": each(lambda item: text(text(item))),
    "notifications": each(notification),
    "notifications in SNS": each(lambda item: sns(notification(item))),
    "other values between": PLAIN.replace("\n", '\n1, null, "x", {}\n').encode(),
    "a table": "".join(f'2026-01-01,"a",{text(item)}\n' for item in THREE).encode(),
    "a log": "".join(f"12:00 INFO {{x}} {text(item)}\n" for item in THREE).encode(),
    "gzip": gzip.compress(BODY),
    "gzip of several members": gzip.compress(BODY[:99]) + gzip.compress(b"") + gzip.compress(BODY[99:]),
    "gzip with a name and zeros after it": b"\x1f\x8b\x08\x08"
    + b"\0" * 6
    + b"a\0"
    + gzip.compress(BODY)[10:]
    + b"\0" * 99,
    "gzip and what is not": gzip.compress(lines([SENT])) + lines([BOUNCED]) + gzip.compress(lines([CLICKED])),
    "gzip in gzip": gzip.compress(gzip.compress(BODY)),
    "zip": zipped(BODY),
    "zip of several": zipped(*(lines([item]) for item in THREE)),
    "zip without compression": zipped(BODY, method=zipfile.ZIP_STORED),
    "zip with data descriptors": zipped(lines([SENT]), lines([BOUNCED, CLICKED]), streamed=True),
    "zip of gzip": zipped(gzip.compress(BODY)),
    "gzip of UTF-16": gzip.compress(PLAIN.encode("utf-16")),
}


@pytest.mark.parametrize("body", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_the_same_events_come_out_of_every_layout(body: bytes) -> None:
    assert [value for _, value, reason, _ in rows(body) if reason is None] == THREE


@pytest.mark.parametrize("name", sorted(LAYOUTS.keys() - {"other values between"}))
def test_no_layout_has_invalid_lines(name: str) -> None:
    assert [row for row in rows(LAYOUTS[name]) if row[2]] == []


@pytest.mark.parametrize(
    "name", ["a line each", "escaped", "blank lines", "gzip", "zip", "lines that end as on Windows"]
)
def test_what_is_read_fast_has_the_same_rows(name: str) -> None:
    assert rows(LAYOUTS[name], careful=False) == rows(LAYOUTS[name])


def test_events_have_the_lines_that_they_begin_on() -> None:
    pretty, line = text(SMALL, 2).encode(), SMALL_LINE
    body = b"\n\n" + line + line + b"\n[" + pretty + b",\n" + pretty + b"]\nx\n" + sns_line(line) + b"\n" + line
    lines_of = [(line_no, reason) for line_no, _, reason, _ in rows(body)]
    ends = 4 + pretty.count(b"\n")
    assert lines_of == [
        (3, None),
        (3, None),
        (4, None),
        (ends + 1, None),
        (ends + 2 + pretty.count(b"\n"), "not JSON"),
        (ends + 3 + pretty.count(b"\n"), None),
        (ends + 4 + pretty.count(b"\n"), None),
    ]


def sns_line(line: bytes) -> bytes:
    return json.dumps(sns(json.loads(line))).encode()


def test_the_events_on_a_line_are_the_bytes_that_are_there() -> None:
    first, second = b'{ "eventType":"Send" ,"mail":{}}', b'{"mail":{"x": 1.50},\n "eventType":"Open"}'
    body = first + second + b"\nx\n" + sns_line(SMALL_LINE)
    every = [(1, first), (1, second), (4, SMALL_LINE)]
    assert list(events_on_lines([gzip.compress(body)], {1, 2, 3, 4, 5})) == every
    assert list(events_on_lines([gzip.compress(body)], {1, 3})) == every[:2]
    assert list(events_on_lines([gzip.compress(body)], {4})) == every[2:]
    assert list(events_on_lines([gzip.compress(body)], {2, 5})) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", []),
        (b"\n \n\r\n", []),
        (b"x\n", [invalid_row(1, "not JSON")]),
        (b"1 2\n", [invalid_row(1, "not an event")]),
        (b"1 x\n", [invalid_row(1, "not JSON")]),
        (b'"x" true []\n', [invalid_row(1, "not an event")]),
        (
            b"{x}\n{}\n[]\n",
            [invalid_row(1, "not JSON"), invalid_row(2, "not an event"), invalid_row(3, "not an event")],
        ),
        (b"[", [invalid_row(1, "not JSON")]),
        (b"\n[\n[,\n", [invalid_row(3, "not JSON")]),
        (b'{"a": 1}\n{"a": \n', [invalid_row(1, "not an event"), invalid_row(2, "not JSON")]),
        (b'{"a": NaN}\n', [invalid_row(1, "not JSON")]),
        (b'{"eventType": "Send"}\n', [invalid_row(1, "not an event")]),
        (b'{"eventType": 7, "mail": {}}\n', [invalid_row(1, "not an event")]),
        (b'{"eventType": "Send", "mail": []}\n', [invalid_row(1, "not an event")]),
        (b'{\n  "a": nonsense\n  "b": 1\n}\ny\n', [invalid_row(1, "not JSON"), invalid_row(5, "not JSON")]),
        (b"x" + SMALL_LINE + b"y\n", [event_row(1), invalid_row(1, "not JSON")]),
        (b'{"a' + SMALL_LINE + b"\n", [invalid_row(1, "not JSON"), event_row(1)]),
        (b'{"eventType":"","mail":{}}', [event_row(1, {"eventType": "", "mail": {}})]),
        (b'[\n{"a": 1,\n"b": ' + SMALL_LINE + b"}]", [event_row(3)]),
        (b"x " + json.dumps(text(SMALL)).encode(), [event_row(1)]),
        (SMALL_LINE[:-9] + b"\n" + SMALL_LINE, [invalid_row(1, "not JSON"), event_row(2)]),
    ],
)
def test_a_line_without_an_event_is_invalid_once_and_says_why(body: bytes, expected: list[Row]) -> None:
    assert rows(body) == expected


def test_an_event_in_envelopes_may_lie_so_deep_and_no_deeper() -> None:
    def nested(depth: int) -> bytes:
        return b"[" + b'{"a":' * depth + SMALL_LINE + b"}" * depth + b"]"

    assert rows(nested(32)) == [event_row(1)]
    assert rows(nested(33)) == [invalid_row(1, "not an event")]
    assert rows(b'{"a":' * 100_000 + b"\n" + SMALL_LINE) == [invalid_row(1, "nested too deeply"), event_row(2)]


def test_a_surrogate_without_its_other_half_is_replaced_and_a_pair_is_kept() -> None:
    mail = rb'{"subject": "\ud83c\udf89 \ud83c \udf89 \\ud83c", "x": "\ud83c\u0041"}'
    body = b'{"eventType": "Send", "mail": ' + mail + b"}"
    expected = {
        "eventType": "Send",
        "mail": {"subject": "🎉 \ufffd \ufffd \\ud83c", "x": "\ufffdA"},
    }
    assert rows(body) == [event_row(1, expected)]
    assert rows(json.dumps({"Message": body.decode()}).encode()) == [event_row(1, expected)]


def test_a_byte_that_is_not_utf_8_is_replaced() -> None:
    body = b'{"eventType": "Send", "mail": {"x": "a\xffb"}}'
    assert rows(body) == rows(body, careful=False) == [event_row(1, {"eventType": "Send", "mail": {"x": "a\ufffdb"}})]


def long_event(size: int) -> bytes:
    head, tail = b'{"eventType": "Send", "mail": {"x": "', b'"}}'
    return head + b"x" * (size - len(head) - len(tail)) + tail


@pytest.mark.parametrize("careful", [True, False])
def test_an_event_has_at_most_4_mb(*, careful: bool) -> None:
    def lengths(body: bytes) -> list[tuple[int, int, str | None]]:
        chunks = (body[at : at + 100_000] for at in range(0, len(body), 100_000))
        found_rows = rows(SMALL_LINE + b"\n", *chunks, careful=careful)
        return [(no, len(value["mail"].get("x", "")) if value else 0, reason) for no, value, reason, _ in found_rows]

    longest = long_event(EVENT_BYTES)
    filled = len(json.loads(longest)["mail"]["x"])
    assert EVENT_BYTES == 4 << 20
    assert lengths(longest + b"\n" + SMALL_LINE) == [(1, 0, None), (2, filled, None), (3, 0, None)]
    assert lengths(long_event(EVENT_BYTES + 1) + b"\n" + SMALL_LINE) == [
        (1, 0, None),
        (2, 0, "longer than 4 MB"),
        (3, 0, None),
    ]


@pytest.mark.parametrize(
    ("first", "between", "last"),
    [(b"", b"", b""), (b"[", b",", b"]"), (b"[", b",\n", b"]\n"), (b'{"Records": 1}[', b" ", b"")],
)
def test_arrays_and_concatenations_far_longer_than_an_event_are_streamed(
    first: bytes, between: bytes, last: bytes
) -> None:
    block = between.join([SMALL_LINE] * 1000) + between
    fed = 0

    def chunks() -> Iterator[bytes]:
        nonlocal fed
        yield first
        for _ in range(200):
            fed += len(block)
            yield block
        yield last

    read = found(unpacked(chunks()))
    count, most_ahead, read_bytes = 0, 0, 0
    for item in read:
        assert isinstance(item, Event) or item.line_no == 1
        count += isinstance(item, Event)
        read_bytes += len(SMALL_LINE) + len(between)
        most_ahead = max(most_ahead, fed - read_bytes)
    assert count == 200_000
    assert fed > 2 * EVENT_BYTES
    assert most_ahead < 1 << 20


def test_only_the_first_thousand_invalid_lines_have_a_row_of_their_own() -> None:
    assert rows(b"x\n" * 1000) == [invalid_row(number, "not JSON") for number in range(1, 1001)]
    assert rows(b"x\n" * 1000 + b"1\n" + SMALL_LINE + b"\n" + b"x\n" * 2000) == [
        *(invalid_row(number, "not JSON") for number in range(1, 1001)),
        event_row(1002),
        invalid_row(1001, "not an event", 2001),
    ]


def test_after_a_million_values_without_an_event_the_rest_is_only_counted() -> None:
    body = b"x\n" * 1_000_100 + SMALL_LINE + b"\n" * 3
    assert rows(body)[1000:] == [invalid_row(1001, "not JSON", 1_000_100 - 1000 + 3)]


EVENTS_BEFORE = [event("send", messageId=f"{number:064}") for number in range(500)]
PACKED = gzip.compress(lines(EVENTS_BEFORE))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (PACKED + gzip.compress(BODY)[:10], "truncated gzip"),
        (PACKED[:-4], "truncated gzip"),
        (PACKED[:-8] + bytes(byte ^ 1 for byte in PACKED[-8:-4]) + PACKED[-4:], "wrong checksum"),
        (PACKED[:-1] + b"\1", "wrong checksum"),
        (PACKED + gzip.compress(BODY)[:10] + b"\xff" * 20, "damaged gzip"),
        (zipped(lines(EVENTS_BEFORE)).partition(b"PK\1\2")[0], "truncated zip"),
    ],
)
def test_damaged_compression_gives_the_events_before_and_one_invalid_line(body: bytes, reason: str) -> None:
    expected = [event_row(number, value) for number, value in enumerate(EVENTS_BEFORE, 1)]
    assert rows(body) == rows(body, careful=False) == [*expected, invalid_row(501, reason)]


def test_what_follows_a_damaged_gzip_member_is_read() -> None:
    damaged = gzip.compress(BODY)[:10] + b"\xff" * 20
    assert rows(damaged + gzip.compress(SMALL_LINE)) == [invalid_row(1, "damaged gzip"), event_row(1)]


def packed(body: bytes, **beside: Any) -> bytes:
    return text({"data": base64(gzip.compress(body)), **beside}).encode()


def test_what_is_packed_in_a_text_is_read_to_64_mb_and_then_told() -> None:
    blank = b" " * (1 << 20)
    within = packed(SMALL_LINE + blank * 63 + SMALL_LINE)
    beyond = packed(SMALL_LINE + blank * 64 + SMALL_LINE)
    assert rows(within + b"\n" + beyond + b"\n" + SMALL_LINE) == [
        *(event_row(1), event_row(1)),
        *(event_row(2), invalid_row(2, "too long unpacked")),
        event_row(3),
    ]


def test_damage_of_what_is_packed_in_a_text_is_told_once() -> None:
    whole = gzip.compress(SMALL_LINE + b"\n")
    damaged = base64(whole + gzip.compress(BODY)[:40])
    assert rows(text({"Records": [{"data": damaged}, {"data": damaged}, SMALL]}).encode()) == [
        event_row(1),
        invalid_row(1, "truncated gzip"),
        *(event_row(1), event_row(1)),
    ]
    assert rows(text({"data": base64(gzip.compress(BODY)[:40])}).encode()) == [invalid_row(1, "truncated gzip")]


def test_packed_logs_longer_than_an_event_may_be_are_read() -> None:
    many = [event("send", messageId=f"{number:064}") for number in range(8000)]
    assert len(gzip.decompress(logs(many))) > 2 * EVENT_BYTES
    body = text({"awslogs": {"data": base64(logs(many))}}).encode()
    assert rows(body) == [event_row(1, value) for value in many]


@pytest.mark.parametrize("filling", [b"x\n", b"[],", b'{"a', b'"', b'{"a": "b', b" ", b'{"a": [[],[],[]]}'])
def test_a_bomb_in_bombs_takes_little_memory_and_time(filling: bytes) -> None:
    body = SMALL_LINE
    for _ in range(4):
        body = packed(filling * ((24 << 20) // len(filling)) + b"\n" + body) + b"\n" + body
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    found_rows = rows(body)
    assert found_rows[-1] == event_row(5)
    assert time.process_time() - start < 60
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10 < 400


PIECES = st.sampled_from(
    [
        *(SMALL_LINE, text(SMALL, 2).encode(), sns_line(SMALL_LINE), json.dumps(undelivered(SMALL)).encode()),
        *(json.dumps(text(SMALL)).encode(), BODY, gzip.compress(SMALL_LINE), zipped(SMALL_LINE)),
        *(b"\n", b"\r\n", b" ", b",", b"[", b"]", b"{", b"}", b'"', b":", b"\\", b"\xef\xbb\xbf", b"\0", b"\xff\xfe"),
        *(b"x", b"7", b"null", b'"x"', b"{}", b"[]", b"NaN", b'"mail":', b'{"a":', b"\x1f\x8b\x08", b"PK\x03\x04"),
    ]
) | st.binary(max_size=8)

BODIES = st.builds(b"".join, st.lists(PIECES, max_size=12)) | st.sampled_from(list(LAYOUTS.values()))


@given(BODIES, st.data())
def test_how_the_bytes_are_cut_makes_no_difference(body: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert list(found(unpacked(chunks))) == list(found(unpacked([body])))
    assert rows_as_read(chunks) == rows_as_read([body])


def rows_as_read(chunks: Iterable[bytes]) -> list[dict[str, Any]]:
    return [row for batch in line_batches([(1, chunks)]) for row in batch.to_pylist()]


@given(st.binary(max_size=300) | BODIES)
def test_whatever_the_bytes_are_each_row_is_an_event_or_one_reason(body: bytes) -> None:
    last = 0
    for line_no, value, reason, stands_for in rows(body):
        assert line_no >= last or stands_for > 1
        last = line_no
        if reason is None:
            assert isinstance(value["eventType"], str)
            assert isinstance(value["mail"], dict)
            assert stands_for == 0
        else:
            assert value is None
            assert stands_for == 1


@given(st.lists(st.sampled_from([b"x", b"7", b"{}", b"[]", b'{"a', b'"b"', b"", b" "]), max_size=20), st.data())
def test_an_event_on_a_line_of_its_own_is_found_among_any_lines(junk: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(junk)))
    body = b"\n".join([*junk[:place], SMALL_LINE, *junk[place:]])
    assert [(line_no, value) for line_no, value, reason, _ in rows(body) if not reason] == [(place + 1, SMALL)]
