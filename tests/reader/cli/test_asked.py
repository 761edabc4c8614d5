"""What support people and owners of deliverability ask is one command each: tried on the made-up history of a shop.

What is expected is counted here from the events themselves, in Python, and not by the queries that answer.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from functools import cached_property, partialmethod
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from ses_history.cli import clock, main
from ses_history.history import History
from ses_history.sample import events, write

from tests.contract.support import STATUSES
from tests.reader.support import on_terminal

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 25, 9, tzinfo=TOKYO)
TODAY, YESTERDAY = datetime(2026, 11, 25, tzinfo=TOKYO), datetime(2026, 11, 24, tzinfo=TOKYO)
MONDAY, LAST_MONDAY = datetime(2026, 11, 23, tzinfo=TOKYO), datetime(2026, 11, 16, tzinfo=TOKYO)
FIRST_OF_NOVEMBER = datetime(2026, 11, 1, tzinfo=TOKYO)
SAMPLE: dict[str, Any] = {"ends": date(2026, 11, 25), "days": 40, "messages_a_day": 120}
ARRIVED = {"complained", "clicked", "opened", "delivered"}

_WITH_RECIPIENTS = {
    "bounce": "bouncedRecipients",
    "complaint": "complainedRecipients",
    "delivery": "recipients",
    "deliveryDelay": "delayedRecipients",
}
_OF_TYPES = {
    "Send": "sent",
    "Reject": "rejected",
    "Rendering Failure": "failed",
    "DeliveryDelay": "delayed",
    "Delivery": "delivered",
}
_NOT_TRIED = {"OnAccountSuppressionList", "UnsubscribedRecipient"}


class Event:
    """An event, as the tests count it."""

    def __init__(self, event: dict[str, Any]) -> None:
        self.mail = event["mail"]
        self.type: str = event["eventType"]
        (name,) = event.keys() - {"eventType", "mail"}
        self.section = event[name]
        named = self.section[_WITH_RECIPIENTS[name]] if name in _WITH_RECIPIENTS else self.mail["destination"]
        self.to = [address(each["emailAddress"] if isinstance(each, dict) else each) for each in named]
        self.id: str = self.mail["messageId"]
        self.sent_at = datetime.fromisoformat(self.mail["timestamp"])
        self.at = datetime.fromisoformat(self.section.get("timestamp", self.mail["timestamp"]))
        self.subject: str | None = self.mail.get("commonHeaders", {}).get("subject")

    @property
    def is_test(self) -> bool:
        """Whether it was sent to the mailbox simulator, or with the tag for tests."""
        return "ses-history-test" in self.mail["tags"] or "simulator" in self.to[0]

    @cached_property
    def outcome(self) -> str | None:
        """The status that the event alone leads to."""
        is_to_one = len(self.mail["destination"]) == 1
        if self.type == "Bounce":
            if self.section["bounceSubType"] in _NOT_TRIED:
                return "suppressed"
            if self.section["bounceType"] == "Permanent":
                return "bounced:hard"
            is_reply = "diagnosticCode" not in self.section["bouncedRecipients"][0]
            return None if is_reply else "bounced:soft"
        if self.type == "Complaint":
            return "complained" if is_to_one and self.section["complaintFeedbackType"] != "not-spam" else None
        if self.type in {"Open", "Click"}:
            is_person = is_to_one and self.section.get("isBotEvent") != "Likely"
            return {"Open": "opened", "Click": "clicked"}[self.type] if is_person else None
        return _OF_TYPES.get(self.type)


def address(written: str) -> str:
    return parseaddr(written)[1].lower()


class Shop:
    """The events of the sample, and where each message stands with each recipient."""

    def __init__(self) -> None:
        once = {json.dumps(event, sort_keys=True): event for event in events(**SAMPLE)}
        self.events = [Event(event) for event in once.values()]
        outcomes = dict[tuple[str, str], set[str]]()
        for event in self.events:
            for who in event.to:
                outcomes.setdefault((event.id, who), set()).update({event.outcome} if event.outcome else ())
        order = list(STATUSES)
        self.standing = {line: min(found, key=order.index) for line, found in outcomes.items()}

    def lines(self, which: Callable[[Event], bool], *statuses: str) -> dict[tuple[str, str], str]:
        """Messages with their recipients, of whom there is such an event, and who have one of the statuses."""
        lines = {(event.id, who) for event in self.events if which(event) for who in event.to}
        return {line: self.standing[line] for line in lines if self.standing[line] in statuses}

    def of_type(self, event_type: str, since: datetime, until: datetime) -> Iterator[Event]:
        """Such events of messages sent then, without tests."""
        for event in self.events:
            if event.type == event_type and since <= event.sent_at < until and not event.is_test:
                yield event


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder: Path = tmp_path_factory.mktemp("shop")
    write(folder / "history", **SAMPLE)
    return ["--folder", str(folder / "history"), "--store", str(folder / "store.duckdb"), "--tz", "Asia/Tokyo"]


@pytest.fixture
def ask(where: list[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What the command answers at nine in the morning of 25 November in Japan."""
    now = NOW.astimezone(UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(History, "health", partialmethod(History.health, now=now.replace(tzinfo=None)))

    def answer(command: str, *arguments: str) -> str:
        result = CliRunner().invoke(main, [command, *where, *arguments])
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout

    return answer


def found(answer: str) -> dict[tuple[str, str], str]:
    """The messages and recipients in an answer in JSON, with their statuses."""
    return {(each["message_id"], address(each["recipient"])): each["status"] for each in json.loads(answer)}


def heading(lines: dict[tuple[str, str], str]) -> str:
    """How many messages there are, and how they stand: the commonest first, of equals the strongest."""
    counts = Counter(lines.values())
    order = list(STATUSES)
    parts = [f"{counts[name]:,} {name}" for name in sorted(counts, key=lambda name: (-counts[name], order.index(name)))]
    return f"{len(lines):,} messages: {' · '.join(parts)}"


def test_what_became_of_all_mail_to_ada(ask: Callable[..., str], shop: Shop) -> None:
    hers = shop.lines(lambda event: event.to == ["ada@example.com"], *STATUSES)
    assert len(hers) > 10
    assert found(ask("find", "ada@example.com", "--json")) == hers
    first, second, *_ = ask("find", "ada@example.com").splitlines()
    assert (first, second) == (heading(hers), "The newest first; times in Asia/Tokyo")


def test_which_of_the_newsletter_of_3_november_did_not_arrive_and_why(ask: Callable[..., str], shop: Shop) -> None:
    asked = ("例の店だより", "2026-11-03", "--not-status", "arrived")
    to = {event.id for event in shop.events if event.mail["tags"].get("campaign") == ["weekly-2026-11-03"]}
    lost = shop.lines(lambda event: event.id in to, *(STATUSES.keys() - ARRIVED))
    assert 5 < len(lost) < len(to) / 5
    assert found(ask("find", *asked, "--json")) == lost
    told = ask("find", *asked)
    assert told.splitlines()[0] == heading(lost)
    replies = Counter(
        event.section["bouncedRecipients"][0]["status"]
        for event in shop.events
        if event.id in to and (event.outcome or "").startswith("bounced")
    )
    assert set(replies) == {"5.1.1", "5.2.2"}
    assert told.count("The mailbox does not exist. (") == replies["5.1.1"]
    assert told.count("The mailbox is full. (") == replies["5.2.2"]


def test_all_bounces_of_yesterday_at_gmail(ask: Callable[..., str], shop: Shop) -> None:
    asked = ("--type", "bounce", "--status", "bounced", "--provider", "gmail")
    yesterday = ("--happened-since", "yesterday", "--happened-until", "today")

    def is_one(event: Event) -> bool:
        is_gmail = event.to[0].endswith("@gmail.com")
        return is_gmail and event.type == "Bounce" and YESTERDAY <= event.at < TODAY

    bounced = shop.lines(is_one, "bounced:hard", "bounced:soft")
    assert len(bounced) > 15
    assert found(ask("find", *asked, *yesterday, "--json")) == bounced
    assert ask("find", *asked, *yesterday).splitlines()[0] == heading(bounced)


def test_who_complained_this_month(ask: Callable[..., str], shop: Shop) -> None:
    def is_one(event: Event) -> bool:
        return event.type == "Complaint" and event.at >= FIRST_OF_NOVEMBER

    complained = shop.lines(is_one, "complained")
    ever = shop.lines(lambda event: event.type == "Complaint", "complained")
    assert 5 < len(complained) < len(ever)
    asked = ("--type", "complaint", "--status", "complained", "--happened-since", "this month")
    assert found(ask("find", *asked, "--json")) == complained


def test_why_mail_to_example_co_jp_is_slow(ask: Callable[..., str], shop: Shop) -> None:
    delays = Counter(
        f"{event.section['delayType']} {event.section['delayedRecipients'][0]['status']}"
        for event in shop.events
        if event.type == "DeliveryDelay" and event.to[0].endswith("@example.co.jp")
    )
    assert delays.total() > 100
    asked = ("--by", "reason", "--type", "delivery-delay", "--domain", "example.co.jp")
    groups = json.loads(ask("stats", *asked, "--json"))["groups"]
    assert {group["group"]: group["events"] for group in groups} == delays
    assert "The connection to the recipient's mail server failed for now." in ask("stats", *asked)


def test_the_domain_whose_mail_is_slow_is_the_first_by_p95(ask: Callable[..., str], shop: Shop) -> None:
    [slowest] = json.loads(ask("stats", "--by", "domain", "--sort", "p95", "--top", "1", "--json"))["groups"]
    seconds = sorted(
        event.section["processingTimeMillis"] / 1000
        for event in shop.events
        if event.type == "Delivery"
        for who in event.to
        if who.endswith("@example.co.jp")
    )
    assert (slowest["group"], slowest["delivered"]) == ("example.co.jp", len(seconds))
    assert slowest["p50_seconds"] == pytest.approx(seconds[-(-len(seconds) // 2) - 1], abs=0.01)
    assert slowest["p95_seconds"] == pytest.approx(seconds[-(-len(seconds) * 19 // 20) - 1], abs=0.01)


def test_this_week_beside_the_last_up_to_the_same_hour(ask: Callable[..., str], shop: Shop) -> None:
    asked = ("--since", "this week", "--compare", "--by", "set")
    answer = json.loads(ask("stats", *asked, "--json"))
    weeks = {
        "this": (answer, MONDAY, NOW),
        "last": (answer["before"], LAST_MONDAY, LAST_MONDAY + (NOW - MONDAY)),
    }
    for counted, since, until in weeks.values():
        sent, hard = Counter[str](), Counter[str]()
        for event in shop.of_type("Send", since, until):
            sent[configuration_set(event)] += len(event.to)
        for event in shop.of_type("Bounce", since, until):
            hard[configuration_set(event)] += len(event.to) * (event.outcome == "bounced:hard")
        numbers = {each["group"]: (each["sent"], each["hard_bounced"]) for each in counted["groups"]}
        assert numbers == {name: (sent[name], hard[name]) for name in sent}
        assert (counted["total"]["sent"], counted["total"]["hard_bounced"]) == (sent.total(), hard.total())
        assert counted["total"]["hard_bounce_rate"] == pytest.approx(hard.total() / sent.total())
    this, last = (week[0]["total"] for week in weeks.values())
    assert this["hard_bounce_rate"] > last["hard_bounce_rate"]
    change = this["sent"] / last["sent"] - 1
    total = ask("stats", *asked).splitlines()[-1].split()
    assert total[:4] == ["total", f"{this['sent']:,}", f"{last['sent']:,}", f"{change:+.0%}"]


def configuration_set(event: Event) -> str:
    [name] = event.mail["tags"]["ses:configuration-set"]
    return name


def test_whether_the_account_is_in_danger(ask: Callable[..., str], shop: Shop) -> None:
    everything = (min(event.sent_at for event in shop.events), NOW)  # of a history of few messages all count
    tried = {
        (event.id, who)
        for event in shop.of_type("Send", *everything)
        for who in event.to
        if shop.standing[event.id, who] != "suppressed"
    }
    hard = {
        (event.id, who)
        for event in shop.of_type("Bounce", *everything)
        for who in event.to
        if event.outcome == "bounced:hard"
    }
    complaints = [
        event
        for event in shop.of_type("Complaint", *everything)
        if event.section["complaintFeedbackType"] != "not-spam"
    ]
    health = json.loads(ask("health", "--json"))
    assert health["now"] == "2026-11-25T00:00:00.000Z"
    assert (health["hard_bounces"]["count"], health["hard_bounces"]["eligible"]) == (len(hard), len(tried))
    assert (health["complaints"]["count"], health["complaints"]["eligible"]) == (len(complaints), len(tried))
    assert health["hard_bounces"]["state"] == "fine"
    assert health["complaints"]["state"] == "review"
    told = " ".join(ask("health").split())
    assert "Health at 2026-11-25 09:00:00 (Asia/Tokyo)" in told
    shares = (f"{100 * len(some) / len(tried):.2f} % of the last {len(tried):,}" for some in (hard, complaints))
    limits = ("AWS reviews at 5 %, pauses at 10 %", "AWS reviews at 0.1 %, pauses at 0.5 %")
    for what, share, limit in zip(("hard bounces", "complaints"), shares, limits, strict=True):
        assert f"{what} {share} eligible recipients (40 days): {limit}" in told


def test_days_are_those_of_japan_and_not_of_utc(ask: Callable[..., str], shop: Shop) -> None:
    days = Counter(
        event.sent_at.astimezone(TOKYO).date().isoformat()
        for event in shop.of_type("Send", NOW - timedelta(days=7), NOW)
        for _ in event.to
    )
    groups = json.loads(ask("stats", "--since", "7d", "--json"))["groups"]
    assert {group["group"]: group["sent"] for group in groups if group["sent"]} == days
    assert len(days) == 8


@pytest.fixture
def pager(tmp_path: Path) -> Path:
    """A pager that keeps what it gets in a file beside it."""
    script = tmp_path / "pager"
    script.write_text(f"#!/bin/sh\ncat > '{tmp_path}/paged'\n")
    script.chmod(0o755)
    return script


def on_paged_terminal(pager: Path, *arguments: str) -> tuple[str, str]:
    """What a terminal of 120 by 24 shows of an answer, and what its pager got."""
    command = str(Path(sys.executable).with_name("ses-history"))
    code, shown = on_terminal(command, *arguments, PAGER=str(pager), LINES="24")
    assert code == 0, shown
    paged = pager.with_name("paged")
    return shown, paged.read_text() if paged.exists() else ""


def test_a_long_answer_goes_through_the_pager_of_a_terminal(where: list[str], pager: Path) -> None:
    shown, paged = on_paged_terminal(pager, "find", *where)
    assert " messages: " in paged.splitlines()[0]
    assert paged.count("\n") > 24
    assert "\x1b[" in paged  # a colour, which less shows
    assert " messages: " not in shown


def test_a_short_answer_does_not(where: list[str], pager: Path) -> None:
    shown, paged = on_paged_terminal(pager, "find", "ada@example.com", "--limit", "2", *where)
    assert " messages: " in shown
    assert not paged
