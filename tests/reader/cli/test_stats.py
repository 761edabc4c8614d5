from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.contract.support import EVENTS
from tests.reader.support import Run, answer, automatic_reply, bounce, by_machine, complaint, message, put


def by_group(result: Result) -> Any:
    """The groups of an answer in JSON."""
    return answer(result)["groups"]


def test_stats_count_recipients_and_leave_the_suppressed_out_of_the_bounce_rate(folder: Path, run: Run) -> None:
    put(
        folder,
        [
            *message("1", ["a@example.com", "b@example.com"], "send", "delivery", "open", "click"),
            *message("2", ["c@example.com"], "send", "delivery", "complaint"),
            *bounce("3", "d@example.com", "Permanent", "General"),
            *bounce("4", "e@example.com", "Permanent", "OnAccountSuppressionList"),
            *bounce("5", "f@example.com", "Transient", "MailboxFull"),
        ],
    )
    (row,) = by_group(run("stats", "--by", "domain", "--json"))
    seconds = round(EVENTS["delivery"]["delivery"]["processingTimeMillis"] / 1000, 2)
    assert row == {
        "group": "example.com",
        "events": 13,
        "tests": 0,
        "sent": 6,
        "delivered": 3,
        "hard_bounced": 1,
        "soft_bounced": 1,
        "suppressed": 1,
        "complained": 1,
        "replies": 0,
        "opens_by_people": 0,
        "opens_by_machines": 0,
        "opens_unknown": 1,
        "clicks_by_people": 1,
        "clicks_by_machines": 0,
        "clicks_unknown": 0,
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
def test_stats_group_by_what_is_asked(by: str, groups: list[tuple[str | None, int]], folder: Path, run: Run) -> None:
    put(folder, bounce("1", "a@example.com", "Permanent", "General"))
    assert [(row["group"], row["events"]) for row in by_group(run("stats", "--by", by, "--json"))] == groups


def test_p50_and_p95_are_the_seconds_that_so_many_deliveries_took_at_most(folder: Path, run: Run) -> None:
    made = [item for number in range(20) for item in message(str(number), ["a@example.com"], "send", "delivery")]
    for number, item in enumerate(item for item in made if "delivery" in item):
        item["delivery"]["processingTimeMillis"] = 1000 * (number + 1)
    untimed = message("untimed", ["a@example.com"], "delivery")
    del untimed[0]["delivery"]["processingTimeMillis"]
    put(folder, [*made, *untimed, *message("b", ["b@example.net"], "send")])
    by_domain = {row["group"]: row for row in by_group(run("stats", "--by", "domain", "--json"))}
    assert (by_domain["example.com"]["p50_seconds"], by_domain["example.com"]["p95_seconds"]) == (10, 19)
    assert (by_domain["example.com"]["delivered"], by_domain["example.com"]["sent"]) == (21, 20)
    assert (by_domain["example.net"]["p50_seconds"], by_domain["example.net"]["p95_seconds"]) == (None, None)


def test_complaints_that_are_not_spam_or_suppressed_are_in_no_complaint_rate(folder: Path, run: Run) -> None:
    put(
        folder,
        [
            *complaint("1", "a@example.com", feedback="abuse"),
            *complaint("2", "a@example.com", feedback="not-spam"),
            *complaint("3", "a@example.com", sub_type="OnAccountSuppressionList"),
            *message("4", ["a@example.com"], "send"),
        ],
    )
    (row,) = by_group(run("stats", "--json"))
    assert (row["complained"], row["complaint_rate"], row["suppressed"]) == (1, 1 / 4, 1)


def test_without_a_send_there_is_no_rate(folder: Path, run: Run) -> None:
    put(folder, message("1", ["a@example.com"], "bounce"))
    (row,) = by_group(run("stats", "--json"))
    assert (row["hard_bounced"], row["hard_bounce_rate"]) == (1, None)
    rates = run("stats").stdout.split("\n\n")[1].splitlines()
    assert rates[2].split()[1:3] == ["0", "1"]


def many(count: int, domain: str, *events: str, first: int = 0) -> list[dict[str, Any]]:
    """So many messages to a domain, each with the events."""
    to = ((number, [f"{number}@{domain}"]) for number in range(first, first + count))
    return [event for number, address in to for event in message(f"{domain}-{number}", address, *events)]


def test_rates_are_few_below_two_hundred_recipients_and_coloured_at_the_limits_of_aws(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hard(count: int, domain: str) -> list[dict[str, Any]]:
        made = (bounce(f"{domain}-h{number}", f"h{number}@{domain}", "Permanent", "NoEmail") for number in range(count))
        return [event for events in made for event in events]

    put(
        folder,
        [
            *many(180, "a.example", "send"),
            *hard(20, "a.example"),
            *many(199, "b.example", "send"),
            *many(199, "c.example", "send"),
            *many(1, "c.example", "send", "complaint", first=199),
            *many(189, "d.example", "send"),
            *hard(11, "d.example"),
        ],
    )
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    lines = run("stats", "--by", "domain", "--sort", "name").stdout.split("\n\n")[1].splitlines()[2:6]
    red, yellow = "\x1b[31m", "\x1b[33m"
    assert [(line.count(red), line.count(yellow), line.count("few (0)")) for line in lines] == [
        (1, 0, 0),
        (0, 0, 3),
        (1, 0, 0),
        (0, 1, 0),
    ]
    assert [text in line for text, line in zip(("10.00%", "few", "0.50%", "5.50%"), lines, strict=True)] == [True] * 4


def test_days_are_those_of_the_zone(folder: Path, run: Run) -> None:
    late, early = (message(name, ["a@example.com"], "send") for name in ("late", "early"))
    late[0]["mail"]["timestamp"] = "2026-10-31T23:59:59.000Z"
    early[0]["mail"]["timestamp"] = "2026-10-31T14:59:59.000Z"
    put(folder, [*late, *early])

    def names(by: str, zone: str) -> list[str]:
        return [group["group"] for group in by_group(run("stats", "--by", by, "--tz", zone, "--json"))]

    assert names("day", "Asia/Tokyo") == ["2026-10-31", "2026-11-01"]
    assert names("day", "UTC") == ["2026-10-31"]
    assert names("hour", "Asia/Kolkata") == ["2026-10-31 20:00", "2026-11-01 05:00"]
    assert names("week", "Asia/Tokyo") == ["2026-10-26"]
    assert names("month", "America/New_York") == ["2026-10"]
    assert run("stats", "--tz", "Asia/Tokyo").stdout.splitlines()[0].startswith("day (Asia/Tokyo) ")
    selected = run("stats", "--tz", "Asia/Tokyo", "--since", "2026-11-01", "--json")
    assert [group["group"] for group in by_group(selected)] == ["2026-11-01"]


def test_groups_are_sorted_and_the_first_are_shown_with_the_total_of_all(folder: Path, run: Run) -> None:
    put(folder, [*many(1, "a.example", "send"), *many(3, "b.example", "send"), *many(2, "c.example", "send")])
    shown = run("stats", "--by", "domain", "--top", "2").stdout.split("\n\n")[0].splitlines()
    assert [line.split()[:2] for line in (*shown[2:4], shown[5])] == [
        ["b.example", "3"],
        ["c.example", "2"],
        ["total", "6"],
    ]
    assert shown[6] == "and 1 more group, in the total as well"
    sorts = {"name": ["a", "b", "c"], "sent": ["b", "c", "a"], "hard-bounces": ["a", "b", "c"]}
    for sort, order in sorts.items():
        groups = by_group(run("stats", "--by", "domain", "--sort", sort, "--json"))
        assert [group["group"] for group in groups] == [f"{name}.example" for name in order]
    answered = answer(run("stats", "--by", "domain", "--top", "1", "--json"))
    assert ([group["sent"] for group in answered["groups"]], answered["total"]["sent"]) == ([3], 6)


def test_reasons_are_the_codes_with_the_enhanced_one_of_the_reply_where_ses_tells_none(folder: Path, run: Run) -> None:
    full = bounce("1", "a@example.com", "Transient", "MailboxFull")
    full[-1]["bounce"]["bouncedRecipients"] = [{"emailAddress": "a@example.com", "diagnosticCode": "552 5.2.2 Full"}]
    put(
        folder,
        [
            *full,
            *automatic_reply("Transient"),
            *complaint("3", "a@example.com", feedback="abuse"),
            *message("4", ["a@example.com"], "send", "delivery"),
        ],
    )
    groups = by_group(run("stats", "--by", "reason", "--json"))
    assert {group["group"]: group["events"] for group in groups} == {
        "Transient/MailboxFull 5.2.2": 1,
        "automatic reply": 1,
        "abuse": 1,
    }
    assert "sent" not in run("stats", "--by", "reason").stdout


def test_by_status_everybody_sent_to_is_counted_where_the_message_stands(folder: Path, run: Run) -> None:
    both = ["a@example.com", "b@example.com"]
    put(
        folder,
        [
            *message("m", both, "send"),
            *message("m", both[:1], "delivery"),
            *bounce("n", "c@example.com", "Permanent", "General"),
        ],
    )
    groups = by_group(run("stats", "--by", "status", "--json"))
    assert {group["group"]: group["sent"] for group in groups} == {"delivered": 1, "sent": 1, "bounced:hard": 1}


def test_a_period_is_compared_with_the_one_before(folder: Path, run: Run) -> None:
    now, then, older = (
        many(300, "example.com", "send"),
        many(200, "example.com", "send"),
        many(9, "example.com", "send"),
    )
    for events, day, name in ((now, "2026-11-25", "n"), (then, "2026-11-18", "t"), (older, "2026-11-19", "o")):
        for event in events:
            event["mail"].update(timestamp=f"{day}T03:00:00.000Z", messageId=name + event["mail"]["messageId"])
    put(folder, [*now, *then, *older])
    week = ("--since", "2026-11-23", "--until", "2026-11-25T04:00", "--utc")
    out = run("stats", "--by", "domain", "--compare", *week).stdout.splitlines()
    assert [line.split()[:4] for line in out[2:] if line.strip()] == [
        ["example.com", "300", "200", "+50%"],
        ["total", "300", "200", "+50%"],
    ]
    answered = answer(run("stats", "--by", "domain", "--compare", "--json", *week))
    assert (answered["total"]["sent"], answered["before"]["total"]["sent"]) == (300, 200)
    assert "--compare needs --since" in run("stats", "--compare").stderr


def test_a_tag_groups_by_the_first_of_its_values(folder: Path, run: Run) -> None:
    put(folder, message("1", ["a@example.com"], "send", tags={"season": ["winter", "spring"]}))
    assert [row["group"] for row in by_group(run("stats", "--by", "tag:season", "--json"))] == ["winter"]


def test_what_is_a_test_a_reply_or_suppressed_is_in_no_rate(folder: Path, run: Run) -> None:
    put(
        folder,
        [
            *message("m", ["a@example.com"], "send", "delivery"),
            *automatic_reply("Transient"),
            *bounce("2", "b@example.com", "Permanent", "Suppressed"),
            *bounce("3", "bounce@simulator.amazonses.com", "Permanent", "General"),
            *message("4", ["c@example.com"], "send", "complaint", tags={"ses-history-test": ["1"]}),
        ],
    )
    (row,) = by_group(run("stats", "--json"))
    assert {name: row[name] for name in ("events", "tests", "sent", "delivered", "replies", "suppressed")} == {
        "events": 9,
        "tests": 2,
        "sent": 2,
        "delivered": 1,
        "replies": 1,
        "suppressed": 1,
    }
    assert [row[name] for name in ("hard_bounce_rate", "soft_bounce_rate", "complaint_rate")] == [0, 0, 0]


def test_opens_and_clicks_are_counted_by_people_by_machines_and_unknown(folder: Path, run: Run) -> None:
    opens = [*by_machine("open", "Likely"), *by_machine("open", "Unlikely"), *message("m", ["a@example.com"], "open")]
    for number, event in enumerate(opens):
        event["open"]["ipAddress"] = f"192.0.2.{number}"
    put(folder, [*opens, *by_machine("click", "Likely")])
    (row,) = by_group(run("stats", "--json"))
    assert [row[f"opens_{whom}"] for whom in ("by_people", "by_machines", "unknown")] == [1, 1, 1]
    assert [row[f"clicks_{whom}"] for whom in ("by_people", "by_machines", "unknown")] == [0, 1, 0]
    reading = run("stats").stdout.split("\n\n")[2].splitlines()
    assert reading[2].split() == ["2026-03-01", "1", "1", "1", "0", "1", "0"]
    assert reading[-1].split() == ["total", "1", "1", "1", "0", "1", "0"]


def test_what_happened_to_a_message_to_several_counts_once_with_whoever_is_selected(folder: Path, run: Run) -> None:
    to = ["success@simulator.amazonses.com", "b@x.example", "c@x.example"]
    put(folder, message("m", to, "send", "delivery", "open", "complaint"))
    (row,) = by_group(run("stats", "--domain", "x.example", "--json"))
    counts = ("events", "sent", "delivered", "opens_unknown", "complained")
    assert [row[name] for name in counts] == [4, 2, 2, 1, 1]
    (row,) = by_group(run("stats", "--json"))
    assert [row[name] for name in counts] == [4, 2, 2, 1, 1]
