"""Records: the lines of objects, as Arrow batches of which SQL makes rows of history."""

from array import array
from collections.abc import Iterable, Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import Any

import pyarrow as pa
from isal.igzip_lib import DECOMP_GZIP, IgzipDecompressor, IsalError

_BLOCK = 1 << 21
"""Bytes decompressed at once: few enough to stay near the processor, enough for hundreds of records."""

_FED = 1 << 17
"""Bytes of gzip handed over at once: what follows a member is copied for each, so it is kept short."""

_GZIP = b"\x1f\x8b"

TRUNCATED = "<the gzip data ends here, before its end>"
"""The invalid line that stands for what cannot be decompressed."""

SCHEMA: Any = pa.schema([("object_no", pa.int32()), ("line_no", pa.int32()), ("line", pa.string())])
"""The lines of objects as `sql/rows.sql` reads them; lines are counted from 1."""


def line_batches(bodies: Iterable[tuple[int, bytes]]) -> Iterator[Any]:
    """The lines of objects, each given by its number and its bytes, as Arrow batches of `SCHEMA`.

    A body is gzip, of one or several members, or text. One that is truncated gives the lines before the break, the
    part of a line there, and `TRUNCATED`.
    """
    for object_no, body in bodies:
        line_no = 1
        for text in _whole_lines(_text(body)):
            batch = _batch(object_no, line_no, text)
            line_no += batch.num_rows
            yield batch


def line(body: bytes, line_no: int) -> bytes:
    """One line of an object's body, counted from 1; raises IndexError."""
    for text in _whole_lines(_text(body)):
        lines = text.split(b"\n")
        complete = len(lines) - (not lines[-1])
        if line_no <= complete:
            return lines[line_no - 1]
        line_no -= complete
    raise IndexError(line_no)


def decoded_words(header: str) -> str:
    """A header's text with its encoded words (RFC 2047) decoded; as it is, where they are invalid."""
    if not header.isascii():
        return header
    try:
        return str(make_header(decode_header(header)))
    except (LookupError, MessageError, ValueError):
        return header


def _text(body: bytes) -> Iterator[bytes]:
    if not body.startswith(_GZIP):
        yield body
        return
    start = 0
    try:
        while start < len(body):
            member = IgzipDecompressor(flag=DECOMP_GZIP)
            while not member.eof:
                fed = body[start : start + _FED] if member.needs_input else b""
                start += len(fed)
                if block := member.decompress(fed, _BLOCK):
                    yield block
                elif member.needs_input and start == len(body):
                    raise EOFError  # noqa: TRY301
            start -= len(member.unused_data)
            while body[start : start + 1] == b"\0":
                start += 1
    except (EOFError, IsalError):  # pyrefly: ignore[not-a-type] its stubs have an instance here
        yield b"\n" + TRUNCATED.encode() + b"\n"


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text, cut at ends of lines."""
    unfinished: list[bytes] = []
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join([*unfinished, block[:end]])
            unfinished = []
        unfinished.append(block[end:])
    if rest := b"".join(unfinished):
        yield rest


def _batch(object_no: int, first_line_no: int, text: bytes) -> Any:
    if not text.isascii():
        text = text.decode(errors="replace").encode()
    starts = array("i", [0])
    starts.extend(_line_ends(text))
    if starts[-1] != len(text):
        starts.append(len(text))
    count = len(starts) - 1
    lines = pa.StringArray.from_buffers(count, pa.py_buffer(starts), pa.py_buffer(text))
    return pa.RecordBatch.from_arrays(
        [
            _numbers(array("i", [object_no]) * count),
            _numbers(array("i", range(first_line_no, first_line_no + count))),
            lines,
        ],
        schema=SCHEMA,
    )


def _line_ends(text: bytes) -> Iterator[int]:
    end = 0
    while end := text.find(b"\n", end) + 1:
        yield end


def _numbers(values: "array[int]") -> Any:
    return pa.Array.from_buffers(pa.int32(), len(values), [None, pa.py_buffer(values)])
