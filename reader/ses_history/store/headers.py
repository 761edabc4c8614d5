"""Text and addresses of mail headers, as people read them."""

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header

_FOLD = re.compile(r"\r?\n(?=[ \t])")
"""What folds a header (RFC 5322, 2.2.3)."""

_LINE_ENDS = re.compile(r"[\r\n]+")

_ENCODED_WORDS = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=(?:\s*=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)*")
"""Encoded words (RFC 2047) that follow each other: the blanks between them are no text."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def text(header: str) -> str:
    """A header's text: unfolded, its encoded words decoded, in the normal form NFC.

    What cannot be decoded is U+FFFD, and an encoded word that is none stays as it is.
    """
    unfolded = _LINE_ENDS.sub(" ", _FOLD.sub("", header))
    decoded = _ENCODED_WORDS.sub(lambda words: _decoded(words[0]), unfolded)
    return unicodedata.normalize("NFC", _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", decoded))


def address(written: str) -> str:
    """An address in the spelling that all its spellings share but for case: NFC, and the domain as people read it."""
    local, at, domain = unicodedata.normalize("NFC", written).rpartition("@")
    return f"{local}{at}{_readable(domain)}" if at else domain


def comparable(text: str) -> str:
    """A text, or an address, as it is compared: in the form NFKC, in which full-width is half-width, without case."""
    return unicodedata.normalize("NFKC", address(text)).casefold()


def _decoded(words: str) -> str:
    try:
        return "".join(_of_charset(part, charset) for part, charset in decode_header(words))
    except (HeaderParseError, ValueError):
        return words


def _of_charset(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    try:
        return part.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):
        return part.decode(errors="replace")


def _readable(domain: str) -> str:
    """The domain with its international labels (RFC 5890) as text."""
    try:
        return domain.lower().encode().decode("idna") if "xn--" in domain.lower() else domain
    except ValueError:
        return domain
