import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.support import EVENTS
from tests.reader.support import (
    DELIVERED,
    HARD,
    LATER,
    OTHER,
    SOFT,
    Run,
    answer,
    automatic_reply,
    bounce,
    by_machine,
    complaint,
    later,
    message,
    put,
)

DELIVERY = message("m", ["a@example.com"], "send", "delivery")


@pytest.mark.parametrize(
    ("events", "status"),
    [
        (message("m", ["a@example.com"], "send"), "sent"),
        (message("m", ["a@example.com"], "send", "delivery_delay"), "delayed"),
        (message("m", ["a@example.com"], "send", "delivery_delay", "delivery"), DELIVERED),
        (message("m", ["a@example.com"], "send", "delivery", "open"), "opened"),
        (message("m", ["a@example.com"], "send", "delivery", "open", "click"), "clicked"),
        (message("m", ["a@example.com"], "send", "delivery", "open", "complaint"), "complained"),
        (message("m", ["a@example.com"], "send", "reject"), "rejected"),
        (message("m", ["a@example.com"], "rendering_failure"), "failed"),
        (bounce("m", "a@example.com", "Permanent", "General"), HARD),
        (bounce("m", "a@example.com", "Permanent", "OnAccountSuppressionList"), "suppressed"),
        (bounce("m", "a@example.com", "Transient", "MailboxFull"), SOFT),
        (bounce("m", "a@example.com", "Transient", "General"), SOFT),
        (bounce("m", "a@example.com", "Undetermined", "Undetermined"), SOFT),
        (bounce("m", "a@example.com", "Permanent", "SomethingNew"), HARD),
        (bounce("m", "a@example.com", "Transient", "SomethingNew"), SOFT),
        *(
            (bounce("m", "a@example.com", "Permanent", suppressed), "suppressed")
            for suppressed in (
                *("OnAccountSuppressionList", "OnTenantSuppressionList", "Suppressed"),
                *("EmailValidationSuppressed", "UnsubscribedRecipient"),
            )
        ),
        ([*DELIVERY, *later(bounce("m", "a@example.com", "Permanent", "General"))], HARD),
        *(
            ([*DELIVERY, *later(bounce("m", "a@example.com", kind, sub_type))], SOFT)
            for kind, sub_type in (
                *(("Transient", "MailboxFull"), ("Transient", "General"), ("Transient", "ContentRejected")),
                ("Undetermined", "Undetermined"),
            )
        ),
        (
            [
                *bounce("m", "a@example.com", "Transient", "MailboxFull"),
                *later(message("m", ["a@example.com"], "delivery")),
            ],
            DELIVERED,
        ),
        (
            [*message("m", ["a@example.com"], "delivery_delay"), *later(message("m", ["a@example.com"], "delivery"))],
            DELIVERED,
        ),
        ([*DELIVERY, *automatic_reply("Transient")], DELIVERED),
        ([*DELIVERY, *automatic_reply("Undetermined")], DELIVERED),
        ([*DELIVERY, *by_machine("open", "Likely"), *by_machine("click", "Likely")], DELIVERED),
        ([*DELIVERY, *by_machine("open", "Unlikely")], "opened"),
        ([*DELIVERY, *by_machine("click", "Unlikely"), *by_machine("open", "Likely")], "clicked"),
        (message("m", ["a@example.com"], "send", "open"), "opened"),
        (
            [*message("m", ["a@example.com"], "delivery"), *complaint("m", "a@example.com", feedback="not-spam")],
            DELIVERED,
        ),
        (complaint("m", "a@example.com", sub_type="OnAccountSuppressionList"), "suppressed"),
    ],
)
def test_find_has_the_status_of_a_message(events: list[dict[str, Any]], status: str, folder: Path, run: Run) -> None:
    put(folder, events)
    (found,) = answer(run("find", "a@example.com", "--json"))
    assert (found["message_id"], found["recipient"], found["status"]) == ("m", "a@example.com", status)


def test_the_last_reply_is_not_that_of_a_delivery_before_a_bounce(folder: Path, run: Run) -> None:
    bounced = bounce("m", "a@example.com", "Permanent", "General")
    bounced[1]["bounce"] |= {"timestamp": LATER, "bouncedRecipients": [{"emailAddress": "a@example.com"}]}
    put(folder, [*message("m", ["a@example.com"], "delivery"), *bounced])
    [found] = answer(run("find", "a@example.com", "--json"))
    assert (found["status"], found["reply"]) == (HARD, None)


