"""Questions: which messages and counts are asked for, as SQL, and what the answers mean."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from ses_history import headers
from ses_history.errors import NothingFoundError, QuestionError
from ses_history.questions.engine import EVER, Dialect, Engine, Reach
from ses_history.results import Counts, Found, Message, RecipientStatus, Row, Stats
from ses_history.selection import EVERYTHING, GROUPS, LIMIT, Selection
from ses_history.statuses import STATUSES

_SQL = files("ses_history.questions").joinpath("sql")


def query(name: str) -> str:
    """The text of a question of this package, without comments."""
    lines = _SQL.joinpath(f"{name}.sql").read_text().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


_CONDITIONS = {
    "since": "sent_at >= $since",
    "until": "sent_at < $until",
    "happened_since": "ts >= $happened_since",
    "happened_until": "ts < $happened_until",
    "types": "contains($types, event_type)",
    "domain": "recipient_domain = $domain",
    "subdomains": "substr(concat('.', recipient_domain), -length($subdomains)) = $subdomains",
    "provider": "provider = $provider",
    "set": "configuration_set = $set",
    "tag_name": "contains({values_of_tag}, $tag_value)",
}
"""Whether a row is selected, for each parameter that there is."""

_TIMES = {
    "hour": "date_format({0}, '%Y-%m-%d %H:00')",
    "day": "date_format({0}, '%Y-%m-%d')",
    "week": "date_format(date_trunc('week', {0}), '%Y-%m-%d')",
    "month": "date_format({0}, '%Y-%m')",
}
_GROUPS = {
    **{name: expression.format("sent_at") for name, expression in _TIMES.items()},
    "type": "event_type",
    "status": "status",
    "domain": "recipient_domain",
    "provider": "provider",
    "set": "configuration_set",
    "sender": "source",
    "subject": "subject",
    "reason": query("reason"),
    "template": "template_name",
    "tag": "{first_value_of_tag}",
}
"""What `stats` counts by, as SQL; a tag is counted by its first value."""

_STANDING = "coded JOIN (SELECT message_id, address, status FROM standing) USING (message_id, address)"

_OF_SOME = ("reason", "template")
"""Groups of which rows that have none are not counted."""

_MESSAGE_ID = re.compile(r"<?(?P<id>[0-9a-f]{16}-[0-9a-f-]{36}-\d{6})(?:@[\w.-]+>?)?")
"""An id, alone or as SES writes it over the sender's: https://docs.aws.amazon.com/ses/latest/dg/header-fields.html"""

_ADDRESS = re.compile(r"(?:[^<>]*<)?(?P<address>[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+)>?")
"""An address, alone or as `Name <address>`; or a Message-ID header of any sender."""

_ID_LENGTH = 16
"""How much of a message id is enough to look for it: the millisecond of the send."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which messages are looked for: with any of the values, whole, and all of the words."""

    selection: Selection
    values: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    """A recipient of a selected row has one of them; none is any."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the first event of a message is."""

    message_id: str
    object_key: str
    line_no: int


def question(
    texts: Sequence[str],
    any_of: Sequence[str] = (),
    selection: Selection = EVERYTHING,
    statuses: Sequence[str] = (),
    *,
    exact: bool | None = None,
) -> Question:
    """What the texts ask for: those that are `exact`, or addresses and ids where that is None, whole; others in words.

    Raises QuestionError where there is nothing in a text, for an unknown status, and where one of `any_of` is neither
    an address nor an id.
    """
    if unknown := set(statuses) - set(STATUSES):
        raise QuestionError(f"unknown status {min(unknown)!r}: use {', '.join(STATUSES)}")
    values, words = list[str](), list[str]()
    for text in (_readable(text.strip()) for text in texts):
        if not text:
            raise QuestionError("the text to look for is empty")
        value = _value(text)
        if exact:
            values += [text, value or headers.comparable(text)]  # an id is compared as it is
        elif value and exact is None:
            values.append(value)
        else:
            words += headers.comparable(text).split()
    for text in any_of:
        if not (value := _value(_readable(text.strip()))):
            raise QuestionError(f"{text!r} is neither an address nor a message id")
        values.append(value)
    return Question(selection=selection, values=tuple(values), words=tuple(words), statuses=tuple(statuses))


