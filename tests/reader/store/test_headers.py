"""Headers and addresses, as people read them."""

import unicodedata
from base64 import b64encode
from encodings.aliases import aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ses_history import headers


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?B?6YeR?= x =?iso-8859-1?q?caf=E9?=", "金 x café"),
        ("=?utf-8?b?5pel5pys?=\r\n =?utf-8?b?6Kqe?= end", "日本語 end"),
        ("=?utf-8?B?5pel5pys6K?= =?utf-8?B?qe?=", "日本\ufffd"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("日本 =?utf-8?B?6YeR?=", "日本 金"),
        ("a long subject\r\n that was folded", "a long subject that was folded"),
        ("no end\nof a line", "no end of a line"),
        ("cafe\u0301", "café"),
        ("=?utf-7?Q?+2AA-?=", "\ufffd"),
        ("=?utf-8?Q?bad=FFbyte?=", "bad\ufffdbyte"),
        ("=?x-unknown?Q?caf=C3=A9?=", "café"),
        ("=?hex?Q?zz?=", "zz"),
        ("=?utf-8?X?zz?=", "=?utf-8?X?zz?="),
        ("=?utf-8*ja?Q?hi?=", "hi"),
        ("half =?utf-8?Q?a", "half =?utf-8?Q?a"),
        ("=?utf-8?B?5rOo?= =?utf-8?B?a?=", "注\ufffd"),
        ("=?utf-8?B?a?= =?utf-8?B?5rOo?= x", "\ufffd注 x"),
        ("=?utf-8?B?\xe9?=", "\ufffd"),
        ("=?utf-8?B??=", ""),
        ("=?utf-8?B?5rM=?= =?utf-8?Q?=A8?=", "注"),
        ("=?utf-8?Q?a=0D=0A_b=0Ac?=", "a b c"),
        ("=?utf-8?Q?a=ZZ=E?=", "a=ZZ=E"),
        ("=?utf-8?B?5pel5pysA?=", "日本"),
        ("=?iso-2022-jp*ja?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?iso-2022-jp?B?GyRCLSEtahsoQiAbKEk2RRsoQg==?=", "①㈱ ｶﾅ"),
        ("=?Shift_JIS?B?h0CHig==?=", "①㈱"),
        ("=?x-sjis?B?k/qWew==?=", "日本"),
        ("=?gb2312?B?6UY=?=", "镕"),
        ("=?euc-kr?B?jGM=?=", "똠"),
        ("=?euc-jp?B?raE=?=", "①"),
        ("=?iso-8859-8-i?B?+ezl7Q==?=", "שלום"),
        ("=?iso-8859-1?B?k2GU?=", "“a”"),
        ("=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=", "日本"),
        ("=?unicode-1-1-utf-7?Q?+ZeVnLA-?=", "日本"),
        ("=?punycode?Q?bcher-kva?=", "bcher-kva"),
        ("=?idna?Q?xn--bcher-kva?=", "xn--bcher-kva"),
        (r"=?unicode_escape?Q?\u65e5?=", r"\u65e5"),
        (r"=?raw-unicode-escape?Q?\u65e5?=", r"\u65e5"),
        ("=?rot13?Q?uv?=", "uv"),
        ("=?base64?Q?YQ?=", "YQ"),
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)
def test_a_header_is_read_as_people_do(written: str, read: str) -> None:
    assert headers.text(written) == read


