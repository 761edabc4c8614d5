"""`ses-history show`: the same words on a terminal, in HTML and in Markdown."""

import errno
import json
import re
import sys
from contextlib import nullcontext
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.text import Text
from ses_history.errors import ExportError
from ses_history.new_file import new_file
from ses_history.statuses import STATUSES
from ses_history.story import UNPROVED
from ses_history.texts import clean, duration, escaped

from tests.contract.support import EVENTS
from tests.reader.support import KEY, Run, answer, full_disk, message, on_terminal, put

NOT_AGAIN = "Do not send there again; SES may already have put it on the suppression list."
GONE = f"The mailbox does not exist. {NOT_AGAIN}"
UNWANTED = f"The recipient reported the message as unwanted. {NOT_AGAIN}"
TOO_LARGE = (
    "The mailbox is full, or the message is too large. Make the message smaller or ask the recipient to make room."
)
PERHAPS_A_REPLY = (
    "The message could not be delivered for now, or this is an automatic reply. "
    "No reply code means an automatic reply: do nothing; else send it again later."
)
SUPPRESSED = (
    "SES did not send it: the address is on the tenant's suppression list. "
    "Take it off that list only if the address works and the recipient wants the mail."
)


def write(path: Path, text: str) -> None:
    with new_file(path) as file:
        file.write_text(text)


UNREPORTED: dict[str, Any] = {"reportingMTA": None, "feedbackId": None}
UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def test_show_has_each_recipients_status_and_the_events_in_order(folder: Path, run: Run) -> None:
    to = ["a@example.com", "b@example.net"]
    bounced = message("m", to, "bounce")[0]
    bounced["bounce"] |= {"timestamp": "2026-03-01T08:01:04.500Z", "feedbackId": "f", "reportingMTA": "dsn; mta"}
    bounced["bounce"]["bouncedRecipients"] = [
        {"emailAddress": "a@example.com", "status": "5.1.1", "diagnosticCode": "550 unknown"},
        {"emailAddress": "b@example.net", "diagnosticCode": "552 full"},
    ]
    sent = message("m", to, "send", tags={"campaign": ["spring", "shoes"]}, commonHeaders={"subject": "Hi"})
    put(folder, [bounced, *sent, *message("other", to, "send")])
    result = run("show", "m")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Message  m",
        f"From     {EVENTS['send']['mail']['source']}",
        "Subject  Hi",
        "Sent     2026-03-01 08:00:00 UTC",
        "To       a@example.com  bounced:hard",
        "To       b@example.net  bounced:hard",
        "Note     bounced:hard  The mail server refused it; whether there is such a mailbox, only its reply tells.",
        "Tag      campaign = spring, shoes",
        "",
        "2026-03-01 08:00:00                   Sent  a@example.com, b@example.net",
        f"    {KEY} line 2",
        "",
        "2026-03-01 08:01:04  after 1 min 4 s  Bounced  a@example.com, b@example.net",
        f"    a@example.com: {GONE}  (Permanent/General, 5.1.1)",
        f"    b@example.net: {TOO_LARGE}  (Permanent/General, 552)",
        "    reply        550 unknown (a@example.com)",
        "    reply        552 full (b@example.net)",
        "    mail server  mta",
        "    feedback id  f",
        f"    {KEY} line 1",
    ]
    outcomes = answer(run("show", "m", "--json"))["recipients"]
    assert [(row["recipient"], row["status"], row["reply"]) for row in outcomes] == [
        ("a@example.com", "bounced:hard", "550 unknown"),
        ("b@example.net", "bounced:hard", "552 full"),
    ]


def shown(event: dict[str, Any], folder: Path, run: Run) -> list[str]:
    """What `show` says of an event of message m, without its place."""
    put(folder, [event])
    result = run("show", "m")
    assert result.exit_code == 0, result.output
    return result.stdout.split("\n\n")[1].splitlines()[:-1]


