import csv
import json
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from rich.text import Text
from ses_history.cli import main
from ses_history.render import escaped

from tests.localaws.support import EVENTS
from tests.reader.support import KEY, event, full_disk, put

Run = Callable[..., Result]
SENT = "2026-03-01T08:00:00.000Z"
LATER = "2026-03-09T08:00:00.000Z"
DELIVERED, HARD, SOFT = "delivered", "bounced: hard", "bounced: soft"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def run(tmp_path: Path, folder: Path) -> Run:
    """The command, on the folder unless told otherwise."""

    def invoke(*arguments: str, where: tuple[str, ...] = ("--folder", str(folder))) -> Result:
        command, *rest = arguments
        return CliRunner().invoke(main, [command, *where, "--store", str(tmp_path / "store.duckdb"), *rest])

    return invoke


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def mail(message_id: str, to: list[str], *events: str, **other: Any) -> list[dict[str, Any]]:
    """The events of a message, each for all its recipients."""
    made = [event(name, messageId=message_id, destination=to, timestamp=SENT, **other) for name in events]
    for item in made:
        if "delivery" in item:
            item["delivery"]["recipients"] = to
        if "bounce" in item:
            item["bounce"]["bouncedRecipients"] = [{"emailAddress": a, "diagnosticCode": "550 no"} for a in to]
        if "complaint" in item:
            item["complaint"]["complainedRecipients"] = [{"emailAddress": a} for a in to]
        if "deliveryDelay" in item:
            item["deliveryDelay"]["delayedRecipients"] = [{"emailAddress": a} for a in to]
    return made


def bounce(message_id: str, to: str, bounce_type: str, sub_type: str) -> list[dict[str, Any]]:
    made = mail(message_id, [to], "send", "bounce")
    made[1]["bounce"] |= {"bounceType": bounce_type, "bounceSubType": sub_type}
    return made


def complaint(
    message_id: str, to: str, *, feedback: str | None = None, sub_type: str | None = None
) -> list[dict[str, Any]]:
    made = mail(message_id, [to], "send", "complaint")
    made[1]["complaint"] |= {"complaintFeedbackType": feedback, "complaintSubType": sub_type}
    return made


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        (mail("m", ["a@example.com"], "send"), "sent"),
        (mail("m", ["a@example.com"], "send", "delivery_delay"), "delayed"),
        (mail("m", ["a@example.com"], "send", "delivery_delay", "delivery"), DELIVERED),
        (mail("m", ["a@example.com"], "send", "delivery", "open"), "opened"),
        (mail("m", ["a@example.com"], "send", "delivery", "open", "click"), "clicked"),
        (mail("m", ["a@example.com"], "send", "delivery", "open", "complaint"), "complained"),
        (mail("m", ["a@example.com"], "send", "reject"), "rejected"),
        (mail("m", ["a@example.com"], "rendering_failure"), "failed"),
        (bounce("m", "a@example.com", "Permanent", "General"), HARD),
        (bounce("m", "a@example.com", "Permanent", "OnAccountSuppressionList"), "bounced: suppressed"),
        (bounce("m", "a@example.com", "Transient", "MailboxFull"), SOFT),
        (bounce("m", "a@example.com", "Transient", "General"), SOFT),
        (bounce("m", "a@example.com", "Undetermined", "Undetermined"), SOFT),
        ([*mail("m", ["a@example.com"], "delivery"), *bounce("m", "a@example.com", "Permanent", "General")], HARD),
        ([*mail("m", ["a@example.com"], "delivery"), *bounce("m", "a@example.com", "Transient", "MailboxFull")], SOFT),
        ([*mail("m", ["a@example.com"], "delivery"), *bounce("m", "a@example.com", "Transient", "General")], DELIVERED),
        ([*mail("m", ["a@example.com"], "delivery"), *complaint("m", "a@example.com", feedback="not-spam")], DELIVERED),
        (complaint("m", "a@example.com", sub_type="OnAccountSuppressionList"), "bounced: suppressed"),
    ],
)
def test_find_says_where_a_message_stands(events: list[dict[str, Any]], standing: str, folder: Path, run: Run) -> None:
    put(folder, events)
    (found,) = told(run("find", "a@example.com", "--json"))
    assert (found["message_id"], found["recipient"], found["standing"]) == ("m", "a@example.com", standing)