def test_the_last_reply_and_bounce_are_the_latest_and_an_automatic_reply_is_none(folder: Path, run: Run) -> None:
    first, last = (
        bounce("m", "a@example.com", *kind)[1] for kind in (("Transient", "MailboxFull"), ("Permanent", "NoEmail"))
    )
    last["bounce"] |= {
        "timestamp": LATER,
        "bouncedRecipients": [{"emailAddress": "a@example.com", "diagnosticCode": "gone"}],
    }
    rejected = message("r", ["r@example.com"], "send", "reject")
    replied = bounce("o", "o@example.com", "Transient", "General")
    replied[1]["bounce"] |= {"timestamp": LATER, "bouncedRecipients": [{"emailAddress": "o@example.com"}]}
    put(folder, [last, first, *rejected, *replied, *message("o", ["o@example.com"], "delivery")])
    found = answer(run("find", "@example.com", "--json"))
    assert {row["message_id"]: (row["status"], row["reply"]) for row in found} == {
        "m": (HARD, "gone"),
        "r": ("rejected", "Bad content"),
        "o": (DELIVERED, "250 2.6.0 Message received"),
    }


def test_who_the_options_name_comes_first_when_the_text_is_in_the_subject(folder: Path, run: Run) -> None:
    to = ["ada@example.com", "bob@example.com"]
    put(
        folder,
        [
            *message("m", to, "send", commonHeaders={"subject": "Hello"}),
            *message("m", to[1:], "bounce", commonHeaders={"subject": "Hello"}),
        ],
    )
    assert [row["recipient"] for row in answer(run("find", "hello", "--type", "bounce", "--json"))] == to[::-1]
    assert [row["recipient"] for row in answer(run("find", "hello", "--json"))] == to


def test_find_says_how_many_messages_match_when_it_shows_fewer(folder: Path, run: Run) -> None:
    put(folder, [item for number in range(3) for item in message(str(number), ["a@example.com"], "send")])
    assert run("find", "a@", "--limit", "2", "--utc").stdout.splitlines()[:2] == [
        "3 messages: 3 sent",
        "The newest 2, --limit for more; times in UTC",
    ]
    assert run("find", "a@", "--limit", "3", "--utc").stdout.splitlines()[1] == "The newest first; times in UTC"


def test_a_bounce_without_a_time_has_a_status_and_a_reply(folder: Path, run: Run) -> None:
    recipients = [{"emailAddress": "a@example.com", "diagnosticCode": "550 no"}]
    put(folder, [{"eventType": "Bounce", "mail": {"messageId": "m"}, "bounce": {"bouncedRecipients": recipients}}])
    assert "bounced:soft" in run("find", "a@example.com").stdout
    [found] = answer(run("find", "a@example.com", "--json"))
    assert (found["status"], found["reply"]) == ("bounced:soft", "550 no")


def test_an_open_or_click_of_a_message_to_several_is_no_ones_status(folder: Path, run: Run) -> None:
    both = ["a@example.com", "B@example.com"]
    put(folder, [*message("m", both, "send", "open", "click"), *message("m", ["b@example.com"], "delivery")])
    found = answer(run("find", "a@example.com", "--json"))
    assert [(row["recipient"].lower(), row["status"]) for row in found] == [
        ("a@example.com", "sent"),
        ("b@example.com", "delivered"),
    ]


def test_who_was_looked_for_comes_first_of_a_message_to_several(folder: Path, run: Run) -> None:
    to = ["a@example.com", "b@example.com", "c@example.com"]
    put(
        folder,
        [*message("m", to, "send"), *message("m", ["a@example.com"], "bounce"), *message("m", to[1:], "delivery")],
    )
    line = run("find", "C@EXAMPLE").stdout.splitlines()[-1]
    assert [part.strip() for part in line.split("  ") if part.strip()] == [
        "2026-03-01 08:00:00",
        "delivered (2 of 3)",
        "c@example.com and 2 more",
        EVENTS["send"]["mail"]["commonHeaders"]["subject"],
        EVENTS["delivery"]["delivery"]["smtpResponse"],
        "m",
    ]


