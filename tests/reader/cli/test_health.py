from dataclasses import replace
from datetime import datetime, timedelta
from functools import partialmethod
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from ses_history.cli.render.health import screen
from ses_history.health import (
    COMPLAINT_LIMITS,
    HARD_BOUNCE_LIMITS,
    BounceReason,
    Cases,
    Health,
    Opens,
    ProviderHealth,
    rate,
)
from ses_history.history import History
from ses_history.providers import PROVIDERS

from tests.reader.support import Run, answer, bounce, complaint, message, put

NOW = datetime(2026, 3, 2, 12)  # noqa: DTZ001  times of the history are naive and UTC


@pytest.fixture(autouse=True)
def _on_the_day_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(History, "health", partialmethod(History.health, now=NOW))


def small() -> list[dict[str, Any]]:
    """A few messages of 1 March 08:00, of which everything that has a time of its own happened at 13:00, by UTC."""
    events = [
        *message("1", ["ada@gmail.com", "ben@hotmail.com"], "send", "delivery", "open"),
        *bounce("2", "cleo@example.org", "Permanent", "General"),
        *complaint("3", "ben@hotmail.com"),
        *message("4", ["dan@example.org"], "send", "delivery_delay"),
        *message("5", ["me@example.com"], "send"),
        *message("6", ["Cleo@example.org"], "send", "delivery"),
    ]
    for event in events:
        for name, section in event.items():
            if name != "mail" and "timestamp" in section:
                section["timestamp"] = "2026-03-01T13:00:00.000Z"
        if "bounce" in event:
            event["bounce"]["bouncedRecipients"][0]["status"] = "5.1.1"
        if "deliveryDelay" in event:
            event["deliveryDelay"]["expirationTime"] = "2026-03-02T20:00:00.000Z"
        if event["mail"]["messageId"] == "6":
            event["mail"]["timestamp"] = "2026-03-01T13:30:00.000Z"
    return events


def health(hard_bounced: int, complained: int, eligible: int, providers: tuple[ProviderHealth, ...] = ()) -> Health:
    none = Cases(count=0, message_id=None, recipient=None)
    return Health(
        now=NOW,
        newest=NOW,
        since=datetime(2026, 2, 16, 12),  # noqa: DTZ001
        own_domains=(),
        hard_bounces=rate(hard_bounced, eligible, HARD_BOUNCE_LIMITS),
        complaints=rate(complained, eligible, COMPLAINT_LIMITS),
        providers=providers,
        reasons=(),
        without_news=none,
        mailed_again=none,
        opens=Opens(by_people=0, by_machines=0, unknown=0),
    )


def printed(verdict: Health, width: int = 80) -> str:
    out = Console(width=width, highlight=False, markup=False)
    with out.capture() as captured:
        for line in screen(verdict, ZoneInfo("UTC")):
            out.print(line)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


ONE_SCREEN = """\
Health at 2026-03-02 21:00:00 (Asia/Tokyo)
Newest event 2026-03-01 22:30:00, 22 h 30 min ago

few  hard bounces 1 of the last 6 eligible recipients (14 days): AWS reviews at 5 %, pauses at 10 %
few  complaints 1 of the last 6 eligible recipients (14 days): AWS reviews at 0.1 %, pauses at 0.5 %
     Eligible: without tests and suppressed recipients, and without your own domains (example.com)

provider    eligible  hard bounces       complaints  delayed  waiting
─────────────────────────────────────────────────────────────────────
outlook            2             0                1        0        0
gmail              1             0  SES is not told        0        0
all others         3             1                0        1        1

Hard bounces  1 The mailbox does not exist. (General 5.1.1), such as 2
Delayed       1 recipient in 24 hours, of whom 1 still waiting; SES gives up from 2026-03-03 05:00:00 on
Without news  2 messages of 1 to 7 days ago: neither delivered nor bounced
              5 to me@example.com
Mailed again  1 person in 14 days, after a hard bounce or a complaint
              6 to Cleo@example.org
Opened        0 messages of 14 days by people; 0 by machines only, 1 unknown
Not seen      whether a delivered message is in the inbox or in spam; complaints at Gmail, which Google Postmaster \
Tools has; opens without images, and mail sent without the configuration set.
"""


def test_health_is_one_screen(folder: Path, run: Run) -> None:
    put(folder, small())
    printed_lines = run("health", "--tz", "Asia/Tokyo").stdout.splitlines()
    assert [line.rstrip() for line in printed_lines] == ONE_SCREEN.splitlines()