def test_the_last_reply_is_not_that_of_a_delivery_before_a_bounce(folder: Path, run: Run) -> None:
    bounced = bounce("m", "a@example.com", "Permanent", "General")
    bounced[1]["bounce"] |= {"timestamp": LATER, "bouncedRecipients": [{"emailAddress": "a@example.com"}]}
    put(folder, [*mail("m", ["a@example.com"], "delivery"), *bounced])
    [found] = told(run("find", "a@example.com", "--json"))
    assert (found["standing"], found["reply"]) == (HARD, None)


def test_the_last_reply_and_bounce_are_the_latest_and_an_automatic_reply_is_none(folder: Path, run: Run) -> None:
    first, last = (
        bounce("m", "a@example.com", *kind)[1] for kind in (("Transient", "MailboxFull"), ("Permanent", "NoEmail"))
    )
    last["bounce"] |= {
        "timestamp": LATER,
        "bouncedRecipients": [{"emailAddress": "a@example.com", "diagnosticCode": "gone"}],
    }
    rejected = mail("r", ["r@example.com"], "send", "reject")
    replied = bounce("o", "o@example.com", "Transient", "General")
    replied[1]["bounce"] |= {"timestamp": LATER, "bouncedRecipients": [{"emailAddress": "o@example.com"}]}
    put(folder, [last, first, *rejected, *replied, *mail("o", ["o@example.com"], "delivery")])
    found = told(run("find", "@example.com", "--json"))
    assert {row["message_id"]: (row["standing"], row["reply"]) for row in found} == {
        "m": (HARD, "gone"),
        "r": ("rejected", "Bad content"),
        "o": (DELIVERED, "250 2.6.0 Message received"),
    }


def test_find_tells_first_of_whom_its_options_name_though_the_text_is_in_the_subject(folder: Path, run: Run) -> None:
    to = ["ada@example.com", "bob@example.com"]
    put(
        folder,
        [
            *mail("m", to, "send", commonHeaders={"subject": "Hello"}),
            *mail("m", to[1:], "bounce", commonHeaders={"subject": "Hello"}),
        ],
    )
    assert [row["recipient"] for row in told(run("find", "hello", "--type", "bounce", "--json"))] == to[::-1]
    assert [row["recipient"] for row in told(run("find", "hello", "--json"))] == to


def test_find_says_that_it_shows_the_newest_only(folder: Path, run: Run) -> None:
    put(folder, [item for number in range(3) for item in mail(str(number), ["a@example.com"], "send")])
    assert "These are the newest 2. If there are more, --limit" in run("find", "a@", "--limit", "2").stderr
    assert run("find", "a@", "--limit", "4").stderr == ""


def test_find_tells_of_a_bounce_without_a_time(folder: Path, run: Run) -> None:
    recipients = [{"emailAddress": "a@example.com", "diagnosticCode": "550 no"}]
    put(folder, [{"eventType": "Bounce", "mail": {"messageId": "m"}, "bounce": {"bouncedRecipients": recipients}}])
    assert "bounced: soft" in run("find", "a@example.com").stdout
    [found] = told(run("find", "a@example.com", "--json"))
    assert (found["standing"], found["reply"]) == ("bounced: soft", "550 no")


def test_an_open_or_click_of_a_mail_to_several_is_nobodys(folder: Path, run: Run) -> None:
    both = ["a@example.com", "B@example.com"]
    put(folder, [*mail("m", both, "send", "open", "click"), *mail("m", ["b@example.com"], "delivery")])
    found = told(run("find", "a@example.com", "--json"))
    assert [(row["recipient"].lower(), row["standing"]) for row in found] == [
        ("a@example.com", "sent"),
        ("b@example.com", "delivered"),
    ]


