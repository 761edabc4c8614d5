"""Text and addresses of mail headers, as people read them."""

import re
import unicodedata
from binascii import a2b_base64, a2b_qp
from encodings import normalize_encoding
from encodings.aliases import aliases
from itertools import groupby
from typing import Literal

_FOLD = re.compile(r"\r?\n(?=[ \t])")
"""What folds a header (RFC 5322, 2.2.3)."""

_LINE_ENDS = re.compile(r"[\r\n]+")

_ENCODED_WORDS = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=(?:\s*=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)*")
"""Encoded words (RFC 2047) that follow each other: the blanks between them are no text."""

_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")
_ISO_2022_JP = re.compile(rb"\x1b(\$\(D|\$[@B]|\([BJI])")
"""Where it goes on in another of its charsets: https://encoding.spec.whatwg.org/#iso-2022-jp-decoder"""

_EUC_JP = re.compile(rb"\x8f[\xa1-\xfe]{2}|\x8e[\xa1-\xdf]|[\xa1-\xfe]{2}|.", re.DOTALL)
"""Its characters: https://encoding.spec.whatwg.org/#euc-jp-decoder"""

_INTERNATIONAL = re.compile(r"(?<![\w-])xn--[a-z0-9-]+", re.IGNORECASE)

_DOMAIN = re.compile(r"""(@[^\s@,;<>"]+)""")

_JOINERS = re.compile("[\u200c\u200d]")
"""What shows nothing, and still belongs into domains in Persian and Hindi (RFC 5892, A.1 and A.2)."""

_SURROGATE = re.compile("[\ud800-\udfff]")

_SHORT = 1000
"""Characters in which it takes no time to speak of to sort marks, however many there are."""