@pytest.mark.parametrize(
    "header",
    [
        "<010001a20da6d722-5d01b729-9234-4de9-b743-329bbc94c2f8-000000@email.amazonses.com>",
        " 010001a20da6d722-5d01b729-9234-4de9-b743-329bbc94c2f8-000000@eu-west-1.amazonses.com\n",
    ],
)
def test_the_message_id_header_of_a_received_message_finds_it(header: str, folder: Path, run: Run) -> None:
    message_id = "010001a20da6d722-5d01b729-9234-4de9-b743-329bbc94c2f8-000000"
    put(folder, [*message(message_id, ["a@example.com"], "send"), *message("other", ["b@example.com"], "send")])
    assert [row["message_id"] for row in answer(run("find", header, "--json"))] == [message_id]
    assert [row["message_id"] for row in answer(run("show", header, "--json"))["events"]] == [message_id]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ADA@", ["ada"]),
        ("Überraschung", ["bob"]),
        ("überRASCHUNG", ["bob"]),
        ("shop@EXAMPLE.com", ["bob", "ada"]),
        ("ada", ["ada"]),
        ("%", []),
        ("'", []),
    ],
)
def test_find_takes_a_part_of_recipient_sender_or_subject_in_any_case(
    text: str, ids: list[str], folder: Path, run: Run
) -> None:
    ada = message("ada", ["Ada@example.com"], "send")
    bob = message("bob", ["bob@example.net"], "send", commonHeaders={"subject": "Eine ÜBERRASCHUNG"})
    bob[0]["mail"]["timestamp"] = "2026-03-02T08:00:00.000Z"
    put(folder, [*ada, *bob])
    result = run("find", text, "--json")
    assert result.exit_code == (0 if ids else 1)
    assert [row["message_id"] for row in json.loads(result.stdout)] == ids


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--since", "2026-03-02"], ["new"]),
        (["--until", "2026-03-02"], ["old"]),
        (["--until", "2026-03-02T08:00"], ["old"]),
        (["--since", "2026-03-02T08:00"], ["new"]),
        (["--since", "2026-03-01T10:00+02:00", "--until", "2026-03-01T08:00:01"], ["old"]),
        (["--since", "1m"], []),
        (["--type", "bounce"], ["old"]),
        (["--type", "bounce", "--type", "delivery"], ["new", "old"]),
        (["--domain", "Example.NET"], ["new"]),
        (["--set", "news"], ["new"]),
        (["--tag", "season=spring=1"], ["new"]),
        (["--tag", "season=spring"], []),
        (["--limit", "1"], ["new"]),
    ],
)
def test_find_narrows_by_its_options(options: list[str], ids: list[str], folder: Path, run: Run) -> None:
    new = message(
        "new",
        ["b@example.net"],
        "send",
        "delivery",
        tags={"ses:configuration-set": ["news"], "season": ["winter", "spring=1"]},
    )
    for item in new:
        item["mail"]["timestamp"] = "2026-03-02T08:00:00.000Z"
    put(folder, [*message("old", ["a@example.com"], "send", "bounce"), *new])
    result = run("find", "example", "--json", *options)
    assert [row["message_id"] for row in json.loads(result.stdout)] == ids


def test_find_prints_a_line_for_each_message_without_control_characters(folder: Path, run: Run) -> None:
    evil = message(
        "m", ["a@example.com"], "send", "bounce", commonHeaders={"subject": "Hi\x1b[2J [red]you[/red]\n\x9b1m"}
    )
    put(folder, evil)
    out = run("find", "a@").stdout
    assert "\x1b" not in out
    assert "\x9b" not in out
    _, _, _, head, line = out.splitlines()
    assert head.split("  ")[0] == "sent"
    assert [part.strip() for part in line.split("  ") if part.strip()] == [
        "2026-03-01 08:00:00",
        "bounced:hard",
        "a@example.com",
        "Hi�[2J [red]you[/red] �1m",
        "The mailbox does not exist, or a rule refused the message. (550 no)",
        "m",
    ]


def test_one_person_is_one_recipient_in_any_spelling(folder: Path, run: Run) -> None:
    sent = message("m", ["Kim Lee <Kim@B\u00fccher.example>"], "send")
    delivered = message("m", ["kim@xn--bcher-kva.example"], "delivery")
    bounced = later(bounce("m", "<KIM@b\u00fccher.example>", "Permanent", "General")[1:])
    put(folder, [*sent, *delivered, *bounced])
    (found,) = answer(run("find", "b\u00fccher", "--json"))
    assert (found["recipient"], found["status"]) == ("Kim@B\u00fccher.example", HARD)


