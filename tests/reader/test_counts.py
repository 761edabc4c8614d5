"""Statuses and counts beside a count of the same events in plain Python, which knows nothing of the SQL."""

import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ses_history.history import History
from ses_history.sources.folder import Folder

EVENTS = 100_000
START = datetime(2026, 11, 1, tzinfo=UTC)

SUPPRESSED = (
    "OnAccountSuppressionList",
    "OnTenantSuppressionList",
    "EmailValidationSuppressed",
    "UnsubscribedRecipient",
    "Suppressed",
)

Event = dict[str, Any]


def time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class World:
    """Messages and what happened to them, made up with one seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311
        self.messages = 0

    def events(self) -> Iterator[Event]:
        """Everything that happened to one message after another."""
        while True:
            yield from self._message()

    def _message(self) -> Iterator[Event]:
        dice = self.dice
        self.messages += 1
        at = START + timedelta(seconds=dice.randrange(20 * 86400))
        to = [self._address() for _ in range(dice.choice([1, 1, 1, 1, 2, 3]))]
        mail = {
            "timestamp": time(at),
            "messageId": f"0100{int(at.timestamp() * 1000):012x}-{self.messages:08x}-4b7a-9c2e-000000",
            "source": "Shop <shop@example.com>",
            "destination": [self._spelled(address) for address in to],
            "commonHeaders": {"subject": "Your order"},
            "tags": {
                "ses:configuration-set": [dice.choice(["receipts", "news"])],
                "campaign": [dice.choice(["autumn", "winter"])],
                **({"ses-history-test": ["1"]} if dice.random() < 0.02 else {}),
            },
        }

        def event(event_type: str, section: str, after: float, **content: Any) -> Event:
            told = {"timestamp": time(at + timedelta(seconds=after))} if after else {}
            return {"eventType": event_type, "mail": mail, section: {**told, **content}}

        yield event("Send", "send", 0)
        if dice.random() < 0.01:
            yield event("Reject", "reject", 0, reason="Bad content")
            return
        for address in to:
            yield from self._of_one(event, self._spelled(address), several=len(to) > 1)
        if dice.random() < 0.4:
            yield self._read("Open", "open", event)
        if dice.random() < 0.1:
            yield self._read("Click", "click", event, link="https://shop.example.com/1")
        if dice.random() < 0.03:
            about = dice.sample(to, dice.randint(1, len(to)))
            kind = dice.choice(
                [{"complaintFeedbackType": "abuse"}, {"complaintFeedbackType": "not-spam"}, dict[str, str]()]
            )
            if dice.random() < 0.2:
                kind = {"complaintSubType": dice.choice(SUPPRESSED[:2])}
            recipients = [{"emailAddress": self._spelled(address)} for address in about]
            yield event(
                "Complaint", "complaint", 90000, complainedRecipients=recipients, feedbackId=token(dice), **kind
            )

    def _of_one(self, event: Any, address: str, *, several: bool) -> Iterator[Event]:  # noqa: C901  each case is one
        """What happens to one recipient."""
        dice = self.dice
        seconds = dice.randint(100, 9000) / 100

        def bounce(kind: str, sub_type: str, after: float, **told: str) -> Event:
            named = (
                list[Event]() if told and not several and dice.random() < 0.02 else [{"emailAddress": address, **told}]
            )
            return event(
                "Bounce",
                "bounce",
                after,
                bounceType=kind,
                bounceSubType=sub_type,
                bouncedRecipients=named,
                feedbackId=token(dice),
            )

        def delivery() -> Event:
            milliseconds = round(seconds * 1000)
            return event(
                "Delivery",
                "delivery",
                seconds,
                recipients=[address],
                smtpResponse="250 ok",
                processingTimeMillis=milliseconds,
            )

        coded = {"action": "failed", "status": "5.2.2", "diagnosticCode": "smtp; 552 5.2.2 full"}
        match dice.choices(range(9), [70, 5, 4, 3, 3, 3, 3, 3, 2])[0]:
            case 0:
                yield delivery()
            case 1:
                yield bounce("Permanent", dice.choice(["General", "NoEmail", "FutureSubType"]), seconds, **coded)
            case 2:
                yield bounce("Permanent", dice.choice(SUPPRESSED), seconds, **coded)
            case 3:
                yield delivery()
                yield bounce("Transient", dice.choice(["General", "MailboxFull"]), seconds + 60, **coded)
            case 4:
                yield delivery()
                yield bounce(dice.choice(["Transient", "Undetermined"]), "General", seconds + 60)
            case 5:
                yield bounce("Transient", "MailboxFull", seconds / 2, **coded)
                yield delivery()
            case 6:
                delayed = [{"emailAddress": address, "status": "4.4.1"}]
                yield event(
                    "DeliveryDelay", "deliveryDelay", seconds / 2, delayType="General", delayedRecipients=delayed
                )
                if dice.random() < 0.5:
                    yield delivery()
            case 7:
                yield bounce("Undetermined", "Undetermined", seconds, **coded)

    def _read(self, event_type: str, section: str, event: Any, **content: Any) -> Event:
        said = self.dice.choice([dict[str, str](), {"isBotEvent": "Likely"}, {"isBotEvent": "Unlikely"}])
        return event(event_type, section, self.dice.randint(100, 90000), ipAddress=token(self.dice), **said, **content)

    def _address(self) -> str:
        domain = self.dice.choices(["example.com", "example.org", "simulator.amazonses.com"], [60, 38, 2])[0]
        return f"person{self.dice.randrange(50_000)}@{domain}"

    def _spelled(self, address: str) -> str:
        return self.dice.choice([address, address, address, address.title(), f"A Person <{address}>", f"<{address}>"])


def token(dice: random.Random) -> str:
    return f"{dice.getrandbits(64):016x}"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, list[Event]]:
    """A history of objects in which many lines are delivered twice, and each of its events once."""
    world = World(4711)
    made = world.events()
    events = [next(made) for _ in range(EVENTS)]
    lines = [json.dumps(event) for event in events]
    lines += world.dice.sample(lines, EVENTS // 20)
    world.dice.shuffle(lines)
    folder = tmp_path_factory.mktemp("counts")
    for number in range(40):
        path = folder / "h" / f"day=2026-11-{number % 20 + 1:02}" / f"{number}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines[number::40]).encode(), 1))
    history = History(Folder(folder / "h"), folder / "store.duckdb")
    history.sync()
    return history, events


def bare(address: str) -> str:
    return address.rpartition("<")[2].rstrip(">").lower()


def is_test(event: Event, address: str | None) -> bool:
    simulated = address is not None and address.endswith("@simulator.amazonses.com")
    return simulated or "ses-history-test" in event["mail"]["tags"]


def about(event: Event) -> list[str | None]:
    """Whom an event is about: None is nobody that it names."""
    to = [bare(address) for address in event["mail"]["destination"]]
    match event:
        case {"bounce": {"bouncedRecipients": recipients}} | {"complaint": {"complainedRecipients": recipients}}:
            named = [bare(each["emailAddress"]) for each in recipients]
        case {"deliveryDelay": {"delayedRecipients": recipients}}:
            named = [bare(each["emailAddress"]) for each in recipients]
        case {"delivery": {"recipients": recipients}}:
            named = [bare(each) for each in recipients]
        case _:
            named = to
    if not named and len(to) == 1:
        return [*to]
    return [*dict.fromkeys(named)] or [None]


def outcome(event: Event) -> str | None:
    """What a bounce or complaint comes to."""
    match event:
        case {"bounce": bounce}:
            told = any(len(each) > 1 for each in bounce["bouncedRecipients"])
            if bounce["bounceSubType"] in SUPPRESSED:
                return "suppressed"
            if bounce["bounceType"] == "Permanent":
                return "bounced:hard"
            vague = bounce["bounceSubType"] in ("General", "Undetermined")
            return "replied" if vague and not told else "bounced:soft"
        case {"complaint": complaint}:
            if complaint.get("complaintSubType") in SUPPRESSED:
                return "suppressed"
            return None if complaint.get("complaintFeedbackType") == "not-spam" else "complained"
    return None


def section(event: Event) -> dict[str, Any]:
    return next(value for key, value in event.items() if key not in ("eventType", "mail"))


def status(events: list[Event]) -> str:
    """Where these events of one message leave one recipient."""
    found, bounced, bounced_at, delivered_at = set[str](), "", "", ""
    for event in sorted(events, key=lambda event: section(event).get("timestamp", event["mail"]["timestamp"])):
        at = section(event).get("timestamp", event["mail"]["timestamp"])
        alone = len(about(event)) == 1
        match event["eventType"], outcome(event):
            case _, "complained" if alone:
                return "complained"
            case _, "bounced:hard" | "bounced:soft" | "suppressed" as kind:
                bounced, bounced_at = kind, at
            case "Delivery", _:
                delivered_at = at
            case ("Open" | "Click") as read, _ if alone and section(event).get("isBotEvent") != "Likely":
                found.add({"Open": "opened", "Click": "clicked"}[read])
            case "Reject", _:
                found.add("rejected")
            case "DeliveryDelay", _:
                found.add("delayed")
    if bounced == "bounced:hard" or (bounced and bounced_at >= delivered_at):
        return bounced
    if delivered_at:
        found.add("delivered")
    return next((each for each in ("clicked", "opened", "delivered", "rejected", "delayed") if each in found), "sent")


def test_every_recipient_of_every_message_has_the_status_that_an_independent_look_gives(
    written: tuple[History, list[Event]],
) -> None:
    history, events = written
    by_recipient = defaultdict[tuple[str, str], list[Event]](list)
    for event in events:
        for address in set(about(event)):
            if address is not None:
                by_recipient[event["mail"]["messageId"], address].append(event)

    found = history.find("shop@example.com", limit=EVENTS).recipients
    assert {(each.message_id, (each.recipient or "").lower()): each.status for each in found} == {
        of: status(happened) for of, happened in by_recipient.items()
    }
    assert len(found) == len(by_recipient)
    assert {each.is_test for each in found} == {False, True}
    assert len({each.status for each in found}) == 10


@pytest.mark.parametrize("by", ["set", "day", "tag:campaign", "domain"])
def test_the_counts_are_those_of_an_independent_count(  # noqa: C901  it counts what there is to count
    written: tuple[History, list[Event]], by: str
) -> None:
    history, events = written
    counted = defaultdict[str, Counter[str]](Counter)
    for event in events:
        people = [address for address in about(event) if not is_test(event, address)]
        for number, address in enumerate(about(event)):
            is_first = people[:1] == [address]
            match by:
                case "set":
                    group = event["mail"]["tags"]["ses:configuration-set"][0]
                case "day":
                    group = event["mail"]["timestamp"][:10]
                case "domain":
                    group = (address or "").rpartition("@")[2]
                case _:
                    group = event["mail"]["tags"]["campaign"][0]
            counts = counted[group]
            counts["events"] += number == 0
            if is_test(event, address):
                counts["tests"] += event["eventType"] == "Send"
                continue
            by_whom = {None: "unknown", "Likely": "by_machines", "Unlikely": "by_people"}
            match event["eventType"]:
                case "Send":
                    counts["sent"] += 1
                case "Delivery":
                    counts["delivered"] += 1
                case "Open" | "Click" as read if is_first:
                    counts[f"{read.lower()}s_{by_whom[section(event).get('isBotEvent')]}"] += 1
            names = {"bounced:hard": "hard_bounced", "bounced:soft": "soft_bounced", "replied": "replies"}
            if (came_to := outcome(event)) and (came_to != "complained" or is_first):
                counts[names.get(came_to, came_to)] += 1

    names = [
        *(
            "events",
            "tests",
            "sent",
            "delivered",
            "hard_bounced",
            "soft_bounced",
            "suppressed",
            "complained",
            "replies",
        ),
        *("opens_by_people", "opens_by_machines", "opens_unknown"),
        *("clicks_by_people", "clicks_by_machines", "clicks_unknown"),
    ]
    answered = history.stats(by=by)
    assert {each.group: {name: getattr(each, name) for name in names} for each in answered.groups} == {
        group: {name: counts[name] for name in names} for group, counts in counted.items()
    }
    for each in answered.groups:
        assert each.hard_bounce_rate == (each.hard_bounced / each.sent if each.sent else None)


def test_of_an_event_delivered_twice_the_first_copy_is_kept(written: tuple[History, list[Event]]) -> None:
    history, _ = written
    places = defaultdict[str, list[tuple[str, str, int]]](list)
    folder = Path(history.source.name)
    for path in folder.rglob("*.gz"):
        key = path.relative_to(folder).as_posix()
        for number, line in enumerate(gzip.decompress(path.read_bytes()).decode().splitlines(), start=1):
            places[line].append((key.partition("/")[0], key, number))
    twice = {line: sorted(at) for line, at in places.items() if len(at) == 2}
    assert len(twice) > EVENTS // 25

    for line, ((_, key, number), _) in list(twice.items())[:50]:
        event = json.loads(line)
        shown = history.show(event["mail"]["messageId"]).events
        assert (key, number) in {(row.object_key, row.line_no) for row in shown}
        assert (twice[line][1][1], twice[line][1][2]) not in {(row.object_key, row.line_no) for row in shown}