@pytest.mark.parametrize(
    ("name", "section", "expected"),
    [
        (
            "delivery",
            {"deliveryDelay": {}, "delivery": {"timestamp": "2026-03-01T08:00:01.250Z", "processingTimeMillis": 1234}},
            [
                "2026-03-01 08:00:01  after 1.2 s  Delivered  a@gmail.com",
                "    The recipient's mail server took the message.  (2.6.0)",
                "    reply        250 2.6.0 Message received",
                "    took         1.2 s",
                "    mail server  a8-50.smtp-out.amazonses.com",
                "    taken by     198.51.100.9",
            ],
        ),
        (
            "delivery_delay",
            {"deliveryDelay": {"timestamp": "2026-03-01T08:35:00Z", "delayType": "MailboxFull"}},
            [
                "2026-03-01 08:35:00  after 35 min  Delayed  a@gmail.com",
                "    The mailbox is full. Ask the recipient to make room; SES goes on trying.  (MailboxFull)",
                "    expires  2026-03-01 20:08:40",
            ],
        ),
        (
            "complaint",
            {"complaint": {"timestamp": "2026-03-04T12:00:00Z", "arrivalDate": "2026-03-04T11:00:00Z"}},
            [
                "2026-03-04 12:00:00  after 3 days 4 h  Complaint  a@gmail.com",
                f"    {UNWANTED}  (abuse)",
                "    reported by  ExampleFeedbackLoop/1.0",
                "    arrived      2026-03-04 11:00:00",
                "    feedback id  01000193aa4f053b-7be8a002-0d2b-4a53-9e80-61b59c110000-000000",
            ],
        ),
        (
            "complaint",
            {"complaint": {"timestamp": "2026-03-01T08:00:00Z", "complaintFeedbackType": "not-spam", "userAgent": "x"}},
            [
                "2026-03-01 08:00:00  Reported as no spam  a@gmail.com",
                "    A provider reported that the message is not spam.  (not-spam)",
                "    reported by  x",
                "    arrived      2026-03-02 09:41:00",
                "    feedback id  01000193aa4f053b-7be8a002-0d2b-4a53-9e80-61b59c110000-000000",
            ],
        ),
        (
            "bounce_suppressed",
            {"bounce": {"timestamp": "2026-03-01T08:00:00.004Z"} | UNREPORTED},
            [
                "2026-03-01 08:00:00  after 4 ms  Not sent  a@gmail.com",
                f"    {SUPPRESSED}  (Permanent/OnTenantSuppressionList, 550)",
                "    reply  550 no",
            ],
        ),
        (
            "bounce",
            {
                "bounce": {"timestamp": "2026-03-01T07:59:58Z", "bounceType": "Transient"}
                | {"bouncedRecipients": [{"emailAddress": "a@gmail.com"}]}
                | UNREPORTED
            },
            [
                "2026-03-01 07:59:58  2.0 s before  Automatic reply  a@gmail.com",
                "    An automatic reply, such as out of office: this is no bounce.  (Transient/General)",
            ],
        ),
        (
            "bounce",
            {"bounce": {"timestamp": "2026-03-01T08:00:00Z", "bounceType": "Odd", "bounceSubType": "New"} | UNREPORTED},
            ["2026-03-01 08:00:00  Bounced  a@gmail.com", "    (Odd/New, 550)", "    reply  550 no"],
        ),
        (
            "open",
            {"open": {"timestamp": "2026-03-01T10:05:07Z", "isBotEvent": "Unlikely", "userAgent": "Mail"}},
            [
                "2026-03-01 10:05:07  after 2 h 5 min  Opened, probably by a person  a@gmail.com",
                "    program     Mail",
                "    IP address  192.0.2.1",
            ],
        ),
        (
            "click",
            {"click": {"timestamp": "2026-03-01T08:00:59.600Z", "isBotEvent": "Likely", "userAgent": None}},
            [
                "2026-03-01 08:00:59  after 1 min  Link followed, probably by a machine  a@gmail.com",
                "    link        https://shop.example.com/orders/4711?from=mail",
                "    link tags   place = footer; variant = b",
                "    IP address  192.0.2.1",
            ],
        ),
        (
            "reject",
            {},
            [
                "2026-03-01 08:00:00  Rejected  a@gmail.com",
                "    SES found a virus in the message and did not send it.",
                "    reason  Bad content",
            ],
        ),
        (
            "rendering_failure",
            {},
            [
                "2026-03-01 08:00:00  Not built  a@gmail.com",
                "    The template and its data do not fit together: SES did not send the message.",
                "    reason    Attribute 'orderNumber' is not present in the rendering data.",
                "    template  OrderShipped",
            ],
        ),
        (
            "subscription",
            {"subscription": {"timestamp": "2026-03-01T08:00:12Z"}},
            [
                "2026-03-01 08:00:12  after 12 s  Unsubscribed from all  a@gmail.com",
                "    list        Customers",
                "    changed by  UnsubscribeHeader",
                "    topics      Offers: unsubscribed",
            ],
        ),
    ],
)
def test_an_event_is_told_in_a_persons_words(
    name: str, section: dict[str, Any], expected: list[str], folder: Path, run: Run
) -> None:
    made = message("m", ["a@gmail.com"], name)[0]
    for key in made.keys() & section.keys():
        made[key] |= section[key]
    assert shown(made, folder, run) == expected


