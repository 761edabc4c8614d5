"""Headers and addresses, as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ses_history.store import headers


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
        ("=?utf-8?B?5rOo?= =?utf-8?B?a?=", "注"),
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
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)
def test_a_header_is_read_as_people_do(written: str, read: str) -> None:
    assert headers.text(written) == read


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
        ("no address", "no address"),
    ],
)
def test_all_spellings_of_an_address_are_one_but_for_case(written: str, read: str) -> None:
    assert headers.address(written) == read


def test_a_domain_with_a_sharp_s_is_another_than_with_two() -> None:
    assert headers.comparable("Kim@xn--strae-oqa.de") == headers.comparable("KIM@Straße.DE") == "kim@straße.de"
    assert headers.comparable("STRASSE and Straße") == "strasse and strasse"


@pytest.mark.parametrize("long", [f"=?punycode?Q?{'a' * 300_000}-{'b' * 300_000}?=", "=?utf-8?Q?a?= " * 60_000])
def test_a_header_longer_than_any_that_ses_keeps_stays_as_it_is(long: str) -> None:
    assert headers.text(long) == long


CHARSETS = st.sampled_from(["utf-8", "utf-7", "iso-2022-jp", "hex", "idna", "\0"])
ENCODED = st.builds("=?{}?{}?{}?=".format, CHARSETS, st.sampled_from("bqBQ"), st.text("=+AB0a/ _\xff", max_size=20))


@given(st.lists(ENCODED | st.text(max_size=20), max_size=5).map(" ".join))
def test_no_header_is_an_error_and_each_is_text_that_can_be_stored(written: str) -> None:
    headers.text(written).encode()
    headers.address(headers.text(written)).encode()
