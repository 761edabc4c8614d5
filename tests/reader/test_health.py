"""The health of sending beside a count of the same events in plain Python, which knows nothing of the SQL."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ses_history.errors import NothingFoundError
from ses_history.health import COMPLAINT_LIMITS, HARD_BOUNCE_LIMITS, Health, State, rate
from ses_history.history import History
from ses_history.questions.health import health
from ses_history.selection import Selection
from ses_history.sources.folder import Folder

from tests.reader.support import automatic_reply, bounce, by_machine, complaint, later, message, put, stored, sync
from tests.reader.test_counts import START, Event, World, about, is_test, outcome, section, status, time

EVENTS = 40_000
NOW = START + timedelta(days=20)
DAY = timedelta(days=1)

PROVIDERS = {"gmail.com": "gmail", "hotmail.co.jp": "outlook"}
OWN = "example.com"


class Post(World):
    """The same world with people at mailbox providers. Its sender is at example.com."""

    def _address(self) -> str:
        domains = ["example.com", "example.org", "gmail.com", "hotmail.co.jp", "simulator.amazonses.com"]
        return f"person{self.dice.randrange(10_000)}@{self.dice.choices(domains, [20, 38, 20, 20, 2])[0]}"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A folder with its store beside it, and the events in it, of which none counts as a test or is after `NOW`."""
    made = Post(42).events()
    events = [next(made) for _ in range(EVENTS)]
    folder = tmp_path_factory.mktemp("health") / "history"
    put(folder, b"".join(json.dumps(event).encode() + b"\n" for event in events))
    sync(folder)
    return folder, [event for event in events if happened(event) <= time(NOW)]


def happened(event: Event) -> str:
    return section(event).get("timestamp", event["mail"]["timestamp"])


def naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)


def asked(folder: Path, now: datetime = NOW) -> Health:
    with stored(folder) as store:
        return health(store, naive(now))


def domain(address: str | None) -> str:
    return (address or "").rpartition("@")[2]


def by_recipient(events: Iterable[Event]) -> dict[tuple[str, str | None], list[Event]]:
    """What happened to each recipient of each message but tests."""
    found = defaultdict[tuple[str, str | None], list[Event]](list)
    for event in events:
        for address in set(about(event)):
            if not is_test(event, address):
                found[event["mail"]["messageId"], address].append(event)
    return found


def came_to(events: list[Event], *outcomes: str) -> bool:
    return any(outcome(event) in outcomes for event in events)