def test_a_bounce_with_a_report_of_one_recipient_is_no_automatic_reply(folder: Path, run: Run) -> None:
    made = message("m", ["a@example.com", "b@example.com"], "bounce")[0]
    made["bounce"] |= {"timestamp": "2026-03-01T08:00:00Z", "bounceType": "Transient"} | UNREPORTED
    made["bounce"]["bouncedRecipients"] = [
        {"emailAddress": "a@example.com"},
        {"emailAddress": "b@example.com", "status": "odd"},
    ]
    assert shown(made, folder, run) == [
        "2026-03-01 08:00:00  Bounced  a@example.com, b@example.com",
        "    a@example.com: An automatic reply, such as out of office: this is no bounce.  (Transient/General)",
        f"    b@example.com: {PERHAPS_A_REPLY}  (Transient/General, odd)",
    ]


def test_every_status_has_a_note_on_what_it_does_not_prove() -> None:
    assert set(UNPROVED) == set(STATUSES)


def test_the_notes_say_what_ses_cannot_see(folder: Path, run: Run) -> None:
    put(folder, message("m", ["a@gmail.com", "b@example.com"], "send", "delivery", "open", "complaint"))
    assert [line for line in run("show", "m").stdout.splitlines() if line.startswith("Note")] == [
        "Note     delivered  The recipient's mail server took it: whether it is in the inbox is not known.",
        "Note     opens and clicks  Of several recipients, SES does not say who it was.",
        "Note     complaint  Of several recipients, SES does not say who complained.",
        "Note     no complaint  Gmail does not tell SES of complaints: there may be one.",
    ]
    put(folder, message("m", ["b@example.com"], "send", "delivery", "open_by_machine"))
    assert [line for line in run("show", "m").stdout.splitlines() if line.startswith("Note")] == [
        "Note     delivered  The recipient's mail server took it: whether it is in the inbox is not known."
    ]


@pytest.mark.parametrize("columns", ["40", "80", "160"])
def test_on_a_terminal_no_line_is_wider_and_nothing_is_cut(columns: str, tmp_path: Path, folder: Path) -> None:
    to = ["ada.lovelace@customers.example.com", "grace@example.net"]
    link = "https://shop.example.com/" + "0123456789" * 30
    events = message("m" * 60, to, "send", "delivery_delay", "bounce", "click", "complaint", tags={"t": ["v" * 99]})
    events[3]["click"]["link"] = link
    events[0]["mail"]["commonHeaders"] = {"subject": "注文の発送のお知らせ" * 12}
    put(folder, events)
    where = ["--folder", str(folder), "--store", str(tmp_path / "store.duckdb")]
    code, written = on_terminal(
        str(Path(sys.executable).with_name("ses-history")), "show", "m", *where, COLUMNS=columns, LINES="500"
    )
    text = Text.from_ansi(written.replace("\r\n", "\n")).plain
    text = text[text.index("Message  m") :]
    assert (code, [line for line in text.splitlines() if cell_len(line) > int(columns)]) == (0, [])
    joined = "".join(text.split())
    for whole in (*to, link, "m" * 60, "v" * 99, "注文の発送のお知らせ" * 12):
        assert whole in joined