@pytest.mark.parametrize(
    ("charset", "data", "read"),
    [
        ("ascii", b"\x93", "“"),
        ("Latin1", b"\x93", "“"),
        ("iso_8859-1", b"\x93", "“"),
        ("iso-8859-9", b"\x93\xfe", "“ş"),
        ("tis-620", b"\xa1\x93", "ก“"),
        ("cp874", b"\xa1\x93", "ก“"),
        ("windows-874", b"\xa1\x93", "ก“"),
        ("iso-8859-11", b"\xa1\x93", "ก“"),
        ("koi8-u", b"\xa4", "є"),
        ("sjis", b"\x87\x40\xee\xe0", "①髙"),
        ("windows-31j", b"\x87\x40", "①"),
        ("gbk", "😀".encode("gb18030"), "😀"),
        ("x-gbk", b"\xe9F", "镕"),
        ("gb_2312-80", b"\xe9F", "镕"),
        ("windows-949", b"\x8cc", "똠"),
        ("big5", "嘅碁".encode("big5hkscs"), "嘅碁"),
        ("eucjp", b"\xad\xa1\xad\xea\xfc\xe2\x8e\xb6\x8f\xb0\xa1a\n", "①㈱髙ｶ丂a "),
        ("x-euc-jp", b"\xa1\xc1\xa9\xa1\xa1", "\uff5e\ufffd\ufffd"),
        ("iso-2022-jp", b"\x1b$B|b!A\x1b(Jx\x1b$(D0!\x1b(B\xb6", "髙\uff5ex丂\ufffd"),
        ("cp50220", b"\x1b$B-!\x1b(B", "①"),
        ("cp50221", b"\x1b$B-!\x1b(B", "①"),
        ("iso-2022-jp-ms", b"\x1b$@-!", "①"),
    ],
)
def test_a_charset_is_what_mailers_mean_by_it(charset: str, data: bytes, read: str) -> None:
    assert headers.text(f"=?{charset}?B?{b64encode(data).decode()}?=") == read


@pytest.mark.parametrize(("charset", "codec"), [("euc-jp", "euc_jp"), ("iso-2022-jp", "iso2022_jp")])
def test_a_charset_of_japan_has_all_characters_that_it_shares_with_windows(charset: str, codec: str) -> None:
    every = map(chr, range(0x80, 0xD800))
    shared = "".join(char for char in every if _is_in(char, codec) and _is_in(char, "cp932"))
    encoded = b64encode(shared.encode(codec)).decode()
    assert len(shared) > 6_700
    assert headers.text(f"=?{charset}?B?{encoded}?=") == unicodedata.normalize("NFC", shared)


def _is_in(character: str, codec: str) -> bool:
    return character.encode(codec, errors="ignore").decode(codec) == character


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("kim@xn--bcher-kva.example", "kim@bücher.example"),
        ("kim@XN--BCHER-KVA.example", "kim@bücher.example"),
        ("kim@BÜCHER.example", "kim@BÜCHER.example"),
        ("Kim@Example.com", "Kim@Example.com"),
        ("jose\u0301@example.com", "josé@example.com"),
        ("kim@xn--\xff.example", "kim@xn--\xff.example"),
        ("kim@xn--strae-oqa.de", "kim@straße.de"),
        ("kim@xn--" + "a" * 100_000 + ".jp", "kim@xn--" + "a" * 100_000 + ".jp"),
        ("kim@xn--i-7iq.ws", "kim@i❤.ws"),
        ("kim@xn--mgba3gch31f060k.com", "kim@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.com"),
        ("kim@xn--ib9b.jp", "kim@xn--ib9b.jp"),  # a surrogate
        ("kim@xn--paypal-.com", "kim@xn--paypal-.com"),
        ("kim@xn--bc-bz3n.ru", "kim@xn--bc-bz3n.ru"),  # full-width: it would be compared as abc
        ("kim@xn--ab-g4t.jp", "kim@xn--ab-g4t.jp"),  # turns the direction
        ("kim@" + "xn--bcher-kva." * 30 + "jp", "kim@" + "xn--bcher-kva." * 30 + "jp"),
        ("kim\ud800@example.com", "kim\ufffd@example.com"),
        ("no address", "no address"),
    ],
)
def test_all_spellings_of_an_address_are_one_but_for_case(written: str, read: str) -> None:
    assert headers.address(written) == read


