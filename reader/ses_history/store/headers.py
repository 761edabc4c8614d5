"""Text and addresses of mail headers, as people read them."""

import codecs
import re
import unicodedata
from binascii import a2b_base64, a2b_qp

_FOLD = re.compile(r"\r?\n(?=[ \t])")
"""What folds a header (RFC 5322, 2.2.3)."""

_LINE_ENDS = re.compile(r"[\r\n]+")

_ENCODED_WORDS = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=(?:\s*=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)*")
"""Encoded words (RFC 2047) that follow each other: the blanks between them are no text."""

_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")
_ISO_2022_JP = re.compile(rb"\x1b(\$[@B]|\([BJI])")
"""Where it goes on in another of its charsets: https://encoding.spec.whatwg.org/#iso-2022-jp-decoder"""

_INTERNATIONAL = re.compile(r"\bxn--[a-z0-9-]+", re.IGNORECASE)

_SURROGATE = re.compile("[\ud800-\udfff]")

_LONGEST = 20_000
"""Characters of a header that is decoded: SES cuts headers above 10 KB, and decoding takes longer the more there is."""

_CHARSETS = {
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "euc-jp": "euc_jis_2004",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
}
"""What mailers write more of than the charset they name has: https://encoding.spec.whatwg.org/#names-and-labels"""

_NO_CHARSETS = ("idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape")
"""Codecs of Python that no mail is in."""

_LONGEST_LABEL, _LONGEST_DOMAIN = 63, 255
"""RFC 1035, 2.3.4."""


def text(header: str) -> str:
    """A header's text: unfolded, its encoded words decoded, in the normal form NFC.

    What cannot be decoded is U+FFFD, and an encoded word that is none stays as it is.
    """
    unfolded = _LINE_ENDS.sub(" ", _FOLD.sub("", header))
    is_short = len(unfolded) <= _LONGEST
    decoded = _ENCODED_WORDS.sub(lambda words: _decoded(words[0]), unfolded) if is_short else unfolded
    return unicodedata.normalize("NFC", _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", decoded))


def address(written: str) -> str:
    """An address in the spelling that all its spellings share but for case: NFC, and the domain as people read it."""
    local, at, domain = unicodedata.normalize("NFC", written).rpartition("@")
    return f"{local}{at}{_readable(domain)}" if at else domain


def sender(header: str) -> str:
    """The text of a header that holds an address, with its international domain as text."""
    return _INTERNATIONAL.sub(lambda label: _label(label[0].lower()), text(header))


def comparable(text: str) -> str:
    """A text, or an address, as it is compared: in the form NFKC, in which full-width is half-width, without case."""
    local, at, domain = unicodedata.normalize("NFKC", address(text)).rpartition("@")
    return f"{local.casefold()}{at}{domain.lower()}" if at else domain.casefold()  # of ß there are domains of its own


def _decoded(words: str) -> str:
    """Encoded words as text. Those that follow each other in a charset may share a character."""
    parts = list[tuple[str, bytes]]()
    for charset, encoding, text in _WORD.findall(words):
        data = _from_base64(text) if encoding in "bB" else a2b_qp(text.encode(errors="replace"), header=True)
        name = charset.partition("*")[0].lower()  # a language may follow (RFC 2231)
        if parts and parts[-1][0] == name:
            parts[-1] = name, parts[-1][1] + data
        else:
            parts.append((name, data))
    return "".join(_of_charset(data, name) for name, data in parts)


def _from_base64(text: str) -> bytes:
    """What can be read of it: without what is no Base64, or stands alone at the end."""
    digits = re.sub("[^A-Za-z0-9+/]", "", text)
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return a2b_base64(whole + "=" * (-len(whole) % 4))


def _of_charset(data: bytes, name: str) -> str:
    if name == "iso-2022-jp":
        return _of_iso_2022_jp(data)
    try:
        codec = codecs.lookup(_CHARSETS.get(name, name)).name
        return data.decode("utf-8" if codec in _NO_CHARSETS else codec, errors="replace")
    except (LookupError, ValueError):
        return data.decode(errors="replace")


def _of_iso_2022_jp(data: bytes) -> str:
    """As mailers write it: with half-width kana, and the characters that NEC added, such as ① and ㈱."""
    text = ""
    parts = [b"(B", *_ISO_2022_JP.split(data)]
    for escape, part in zip(parts[::2], parts[1::2], strict=True):
        high = bytes(byte | 0x80 for byte in part)
        match escape:
            case b"$@" | b"$B":
                text += high.decode("euc_jis_2004", errors="replace")
            case b"(I":
                text += high.decode("cp932", errors="replace")
            case _:
                text += part.decode("ascii", errors="replace")
    return text


def _readable(domain: str) -> str:
    """The domain with its international labels (RFC 5890) as text."""
    if "xn--" not in domain.lower() or len(domain) > _LONGEST_DOMAIN:
        return domain
    return ".".join(map(_label, domain.lower().split(".")))


def _label(label: str) -> str:
    if not label.startswith("xn--") or len(label) > _LONGEST_LABEL:
        return label
    try:
        return label.removeprefix("xn--").encode().decode("punycode")
    except ValueError:
        return label