def test_a_long_value_is_wrapped_to_the_right_of_its_label(tmp_path: Path, folder: Path) -> None:
    events = message("m", ["a@example.com"], "bounce", commonHeaders={"subject": "word " * 20})
    events[0]["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "550 " + "why " * 30
    put(folder, events)
    where = ["--folder", str(folder), "--store", str(tmp_path / "store.duckdb")]
    command = str(Path(sys.executable).with_name("ses-history"))
    _, written = on_terminal(command, "show", "m", *where, COLUMNS="80", LINES="500")
    text = Text.from_ansi(written.replace("\r\n", "\n")).plain
    lines = text[text.index("Message  m") :].splitlines()
    assert lines[2:4] == ["Subject  " + "word " * 13 + "word", " " * 9 + ("word " * 6).strip()]
    reply = lines.index(next(line for line in lines if line.startswith("    reply ")))
    assert lines[reply : reply + 2] == [
        "    reply        550 " + ("why " * 15).strip(),
        " " * 17 + ("why " * 15).strip(),
    ]


def hostile(text: str) -> list[dict[str, Any]]:
    """A message that was bounced, and its link followed, and in which everything is this text."""
    events = message("m", ["a@example.com"], "bounce", "click", commonHeaders={"subject": text}, tags={text: [text]})
    events[0]["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = f"550 {text}"
    events[0]["bounce"]["bounceSubType"] = text
    events[1]["click"] |= {"link": f"javascript:{text}", "userAgent": text}
    return events


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[red]red[/red] [x](http://evil.example)",
    "\x1b]0;owned\x07\x9b2J",
    "\u202egnp.exe\u2066",
    "one\r\n\u2028# two",
    "a | b \\| c",
    "`code` ``two``` @everyone #1 http://evil.example",
    "{{ 7 * 7 }} {% raw %}",
    "`",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_steers_no_terminal(text: str, folder: Path, run: Run) -> None:
    put(folder, hostile(text))
    result = run("show", "m", "--tz", "UTC")
    assert result.exit_code == 0
    assert f"    program     {clean(text)}\n" in result.stdout
    assert f"    link        javascript:{clean(text)}\n" in result.stdout
    assert not UNSEEN.search(result.stdout)


class Page(HTMLParser):
    """What a browser would make of a page: its elements, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements = set[str]()
        self.attributes = set[tuple[str, str | None]]()
        self.text = list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.add(tag)
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text.append(data)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_is_no_markup_in_html(text: str, tmp_path: Path, folder: Path, run: Run) -> None:
    put(folder, hostile(text))
    pages = list[str]()
    for number, events in enumerate((hostile(text), hostile("plain"))):
        put(folder, events)
        file = tmp_path / f"{number}.html"
        assert run("show", "m", "--html", str(file)).exit_code == 0
        pages.append(file.read_text(encoding="utf-8"))
    page, plain = map(Page, pages)
    assert (page.elements, page.attributes) == (plain.elements, plain.attributes)
    assert clean(text) in page.text
    assert f"javascript:{clean(text)}" in page.text
    assert f"550 {clean(text)}" in page.text
    assert not UNSEEN.search(pages[0])


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_is_code_in_markdown(text: str, folder: Path, run: Run) -> None:
    put(folder, hostile(text))
    result = run("show", "m", "--markdown")
    assert result.exit_code == 0
    outside = SPAN.sub("", result.stdout)
    put(folder, hostile("plain"))
    plain = SPAN.sub("", run("show", "m", "--markdown").stdout)
    assert outside == plain
    assert not set("`<>[]|#@") & set(outside)
    assert clean(text) in result.stdout


def test_markdown_is_lists_for_a_ticket(folder: Path, run: Run) -> None:
    events = message("m", ["a@example.com"], "send", "bounce", commonHeaders={"subject": "Hi"}, tags={"shop": ["1"]})
    events[1]["bounce"] |= {"timestamp": "2026-03-01T08:35:00Z", "feedbackId": "f", "reportingMTA": "mta"}
    events[1]["bounce"]["bouncedRecipients"][0] |= {"status": "5.1.1", "diagnosticCode": "550 `no`"}
    put(folder, events)
    result = run("show", "m", "--markdown", "--tz", "Asia/Tokyo")
    assert result.stdout.splitlines() == [
        "**Message** `m`",
        "",
        "- From: `Shop <shop@example.com>`",
        "- Subject: `Hi`",
        "- Sent: `2026-03-01 17:00:00 Asia/Tokyo`",
        "- To: `a@example.com` **bounced:hard**",
        "- Note: *bounced:hard*: The mail server refused it; whether there is such a mailbox, only its reply tells.",
        "- Tag: `shop = 1`",
        "",
        "**What happened** (times in Asia/Tokyo)",
        "",
        "- 2026-03-01 17:00:00: **Sent** `a@example.com`",
        f"  - `{KEY} line 1`",
        "- 2026-03-01 17:35:00, after 35 min: **Bounced** `a@example.com`",
        f"  - {GONE} (`Permanent/General, 5.1.1`)",
        "  - reply: `` 550 `no` ``",
        "  - mail server: `mta`",
        "  - feedback id: `f`",
        f"  - `{KEY} line 2`",
    ]


def test_a_page_asks_nobody_for_anything_and_names_the_zone(tmp_path: Path, folder: Path, run: Run) -> None:
    put(folder, [event for name in EVENTS for event in message("m", ["a@gmail.com", "b@example.com"], name)])
    file = tmp_path / "m.html"
    result = run("show", "m", "--html", str(file), "--tz", "Asia/Tokyo")
    assert (result.exit_code, result.stdout) == (0, f"1 message in {file}\n")
    page = Page(file.read_text(encoding="utf-8"))
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert not page.elements & {"script", "a", "img", "link", "iframe", "form", "object", "base"}
    assert not {name for name, _ in page.attributes} & {"href", "src", "style", "onload"}
    assert "times in Asia/Tokyo" in page.text
    assert "2026-03-01 17:00:00 Asia/Tokyo" in page.text


def test_a_page_is_for_its_owner_alone_and_stands_beside_nothing_else(tmp_path: Path, folder: Path, run: Run) -> None:
    put(folder, message("m", ["a@example.com"], "send"))
    to = tmp_path / "pages"
    to.mkdir()
    assert run("show", "m", "--html", str(to / "m.html")).exit_code == 0
    assert [path.name for path in to.iterdir()] == ["m.html"]
    assert (to / "m.html").stat().st_mode & 0o777 == 0o600


def test_a_page_overwrites_nothing(tmp_path: Path, folder: Path, run: Run) -> None:
    put(folder, message("m", ["a@example.com"], "send"))
    file, link = tmp_path / "m.html", tmp_path / "link.html"
    file.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    for taken in (file, link):
        result = run("show", "m", "--html", str(taken))
        assert result.exit_code == 2
        assert f"{taken} already exists: choose another name, or remove it" in result.stderr
        with pytest.raises(ExportError, match="already exists: choose another name, or remove it"):
            write(taken, "theirs")
    assert (file.read_text(), (tmp_path / "nowhere").exists()) == ("mine", False)


@pytest.mark.parametrize("mine", ["", "mine"])
def test_a_page_is_whole_or_mine_on_a_file_system_that_knows_one_name_of_a_file(
    mine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "m.html"

    def refuse(path: Path, _: Path) -> None:
        if mine:
            path.write_text(mine)
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with pytest.raises(ExportError, match="already exists") if mine else nullcontext():
        write(file, "theirs")
    assert (file.read_text(), list(tmp_path.iterdir())) == (mine or "theirs", [file])


def test_a_page_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path, folder: Path, run: Run) -> None:
    put(folder, message("m", ["a@example.com"], "send"))
    file = tmp_path / "missing" / "m.html"
    result = run("show", "m", "--html", str(file))
    assert (result.exit_code, f"Error: {file} cannot be written: " in result.stderr) == (5, True)
    small = tmp_path / "small.html"
    with full_disk(100), pytest.raises(ExportError, match="cannot be written"):
        write(small, "x" * 1000)
    assert [path.name for path in tmp_path.iterdir() if "small" in path.name or path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--json", "--raw"], "--json and --raw"),
        (["--html", "m.html", "--markdown"], "--html and --markdown"),
        (["--json", "--raw", "--markdown"], "--json and --raw and --markdown"),
    ],
)
def test_an_answer_has_one_form(options: list[str], named: str, run: Run) -> None:
    result = run("show", "m", *options)
    assert (result.exit_code, f"Error: {named} cannot be combined: choose one" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0, "0 ms"), (0.25, "250 ms"), (1.2, "1.2 s"), (10, "10 s"), (59.6, "1 min"), (64.5, "1 min 4 s")),
        *((2100, "35 min"), (3600, "1 h"), (3601, "1 h"), (7500, "2 h 5 min"), (86400, "1 day")),
        *((273_600, "3 days 4 h"), (86400e9, "1,000,000,000 days")),
    ],
)
def test_a_duration_is_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_beginning_of_an_id_shows_its_message_if_no_other_begins_so(folder: Path, run: Run) -> None:
    first, second = "010001a20da6d722-5d01b729-first", "010001a20da6d722-5d01b72a-second"
    put(folder, [*message(first, ["a@example.com"], "send"), *message(second, ["b@example.com"], "send")])
    assert [row["message_id"] for row in answer(run("show", first[:25], "--json"))["events"]] == [first]
    assert [row["message_id"] for row in answer(run("find", second[:25], "--json"))] == [second]
    assert len(answer(run("find", second[:16], "--json"))) == 2
    assert run("find", second[:15]).exit_code == 1
    several = run("show", first[:24])
    assert (several.exit_code, "Several messages have the id" in several.stderr) == (1, True)
    put(folder, message("m", ["a@example.com"], "send") + message("m2", ["a@example.com"], "send"))
    assert [row["message_id"] for row in answer(run("show", "m", "--json"))["events"]] == ["m"]


def test_show_raw_prints_the_events_as_they_were_written(folder: Path, run: Run) -> None:
    events = message("m", ["a@example.com", "b@example.com"], "send", "delivery")
    put(folder, [*message("other", ["a@example.com"], "send"), *events])
    result = run("show", "m", "--raw")
    assert [json.loads(line) for line in result.stdout.splitlines()] == events


def test_show_raw_prints_no_other_message_when_the_object_has_changed(folder: Path, run: Run) -> None:
    put(folder, [*message("other", ["a@example.com"], "send"), *message("m", ["a@example.com"], "send")])
    answer(run("sync", "--json"))
    for now in (["first", "second"], ["alone"]):
        put(folder, [item for message_id in now for item in message(message_id, ["a@example.com"], "send")])
        result = run("show", "m", "--raw", "--no-sync")
        assert (result.exit_code, result.stdout) == (3, "")
        assert f"{KEY} was deleted from {folder}, or changed, since the last sync: sync again" in result.stderr


def test_raw_json_without_control_characters_means_the_same() -> None:
    line = json.dumps({"subject": "a\x9b2J\u202eb"}, ensure_ascii=False) + "\r"
    assert escaped(line) == '{"subject": "a\\u009b2J\\u202eb"}'
    assert json.loads(escaped(line)) == json.loads(line)


def test_an_event_of_an_unknown_type_is_shown_by_its_name(folder: Path, run: Run) -> None:
    sent = message("m", ["a@example.com"], "send")
    unknown = {"eventType": "SpamReport", "mail": sent[0]["mail"]}
    put(folder, [*sent, unknown])
    assert "SpamReport  a@example.com" in run("show", "m").stdout
    assert "SpamReport" in run("show", "m", "--markdown").stdout
