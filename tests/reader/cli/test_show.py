import json
from pathlib import Path

from ses_history.cli.render import escaped

from tests.contract.support import EVENTS
from tests.reader.support import KEY, Run, answer, message, put


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
    assert [line.rstrip() for line in result.stdout.splitlines()] == [
        "Message  m",
        f"From     {EVENTS['send']['mail']['source']}",
        "Subject  Hi",
        "Sent     2026-03-01 08:00:00 UTC",
        "Set",
        "To       a@example.com  bounced:hard",
        "To       b@example.net  bounced:hard",
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
    outcomes = answer(run("show", "m", "--json"))["recipients"]
    assert [(row["recipient"], row["status"], row["reply"]) for row in outcomes] == [
        ("a@example.com", "bounced:hard", "550 unknown"),
        ("b@example.net", "bounced:hard", "552 full"),
    ]


def test_the_beginning_of_an_id_shows_its_message_if_no_other_begins_so(folder: Path, run: Run) -> None:
    first, second = "010001a20da6d722-5d01b729-first", "010001a20da6d722-5d01b72a-second"
    put(folder, [*message(first, ["a@example.com"], "send"), *message(second, ["b@example.com"], "send")])
    assert [row["message_id"] for row in answer(run("show", first[:25], "--json"))["events"]] == [first]
    assert [row["message_id"] for row in answer(run("find", second[:25], "--json"))] == [second]
    assert len(answer(run("find", second[:16], "--json"))) == 2
    assert run("find", second[:15]).exit_code == 1
    several = run("show", first[:24])
    assert (several.exit_code, "Several messages have an id that begins with" in several.stderr) == (1, True)
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
