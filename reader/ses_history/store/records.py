"""Records: the events and the invalid lines of objects, as Arrow batches of which SQL makes rows of history."""

import json
import re
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import sub
from typing import Any, NamedTuple

import pyarrow as pa

from ses_history.store.layouts import (
    EVENT_BYTES,
    NOT_AN_EVENT,
    NOT_JSON,
    TOO_LONG,
    Event,
    Invalid,
    compact,
    found,
    is_event,
)
from ses_history.store.unpack import Break, unpacked

SCHEMA: Any = pa.schema(
    [
        ("object_no", pa.int32()),
        ("line_no", pa.int32()),
        ("line", pa.string()),
        ("invalid", pa.string()),
        ("invalid_lines", pa.int32()),
    ]
)
"""What `sql/rows.sql` reads, a row for each event and each invalid line; lines are counted from 1.

`line` is the event as JSON, and empty for an invalid line; `invalid` is why it is invalid, and NULL for an event;
`invalid_lines` is for how many invalid lines the row stands, 0 for an event.
"""

_BATCH_BYTES = 1 << 21
"""Of a batch: few enough to stay near the processor, enough for hundreds of events."""

_BATCH_ROWS = 2000

_EVENTS = 10_000
"""In a batch. Events are longer than more would be, and SQL takes longer to refuse a line than to read several."""

_LISTED = 1000
"""Invalid lines of an object that have a row of their own."""

_SHORT = 16
"""Bytes that no event is as short as: where a line is, there may be blank ones."""

_LINE = re.compile(rb"[^ \t\r\n][^\n]*\n?")


class _Numbered(NamedTuple):
    """Lines that are not blank, and may be events."""

    numbers: "array[int]"
    text: bytes
    starts: "array[int]"


class _Lines(NamedTuple):
    """Whole lines, of which only the last may lack its end."""

    line_no: int
    text: bytes
    starts: "array[int]"
    """Where each begins in the text, and where the last ends."""


def line_batches(bodies: Iterable[tuple[int, Iterable[bytes]]], *, careful: bool = False) -> Iterator[Any]:
    """The events and invalid lines of objects, each given by its number and its bytes, as Arrow batches of `SCHEMA`.

    The chunks of a body are of any size, and what iterating over them raises is raised here. An object that begins
    with an event in a line of its own, as what this pipeline writes does, has its other lines taken for events as they
    are, which is fast. Any other is read carefully at once. Without `careful` the rows of an object end at a line that
    is seen to be no event, or one of them is: then they have a line that is invalid, and are to be read again with it.
    """
    for object_no, body in bodies:
        items = unpacked(body)
        is_plain = False
        if not careful:
            is_plain, items = _begins_with_event(items)
        rows = _Rows(object_no)
        for item in _listed(_lines(items) if is_plain else found(items)):
            if isinstance(item, _Lines):
                numbered = _numbered(item)
                if not numbered:
                    yield from rows.add(Invalid(item.line_no, NOT_JSON))
                    break
                yield from rows.taken()
                yield _batch(object_no, numbered)
            else:
                yield from rows.add(item)
                if not careful and isinstance(item, Invalid) and item.reason in (NOT_JSON, NOT_AN_EVENT):
                    break
        yield from rows.taken()


def _begins_with_event(items: Iterator[bytes | Break]) -> tuple[bool, Iterator[bytes | Break]]:
    """Whether the first line is an event, and all of the items again."""
    head, line, size = list[bytes | Break](), list[bytes](), 0
    for item in items:
        head.append(item)
        if isinstance(item, Break):
            break
        end = item.find(b"\n")
        line.append(item if end < 0 else item[:end])
        size += len(line[-1])
        if end >= 0 or size > EVENT_BYTES:
            break
    return _is_event(b"".join(line)), chain(head, items)


def _is_event(line: bytes) -> bool:
    try:
        return is_event(json.loads(line.decode(errors="replace")))
    except (ValueError, RecursionError):
        return False


def _lines(items: Iterable[bytes | Break]) -> Iterator[_Lines | Invalid]:
    """The lines of a text that are not blank, but for those that are too long."""
    line_no = 1
    for item in _whole_lines(items):
        if isinstance(item, bytes):
            text = item if item.isascii() else item.decode(errors="replace").encode()
            if text.isspace():
                line_no += text.count(b"\n") + (not text.endswith(b"\n"))
                continue
            starts = array("i", [0])
            starts.extend(_line_ends(text))
            if starts[-1] != len(text):
                starts.append(len(text))
            yield _Lines(line_no, text, starts)
            line_no += len(starts) - 1
        elif item.reason is not None:
            yield Invalid(line_no, item.reason)
            line_no += item.reason == TOO_LONG