def test_a_domain_with_a_sharp_s_is_another_than_with_two() -> None:
    assert headers.comparable("Kim@xn--strae-oqa.de") == headers.comparable("KIM@Straße.DE") == "kim@straße.de"
    assert headers.comparable("STRASSE and Straße") == "strasse and strasse"
    senders = "Weiß <kim@xn--strae-oqa.de>, Straße <a@b.de>"
    assert headers.comparable(headers.sender(senders)) == "weiss <kim@straße.de>, strasse <a@b.de>"
    assert headers.sender("a@not-xn--strae-oqa.de") == "a@not-xn--strae-oqa.de"
    assert headers.comparable("kim@\uff58\uff4e--strae-oqa.de") == "kim@straße.de"


@pytest.mark.parametrize(
    ("long", "read"),
    [
        ("=?punycode?Q?" + "a" * 10**6 + "?=", "a" * 10**6),
        ("=?utf-8?Q?a?= " * 70_000, "a" * 70_000 + " "),
        ("=?utf-8?Q?a?= =?big5?Q?a?= " * 35_000, "a" * 70_000 + " "),
        ("".join(f"=?x-{number}?Q?a?=" for number in range(60_000)), "a" * 60_000),
        ("=?iso-2022-jp?Q?" + "=1B(Ba" * 150_000 + "?=", "a" * 150_000),
        ("=?" * 500_000, "=?" * 500_000),
        ("a" + "\u0301\u0316" * 500_000, "á" + "\u0316" * 500_000 + "\u0301" * 499_999),
    ],
    ids=lambda text: ascii(text[:16]),
)
def test_a_header_is_read_however_long_it_is(long: str, read: str) -> None:
    assert headers.text(long) == read


def test_what_is_compared_is_so_however_long_it_is() -> None:
    marks = 500_000 * "\u0301\uff9e\u0f73"
    assert headers.comparable(marks)[0] == "\u3099"
    long = f"a@xn--{'a' * 900_000}.jp"
    assert headers.comparable(long) == long
    assert headers.sender(long) == long
    valid_but_long = "xn--" + ("ü" * 100).encode("punycode").decode()
    assert headers.sender(valid_but_long) == valid_but_long


@given(st.text(st.sampled_from("a가각\u11a8ｶ\uff9e\u0301\u0316\u0f73\u0344ǖé\u093c\u0958ﬁ")))
def test_a_long_text_is_in_the_same_form_as_a_short_one(text: str) -> None:
    long = "x" * 1001 + text
    assert headers.address(long) == unicodedata.normalize("NFC", long)
    assert headers.comparable(long) == unicodedata.normalize("NFKC", long).casefold()


CHARSETS = st.sampled_from(
    [*sorted(aliases), "euc-jp", "iso-2022-jp", "punycode", "unicode_escape", "\0", "\ud800", "é"]
)
BYTES = st.binary(max_size=20) | st.lists(st.sampled_from([b"\x1b$B", b"\x1b(I", b"\x1b$(D", b"~{", b"0!"])).map(
    b"".join
)
BASE64 = BYTES.map(lambda data: b64encode(data).decode())
ENCODED = st.builds(
    "=?{}?{}?{}?=".format, CHARSETS, st.sampled_from("bqBQ"), BASE64 | st.text("=+AB0a/ _\xff\ud800", max_size=20)
)
ADDRESSES = st.text("abcxyz0189-", max_size=20).map("a@xn--{}.jp".format)


@given(st.lists(ENCODED | ADDRESSES | st.text(st.characters(), max_size=20), max_size=5).map(" ".join))
def test_no_header_is_an_error_and_each_is_text_that_can_be_stored(written: str) -> None:
    for read in (headers.text(written), headers.address(written), headers.sender(written)):
        read.encode()
        assert unicodedata.is_normalized("NFC", read)
    assert not {"\r", "\n"} & {*headers.text(written)}
    headers.comparable(written).encode()