def test_of_a_mail_to_several_find_tells_first_of_whom_it_looked_for(folder: Path, run: Run) -> None:
    to = ["a@example.com", "b@example.com", "c@example.com"]
    put(folder, [*mail("m", to, "send"), *mail("m", ["a@example.com"], "bounce"), *mail("m", to[1:], "delivery")])
    line = run("find", "C@EXAMPLE").stdout.splitlines()[1]
    assert [part.strip() for part in line.split("  ") if part.strip()] == [
        "2026-03-01 08:00:00",
        "c@example.com and 2 more",
        EVENTS["send"]["mail"]["commonHeaders"]["subject"],
        "delivered (2 of 3)",
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
def test_the_message_id_header_of_a_received_mail_finds_it(header: str, folder: Path, run: Run) -> None:
    message_id = "010001a20da6d722-5d01b729-9234-4de9-b743-329bbc94c2f8-000000"
    put(folder, [*mail(message_id, ["a@example.com"], "send"), *mail("other", ["b@example.com"], "send")])
    assert [row["message_id"] for row in told(run("find", header, "--json"))] == [message_id]
    assert [row["message_id"] for row in told(run("show", header, "--json"))["events"]] == [message_id]


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
def test_find_looks_for_a_part_of_recipient_sender_and_subject_in_any_case(
    text: str, ids: list[str], folder: Path, run: Run
) -> None:
    ada = mail("ada", ["Ada@example.com"], "send")
    bob = mail("bob", ["bob@example.net"], "send", commonHeaders={"subject": "Eine ÜBERRASCHUNG"})
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
    new = mail(
        "new",
        ["b@example.net"],
        "send",
        "delivery",
        tags={"ses:configuration-set": ["news"], "season": ["winter", "spring=1"]},
    )
    for item in new:
        item["mail"]["timestamp"] = "2026-03-02T08:00:00.000Z"
    put(folder, [*mail("old", ["a@example.com"], "send", "bounce"), *new])
    result = run("find", "example", "--json", *options)
    assert [row["message_id"] for row in json.loads(result.stdout)] == ids


def test_find_prints_a_line_a_message_and_nothing_that_steers_the_terminal(folder: Path, run: Run) -> None:
    evil = mail("m", ["a@example.com"], "send", "bounce", commonHeaders={"subject": "Hi\x1b[2J [red]you[/red]\n\x9b1m"})
    put(folder, evil)
    out = run("find", "a@").stdout
    assert "\x1b" not in out
    assert "\x9b" not in out
    head, line = out.splitlines()
    assert head.split("  ")[0] == "sent (UTC)"
    assert [part.strip() for part in line.split("  ") if part.strip()] == [
        "2026-03-01 08:00:00",
        "a@example.com",
        "Hi�[2J [red]you[/red]��1m",
        "bounced: hard",
        "550 no",
        "m",
    ]


def test_show_tells_each_recipients_outcome_and_the_events_in_order(folder: Path, run: Run) -> None:
    to = ["a@example.com", "b@example.net"]
    bounced = mail("m", to, "bounce")[0]
    bounced["bounce"] |= {"timestamp": "2026-03-01T08:01:04.500Z", "feedbackId": "f", "reportingMTA": "dsn; mta"}
    bounced["bounce"]["bouncedRecipients"] = [
        {"emailAddress": "a@example.com", "status": "5.1.1", "diagnosticCode": "550 unknown"},
        {"emailAddress": "b@example.net", "diagnosticCode": "552 full"},
    ]
    sent = mail("m", to, "send", tags={"campaign": ["spring", "shoes"]}, commonHeaders={"subject": "Hi"})
    put(folder, [bounced, *sent, *mail("other", to, "send")])
    result = run("show", "m")
    assert result.exit_code == 0
    assert [line.rstrip() for line in result.stdout.splitlines()] == [
        "Message  m",
        f"From     {EVENTS['send']['mail']['source']}",
        "Subject  Hi",
        "Sent     2026-03-01 08:00:00 UTC",
        "Set",
        "To       a@example.com  bounced: hard",
        "To       b@example.net  bounced: hard",
        "Tag      campaign = spring, shoes",
        "",
        "2026-03-01 08:00:00  +0.000 s    Send  a@example.com, b@example.net",
        f"    {KEY} line 2",
        "",
        "2026-03-01 08:01:04  +0:01:04    Bounce  a@example.com, b@example.net",
        "    bounce_type: Permanent",
        "    bounce_sub_type: General",
        "    smtp_status: 5.1.1 (a@example.com)",
        "    smtp_response: 550 unknown (a@example.com)",
        "    smtp_response: 552 full (b@example.net)",
        "    reporting_mta: dsn; mta",
        "    feedback_id: f",
        f"    {KEY} line 1",
    ]
    outcomes = told(run("show", "m", "--json"))["recipients"]
    assert [(row["recipient"], row["standing"], row["reply"]) for row in outcomes] == [
        ("a@example.com", "bounced: hard", "550 unknown"),
        ("b@example.net", "bounced: hard", "552 full"),
    ]


def test_the_beginning_of_an_id_shows_its_message_if_no_other_begins_so(folder: Path, run: Run) -> None:
    first, second = "010001a20da6d722-5d01b729-first", "010001a20da6d722-5d01b72a-second"
    put(folder, [*mail(first, ["a@example.com"], "send"), *mail(second, ["b@example.com"], "send")])
    assert [row["message_id"] for row in told(run("show", first[:25], "--json"))["events"]] == [first]
    assert [row["message_id"] for row in told(run("find", second[:25], "--json"))] == [second]
    assert len(told(run("find", second[:16], "--json"))) == 2
    assert run("find", second[:15]).exit_code == 1
    several = run("show", first[:24])
    assert (several.exit_code, "Several messages have an id that begins with" in several.stderr) == (1, True)
    put(folder, mail("m", ["a@example.com"], "send") + mail("m2", ["a@example.com"], "send"))
    assert [row["message_id"] for row in told(run("show", "m", "--json"))["events"]] == ["m"]


def test_a_terminal_has_a_line_a_message_and_whole_numbers_whatever_its_width(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = "010001a20da6d722-5d01b729-9234-4de9-b743-329bbc94c2f8-000000"
    put(folder, mail(message_id, ["a.rather.long.address@example.com"], "send", "delivery"))
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    for width in (80, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        _, line = Text.from_ansi(run("find", "a.rather").stdout).plain.splitlines()
        assert len(line) <= max(width, 120)
        assert line.startswith("2026-03-01 08:00:00  a.rather.")
        assert line.rstrip().endswith(f"  {message_id[:25]}")
        assert ("…" in line) == (width == 80)
        counts, rates = Text.from_ansi(run("stats").stdout).plain.split("\n\n")
        *cells, bar = counts.splitlines()[2].split()
        assert cells == ["2026-03-01", "2", "1", "1", "0", "0", "0"]
        assert bar == "█" * (16 if width == 80 else 40)
        assert rates.splitlines()[2].split()[:6] == ["2026-03-01", "1", "0.00%", "(0)", "0.00%", "(0)"]


def test_show_raw_prints_the_events_as_they_were_written(folder: Path, run: Run) -> None:
    events = mail("m", ["a@example.com", "b@example.com"], "send", "delivery")
    put(folder, [*mail("other", ["a@example.com"], "send"), *events])
    result = run("show", "m", "--raw")
    assert [json.loads(line) for line in result.stdout.splitlines()] == events


def test_show_raw_prints_nobody_elses_event_when_the_object_was_written_anew(folder: Path, run: Run) -> None:
    put(folder, [*mail("other", ["a@example.com"], "send"), *mail("m", ["a@example.com"], "send")])
    told(run("sync", "--json"))
    for now in (["first", "second"], ["alone"]):
        put(folder, [item for message_id in now for item in mail(message_id, ["a@example.com"], "send")])
        result = run("show", "m", "--raw", "--no-sync")
        assert (result.exit_code, result.stdout) == (3, "")
        assert f"{KEY} is not in " in result.stderr
        assert "was written anew: leave --no-sync out" in result.stderr


def test_raw_json_says_the_same_without_what_steers_a_terminal() -> None:
    line = json.dumps({"subject": "a\x9b2J\u202eb"}, ensure_ascii=False) + "\r"
    assert escaped(line) == '{"subject": "a\\u009b2J\\u202eb"}'
    assert json.loads(escaped(line)) == json.loads(line)


def test_stats_count_recipients_and_leave_the_suppressed_out_of_the_bounce_rate(folder: Path, run: Run) -> None:
    put(
        folder,
        [
            *mail("1", ["a@example.com", "b@example.com"], "send", "delivery", "open", "click"),
            *mail("2", ["c@example.com"], "send", "delivery", "complaint"),
            *bounce("3", "d@example.com", "Permanent", "General"),
            *bounce("4", "e@example.com", "Permanent", "OnAccountSuppressionList"),
            *bounce("5", "f@example.com", "Transient", "MailboxFull"),
        ],
    )
    (row,) = told(run("stats", "--by", "domain", "--json"))
    seconds = round(EVENTS["delivery"]["delivery"]["processingTimeMillis"] / 1000, 2)
    assert row == {
        "group": "example.com",
        "events": 13,
        "sent": 6,
        "delivered": 3,
        "hard_bounced": 1,
        "soft_bounced": 1,
        "suppressed": 1,
        "complained": 1,
        "opens": 1,
        "clicks": 1,
        "p50_seconds": seconds,
        "p95_seconds": seconds,
        "hard_bounce_rate": 1 / 6,
        "soft_bounce_rate": 1 / 6,
        "complaint_rate": 1 / 6,
    }


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("day", [("2026-03-01", 2)]),
        ("type", [("Bounce", 1), ("Send", 1)]),
        ("domain", [("example.com", 2)]),
        ("set", [("dev-mail", 2)]),
        ("tag:ses:from-domain", [("example.com", 2)]),
        ("tag:none", [(None, 2)]),
    ],
)
def test_stats_are_by_what_is_asked(by: str, groups: list[tuple[str | None, int]], folder: Path, run: Run) -> None:
    put(folder, bounce("1", "a@example.com", "Permanent", "General"))
    assert [(row["group"], row["events"]) for row in told(run("stats", "--by", by, "--json"))] == groups


def test_delivery_seconds_are_those_that_half_and_nineteen_of_twenty_took_at_most(folder: Path, run: Run) -> None:
    made = [item for number in range(20) for item in mail(str(number), ["a@example.com"], "send", "delivery")]
    for number, item in enumerate(item for item in made if "delivery" in item):
        item["delivery"]["processingTimeMillis"] = 1000 * (number + 1)
    untimed = mail("untimed", ["a@example.com"], "delivery")
    del untimed[0]["delivery"]["processingTimeMillis"]
    put(folder, [*made, *untimed, *mail("b", ["b@example.net"], "send")])
    by_domain = {row["group"]: row for row in told(run("stats", "--by", "domain", "--json"))}
    assert (by_domain["example.com"]["p50_seconds"], by_domain["example.com"]["p95_seconds"]) == (10, 19)
    assert (by_domain["example.com"]["delivered"], by_domain["example.com"]["sent"]) == (21, 20)
    assert (by_domain["example.net"]["p50_seconds"], by_domain["example.net"]["p95_seconds"]) == (None, None)


def test_complaints_of_no_spam_and_of_the_suppression_list_are_in_no_complaint_rate(folder: Path, run: Run) -> None:
    put(
        folder,
        [
            *complaint("1", "a@example.com", feedback="abuse"),
            *complaint("2", "a@example.com", feedback="not-spam"),
            *complaint("3", "a@example.com", sub_type="OnAccountSuppressionList"),
            *mail("4", ["a@example.com"], "send"),
        ],
    )
    (row,) = told(run("stats", "--json"))
    assert (row["complained"], row["complaint_rate"], row["suppressed"]) == (1, 1 / 4, 1)


def test_without_a_send_there_is_no_rate(folder: Path, run: Run) -> None:
    put(folder, mail("1", ["a@example.com"], "bounce"))
    (row,) = told(run("stats", "--json"))
    assert (row["hard_bounced"], row["hard_bounce_rate"]) == (1, None)
    assert run("stats").stdout.splitlines()[-1].split()[1:3] == ["0", "1"]


def test_stats_print_rates_with_their_counts_and_a_bar(folder: Path, run: Run) -> None:
    put(folder, [*bounce("1", "a@example.com", "Permanent", "General"), *mail("2", ["b@example.net"], "send")])
    out = run("stats", "--by", "domain").stdout
    assert "100.00% (1)" in out
    assert "█" * 40 in out


def test_export_writes_the_selected_rows_in_each_format_for_its_owner_alone(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    put(
        folder,
        [*mail("1", ["a@example.com"], "send", "delivery"), *bounce("2", "b@example.com", "Permanent", "General")],
    )
    for suffix in ("csv", "jsonl", "parquet", "sqlite"):
        file = tmp_path / f"out.{suffix}"
        assert told(run("export", str(file), "--type", "send", "--json"))["rows"] == 2
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with (tmp_path / "out.csv").open() as file:
        from_csv = [row["message_id"] for row in csv.DictReader(file)]
    from_lines = [json.loads(line)["message_id"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    from_parquet = duckdb.read_parquet(str(tmp_path / "out.parquet")).select("message_id").fetchall()
    database = sqlite3.connect(tmp_path / "out.sqlite")
    from_sqlite = database.execute("SELECT message_id FROM history").fetchall()
    database.close()
    assert from_csv == from_lines == ["1", "2"]
    with (tmp_path / "out.csv").open() as file:
        assert [json.loads(row["tags"]) for row in csv.DictReader(file)] == [EVENTS["send"]["mail"]["tags"]] * 2
    assert from_parquet == from_sqlite == [("1",), ("2",)]


def test_export_does_not_replace_a_file(folder: Path, run: Run, tmp_path: Path) -> None:
    put(folder, mail("1", ["a@example.com"], "send"))
    (tmp_path / "out.csv").write_text("mine")
    result = run("export", str(tmp_path / "out.csv"))
    assert (result.exit_code, (tmp_path / "out.csv").read_text()) == (2, "mine")
    assert "is there already" in result.stderr
    (tmp_path / "link.csv").symlink_to("nowhere")
    assert (run("export", str(tmp_path / "link.csv")).exit_code, (tmp_path / "link.csv").is_symlink()) == (2, True)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "sqlite"])
def test_an_export_that_fails_is_told_and_leaves_no_file(suffix: str, folder: Path, run: Run, tmp_path: Path) -> None:
    put(folder, [item for number in range(3000) for item in mail(str(number), ["a@example.com"], "send")])
    told(run("sync", "--json"))
    (tmp_path / "file").touch()
    inside = run("export", str(tmp_path / f"file/out.{suffix}"))
    assert (inside.exit_code, "cannot be written" in inside.stderr) == (5, True)
    nowhere = run("export", str(tmp_path / f"none/out.{suffix}"))
    (tmp_path / "exports").mkdir()
    file = tmp_path / f"exports/out.{suffix}"
    with full_disk(10_000):
        full = run("export", str(file))
    for result, path in ((nowhere, tmp_path / f"none/out.{suffix}"), (full, file)):
        assert result.exit_code == 5, result.output
        assert result.stderr.startswith(f"Error: {path} cannot be written: ")
    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["find", "nobody@example.com"], 1, "No mail matches 'nobody@example.com'"),
        (["show", "no-such-id"], 1, "The history has no message 'no-such-id'"),
        (["stats", "--domain", "none.example.com"], 1, "Nothing in the history is selected"),
        (["find", "a", "--since", "yesterday"], 2, "'yesterday' is no time"),
        (["find", "a", "--tag", "campaign"], 2, "'campaign' is no tag: write NAME=VALUE"),
        (["stats", "--by", "tag:"], 2, "'tag:' is none of day, type, domain, set and tag:NAME"),
        (["export", "out.xls"], 2, "tells no format"),
        (["find", "a", "--bucket", "b"], 2, "--bucket and --folder both tell"),
        (["find", "a", "--bucket", ""], 2, "--bucket is empty"),
        (["find", "\udcff"], 1, "No mail matches"),
        (["find", "a", "--domain", "\udcff"], 1, "No mail matches"),
        (["find", "a", "--since", "999999w"], 2, "'999999w' is no time"),
        (["find", "a", "--since", "0001-01-01T00:00+02:00"], 2, "is no time"),
    ],
)
def test_what_cannot_be_answered_is_told_in_a_line_with_its_exit_code(
    arguments: list[str], code: int, says: str, folder: Path, run: Run
) -> None:
    put(folder, mail("1", ["a@example.com"], "send"))
    result = run(*arguments)
    assert result.exit_code == code
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_an_empty_folder_and_a_missing_one_are_told(folder: Path, run: Run) -> None:
    missing = run("find", "a")
    folder.mkdir()
    empty = run("find", "a")
    assert (missing.exit_code, empty.exit_code) == (3, 1)
    assert "is not a folder" in missing.stderr
    assert "is empty: send a mail" in empty.stderr