def test_a_bounce_that_names_nobody_is_of_the_one_recipient_and_of_none_of_several(folder: Path, run: Run) -> None:
    made = list[dict[str, Any]]()
    for message_id, to in (("one", ["a@example.com"]), ("two", ["b@example.com", "c@example.com"])):
        bounced = message(message_id, to, "bounce")
        bounced[0]["bounce"]["bouncedRecipients"] = []
        made += [*message(message_id, to, "send", "delivery"), *later(bounced)]
    put(folder, made)
    found = answer(run("find", "example.com", "--json"))
    assert [(each["recipient"], each["status"]) for each in found] == [
        ("a@example.com", HARD),
        ("b@example.com", DELIVERED),
        ("c@example.com", DELIVERED),
    ]


def test_a_complaint_about_several_is_no_ones_status(folder: Path, run: Run) -> None:
    put(folder, message("m", ["a@example.com", "b@example.com"], "send", "delivery", "complaint"))
    assert {each["status"] for each in answer(run("find", "example.com", "--json"))} == {DELIVERED}
    shown = run("show", "m").stdout
    assert "Complaint  one of a@example.com, b@example.com" in shown


def test_a_test_is_marked(folder: Path, run: Run) -> None:
    put(
        folder,
        [
            *message("1", ["success@simulator.amazonses.com"], "send"),
            *message("2", ["a@example.com"], "send", tags={"ses-history-test": ["1"]}),
            *message("3", ["a@example.com"], "send", tags={"note": ["ses-history-test"]}),
        ],
    )
    found = answer(run("find", "shop", "--json"))
    assert {each["message_id"]: each["is_test"] for each in found} == {"1": True, "2": True, "3": False}
    assert " sent test " in run("find", "simulator").stdout


@pytest.mark.parametrize("text", ["<order-4711@app.example.com>", "order-4711@app.example.com"])
def test_the_message_id_that_the_sender_wrote_finds_and_shows_the_message(text: str, folder: Path, run: Run) -> None:
    put(folder, [EVENTS["send_with_headers"], *message("other", ["a@example.com"], "send")])
    expected = EVENTS["send_with_headers"]["mail"]["messageId"]
    assert [each["message_id"] for each in answer(run("find", text, "--json"))] == [expected]
    assert {each["message_id"] for each in answer(run("show", text, "--json"))["events"]} == {expected}


def with_header(message_id: str, value: str, *, truncated: bool = False) -> dict[str, Any]:
    """A Send of a message with a header of the sender's own."""
    event = message(message_id, ["a@example.com"], "send")[0]
    event["mail"]["headers"] = [] if truncated else [{"name": "X-Order-ID", "value": value}]
    event["mail"]["headersTruncated"] = truncated
    return event


def test_a_message_with_cut_headers_counts_once_and_not_where_it_has_the_one_looked_for(folder: Path, run: Run) -> None:
    cut = [with_header(name, "?", truncated=True) for name in ("one", "one", "two")]
    found = with_header("two", "4711")
    body = b"".join(json.dumps(each).encode() for each in (*cut, found))
    put(folder, body)
    says = run("find", "a@example.com", "--header", "X-Order-ID=4711").stderr
    assert "1 message may have had it" in says


def test_a_header_is_looked_for_in_the_objects_and_told_where_it_may_be_cut(folder: Path, run: Run) -> None:
    put(folder, [with_header("one", "4711"), with_header("two", "47110"), with_header("three", "?", truncated=True)])
    put(folder, [with_header("four", "=?utf-8?Q?4711?=")], OTHER)
    result = run("find", "a@example.com", "--header", "x-order-id=4711", "--json")
    assert {each["message_id"] for each in json.loads(result.stdout)} == {"one", "four"}
    assert "Looked through 4 messages for the header x-order-id" in result.stderr
    assert "1 message may have had it: SES cuts headers above 10 KB" in result.stderr
    assert run("find", "a@example.com", "--header", "X-Order-ID=471").exit_code == 1


def test_a_header_of_very_many_objects_is_looked_for_when_it_is_said_so(folder: Path, run: Run) -> None:
    for number in range(101):
        put(folder, [with_header(f"m{number}", str(number))], f"events/day=2026-11-23/{number}.gz")
    refused = run("find", "a@example.com", "--header", "X-Order-ID=7")
    assert refused.exit_code == 2
    assert "101 messages of 101 objects match so far: select fewer" in refused.stderr
    (found,) = answer(run("find", "a@example.com", "--header", "X-Order-ID=7", "--yes", "--json"))
    assert found["message_id"] == "m7"