_NO_CHARSETS = {"base64_codec", "bz2_codec", "hex_codec", "mbcs", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
"""What has an alias in Python besides charsets."""

_CHARSETS = {charset: charset for charset in sorted({*aliases.values()} - _NO_CHARSETS)} | {
    "ascii": "cp1252",
    "big5": "big5hkscs",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "cp874": "cp874",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gb_2312_80": "gb18030",
    "gbk": "gb18030",
    "iso8859_11": "cp874",
    "iso8859_9": "cp1254",
    "iso_2022_jp_ms": "iso2022_jp",
    "iso_8859_8_i": "iso8859_8",
    "koi8_u": "koi8_u",
    "latin_1": "cp1252",
    "shift_jis": "cp932",
    "tis_620": "cp874",
    "windows_31j": "cp932",
    "windows_874": "cp874",
    "windows_949": "cp949",
    "x_euc_jp": "euc_jp",
    "x_gbk": "gb18030",
    "x_sjis": "cp932",
}
"""What mailers write, which may be more than the charset they name has, by that charset's name in Python, or by a name
that Python does not know: https://encoding.spec.whatwg.org/#names-and-labels"""

_UNREADABLE = "utf-8", "\N{REPLACEMENT CHARACTER}".encode()

_LONGEST_LABEL, _LONGEST_DOMAIN = 63, 255
"""RFC 1035, 2.3.4."""


def text(header: str) -> str:
    """A header's text: unfolded, its encoded words decoded, in the normal form NFC.

    What cannot be decoded is U+FFFD, and an encoded word that is none stays as it is.
    """
    decoded = _ENCODED_WORDS.sub(lambda words: _decoded(words[0]), _unfolded(header))
    return _normal("C", _unfolded(decoded))  # an encoded word may have ends of lines, too


def address(written: str) -> str:
    """An address in the spelling that all its spellings share but for case: NFC, and the domain as people read it."""
    local, at, domain = _normal("C", written).rpartition("@")
    return f"{local}{at}{_readable(domain)}" if at else domain


def sender(header: str) -> str:
    """The text of a header that holds an address, with its international domain as text."""
    return _INTERNATIONAL.sub(lambda label: _label(label[0].lower()), text(header))


def comparable(text: str) -> str:
    """A text, or an address, as it is compared: in the form NFKC, in which full-width is half-width, without case."""
    parts = _DOMAIN.split(address(_normal("KC", text)))  # of ß there are domains of its own
    return "".join(part.lower() if part.startswith("@") else part.casefold() for part in parts)


def _unfolded(header: str) -> str:
    return _LINE_ENDS.sub(" ", _FOLD.sub("", header))


def _normal(form: Literal["C", "KC"], text: str) -> str:
    """The form NFC or NFKC of a text, without surrogates.

    Python takes the square of their number to sort marks that follow each other, so those of a long text are sorted
    before: https://www.unicode.org/reports/tr15/#Canonical_Ordering
    """
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    if len(text) > _SHORT and not text.isascii():
        apart = "".join(unicodedata.normalize("NFD" if form == "C" else "NFKD", character) for character in text)
        runs = groupby(apart, key=lambda character: unicodedata.combining(character) > 0)
        text = "".join("".join(sorted(run, key=unicodedata.combining) if are_marks else run) for are_marks, run in runs)
    return unicodedata.normalize("NFC" if form == "C" else "NFKC", text)


def _decoded(words: str) -> str:
    """Encoded words as text. Those that follow each other in a charset may share a character."""
    parts = [_part(*word) for word in _WORD.findall(words)]
    of_charsets = groupby(parts, key=lambda part: part[0])
    return "".join(_of_charset(b"".join(data for _, data in of_one), charset) for charset, of_one in of_charsets)


def _part(charset: str, encoding: str, text: str) -> tuple[str, bytes]:
    """The charset that an encoded word is in, by its name in Python, and what it encodes."""
    data = _from_base64(text) if encoding in "bB" else a2b_qp(text.encode(errors="replace"), header=True)
    if text and not data:
        return _UNREADABLE
    name = normalize_encoding(charset.partition("*")[0]).lower()  # a language may follow (RFC 2231)
    return _CHARSETS.get(aliases.get(name, name), "utf-8"), data


def _from_base64(text: str) -> bytes:
    """What can be read of it: without what is no Base64, or stands alone at the end."""
    digits = re.sub("[^A-Za-z0-9+/]", "", text)
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return a2b_base64(whole + "=" * (-len(whole) % 4))


def _of_charset(data: bytes, charset: str) -> str:
    match charset:
        case "iso2022_jp":
            return _of_iso_2022_jp(data)
        case "euc_jp":
            return _of_euc_jp(data)
        case _:
            return data.decode(charset, errors="replace")


def _of_iso_2022_jp(data: bytes) -> str:
    """As mailers write it: with half-width kana, and the characters that NEC and IBM added, such as ①, ㈱ and 髙."""
    texts = list[str]()
    parts = [b"(B", *_ISO_2022_JP.split(data)]
    for escape, part in zip(parts[::2], parts[1::2], strict=True):
        high = bytes(byte | 0x80 for byte in part)
        match escape:
            case b"$@" | b"$B":
                texts.append(_of_euc_jp(high))
            case b"$(D":
                texts.append(_of_euc_jp(re.sub(rb"(..)", b"\x8f\\1", high)))
            case b"(I":
                texts.append(_of_euc_jp(re.sub(rb"(.)", b"\x8e\\1", high)))
            case _:
                texts.append(part.decode("ascii", errors="replace"))
    return "".join(texts)


def _of_euc_jp(data: bytes) -> str:
    return "".join(
        _of_jis(*found) if len(found) == 2 and found[0] >= 0xA1 else found.decode("euc_jp", errors="replace")  # noqa: PLR2004 - a row and a cell
        for found in _EUC_JP.findall(data)
    )


def _of_jis(row: int, cell: int) -> str:
    """A character of JIS X 0208, in EUC, as Windows reads it in Shift_JIS, which numbers two rows as one."""
    row, cell = row - 0xA1, cell - 0xA1
    lead = row // 2 + (0x81 if row < 62 else 0xC1)  # noqa: PLR2004 - half-width kana are between
    trail = cell + (0x9F if row % 2 else 0x40 if cell < 63 else 0x41)  # noqa: PLR2004 - 7F is left out
    character = bytes((lead, trail)).decode("cp932", errors="replace")
    return character if len(character) == 1 else "\N{REPLACEMENT CHARACTER}"


def _readable(domain: str) -> str:
    """The domain with its international labels (RFC 5890) as text."""
    if "xn--" not in domain.lower() or len(domain) > _LONGEST_DOMAIN:
        return domain
    return ".".join(map(_label, domain.lower().split(".")))


def _label(label: str) -> str:
    """The label as text, if that is one way to write it: not another domain's name, and nothing that cannot be seen."""
    if not label.startswith("xn--") or len(label) > _LONGEST_LABEL:
        return label
    try:
        read = label.removeprefix("xn--").encode().decode("punycode")
    except ValueError:
        return label
    is_one = not read.isascii() and unicodedata.normalize("NFKC", read).lower() == read
    return read if is_one and _JOINERS.sub("", read).isprintable() else label