def _whole_lines(items: Iterable[bytes | Break]) -> Iterator[bytes | Break]:
    """The same text, cut at ends of lines, with a `Break` in the place of each line that is too long."""
    held, size, unfinished, is_in_long_line = list[bytes](), 0, 0, False
    for item in chain(items, [Break(None)]):
        if isinstance(item, Break):
            if held:
                yield b"".join(held)
            yield item
            held, size, unfinished, is_in_long_line = list[bytes](), 0, 0, False
            continue
        block = item
        if is_in_long_line:
            _, end, block = block.partition(b"\n")
            is_in_long_line = not end
        first = block.find(b"\n")
        if unfinished + (first if first >= 0 else len(block)) > EVENT_BYTES:
            text = b"".join(held)
            if before := text[: text.rfind(b"\n") + 1]:
                yield before
            yield Break(TOO_LONG)
            held, size, unfinished, is_in_long_line = list[bytes](), 0, 0, first < 0
            block = block[first + 1 :] if first >= 0 else b""
        end_of_last = block.rfind(b"\n") + 1
        size += len(block)
        if end_of_last and size >= _BATCH_BYTES:
            yield b"".join([*held, block[:end_of_last]])
            held, size = list[bytes](), len(block) - end_of_last
            block = block[end_of_last:]
            end_of_last = 0
            unfinished = 0
        unfinished = len(block) - end_of_last if end_of_last else unfinished + len(block)
        if block:
            held.append(block)


def _listed(items: Iterable[_Lines | Event | Invalid]) -> Iterator[_Lines | Event | Invalid]:
    """The same, with one row at the end for the invalid lines after the first thousand."""
    listed, first, more = 0, None, 0
    for item in items:
        if not isinstance(item, Invalid):
            yield item
        elif listed < _LISTED:
            listed += 1
            yield item
        else:
            first = first or item
            more += item.lines
    if first:
        yield first._replace(lines=more)


class _Rows:
    """Rows of an object that were read one by one, until they are enough for a batch."""

    def __init__(self, object_no: int) -> None:
        self._object_no = object_no
        self._rows: list[tuple[int, bytes, str | None, int]] = []
        self._size = 0

    def add(self, item: Event | Invalid) -> Iterator[Any]:
        """Add the row of an event or of invalid lines; a batch when there are enough."""
        if isinstance(item, Event):
            row = item.line_no, compact(item), None, 0
        else:
            row = item.line_no, b"", item.reason, item.lines
        self._rows.append(row)
        self._size += len(row[1])
        if self._size > _BATCH_BYTES or len(self._rows) == _BATCH_ROWS:
            yield from self.taken()

    def taken(self) -> Iterator[Any]:
        """The rest as a batch, if there is any."""
        if self._rows:
            numbers, lines, reasons, counts = zip(*self._rows, strict=True)
            self._rows.clear()
            self._size = 0
            yield pa.RecordBatch.from_arrays(
                [
                    _numbers(array("i", [self._object_no]) * len(numbers)),
                    _numbers(array("i", numbers)),
                    pa.array(lines, pa.string()),
                    pa.array(reasons, pa.string()),
                    _numbers(array("i", counts)),
                ],
                schema=SCHEMA,
            )


def _batch(object_no: int, lines: _Numbered) -> Any:
    count = len(lines.numbers)
    return pa.RecordBatch.from_arrays(
        [
            _numbers(array("i", [object_no]) * count),
            _numbers(lines.numbers),
            pa.StringArray.from_buffers(count, pa.py_buffer(lines.starts), pa.py_buffer(lines.text)),
            pa.nulls(count, pa.string()),
            _numbers(array("i", [0]) * count),
        ],
        schema=SCHEMA,
    )


def _numbered(lines: _Lines) -> _Numbered | None:
    """The lines that are not blank; None where the shortest is no event, or any of very many."""
    line_no, text, starts = lines
    if len(starts) > _EVENTS and not all(_is_event(line) for line in text.split(b"\n") if line.strip()):
        return None
    numbered = _Numbered(array("i", range(line_no, line_no + len(starts) - 1)), text, starts)
    lengths = list(map(sub, starts[1:], starts))
    if min(lengths) < _SHORT:
        numbered = _without_blank_lines(lines)
        lengths = list(map(sub, numbered.starts[1:], numbered.starts))
    shortest = lengths.index(min(lengths))
    line = numbered.text[numbered.starts[shortest] : numbered.starts[shortest + 1]]
    return numbered if _is_event(line) else None


def _without_blank_lines(lines: _Lines) -> _Numbered:
    line_no, text, _ = lines
    numbers, kept, at, starts = array("i"), list[bytes](), 0, array("i", [0])
    for line in _LINE.finditer(text):
        line_no += text.count(b"\n", at, line.start())
        at = line.start()
        numbers.append(line_no)
        kept.append(line[0])
        starts.append(starts[-1] + len(line[0]))
    return _Numbered(numbers, b"".join(kept), starts)


def _line_ends(text: bytes) -> Iterator[int]:
    end = 0
    while end := text.find(b"\n", end) + 1:
        yield end


def _numbers(values: "array[int]") -> Any:
    return pa.Array.from_buffers(pa.int32(), len(values), [None, pa.py_buffer(values)])