def test_without_sync_the_store_answers_as_it_is(folder: Path, run: Run) -> None:
    put(folder, mail("1", ["a@example.com"], "send"))
    assert run("find", "a@", "--no-sync").exit_code == 4
    told(run("find", "a@", "--json"))
    put(folder, mail("2", ["a@example.com"], "send"), "later.gz")
    assert len(told(run("find", "a@", "--json", "--no-sync"))) == 1
    assert len(told(run("find", "a@", "--json"))) == 2


def test_where_the_history_is_may_stand_in_the_environment(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, mail("1", ["a@example.com"], "send"))
    monkeypatch.delenv("SES_HISTORY", raising=False)
    nowhere = run("find", "a@", where=())
    assert (nowhere.exit_code, "Where is the history?" in nowhere.stderr) == (2, True)
    monkeypatch.setenv("SES_HISTORY", str(folder))
    assert len(told(run("find", "a@", "--json", where=()))) == 1


def test_sync_tells_what_it_read_and_each_time_which_lines_are_no_event(folder: Path, run: Run) -> None:
    put(folder, b"\n{}\n")
    flawed = [
        "2 lines are no event as SES documents them:",
        f"  {KEY} line 1: blank",
        f"  {KEY} line 2: not an event",
    ]
    assert run("sync").stdout.splitlines() == ["1 objects listed, 1 read with 2 lines, 0 taken out", *flawed]
    assert run("sync").stdout.splitlines() == ["1 objects listed, 0 read with 0 lines, 0 taken out", *flawed]