@pytest.mark.parametrize(
    ("hard_bounced", "complained", "eligible", "first", "second"),
    [
        (60, 5, 10_192, "fine  hard bounces 0.59 % of", "fine  complaints 0.05 % of"),
        (300, 20, 10_192, "close         hard bounces 2.94 % of", "review level  complaints 0.20 % of"),
        (600, 6, 10_192, "review level  hard bounces 5.89 % of", "close         complaints 0.06 % of"),
        (1_020, 51, 10_192, "pause level  hard bounces 10.01 % of", "pause level  complaints 0.50 % of"),
        (100, 0, 199, "few  hard bounces 100 of", "few  complaints 0 of"),
    ],
)
def test_the_verdict_is_written_as_aws_writes_it(
    hard_bounced: int, complained: int, eligible: int, first: str, second: str
) -> None:
    last = f"the last {eligible:,} eligible recipients (14 days)"
    assert printed(health(hard_bounced, complained, eligible), 160).splitlines()[3:5] == [
        f"{first} {last}: AWS reviews at 5 %, pauses at 10 %",
        f"{second} {last}: AWS reviews at 0.1 %, pauses at 0.5 %",
    ]


@pytest.mark.parametrize(
    ("hard_bounced", "colour"),
    [(0, "\x1b[32mfine"), (300, "\x1b[33mclose"), (500, "\x1b[31mreview"), (1_000, "\x1b[1;31mpause")],
)
def test_a_state_has_a_colour(hard_bounced: int, colour: str) -> None:
    out = Console(width=120, force_terminal=True, color_system="standard", no_color=False, highlight=False)
    with out.capture() as captured:
        for line in screen(health(hard_bounced, 0, 10_000), ZoneInfo("UTC")):
            out.print(line)
    assert colour in captured.get()


def test_a_day_without_an_event_is_coloured() -> None:
    silent = replace(health(0, 0, 10_000), newest=NOW - timedelta(hours=25))
    heading = [list(screen(verdict, ZoneInfo("UTC")))[1] for verdict in (silent, health(0, 0, 10_000))]
    assert [(str(line), line.style) for line in heading] == [
        ("Newest event 2026-03-01 11:00:00, 1 day 1 h ago", "yellow"),
        ("Newest event 2026-03-02 12:00:00, 0 ms ago", ""),
    ]


def test_everything_there_can_be_to_tell_fits_a_screen_of_80_columns_and_40_lines() -> None:
    full = ProviderHealth(
        provider=None,
        eligible=1_234_567,
        hard_bounced=12_345,
        complained=1_234,
        delayed=1_234,
        waiting=123,
        expires_at=NOW,
    )
    case = Cases(count=12_345, message_id="0" * 60, recipient="somebody.with.a.long.name@mail.example.co.jp")
    verdict = replace(
        health(100_000, 10_000, 12_345_678, (*(replace(full, provider=name) for name in PROVIDERS), full)),
        own_domains=("crm.example.net", "news.example.com", "shop.example.com", "www.example.com"),
        reasons=(BounceReason(bounce_sub_type="General", smtp_status="5.1.1", count=12_345, message_id="1" * 60),) * 3,
        without_news=case,
        mailed_again=case,
    )
    lines = printed(verdict).splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert "domains (crm.example.net, news.example.com, shop.example.com and 1 more)" in printed(verdict)
    assert "and 8 more providers, which --json tells of" in lines
    assert not any("…" in line for line in lines)


def test_json_is_the_same_in_utc(folder: Path, run: Run) -> None:
    put(folder, small())
    told = answer(run("health", "--json"))
    assert told["hard_bounces"] == {
        "count": 1,
        "eligible": 6,
        "rate": 1 / 6,
        "review_at": 0.05,
        "pause_at": 0.1,
        "state": "few",
    }
    assert (told["newest"], told["own_domains"]) == ("2026-03-01T13:30:00.000Z", ["example.com"])
    assert told["providers"][0] == {
        "provider": "outlook",
        "eligible": 2,
        "hard_bounced": 0,
        "complained": 1,
        "delayed": 0,
        "waiting": 0,
        "expires_at": None,
    }
    assert [each["provider"] for each in told["providers"]] == ["outlook", "gmail", None]
    assert told["providers"][1]["complained"] is None
    assert told["reasons"] == [{"bounce_sub_type": "General", "smtp_status": "5.1.1", "count": 1, "message_id": "2"}]
    assert told["opens"] == {"by_people": 0, "unknown": 1, "by_machines": 0}
    assert told["mailed_again"] == {"count": 1, "message_id": "6", "recipient": "Cleo@example.org"}
    assert told["without_news"] == {"count": 2, "message_id": "5", "recipient": "me@example.com"}


def test_nothing_is_found_in_an_empty_history(folder: Path, run: Run) -> None:
    put(folder, b"")
    result = run("health")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: There is no event in the history yet: send a message, and wait for Firehose's buffer\n"
    )


def test_a_history_without_a_send_tells_what_it_can(folder: Path, run: Run) -> None:
    put(folder, message("1", ["ada@gmail.com"], "open"))
    out = run("health", "--utc").stdout
    assert "hard bounces: no eligible recipients in 14 days" in out
    assert "1 unknown" in out