def _value(text: str) -> str | None:
    """The id in a text, or the address as it is compared; None where it is neither."""
    if message_id := _MESSAGE_ID.fullmatch(text):
        return message_id["id"]
    address = _ADDRESS.fullmatch(unicodedata.normalize("NFKC", text))
    return headers.comparable(address["address"]) if address else None


def find(engine: Engine, asked: Question, limit: int, among: Sequence[str] | None = None) -> Found:
    """The newest messages that are asked for: only those `among` the ids, where they are given."""
    if not 1 <= limit <= LIMIT:
        raise QuestionError(f"invalid limit {limit}: use 1 to {LIMIT}")
    tables, sql = _search(engine, asked, among)
    parameters = question_parameters(asked) | {"limit": limit, "among": among}
    found = list(engine.ask(tables, sql, parameters, _of_question(asked)))
    if not found:
        return Found(total=0, standing={}, recipients=())
    return Found(
        total=found[0]["total"],
        standing={status: found[0][status] for status in STATUSES if found[0][status]},
        recipients=_recipients(engine, [row["message_id"] for row in found], asked),
    )


def places(engine: Engine, asked: Question) -> list[Place]:
    """Where the first event of each message is that `find` would find."""
    first = "min_by({0}, (coalesce(ts, TIMESTAMP '0001-01-01 00:00:00'), object_key, line_no)) AS {0}"
    sql = (
        f"SELECT message_id, {first.format('object_key')}, {first.format('line_no')} FROM history "  # noqa: S608
        "WHERE message_id IN (SELECT message_id FROM sought) GROUP BY message_id ORDER BY message_id"
    )
    tables, search = _search(engine, asked)
    rows = engine.ask(tables | {"sought": search}, sql, question_parameters(asked) | {"limit": LIMIT}, EVER)
    return [Place(**row) for row in rows]


def show(engine: Engine, message_id: str) -> Message:
    """The message with this id, the beginning of it, or this Message-ID header; raises NothingFoundError."""
    found = _message_id(engine, message_id)
    rows = engine.ask({}, query("show"), {"message_id": found}, Reach(since=sent_at(found)))
    events = tuple(Row(**row) for row in rows)
    if not events:
        raise _nothing(message_id)
    return Message(recipients=_recipients(engine, [found], Question(selection=EVERYTHING)), events=events)


def _message_id(engine: Engine, written: str) -> str:
    text = _readable(written.strip())
    if not text:
        raise QuestionError("the message id is empty")
    if header := _MESSAGE_ID.fullmatch(text):
        return header["id"]
    sql = (
        "SELECT DISTINCT message_id FROM kept WHERE starts_with(message_id, $text) "
        "OR mail_message_id IN ($text, concat('<', $text, '>')) ORDER BY message_id LIMIT 2"
    )
    found = [row["message_id"] for row in engine.ask({}, sql, {"text": text})]
    if text in found:
        return text
    if not found:
        raise _nothing(written)
    if len(found) > 1:
        raise NothingFoundError(f"Several messages have the id {written!r}, or one that begins so: give more of it")
    return found[0]


def _nothing(written: str) -> NothingFoundError:
    return NothingFoundError(f"No message has the id {written!r}: look for it with `ses-history find`")


def sent_at(message_id: str) -> datetime | None:
    """When a message was sent, naive and in UTC, by the milliseconds in its id; None where SES has not made the id.

    An id begins with the region's number and the time, each as hexadecimal digits: 0100, then 12 of them.
    """
    if not _MESSAGE_ID.fullmatch(message_id):
        return None
    return datetime(1970, 1, 1) + timedelta(milliseconds=int(message_id[4:16], 16))  # noqa: DTZ001  naive and in UTC


