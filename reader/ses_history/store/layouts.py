"""Layouts: the events in a text, however they lie in it, and the lines that hold none.

A text is JSON values, one after another: on a line each, several in a line, over several lines, or in arrays. An event
is an object with an event type and a mail. Whatever else holds an event is an envelope, as those of SNS, SQS, Lambda,
EventBridge and CloudWatch Logs are, and what Firehose keeps of what it could not deliver: at any key, as it is, as text
or in Base64, which may be packed.
"""

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Any, NamedTuple

from ses_history.store.unpack import Allowance, Break, Texts, readable, unpacked

EVENT_BYTES = 4 << 20
"""What an event may have: a record of Firehose has at most 1,000 KiB, of which an envelope makes somewhat more."""

TOO_LONG = "longer than 4 MB"
NOT_JSON = "not JSON"
NOT_AN_EVENT = "not an event"
_TOO_DEEP = "nested too deeply"
_OF_VALUES = {NOT_JSON, NOT_AN_EVENT, TOO_LONG, _TOO_DEEP}
"""Reasons that lie in a value: all others are why what follows is not read."""

_PIECE = 1 << 16
"""Bytes read at once. Each piece is as long, whatever the chunks are: so the same bytes always give the same."""

_SHORT = 1 << 12

_LEAST = len('{"eventType":"","mail":{}}')
"""What an event has at least, in whatever it is."""

_DEPTH = 32
"""How deep an event may lie in envelopes, each array, object and text of which counts."""

_CREDIT = 4 * EVENT_BYTES
"""Bytes that may be read twice, behind the beginning of a broken value, beyond once for each that was read."""

_CUT = 16
"""From the end of what was read so far, where a value seems broken that may only be cut: more than any escape has."""

_TRIES = 16
"""Objects that break off in a line, without an event between, before the line is given up."""

_PATIENCE = 1_000_000
"""Values without an event between, before the rest of a text is only counted."""

_PACKED_BYTES = 4 << 30
"""Of what is packed in the texts of an object, beyond what they have themselves."""

_BETWEEN = re.compile(r"(?:[ \t\r\n,\]\0\xef\xbb\xbf]+|\[+(?![ \t\r\n,]*\]))++")
"""What stands between values, byte order marks as well: these are in Latin-1, as all of the text is here."""

_SCALAR = r"(?:true|false|null|-?\d[\d.eE+-]*+)(?![^ \t\r\n,\[\]])"
_SMALL = rf'(?:{_SCALAR}|"[^"\\\0-\x1f]{{0,23}}"|\[[ \t\r\n,]*\]|\{{[ \t\r\n]*\}})'
_SMALL_VALUES = re.compile(rf"{_SMALL}(?:[ \t\r,\[\]]*{_SMALL})*+")
"""Values that are too short for an event."""

_OBJECT = r'\{(?![ \t\r\n]*[^ \t\r\n"}\\])'
"""A brace that an object may begin with, or one in a text, where an escape follows."""
_VALUE = re.compile(rf'{_OBJECT}|"')
_NEXT = re.compile(rf"{_OBJECT}|\n")
"""Where in other text an object may begin, or a line."""
_LINE_END = re.compile(r"\n")

