from pathlib import Path

import pytest

from tests.contract.support import EVENTS
from tests.reader.support import Run, answer, bounce, complaint, message, put


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
    (row,) = answer(run("stats", "--by", "domain", "--json"))
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
def test_stats_group_by_what_is_asked(by: str, groups: list[tuple[str | None, int]], folder: Path, run: Run) -> None:
    put(folder, bounce("1", "a@example.com", "Permanent", "General"))
    assert [(row["group"], row["events"]) for row in answer(run("stats", "--by", by, "--json"))] == groups


def test_p50_and_p95_are_the_seconds_that_so_many_deliveries_took_at_most(folder: Path, run: Run) -> None:
    made = [item for number in range(20) for item in message(str(number), ["a@example.com"], "send", "delivery")]
    for number, item in enumerate(item for item in made if "delivery" in item):
        item["delivery"]["processingTimeMillis"] = 1000 * (number + 1)
    untimed = message("untimed", ["a@example.com"], "delivery")
    del untimed[0]["delivery"]["processingTimeMillis"]
    put(folder, [*made, *untimed, *message("b", ["b@example.net"], "send")])
    by_domain = {row["group"]: row for row in answer(run("stats", "--by", "domain", "--json"))}
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
    (row,) = answer(run("stats", "--json"))
    assert (row["complained"], row["complaint_rate"], row["suppressed"]) == (1, 1 / 4, 1)


def test_without_a_send_there_is_no_rate(folder: Path, run: Run) -> None:
    put(folder, message("1", ["a@example.com"], "bounce"))
    (row,) = answer(run("stats", "--json"))
    assert (row["hard_bounced"], row["hard_bounce_rate"]) == (1, None)
    assert run("stats").stdout.splitlines()[-1].split()[1:3] == ["0", "1"]


def test_stats_print_rates_with_their_counts_and_a_bar(folder: Path, run: Run) -> None:
    put(folder, [*bounce("1", "a@example.com", "Permanent", "General"), *message("2", ["b@example.net"], "send")])
    out = run("stats", "--by", "domain").stdout
    assert "100.00% (1)" in out
    assert "█" * 40 in out


def test_a_tag_groups_by_the_first_of_its_values(folder: Path, run: Run) -> None:
    put(folder, message("1", ["a@example.com"], "send", tags={"season": ["winter", "spring"]}))
    assert [row["group"] for row in answer(run("stats", "--by", "tag:season", "--json"))] == ["winter"]
