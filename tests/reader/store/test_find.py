"""What text finds, and whose status a message has: asked of the History, as the command does."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from ses_history.errors import QuestionError
from ses_history.history import History
from ses_history.results import Found
from ses_history.selection import Selection
from ses_history.sources.folder import Folder

from tests.contract.support import STATUSES
from tests.reader.support import DELIVERED, HARD, SOFT, Run, answer, bounce, message, put, store_of

ID = "010001a20da6d722-5d01b729-9234-4de9-b743-329bbc94c2f8-000000"
Keep = Callable[[Sequence[dict[str, Any]]], History]


@pytest.fixture
def keep(folder: Path) -> Keep:
    """The history of some events."""

    def history(events: Sequence[dict[str, Any]]) -> History:
        put(folder, events)
        kept = History(Folder(folder), store_of(folder))
        kept.sync()
        return kept

    return history


def sent(message_id: str, to: str | list[str], subject: str = "?", sender: str = "shop@example.jp") -> dict[str, Any]:
    recipients = [to] if isinstance(to, str) else to
    [made] = message(message_id, recipients, "send", source=sender, commonHeaders={"subject": subject})
    made["mail"]["headers"] = [{"name": "Message-ID", "value": f"<own-{message_id}@mailer.example>"}]
    return made


def ids(found: Found) -> set[str]:
    return {who.message_id for who in found.recipients}


LIKE_ADA = {
    "ada": "ada@example.com",
    "yamada": "yamada@example.com",
    "australia": "ada@example.com.au",
    "dotted": "ada.b@example.com",
    "sub": "ada@mail.example.com",
    "plus": "ada+x@example.com",
    "quoted": "x.ada@example.com",
}


def test_a_whole_address_means_exactly_that_address(keep: Keep) -> None:
    history = keep([sent(name, address) for name, address in LIKE_ADA.items()])
    for name, address in LIKE_ADA.items():
        assert ids(history.find(address)) == {name}
        assert ids(history.find(any_of=[address])) == {name}


def test_a_part_of_an_address_is_found_in_all_that_have_it(keep: Keep) -> None:
    history = keep([sent(name, address) for name, address in LIKE_ADA.items()])
    assert ids(history.find("ada@example")) == {"ada", "yamada", "australia", "quoted"}
    assert ids(history.find("ada@example.com", exact=False)) == {"ada", "yamada", "australia", "quoted"}
    assert ids(history.find("@example.com")) == {"ada", "yamada", "australia", "dotted", "plus", "quoted"}


@pytest.mark.parametrize("kept", ["kim@bücher.example", "Kim Lee <KIM@xn--bcher-kva.example>", "<kim@BÜCHER.example>"])
@pytest.mark.parametrize(
    "asked",
    [
        "kim@bücher.example",
        "KIM@BÜCHER.EXAMPLE",
        "kim@bu\u0308cher.example",
        "kim@xn--bcher-kva.example",
        "Kim@XN--BCHER-KVA.example",
        "Kim Lee <kim@bücher.example>",
        '"Lee, Kim" <kim@xn--bcher-kva.example>',
        "<kim@bücher.example>",
        "  kim@bücher.example\n",
        "ｋｉｍ@bücher.example",  # noqa: RUF001 full-width
        "ｋｉｍ＠bücher．ｅｘａｍｐｌｅ",  # noqa: RUF001
    ],
)
def test_an_address_is_found_in_any_spelling_of_it(asked: str, kept: str, keep: Keep) -> None:
    history = keep([sent("kim", kept), sent("other", "akim@bücher.example")])
    assert ids(history.find(asked)) == {"kim"}
    assert ids(history.find(any_of=[asked])) == {"kim"}


@pytest.mark.parametrize("asked", ["news@例え.jp", "news@xn--r8jz45g.jp", "NEWS@XN--R8JZ45G.JP"])
@pytest.mark.parametrize(
    "kept",
    [
        "=?utf-8?B?5bqX?= <News@例え.jp>",
        "news@xn--r8jz45g.jp",
        "Shop <news@xn--r8jz45g.jp>",
    ],
)
def test_a_sender_is_found_in_any_spelling_too(asked: str, kept: str, keep: Keep) -> None:
    history = keep([sent("m", "a@example.com", sender=kept), sent("o", "a@example.com", sender="xnews@例え.jp")])
    assert ids(history.find(asked)) == {"m"}


@pytest.mark.parametrize(
    "texts",
    [
        ["order shipped"],
        ["shipped", "order"],
        ["ada order"],
        ["SHOP ada"],
        ["example.com shop order"],
        ["own-m@mailer ada"],
        ["m@mailer", "shipped"],
        [f"order {ID[:16]}"],
        [f"{ID}", "ada"],
        ["ORDER", "ada@example.com"],
    ],
)
def test_all_words_are_looked_for_in_any_order_wherever_they_stand(texts: list[str], keep: Keep) -> None:
    made = sent("m", "ada@example.com", "Your order has been shipped")
    made["mail"]["messageId"] = ID
    others = (
        ("bob@example.org", "Your order", "shop@example.jp"),
        ("ada@example.net", "We shipped it", "a@example.jp"),
    )
    history = keep([made, *(sent(f"o{number}", *other) for number, other in enumerate(others))])
    assert ids(history.find(texts)) == {ID}


def test_each_word_must_be_there(keep: Keep) -> None:
    history = keep([sent("m", "ada@example.com", "Your order")])
    assert not history.find("order parcel").total
    assert not history.find(["order", "bob@example.com"]).total


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ－１２３", "abc-123"),  # noqa: RUF001
        ("株式会社サンプル", "株式会社ｻﾝﾌﾟﾙ"),
        ("ガギグ", "ｶﾞｷﾞｸﾞ"),
        ("ガギグ", "カ\u3099キ\u3099ク\u3099"),
        ("㈱例の店", "(株)例の店"),
        ("㈱例の店", "（株）例の店"),  # noqa: RUF001
        ("①のご案内", "1のご案内"),
        ("Straße", "STRASSE"),
        ("ﬁnal", "FINAL"),
        ("㍻", "平成"),
        ("Überraschung", "u\u0308BERRASCHUNG"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
def test_subjects_are_compared_in_nfkc_and_without_case(one: str, other: str, keep: Keep) -> None:
    history = keep(
        [
            sent("one", "a@example.com", f"re: {one}!"),
            sent("other", "b@example.com", f"re: {other}!"),
            sent("no", "c@example.com", "re: something"),
        ]
    )
    for text in (one, other):
        assert ids(history.find(text)) == {"one", "other"}
        assert ids(history.find(f"re: {text}!", exact=True)) == {"one", "other"}


def test_an_ideographic_space_is_between_words_too(keep: Keep) -> None:
    history = keep([sent("m", "a@example.com", "ご注文\u3000ありがとう"), sent("o", "a@example.com", "ご注文")])
    assert ids(history.find("ありがとう\u3000ご注文")) == {"m"}


def test_exact_takes_a_text_whole_and_part_takes_it_in_words(keep: Keep) -> None:
    history = keep([sent("whole", "a@example.com", "Your order"), sent("part", "a@example.com", "Your order 1")])
    assert ids(history.find("your ORDER", exact=True)) == {"whole"}
    assert ids(history.find("your order")) == {"whole", "part"}
    assert ids(history.find("order your", exact=False)) == {"whole", "part"}
    assert ids(history.find(["your order", "your order 1"], exact=True)) == {"whole", "part"}
    assert not history.find("example.com", exact=True).total
    assert ids(history.find("A@example.com", exact=True)) == {"whole", "part"}


def test_messages_with_any_of_several_addresses_are_found(keep: Keep) -> None:
    history = keep([sent(name, f"{name}@example.com", f"Hello {name}") for name in ("ada", "bob", "cid")])
    assert ids(history.find(["ada@example.com", "bob@example.com"])) == {"ada", "bob"}
    assert ids(history.find(["ada@example.com"], any_of=["bob@example.com"])) == {"ada", "bob"}
    assert ids(history.find(["ada@example.com", "hello"], any_of=["bob@example.com"])) == {"ada", "bob"}
    assert ids(history.find("hello ada", any_of=["ada@example.com", "bob@example.com"])) == {"ada"}
    assert ids(history.find(any_of=["own-cid@mailer.example", "ada@example.com"])) == {"ada", "cid"}


def test_a_line_that_is_neither_an_address_nor_an_id_is_an_error(keep: Keep) -> None:
    with pytest.raises(QuestionError, match=r"^'ada' is neither an address nor a message id$"):
        keep([sent("m", "ada@example.com")]).find(any_of=["ada@example.com", "ada"])


def test_a_message_to_several_stands_as_it_does_with_whom_was_looked_for(keep: Keep) -> None:
    to = ["ada@example.com", "bob@example.com"]
    history = keep(
        [
            sent("m", to, "Hello"),
            *message("m", to[:1], "delivery"),
            *message("m", to[1:], "bounce"),
        ]
    )
    assert history.find("ada@example.com").standing == {DELIVERED: 1}
    assert history.find("bob").standing == {HARD: 1}
    assert history.find("ada@example.com", statuses=[HARD]).total == 0
    assert history.find("bob@example.com", statuses=[HARD]).total == 1
    assert history.find("bob", statuses=[DELIVERED]).total == 0
    # Where nobody is looked for, it is found by anybody who stands so: and who does comes first.
    for status, who in ((HARD, to[1]), (DELIVERED, to[0])):
        found = history.find("hello", statuses=[status])
        assert (found.standing, found.recipients[0].recipient) == ({status: 1}, who)
    # Of those the options select as well.
    assert history.find("hello", Selection(types=("Bounce",)), statuses=[DELIVERED]).total == 0
    assert history.find(selection=Selection(types=("Bounce",))).standing == {HARD: 1}


def test_a_status_is_where_a_message_stands_and_a_type_what_happened_to_it(keep: Keep) -> None:
    soft = bounce("m", "a@example.com", "Transient", "MailboxFull")
    soft[1]["bounce"]["timestamp"] = "2026-03-01T08:00:01.000Z"
    history = keep([*soft, *message("m", ["a@example.com"], "delivery")])
    assert history.find(selection=Selection(types=("Bounce",))).standing == {DELIVERED: 1}
    assert history.find(statuses=[SOFT]).total == 0
    assert history.find(statuses=[DELIVERED, SOFT]).total == 1


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("example.co.jp", {"exact"}),
        ("@example.co.jp", {"exact"}),
        ("EXAMPLE.co.JP", {"exact"}),
        ("ｅｘａｍｐｌｅ.co.jp", {"exact"}),  # noqa: RUF001
        (".example.co.jp", {"exact", "sub", "subsub"}),
        ("@.Example.co.jp", {"exact", "sub", "subsub"}),
        ("mail.example.co.jp", {"sub"}),
        (".jp", {"exact", "sub", "subsub", "like", "idn"}),
        ("例え.jp", {"idn"}),
        ("@xn--r8jz45g.jp", {"idn"}),
        (".XN--R8JZ45G.jp", {"idn"}),
        ("co.jp", set()),
    ],
)
def test_a_domain_is_one_domain_and_with_a_dot_before_it_all_under_it(domain: str, found: set[str], keep: Keep) -> None:
    history = keep(
        [
            sent("exact", "a@Example.co.jp"),
            sent("sub", "a@mail.example.co.jp"),
            sent("subsub", "a@mx.mail.example.co.jp"),
            sent("like", "a@myexample.co.jp"),
            sent("idn", "a@xn--r8jz45g.jp"),
            sent("com", "a@example.co.jp.example.com"),
        ]
    )
    assert ids(history.find(selection=Selection(domain=domain))) == found


@pytest.mark.parametrize(
    ("provider", "found"), [("gmail", {"g", "old"}), ("outlook", {"live", "jp"}), ("yahoo", set()), ("au", {"au"})]
)
def test_a_provider_is_all_its_domains(provider: str, found: set[str], keep: Keep) -> None:
    history = keep(
        [
            sent("g", "a@GMAIL.com"),
            sent("old", "a@googlemail.com"),
            sent("live", "a@live.com"),
            sent("jp", "a@outlook.jp"),
            sent("au", "a@ezweb.ne.jp"),
            sent("like", "a@mygmail.com"),
            sent("sub", "a@x.gmail.com"),
        ]
    )
    assert ids(history.find(selection=Selection(provider=provider))) == found


def test_unknown_statuses_are_refused(keep: Keep) -> None:
    with pytest.raises(QuestionError, match="unknown status 'bounced': use complained, "):
        keep([sent("m", "a@example.com")]).find(statuses=["bounced"])


def test_the_standing_is_in_the_order_of_the_contract(keep: Keep) -> None:
    history = keep([*message("d", ["a@example.com"], "send", "delivery"), sent("s", "b@example.com")])
    standing = list(history.find().standing)
    assert standing == [DELIVERED, "sent"]
    assert standing == [status for status in STATUSES if status in standing]


@pytest.fixture
def letter(folder: Path) -> None:
    """One message that arrived, sent at `SENT`."""
    tags = {"ses:configuration-set": ["shop-newsletter"], "campaign": ["spring"]}
    put(folder, message("m", ["ada@mail.example.co.jp"], "send", "delivery", tags=tags))


@pytest.mark.usefixtures("letter")
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--set", "shop-newsleter"), "There is no set 'shop-newsleter': there are shop-newsletter"),
        (("--set", "x"), "There is no set 'x': there are shop-newsletter"),
        (("--domain", "mail.exmaple.co.jp"), "There is no domain 'mail.exmaple.co.jp': there are mail.example.co.jp"),
        (("--domain", ".exmaple.co.jp"), "There is no domain 'exmaple.co.jp': there are mail.example.co.jp"),
        (("--tag", "campain=spring"), "There is no tag 'campain': there are campaign"),
        (("--tag", "campaign=sprin"), "There is no tag value 'sprin': there are spring"),
        (("ada", "--status", "bounced"), "Without the status 'bounced:hard, bounced:soft': 1 message"),
        (("ada", "--type", "bounce"), "Without the event type 'Bounce': 1 message"),
        (("ada", "--provider", "gmail"), "Without the provider 'gmail': 1 message"),
        (("ada", "--since", "2026-03-02"), "Without --since: 1 message"),
        (("ada", "--until", "2026-03-01"), "Without --until: 1 message"),
        (("ada", "--happened-since", "2099-01-01"), "Without --happened-since: 1 message"),
        (("ada", "--happened-until", "2016-01-01"), "Without --happened-until: 1 message"),
        (("ada parcel",), "Without the text 'parcel': 1 message"),
        (("ada", "bob@example.com"), "Without the text 'bob@example.com': 1 message"),
        (("bob@example.com", "--set", "shop-newsletter"), "Without the text 'bob@example.com': 1 message"),
    ],
)
def test_a_search_without_a_hit_says_which_condition_emptied_it(
    arguments: tuple[str, ...], reason: str, run: Run
) -> None:
    result = run("find", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == ["Error: No message matches", reason]


@pytest.mark.usefixtures("letter")
def test_conditions_that_are_all_to_blame_are_named_and_so_is_what_no_message_has_together(run: Run) -> None:
    neither = run("find", "ada", "--status", "sent", "--since", "2026-03-02")
    assert neither.stderr.splitlines()[0] == "Error: No message matches"
    assert neither.stderr.splitlines()[1:] == ["Nothing matches the status 'sent'", "Nothing matches --since"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--happened-since", "2026-03-05"), ["m"]),
        (("--happened-until", "2026-03-01T08:00"), []),
        (("--happened-since", "2026-03-05", "--until", "2026-03-02"), ["m"]),
        (("--since", "2026-03-05"), []),
        (("--happened-since", "2026-03-05", "--type", "send"), []),
        (("--happened-since", "2026-03-09T08:00", "--happened-until", "2026-03-09T08:00:01"), ["m"]),
        (("--happened-until", "2026-03-09T08:00", "--type", "bounce"), []),
    ],
)
def test_when_it_happened_is_not_when_it_was_sent(
    options: tuple[str, ...], found: list[str], folder: Path, run: Run
) -> None:
    events = bounce("m", "a@example.com", "Permanent", "General")
    events[1]["bounce"]["timestamp"] = "2026-03-09T08:00:00.000Z"
    put(folder, events)
    result = run("find", *options, "--json")
    assert result.exit_code == (0 if found else 1)
    assert [each["message_id"] for each in json.loads(result.stdout)] == found


STANDING = {
    "hard": bounce("hard", "hard@example.com", "Permanent", "General"),
    "soft": bounce("soft", "soft@example.com", "Transient", "MailboxFull"),
    "delivered": message("delivered", ["delivered@example.com"], "send", "delivery"),
    "opened": message("opened", ["opened@example.com"], "send", "delivery", "open"),
    "clicked": message("clicked", ["clicked@example.com"], "send", "delivery", "click"),
    "complained": message("complained", ["complained@example.com"], "send", "delivery", "complaint"),
    "delayed": message("delayed", ["delayed@example.com"], "send", "delivery_delay"),
    "sent": message("sent", ["sent@example.com"], "send"),
}
LOST = {"hard", "soft", "delayed", "sent"}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), set(STANDING)),
        (("--status", "bounced"), {"hard", "soft"}),
        (("--status", "bounced:soft"), {"soft"}),
        (("--status", "arrived"), STANDING.keys() - LOST),
        (("--not-status", "arrived"), LOST),
        (("--status", "delayed", "--status", "bounced"), {"hard", "soft", "delayed"}),
        (("--not-status", "arrived", "--not-status", "sent"), LOST - {"sent"}),
        (("--status", "bounced", "--not-status", "bounced:hard"), {"soft"}),
        (("--type", "delivery"), STANDING.keys() - LOST),
        (("--type", "delivery", "--status", "delivered"), {"delivered"}),
        (("--type", "send", "--not-status", "arrived"), LOST),
    ],
)
def test_statuses_and_groups_of_them_select_and_leave_out(
    options: tuple[str, ...], found: set[str], folder: Path, run: Run
) -> None:
    put(folder, [event for events in STANDING.values() for event in events])
    assert {each["message_id"] for each in answer(run("find", *options, "--json"))} == found


def test_statuses_that_leave_nothing_are_wrong_usage(folder: Path, run: Run) -> None:
    put(folder, STANDING["sent"])
    refused = run("find", "--status", "bounced", "--not-status", "bounced")
    assert (refused.exit_code, refused.stderr.splitlines()[-1]) == (2, "Error: --not-status leaves nothing of --status")


def test_the_heading_counts_all_that_match_the_commonest_status_first(folder: Path, run: Run) -> None:
    events = [event for made in STANDING.values() for event in made]
    put(folder, [*events, *message("sent2", ["x@example.com"], "send"), *message("s3", ["y@example.com"], "send")])
    lines = run("find", "--limit", "1", "--utc").stdout.splitlines()
    strongest_first = "1 complained · 1 bounced:hard · 1 bounced:soft · 1 clicked · 1 opened · 1 delivered · 1 delayed"
    assert lines[:2] == [f"10 messages: 3 sent · {strongest_first}", "The newest 1, --limit for more; times in UTC"]


@pytest.mark.parametrize(
    "content",
    [
        b"ada@example.com\nown-m@mailer.example\n",
        b"\xef\xbb\xbfada@example.com\r\n\r\n  \r\nAda Example <ADA@example.com>\r\n",
        b"\n\t ada@example.com",
        "ａｄａ@example.com".encode(),  # noqa: RUF001
    ],
)
def test_a_file_of_addresses_is_looked_for(content: bytes, folder: Path, tmp_path: Path, run: Run) -> None:
    put(folder, [sent("m", "ada@example.com"), sent("other", "yamada@example.com"), sent("o", "m@example.com")])
    (tmp_path / "list.txt").write_bytes(content)
    found = answer(run("find", "--from-file", str(tmp_path / "list.txt"), "--json"))
    assert [each["message_id"] for each in found] == ["m"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"ada@example.com\nAda\n", "Error: 'Ada' is neither an address nor a message id"),
        (b"address\nada@example.com\n", "Error: 'address' is neither an address nor a message id"),
        (b"ada@example.com,bob@example.com\n", "is neither an address nor a message id"),
        ("ada@example.com\n".encode("utf-16"), "is neither an address nor a message id"),
        (b"", "names nobody: write an address or a message id on each line"),
        (b"\xef\xbb\xbf\n \n", "names nobody: write an address or a message id on each line"),
    ],
)
def test_a_file_of_something_else_is_wrong_usage_and_never_finds_all(
    content: bytes, error: str, folder: Path, tmp_path: Path, run: Run
) -> None:
    put(folder, [sent("m", "ada@example.com")])
    (tmp_path / "list.txt").write_bytes(content)
    refused = run("find", "--from-file", str(tmp_path / "list.txt"))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert error in refused.stderr


def test_a_file_that_is_not_there_is_wrong_usage(folder: Path, tmp_path: Path, run: Run) -> None:
    put(folder, [sent("m", "ada@example.com")])
    refused = run("find", "--from-file", str(tmp_path / "none.txt"))
    assert (refused.exit_code, "none.txt': No such file or directory" in refused.stderr) == (2, True)


def test_an_empty_text_is_wrong_usage_and_never_finds_all(folder: Path, run: Run) -> None:
    put(folder, [sent("m", "ada@example.com")])
    for text in ("", "  ", "\u3000"):
        refused = run("find", text)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "the text to look for is empty" in refused.stderr