_SEPARATOR = re.compile(r"[ \t\r\n,:]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]{16,}[=\r\n]*")
"""In lines or not, with padding or without, and that for addresses of the Web as well."""
_BASE64_STANDARD = bytes.maketrans(b"-_", b"+/")
_HALF = re.compile(r"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u[dD][89a-fA-F]..|(\\.)")
"""Escapes in JSON: a surrogate without its other half is in neither group."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class Event(NamedTuple):
    """An event, as its bytes are in the object, or in the text that it was in there."""

    line_no: int
    raw: bytes
    is_notification: bool
    """Whether its type is its `notificationType`."""


class Invalid(NamedTuple):
    """An invalid line, or several."""

    line_no: int
    reason: str
    lines: int = 1


def is_event(value: Any, type_key: str = "eventType") -> bool:
    """Whether a JSON value is an event as SES publishes it to Firehose."""
    return isinstance(value, dict) and isinstance(value.get(type_key), str) and isinstance(value.get("mail"), dict)


def found(items: Iterable[bytes | Break]) -> Iterator[Event | Invalid]:
    """The events and the invalid lines of an object, unpacked once, in their order."""
    return _found(Texts(readable(items)), _DEPTH, _Bounds(Allowance(_PACKED_BYTES), _Patience(_PATIENCE)))


def _found(texts: Texts, depth: int, bounds: "_Bounds") -> Iterator[Event | Invalid]:
    line_no = 1
    while True:
        text = _Text(texts, line_no, depth, bounds)
        yield from text.found()
        line_no = text.line_no + (not text.at_line_start)
        end = texts.next_text()
        if end is None:
            return
        if end.reason is not None:
            yield Invalid(line_no, end.reason)


def events_in(body: Iterable[bytes]) -> int:
    """How many events an object holds."""
    return sum(isinstance(item, Event) for item in found(unpacked(body)))


def events_on_lines(body: Iterable[bytes], line_numbers: AbstractSet[int]) -> Iterator[tuple[int, bytes]]:
    """The events that begin on some lines of an object, counted from 1, each with its line and its bytes there.

    Of one that is in an envelope as text this is the text.
    """
    last = max(line_numbers)
    for item in found(unpacked(body)):
        if item.line_no > last:
            return
        if item.line_no in line_numbers and isinstance(item, Event):
            yield item.line_no, item.raw


def compact(event: Event) -> bytes:
    """An event as a line of JSON, in valid UTF-8 and with an `eventType`."""
    text = event.raw.decode(errors="replace")
    if event.is_notification:
        start, end = next(key for key, _, _ in _parts(text, 0) if text[slice(*key)] == '"notificationType"')
        text = f'{text[:start]}"eventType"{text[end:]}'
    if "\n" in text:
        text = "".join(line.strip(" \t\r") for line in text.split("\n"))
    if "\\u" in text:
        text = _HALF.sub(lambda escape: escape[0] if escape[1] or escape[2] else "\\ufffd", text)
    return text.encode()


class _Patience:
    """How many values are read without an event between."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.left = most

    def renew(self) -> None:
        self.left = self._most


class _Bounds(NamedTuple):
    """What is read at most of a text, and of those in it."""

    allowance: Allowance
    patience: _Patience
    is_packed: bool = False
    """Whether it is of a text that was packed in another: a short one may become a long one, but not make long work."""

    def of_text(self) -> "_Bounds":
        return self if self.is_packed else self._replace(patience=_Patience(_PATIENCE))

    def of_packed(self, size: int) -> "_Bounds":
        patience = self.patience if self.is_packed else _Patience(size)
        return _Bounds(self.allowance.within(size), patience, is_packed=True)


class _Broken(NamedTuple):
    reason: str
    end: int
    """As far as it was read."""


def _refuse(constant: str) -> float:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_int=float)  # an int of thousands of digits would raise
_STRICT_DECODER = json.JSONDecoder(parse_int=float, parse_constant=_refuse)


