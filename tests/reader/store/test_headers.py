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
        ("no address", "no address"),
    ],
)
def test_all_spellings_of_an_address_are_one_but_for_case(written: str, read: str) -> None:
    assert headers.address(written) == read


CHARSETS = st.sampled_from(["utf-8", "utf-7", "iso-2022-jp", "hex", "idna", "\0"])
ENCODED = st.builds("=?{}?{}?{}?=".format, CHARSETS, st.sampled_from("bqBQ"), st.text("=+AB0a/ _\xff", max_size=20))


@given(st.lists(ENCODED | st.text(max_size=20), max_size=5).map(" ".join))
def test_no_header_is_an_error_and_each_is_text_that_can_be_stored(written: str) -> None:
    headers.text(written).encode()
    headers.address(headers.text(written)).encode()