@pytest.mark.parametrize("volume", [500, 10_000, 10**9])
def test_the_rates_are_those_of_an_independent_count(
    written: tuple[Path, list[Event]], volume: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ses_history.questions.health._VOLUME", volume)
    folder, events = written
    sent = dict[tuple[str, str | None], str]()
    for of, theirs in by_recipient(events).items():
        is_eligible = not came_to(theirs, "suppressed") and domain(of[1]) != OWN
        if is_eligible and any(event["eventType"] == "Send" for event in theirs):
            sent[of] = theirs[0]["mail"]["timestamp"]
    newest = sorted(sent.values(), reverse=True)
    since = min(time(NOW - 14 * DAY), newest[min(volume, len(newest)) - 1][:13])
    eligible = Counter[str | None](PROVIDERS.get(domain(address)) for (_, address), at in sent.items() if at >= since)
    hard, complained, reasons = Counter[str | None](), Counter[str | None](), Counter[tuple[str, str | None]]()
    for (_, address), theirs in by_recipient(events).items():
        if theirs[0]["mail"]["timestamp"] >= since and domain(address) != OWN and came_to(theirs, "bounced:hard"):
            hard[PROVIDERS.get(domain(address))] += 1
            [bounced] = [event["bounce"] for event in theirs if outcome(event) == "bounced:hard"]
            reasons[bounced["bounceSubType"], "5.2.2" if bounced["bouncedRecipients"] else None] += 1
    for event in events:
        theirs = [address for address in about(event) if domain(address) != OWN and not is_test(event, address)]
        if theirs and outcome(event) == "complained" and event["mail"]["timestamp"] >= since:
            complained[PROVIDERS.get(domain(theirs[0]))] += 1

    answered = asked(folder)
    assert answered.since.isoformat()[:13] == since[:13]
    assert (answered.since == naive(NOW - 14 * DAY)) == (volume == 500)
    assert answered.own_domains == (OWN,)
    assert {each.provider: each.eligible for each in answered.providers} == eligible
    assert {each.provider: each.hard_bounced for each in answered.providers} == hard
    assert {each.provider: each.complained for each in answered.providers} == complained
    assert answered.hard_bounces == rate(hard.total(), eligible.total(), HARD_BOUNCE_LIMITS)
    assert answered.complaints == rate(complained.total(), eligible.total(), COMPLAINT_LIMITS)
    assert answered.hard_bounces.rate == hard.total() / eligible.total()
    assert [((each.bounce_sub_type, each.smtp_status), each.count) for each in answered.reasons] == (
        reasons.most_common(3)
    )


def test_delays_of_the_last_day_are_those_of_an_independent_count(written: tuple[Path, list[Event]]) -> None:
    folder, events = written
    delayed, waiting = Counter[str | None](), Counter[str | None]()
    for (_, address), theirs in by_recipient(events).items():
        if any(event["eventType"] == "DeliveryDelay" and happened(event) >= time(NOW - DAY) for event in theirs):
            delayed[PROVIDERS.get(domain(address))] += 1
            ended = came_to(theirs, "bounced:hard", "bounced:soft", "suppressed")
            waiting[PROVIDERS.get(domain(address))] += not ended and not any("delivery" in event for event in theirs)
    answered = asked(folder).providers
    assert {each.provider: each.delayed for each in answered} == delayed
    assert {each.provider: each.waiting for each in answered} == waiting
    assert 0 < waiting.total() < delayed.total()


def test_messages_without_news_are_those_that_find_says_stand_sent_or_delayed(
    written: tuple[Path, list[Event]],
) -> None:
    folder, events = written
    expected = {
        message_id
        for (message_id, _), theirs in by_recipient(events).items()
        if time(NOW - 7 * DAY) <= theirs[0]["mail"]["timestamp"] <= time(NOW - DAY)
        and status(theirs) in ("sent", "delayed")
        and any(event["eventType"] == "Send" for event in theirs)
    }
    answered = asked(folder).without_news
    assert answered.count == len(expected) > 100
    assert answered.message_id in expected

    history = History(Folder(folder), folder.parent / "store.duckdb")
    week = Selection(since=NOW - 7 * DAY, until=NOW - DAY)
    found = history.find(selection=week, statuses=("sent", "delayed"), limit=EVENTS)
    wanted = {each.message_id for each in found.recipients if not each.is_test and each.status in ("sent", "delayed")}
    assert wanted >= expected
    assert answered.message_id in wanted


def test_people_mailed_again_are_those_of_an_independent_count(written: tuple[Path, list[Event]]) -> None:
    folder, events = written
    warned = dict[str | None, str]()
    for event in sorted(events, key=happened):
        for address in about(event):
            is_theirs = outcome(event) == "bounced:hard" or (outcome(event) == "complained" and len(about(event)) == 1)
            if is_theirs and not is_test(event, address):
                warned.setdefault(address, happened(event))
    again = defaultdict[str | None, set[str]](set)
    for event in events:
        for address in about(event):
            at = event["mail"]["timestamp"]
            is_recent = event["eventType"] == "Send" and at >= time(NOW - 14 * DAY)
            if is_recent and not is_test(event, address) and address in warned and at > warned[address]:
                again[address].add(event["mail"]["messageId"])
    answered = asked(folder).mailed_again
    assert answered.count == len(again) > 100
    assert answered.message_id in again[(answered.recipient or "").lower()]


def test_opened_messages_are_those_of_an_independent_count(written: tuple[Path, list[Event]]) -> None:
    folder, events = written
    opened = defaultdict[str, set[str | None]](set)
    for event in events:
        is_recent = "open" in event and event["mail"]["timestamp"] >= time(NOW - 14 * DAY)
        if is_recent and not all(is_test(event, address) for address in about(event)):
            opened[event["mail"]["messageId"]].add(event["open"].get("isBotEvent"))
    people = sum("Unlikely" in said for said in opened.values())
    unknown = sum("Unlikely" not in said and None in said for said in opened.values())
    answered = asked(folder).opens
    assert (answered.by_people, answered.unknown) == (people, unknown)
    assert answered.by_machines == len(opened) - people - unknown > 100


def test_the_newest_event_is_that_before_now(written: tuple[Path, list[Event]]) -> None:
    folder, events = written
    answered = asked(folder)
    assert time(answered.newest.replace(tzinfo=UTC)) == max(happened(event) for event in events)
    assert answered.now == naive(NOW)
    assert asked(folder, START + DAY).newest < naive(START + DAY)


@pytest.mark.parametrize(
    ("count", "eligible", "state"),
    [
        (0, 0, State.FEW),
        (199, 199, State.FEW),
        (0, 200, State.FINE),
        (5, 200, State.FINE),
        (6, 200, State.CLOSE),
        (9, 200, State.CLOSE),
        (10, 200, State.REVIEW),
        (19, 200, State.REVIEW),
        (20, 200, State.PAUSE),
    ],
)
def test_a_rate_is_close_above_half_of_the_review_level_and_few_below_200_recipients(
    count: int, eligible: int, state: State
) -> None:
    assert rate(count, eligible, HARD_BOUNCE_LIMITS).state is state


def small(folder: Path, events: list[Event]) -> Health:
    put(folder, events)
    sync(folder)
    return asked(folder, datetime(2026, 3, 10, tzinfo=UTC))


def test_a_history_without_a_send_has_no_rate(folder: Path) -> None:
    answered = small(folder, message("1", ["a@example.org"], "open"))
    assert (answered.hard_bounces.rate, answered.hard_bounces.state) == (None, State.FEW)
    assert (answered.providers, answered.own_domains) == ((), ())
    assert answered.since == datetime(2026, 2, 24)  # noqa: DTZ001


def test_an_empty_history_has_no_health(folder: Path) -> None:
    put(folder, b"")
    sync(folder)
    with pytest.raises(NothingFoundError, match="no event"):
        asked(folder)


def test_whoever_sends_from_an_address_at_a_provider_does_not_own_its_domain(folder: Path) -> None:
    tags = {"ses:from-domain": ["gmail.com"]}
    answered = small(folder, message("1", ["a@gmail.com"], "send", source="Me <me@gmail.com>", tags=tags))
    assert (answered.own_domains, answered.hard_bounces.eligible) == ((), 1)


def test_the_sender_says_which_domain_is_ones_own_where_no_tag_does(folder: Path) -> None:
    events = message("1", ["a@shop.example", "b@example.org"], "send", source='"Shop" <news@SHOP.example>', tags={})
    answered = small(folder, events)
    assert (answered.own_domains, answered.hard_bounces.eligible) == (("shop.example",), 1)


def test_gmail_tells_of_no_complaint(folder: Path) -> None:
    events = [*message("1", ["a@gmail.com", "b@hotmail.com"], "send"), *complaint("2", "c@hotmail.com")]
    assert {each.provider: each.complained for each in small(folder, events).providers} == {"gmail": None, "outlook": 1}


def test_a_recipient_who_bounces_twice_counts_once(folder: Path) -> None:
    events = bounce("1", "a@example.org", "Permanent", "General")
    again = later(bounce("1", "A@example.org", "Permanent", "NoEmail")[1:])
    answered = small(folder, [*events, *again])
    assert answered.hard_bounces.count == 1
    assert [(each.bounce_sub_type, each.count) for each in answered.reasons] == [("General", 1)]


def test_an_automatic_reply_is_no_bounce_and_no_end_of_a_delay(folder: Path) -> None:
    events = later([*message("m", ["a@example.org"], "send", "delivery_delay"), *automatic_reply("Transient")])
    events[1]["deliveryDelay"]["expirationTime"] = "2026-03-10T21:00:00.000Z"
    answered = small(folder, events)
    assert answered.hard_bounces.count == 0
    [others] = answered.providers
    assert (others.delayed, others.waiting, others.expires_at) == (1, 1, datetime(2026, 3, 10, 21))  # noqa: DTZ001


@pytest.mark.parametrize("bounce_type", ["Permanent", "Transient"])
def test_whoever_bounced_after_a_delay_waits_no_longer(bounce_type: str, folder: Path) -> None:
    delay = message("1", ["a@example.org"], "send", "delivery_delay")
    [others] = small(folder, later([*delay, *bounce("1", "a@example.org", bounce_type, "MailboxFull")[1:]])).providers
    assert (others.delayed, others.waiting, others.expires_at) == (1, 0, None)


def test_a_message_that_people_machines_and_others_opened_is_opened_by_people(folder: Path) -> None:
    opens = [*by_machine("open", "Likely"), *by_machine("open", "Unlikely"), *message("m", ["a@example.com"], "open")]
    for number, event in enumerate(later(opens)):
        event["open"]["ipAddress"] = f"192.0.2.{number}"
    answered = small(folder, opens).opens
    assert (answered.by_people, answered.by_machines, answered.unknown) == (1, 0, 0)