def stats(engine: Engine, selection: Selection, by: str, zone: str) -> Stats:
    """Counts and rates by one of `selection.GROUPS`, or by the tag NAME for `tag:NAME`; times are in the zone."""
    group, _, tag = by.partition(":")
    if by not in GROUPS and not (group == "tag" and tag):
        raise QuestionError(f"unknown group {by!r}: use {', '.join(GROUPS)} or tag:NAME")
    question = Question(selection=selection)
    expression = _GROUPS[group].replace("{first_value_of_tag}", engine.dialect.first_value_of_tag)
    if group in _TIMES and zone != "UTC":
        expression = _TIMES[group].format("with_timezone(sent_at, 'UTC') AT TIME ZONE $zone")
    where = f"WHERE {expression} IS NOT NULL" if group in _OF_SOME else ""
    tables = {
        "matching": matching(engine, selection),
        **(selected_standing(engine, question) if group == "status" else {}),
        "coded": coded(),
        "grouped": f'SELECT *, {expression} AS "group" FROM {_STANDING if group == "status" else "coded"} {where}',  # noqa: S608
    }
    asked = {"group_name": _readable(tag), "group_path": f"{_path(tag)}/0", "zone": zone}
    reach = _of_messages(selection) if group == "status" else _of_events(selection)
    rows = engine.ask(tables, query("stats"), question_parameters(question) | asked, reach)
    groups = [(row.pop("is_total"), Counts(**row)) for row in rows]
    total = next((counts for is_total, counts in groups if is_total), None)
    return Stats(groups=tuple(counts for is_total, counts in groups if not is_total), total=total)


def coded() -> str:
    """The query of the `matching` rows with what their codes say."""
    return query("coded").replace("{outcome}", query("outcome"))


def selected(dialect: Dialect, selection: Selection) -> str:
    """The condition of the selected rows of `kept`."""
    given = parameters(selection)
    conditions = [sql for name, sql in _CONDITIONS.items() if given[name] is not None]
    return " AND ".join(conditions).replace("{values_of_tag}", dialect.values_of_tag) or "true"


def parameters(selection: Selection) -> dict[str, Any]:
    """The parameters of a query of the selected rows."""
    asked: dict[str, Any] = {
        name: _readable(value) if isinstance(value, str) else value for name, value in asdict(selection).items()
    }
    domain = headers.comparable("@" + (asked["domain"] or "").removeprefix("@")).removeprefix("@")
    is_parent = domain.startswith(".")
    return asked | {
        "types": None if selection.types is None else list(selection.types),
        "tag_path": None if selection.tag_name is None else _path(selection.tag_name),
        "domain": None if is_parent else domain or None,
        "subdomains": domain if is_parent else None,
    }


def question_parameters(asked: Question) -> dict[str, Any]:
    """The parameters of a query of what is asked for."""
    words = {f"word_{number}": word for number, word in enumerate(asked.words, start=1)}
    return {**parameters(asked.selection), **words, "values": list(asked.values), "id_length": _ID_LENGTH}


def standing(engine: Engine, asked: Question, condition: str) -> dict[str, str]:
    """Where messages stand with each recipient: `events` of those that fulfil a condition, and `standing`."""
    words = [f"strpos(address, $word_{number}) > 0" for number, _ in enumerate(asked.words, start=1)]
    values = ["contains($values, address)"] if asked.values else []
    events = (
        f"SELECT *, {selected(engine.dialect, asked.selection)} AS selected, {query('outcome')} AS outcome FROM kept "  # noqa: S608
        f"WHERE {condition}"
    )
    looked_for = " OR ".join(values + words) or "false"
    return {"events": events, "standing": query("statuses").replace("{looked_for}", looked_for)}


def selected_standing(engine: Engine, asked: Question) -> dict[str, str]:
    """Where the messages stand that have a selected row."""
    selection = asked.selection
    if selection == Selection(
        since=selection.since, until=selection.until
    ):  # all rows of a message are selected, or none
        return standing(engine, asked, selected(engine.dialect, selection))
    tables = {"matching": matching(engine, selection)}
    return tables | standing(engine, asked, "message_id IN (SELECT message_id FROM matching)")