class _Text:
    """One text, read through a window in which there is at most one value of the greatest length, and a piece.

    The window is in Latin-1, a character for each byte, so that a place in it is a place in the object.
    """

    def __init__(self, texts: Texts, line_no: int, depth: int, bounds: _Bounds) -> None:
        self.line_no = line_no
        self.at_line_start = True
        self._texts = texts
        self._depth = depth
        self._bounds = bounds
        self._patience = bounds.patience
        self._window = ""
        self._at = 0
        self._noted: Invalid | None = None
        self._is_prefix = False
        self._open_array: int | None = None
        """Its line, as long as nothing but other arrays was in it."""

        self._in_broken = False
        self._is_inner = False
        self._credit = 0 if bounds.is_packed else _CREDIT
        self._tries = _TRIES

    def found(self) -> Iterator[Event | Invalid]:
        """The events and the invalid lines, in their order: at most one invalid line for each line."""
        while True:
            more = self._skip_between()
            if self._noted and (not more or self._noted.line_no < self.line_no):
                yield self._noted
                self._noted = None
            if not more:
                return
            if self._patience.left < 0:
                yield self._rest()
                return
            if small := _SMALL_VALUES.match(self._window, self._at):
                self._note(NOT_AN_EVENT, is_prefix=True)
                self._skip_to(small.end())
            elif _VALUE.match(self._window, self._at):
                yield from self._value()
            else:
                self._note(NOT_JSON, is_prefix=True)
                self._skip_other()

    def _value(self) -> Iterator[Event | Invalid]:
        decoded = self._decoded()
        if isinstance(decoded, _Broken):
            self._note(decoded.reason)
            self._skip_broken(decoded)
            return
        value, end = decoded
        is_short = end - self._at < _LEAST
        items = () if is_short else self._items(self._at, end, value, self._depth)
        line_no, at, has_event, invalid = self.line_no, self._at, False, None
        for start, item in items:
            line_no += self._window.count("\n", at, start)
            at = start
            if isinstance(item, Invalid):
                if not invalid:
                    invalid = Invalid(line_no, item.reason)
                    if has_event:
                        yield invalid
                continue
            if not has_event:
                has_event = True
                if self._noted and not self._is_prefix:
                    yield self._noted
                self._noted = None
                if invalid:
                    yield invalid
            self._patience.renew()
            yield item._replace(line_no=line_no)
        if has_event:
            self._in_broken = False
            self._tries = _TRIES
        else:
            self._note(invalid.reason if invalid else NOT_AN_EVENT)
        self._skip_to(end)

    def _items(self, start: int, end: int, value: Any, depth: int) -> Iterator[tuple[int, Event | Invalid]]:
        """The events in a value of the window, and why a text in it was not read to its end, each with its place."""
        window = self._window
        if is_event(value):
            yield start, Event(0, window[start:end].encode("latin-1"), is_notification=False)
        elif is_event(value, "notificationType"):
            yield start, Event(0, window[start:end].encode("latin-1"), is_notification=True)
        elif depth and window[start] in "{[":
            for _, (first, last), part in _parts(window, start):
                if window[first] in '{["':
                    yield from self._items(first, last, part, depth - 1)
        elif depth and isinstance(value, str):
            for item in self._items_within(window[start:end], value, depth - 1):
                if isinstance(item, Event) or item.reason not in _OF_VALUES:
                    yield start, item

    def _items_within(self, json_text: str, value: str, depth: int) -> Iterator[Event | Invalid]:
        """The same of the text that a text in JSON holds."""
        if "{" in value:
            text = _text_within(json_text, value)
            yield from _Text(Texts([text]), 1, depth, self._bounds.of_text()).found()
        elif data := _from_base64(value):
            bounds = self._bounds.of_packed(len(data))
            yield from _found(Texts(readable([data], bounds.allowance)), depth, bounds)

    def _decoded(self) -> tuple[Any, int] | _Broken:
        """The value that begins here, and its end."""
        while True:
            window, start = self._window, self._at
            try:
                value, end = _DECODER.raw_decode(window, start)
            except RecursionError:
                return _Broken(_TOO_DEEP, len(window))
            except json.JSONDecodeError as error:
                is_cut = error.pos > len(window) - _CUT or error.msg.startswith("Unterminated")
                if is_cut and len(window) - start > EVENT_BYTES:
                    return _Broken(TOO_LONG, len(window))
                if is_cut and self._more():
                    continue
                return _Broken(NOT_JSON, len(window) if is_cut else error.pos)
            if end - start > EVENT_BYTES:
                return _Broken(TOO_LONG, end)
            if not _is_strict(window, start, end):
                return _Broken(NOT_JSON, end)
            return value, end

    def _skip_broken(self, broken: _Broken) -> None:
        """Go on where an event may begin: in what is broken, if that was not read too often."""
        self._in_broken = True
        self._tries -= 1
        length = broken.end - self._at
        if length > self._credit:
            self._skip_to(broken.end)
        else:
            self._credit -= length
            self._skip_to(self._at + 1)
        self._skip_other(_LINE_END if self._tries < 0 or broken.reason == _TOO_DEEP else _NEXT)

    def _rest(self) -> Invalid:
        """What is left of the text, as invalid lines."""
        line_no = self.line_no
        self._skip_to(len(self._window))
        while self._more():
            self._skip_to(len(self._window))
        return Invalid(line_no, NOT_JSON, self.line_no - line_no + (not self.at_line_start))

    def _skip_other(self, pattern: re.Pattern[str] = _NEXT) -> None:
        while not (following := pattern.search(self._window, self._at)):
            self._skip_to(len(self._window) - 1)  # what may be a quotation mark
            if not self._more():
                self._skip_to(len(self._window))
                return
        start = following.start()
        is_quoted = following[0] == "{" and start > self._at and self._window[start - 1] == '"'
        self._skip_to(start - is_quoted)

    def _skip_between(self) -> bool:
        """Pass over what stands between values; False at the end of the text."""
        is_new_line = self.at_line_start
        while True:
            if len(self._window) - self._at < _CUT:
                self._more()
            if self._at == len(self._window):
                if self._open_array is not None:
                    self._note(NOT_JSON, self._open_array)
                return False
            if not (between := _BETWEEN.match(self._window, self._at)):
                break
            if (bracket := self._window.rfind("[", self._at, between.end())) >= 0:
                self._open_array = self.line_no + self._window.count("\n", self._at, bracket)
            self._skip_to(between.end())
            is_new_line |= "\n" in between[0]
            self._is_inner = between[0][-1] in " \t"
        if is_new_line:
            self._is_inner |= self._window[self._at] == "}"
            self._in_broken &= self._is_inner
            self._tries = _TRIES
        self._open_array = None
        return True

    def _note(self, reason: str, line_no: int | None = None, *, is_prefix: bool = False) -> None:
        """Note that a line is invalid, unless it has an event and this is only what stands before it.

        What follows a broken value is a part of it as long as its lines are indented: pretty-printed, it is one.
        """
        self._patience.left -= 1
        if self._in_broken and self._is_inner:
            return
        if self._noted is None or self._noted.reason == NOT_AN_EVENT:
            self._noted = Invalid(line_no or self.line_no, reason)
            self._is_prefix = is_prefix

    def _skip_to(self, end: int) -> None:
        if end > self._at:
            self.line_no += self._window.count("\n", self._at, end)
            self.at_line_start = self._window[end - 1] == "\n"
            self._at = end
        if self._at > max(_SHORT, len(self._window) // 16):  # JSON's errors count the lines before them
            self._window = self._window[self._at :]
            self._at = 0

    def _more(self) -> bool:
        """Have twice as much in the window, and a piece at least; False at the end of the text."""
        piece = self._texts.read(max(_PIECE, len(self._window) - self._at))
        if piece:
            self._window = self._window[self._at :] + piece.decode("latin-1")
            self._at = 0
            self._credit = min(_CREDIT, self._credit + len(piece))
        return bool(piece)


def _is_strict(window: str, start: int, end: int) -> bool:
    """Whether a value is without the numbers that JSON does not have, but Python's decoder takes."""
    if window.find("NaN", start, end) >= 0 or window.find("Infinity", start, end) >= 0:
        try:
            _STRICT_DECODER.raw_decode(window, start)
        except ValueError:
            return False
    return True


def _parts(window: str, start: int) -> Iterator[tuple[tuple[int, int], tuple[int, int], Any]]:
    """The parts of a valid object or array: where its key is, where its value is, and the value."""
    is_object = window[start] == "{"
    at = _after_separator(window, start + 1)
    while window[at] not in "}]":
        key = at, at
        if is_object:
            key = at, _DECODER.raw_decode(window, at)[1]
            at = _after_separator(window, key[1])
        value, end = _DECODER.raw_decode(window, at)
        yield key, (at, end), value
        at = _after_separator(window, end)


def _after_separator(window: str, at: int) -> int:
    separator = _SEPARATOR.match(window, at)
    return separator.end() if separator else at


def _text_within(json_text: str, value: str) -> bytes:
    """The text that a text in JSON holds."""
    if not json_text.isascii():
        value = json.loads(json_text.encode("latin-1").decode(errors="replace"))
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value).encode()


def _from_base64(value: str) -> bytes:
    """What a text is in Base64; nothing where it is not."""
    if _BASE64.fullmatch(value):
        digits = value.encode().translate(_BASE64_STANDARD, b"\r\n=")
        with suppress(binascii.Error):
            return b64decode(digits + b"=" * (-len(digits) % 4))
    return b""