def test_a_look_up_that_read_lines_that_are_no_event_says_so_once(folder: Path, run: Run) -> None:
    put(folder, mail("1", ["a@example.com"], "send"))
    put(folder, b"\n", "later.gz")
    assert "1 lines are no event: `ses-history sync` tells which" in run("find", "a@").stderr
    assert run("find", "a@").stderr == ""


def test_an_output_that_cannot_hold_a_character_gets_another(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, mail("1", ["a@example.com"], "send", commonHeaders={"subject": "Grüße"}))
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    where = ["--folder", str(folder), "--store", str(tmp_path / "store.duckdb")]
    command = [Path(sys.executable).with_name("ses-history"), "find", "a@", *where]
    assert "  Gr??e  " in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_help_is_there_for_every_command() -> None:
    for command in ("sync", "find", "show", "stats", "export"):
        result = CliRunner().invoke(main, [command, "--help"])
        assert result.exit_code == 0
        assert "--bucket" in result.stdout


def test_help_gives_each_example_a_line() -> None:
    lines = CliRunner().invoke(main, ["--help"]).output.splitlines()
    assert "  ses-history stats --by domain --since 7d       counts and rates of a week" in lines
    assert all(len(line) <= 80 for line in lines)


def test_help_imports_nothing_that_takes_long() -> None:
    script = (
        "import sys; from ses_history.cli import main; main(['--help'], standalone_mode=False); "
        "print(sorted({'duckdb', 'boto3', 'rich', 'pyarrow'} & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
