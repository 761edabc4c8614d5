"""Unpack: the text of an object, out of gzip, zip and other encodings, in pieces of any size and in flat memory."""

import codecs
import re
import struct
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import NamedTuple

from isal.igzip_lib import DECOMP_GZIP_NO_HDR, IgzipDecompressor, IsalError

_BLOCK = 1 << 18
"""Bytes decompressed at once: those before damaged data in the same block are lost, so it is kept small."""

_FED = 1 << 17
"""Bytes handed over at once: what follows a member is copied for each, so it is kept short."""

_GZIP = b"\x1f\x8b"
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)
"""The header of a gzip member, told from text and from compressed data."""
_MEMBER_BYTES = 10

_ZIP = b"PK\x03\x04"
_ZIP_DESCRIPTOR = b"PK\x07\x08"
_ZIP_HEADER = struct.Struct("<6xHH4xII4xHH")
_ZIP_NEXT = re.compile(rb"PK(?:\x03\x04|\x01\x02|\x05\x06|\x06\x06)")
_ZIP_END = re.compile(rb"PK(?:\x03\x04|\x01\x02|\x05\x06|\x06\x06|\x07\x08)")
_SIGNATURE_BYTES = 4
_ENCRYPTED, _SIZES_FOLLOW = 1, 8
_STORED, _DEFLATED = 0, 8
_ZIP64 = 0xFFFFFFFF

_MARKS = {
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
    codecs.BOM_UTF8: "utf-8",
}
_ZEROS: dict[tuple[bool, ...], str] = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
"""Which of the first four bytes of a text are zero where it has no byte order mark: JSON begins with ASCII."""

_INNER_BYTES = 16 << 30
"""Of what is packed twice: each time multiplies what a hostile object becomes by a thousand."""

_TEXT_BYTES = 64 << 20
"""Of what is packed in a text of a text."""

_SHARE = 16
"""What is packed in what was packed may have this part of that, so that all levels together are not much more."""


class Break(NamedTuple):
    """The end of a text before the end of its object, or of what can be read of it: then there is a reason."""

    reason: str | None