def selected_recipients(engine: Engine, asked: Question) -> Iterator[dict[str, Any]]:
    """The recipients with a selected row and one of the statuses, in the columns of an export."""
    sql = having_status(query("selected_statuses"), asked)
    return engine.ask(selected_standing(engine, asked), sql, question_parameters(asked), _of_messages(asked.selection))


def selected_events(engine: Engine, asked: Question) -> Iterator[dict[str, Any]]:
    """The selected rows of history."""
    sql = f"SELECT * FROM history WHERE {selected(engine.dialect, asked.selection)}"  # noqa: S608
    return engine.ask({}, sql, question_parameters(asked), _of_events(asked.selection))


def having_status(sql: str, asked: Question) -> str:
    """The query, which asks for rows of `standing` that have one of the statuses."""
    statuses = ", ".join(f"'{status}'" for status in asked.statuses or STATUSES)
    return sql.replace("{has_status}", f"status IN ({statuses})")


def matching(engine: Engine, selection: Selection) -> str:
    """The query of the selected rows of `kept`."""
    return f"SELECT * FROM kept WHERE {selected(engine.dialect, selection)}"  # noqa: S608


def _search(engine: Engine, asked: Question, among: Sequence[str] | None = None) -> tuple[dict[str, str], str]:
    """The query of the messages that are asked for, and the tables that it reads."""
    counts = (f"count(CASE WHEN status = '{status}' THEN 1 END) OVER () AS \"{status}\"" for status in STATUSES)
    sql = having_status(query("find"), asked).replace("{counts}", ", ".join(counts))
    word = engine.dialect.having_word
    sets = [word.replace("$word", f"$word_{number}") for number, _ in enumerate(asked.words, start=1)]
    if asked.values:
        sets.append(engine.dialect.having_value)
    if among is not None:
        sets.append("SELECT message_id FROM matching WHERE contains($among, message_id)")
    if not sets:
        return selected_standing(engine, asked), sql
    tables = {"matching": matching(engine, asked.selection), "found": " INTERSECT ".join(f"({ids})" for ids in sets)}
    return tables | standing(engine, asked, "message_id IN (SELECT message_id FROM found)"), sql


def _recipients(engine: Engine, ids: Sequence[str], asked: Question) -> tuple[RecipientStatus, ...]:
    sql = having_status(query("recipients"), asked)
    tables = standing(engine, asked, "contains($ids, message_id)")
    rows = engine.ask(tables, sql, question_parameters(asked) | {"ids": ids}, Reach(since=_first(ids)))
    return tuple(RecipientStatus(**row) for row in rows)


def _of_question(asked: Question) -> Reach:
    """When anything happened to the messages that are asked for."""
    by_id = None if asked.words else _first(asked.values)
    return Reach(since=max((time for time in (asked.selection.since, by_id) if time), default=None))


def _first(ids: Sequence[str]) -> datetime | None:
    """When the first of the messages was sent; None where an id does not tell."""
    times = [sent_at(message_id) for message_id in ids]
    return min((time for time in times if time), default=None) if all(times) else None


def _of_messages(selection: Selection) -> Reach:
    """When anything happened to the selected messages: nothing does before they are sent."""
    return Reach(since=selection.since)


def _of_events(selection: Selection) -> Reach:
    """When the selected events happened."""
    since = max((time for time in (selection.since, selection.happened_since) if time), default=None)
    return Reach(since=since, until=selection.happened_until)


def _path(tag: str) -> str:
    """A JSON pointer (RFC 6901) to the values of a tag."""
    return "/" + _readable(tag).replace("~", "~0").replace("/", "~1")


def _readable(text: str) -> str:
    """An argument of the command line, with U+FFFD for the bytes in it that are not text."""
    return text.encode(errors="surrogateescape").decode(errors="replace")