class Allowance:
    """How many bytes may be unpacked, as far as that within which it is allows them too."""

    def __init__(self, size: int, outer: "Allowance | None" = None) -> None:
        self._size = size
        self._left = size
        self._outer = outer

    def within(self, packed: int) -> "Allowance":
        """What is allowed for so many bytes that were unpacked here: a part of this, as they are, more of it."""
        self.give(packed)
        return Allowance(max(packed, min(self._size // _SHARE, _TEXT_BYTES)), self)

    def give(self, size: int) -> None:
        """Allow so many bytes more."""
        self._left += size
        if self._outer:
            self._outer.give(size)

    def take(self, size: int) -> bool:
        """Whether so many bytes more are allowed."""
        self._left -= size
        return self._left >= 0 and (self._outer is None or self._outer.take(size))


class Texts:
    """Texts, with a `Break` between two of them, to be read from the front; what reads one stops at its end."""

    def __init__(self, items: Iterable[bytes | Break]) -> None:
        self._items = _short(items)
        self._ahead = b""
        self._break: Break | None = None
        self._ended = False

    def ahead(self, size: int) -> bytes:
        """What comes next: so many bytes or more, or fewer at the end of the text."""
        while len(self._ahead) < size and self._more():
            pass
        return self._ahead

    def _more(self) -> bool:
        if self._break is None and not self._ended:
            match next(self._items, None):
                case None:
                    self._ended = True
                case Break() as end:
                    self._break = end
                case piece:
                    self._ahead = self._ahead + piece if self._ahead else piece
                    return True
        return False

    def some(self, most: int = _FED) -> bytes:
        """The next bytes, as many as are at hand; none at the end of the text."""
        return self.read(min(most, len(self.ahead(1))))

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer at the end of the text."""
        ahead = self.ahead(size)
        self._ahead = ahead[size:]
        return ahead[:size]

    def put_back(self, data: bytes) -> None:
        """Have these bytes come next again."""
        self._ahead = data + self._ahead

    def until(self, pattern: re.Pattern[bytes], size: int) -> Iterator[bytes]:
        """The bytes before what matches the pattern, which is of this size; or those to the end of the text."""
        while data := self.ahead(size):
            found = pattern.search(data)
            whole = len(data) < size
            end = found.start() if found else len(data) if whole else len(data) - size + 1
            if end:
                yield self.read(end)
            if found or whole:
                return

    def skip_zeros(self) -> None:
        """Pass over the zeros that come next, with which archives are filled up."""
        while data := self.ahead(1):
            kept = data.lstrip(b"\0")
            self._ahead = kept
            if kept:
                return

    def next_text(self) -> Break | None:
        """Go on to the next text, past the rest of this one; None where this was the last."""
        while self.some():
            pass
        end, self._break = self._break, None
        return end


def _short(items: Iterable[bytes | Break]) -> Iterator[bytes | Break]:
    for item in items:
        if isinstance(item, Break) or len(item) <= _FED:
            if item:
                yield item
        else:
            for start in range(0, len(item), _FED):
                yield item[start : start + _FED]


def _each(items: Iterable[bytes | Break], read: Callable[[Texts], Iterator[bytes | Break]]) -> Iterator[bytes | Break]:
    texts = Texts(items)
    while True:
        yield from read(texts)
        end = texts.next_text()
        if end is None:
            return
        yield end


def unpacked(items: Iterable[bytes | Break]) -> Iterator[bytes | Break]:
    """The text in the bytes of an object: of gzip members, of text between them, of the members of a zip archive."""
    return _each(items, _unpacked)


def readable(items: Iterable[bytes | Break], allowance: Allowance | None = None) -> Iterator[bytes | Break]:
    """What is `unpacked`, unpacked once more where it is still packed: in UTF-8, without a byte order mark."""
    return _each(_limited(unpacked(items), allowance or Allowance(_INNER_BYTES)), _in_utf8)


def _limited(items: Iterable[bytes | Break], allowance: Allowance) -> Iterator[bytes | Break]:
    for item in items:
        if not isinstance(item, Break) and not allowance.take(len(item)):
            yield Break("too long unpacked")
            return
        yield item


def _unpacked(texts: Texts) -> Iterator[bytes | Break]:
    if texts.ahead(_SIGNATURE_BYTES).startswith(_ZIP):
        yield from _zip_members(texts)
    while head := texts.ahead(len(_GZIP)):
        if head.startswith(_GZIP):
            yield from _gzip_member(texts)
        else:
            yield from texts.until(_MEMBER, _MEMBER_BYTES)


def _inflated(texts: Texts) -> Generator[bytes, None, tuple[int, int] | None]:
    """What deflated bytes are; returns its CRC and its size, None where the bytes end before. Raises IsalError."""
    stream, size, fed = IgzipDecompressor(flag=DECOMP_GZIP_NO_HDR), 0, b""
    try:
        while not stream.eof:
            needed = stream.needs_input
            given = texts.read(_FED) if needed else b""
            fed = given or fed
            if block := stream.decompress(given, _BLOCK):
                size += len(block)
                yield block
            elif needed and not given and not stream.eof:
                return None
    except IsalError:  # pyrefly: ignore[not-a-type] its stubs have an instance here
        texts.put_back(fed)  # where the next member may begin
        raise
    texts.put_back(stream.unused_data)
    return stream.crc, size


def _gzip_member(texts: Texts) -> Iterator[bytes | Break]:
    flags = texts.read(_MEMBER_BYTES)[3:4] or b"\0"
    _skip_rest_of_header(texts, flags[0])
    try:
        read = yield from _inflated(texts)
    except IsalError:  # pyrefly: ignore[not-a-type] its stubs have an instance here
        yield Break("damaged gzip")
        for _ in texts.until(_MEMBER, _MEMBER_BYTES):
            pass
        return
    trailer = texts.read(8)
    if read is None or len(trailer) < 8:  # noqa: PLR2004
        yield Break("truncated gzip")
    elif trailer != struct.pack("<II", read[0], read[1] & 0xFFFFFFFF):
        yield Break("wrong checksum")
    texts.skip_zeros()


def _skip_rest_of_header(texts: Texts, flags: int) -> None:
    extra, name, comment, checksum = (bool(flags & bit) for bit in (4, 8, 16, 2))
    if extra:
        texts.read(int.from_bytes(texts.read(2), "little"))
    for _ in range(name + comment):
        for _ in texts.until(re.compile(rb"\0"), 1):
            pass
        texts.read(1)
    if checksum:
        texts.read(2)


def _zip_members(texts: Texts) -> Iterator[bytes | Break]:
    """The text of each member, in the order of the archive: its directory, at the end, is not waited for."""
    while texts.ahead(_SIGNATURE_BYTES).startswith(_ZIP):
        yield from _zip_member(texts)
    if not _ZIP_NEXT.match(texts.ahead(_SIGNATURE_BYTES)):
        yield Break("truncated zip")
    while texts.some():
        pass


def _zip_member(texts: Texts) -> Iterator[bytes | Break]:
    header = texts.read(_ZIP_HEADER.size)
    if len(header) < _ZIP_HEADER.size:
        return
    flags, method, crc, size, name_size, extra_size = _ZIP_HEADER.unpack(header)
    name = texts.read(name_size)
    texts.read(extra_size)
    known = size != _ZIP64 and not (flags & _SIZES_FOLLOW and not size)
    stored = _sized(texts, size) if known else texts.until(_ZIP_END, _SIGNATURE_BYTES)
    reason: str | None = None
    if name.startswith(b"__MACOSX/"):  # what macOS puts beside each file
        _pass(stored)
    elif flags & _ENCRYPTED:
        _pass(stored)
        reason = "encrypted zip"
    elif method not in (_STORED, _DEFLATED):
        _pass(stored)
        reason = "zip of an unknown compression"
    else:
        try:
            read = yield from _inflated(texts) if method == _DEFLATED else _checked(stored)
        except IsalError:  # pyrefly: ignore[not-a-type] its stubs have an instance here
            reason = "damaged zip"
        else:
            follows = texts.ahead(8)[:8].removeprefix(_ZIP_DESCRIPTOR)[:4]
            if flags & _SIZES_FOLLOW:
                crc = int.from_bytes(follows, "little")
            if follows and read and read[0] != crc:
                reason = "wrong checksum"
    _pass(texts.until(_ZIP_NEXT, _SIGNATURE_BYTES))
    yield Break(reason)


def _sized(texts: Texts, size: int) -> Iterator[bytes]:
    while size and (some := texts.some(min(size, _FED))):
        size -= len(some)
        yield some


def _checked(pieces: Iterable[bytes]) -> Generator[bytes, None, tuple[int, int]]:
    """The same; returns their CRC and their size."""
    crc, size = 0, 0
    for piece in pieces:
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        yield piece
    return crc, size


def _pass(pieces: Iterable[bytes]) -> None:
    for _ in pieces:
        pass


def _in_utf8(texts: Texts) -> Iterator[bytes]:
    head = texts.ahead(4)[:4]
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    encoding = _MARKS[mark] if mark else _ZEROS.get(tuple(byte == 0 for byte in head), "utf-8")
    texts.read(len(mark))
    if encoding == "utf-8":  # what is invalid stays, for who wants the bytes
        while some := texts.some():
            yield some
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    while some := texts.some():
        yield decoder.decode(some).encode()
    yield decoder.decode(b"", final=True).encode()
