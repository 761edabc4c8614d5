"""Questions to the store: which rows, messages and counts are asked for."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ses_history.errors import NothingFoundError, QuestionError
from ses_history.results import Counts, Found, Message, RecipientStatus, Row, Stats
from ses_history.selection import EVERYTHING, GROUPS, LIMIT, Selection
from ses_history.statuses import STATUSES
from ses_history.store import headers
from ses_history.store.store import Store, query

_TIMES = {
    "hour": "strftime({0}, '%Y-%m-%d %H:00')",
    "day": "strftime({0}, '%Y-%m-%d')",
    "week": "strftime(date_trunc('week', {0}), '%Y-%m-%d')",
    "month": "strftime({0}, '%Y-%m')",
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
    "tag": "json_extract_string(tags_json, $group_path)",
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


def find(store: Store, asked: Question, limit: int, among: Sequence[str] | None = None) -> Found:
    """The newest messages that are asked for: only those `among` the ids, where they are given."""
    if not 1 <= limit <= LIMIT:
        raise QuestionError(f"invalid limit {limit}: use 1 to {LIMIT}")
    found = store.rows(
        with_tables(standing(_found(asked, among)), query("find")),
        question_parameters(asked) | {"limit": limit, "among": among},
    )
    if not found:
        return Found(total=0, standing={}, recipients=())
    return Found(
        total=found[0]["total"],
        standing={status: found[0]["standing"][status] for status in STATUSES if status in found[0]["standing"]},
        recipients=_recipients(store, [row["message_id"] for row in found], asked),
    )


def places(store: Store, asked: Question) -> list[Place]:
    """Where the first event of each message is that `find` would find."""
    first = "min_by({0}, (coalesce(ts, '-infinity'), object_key, line_no)) AS {0}"
    sql = (
        f"SELECT message_id, {first.format('object_key')}, {first.format('line_no')} "  # noqa: S608
        f"FROM stored SEMI JOIN ({query('find')}) USING (message_id) GROUP BY message_id ORDER BY ALL"
    )
    rows = store.each_row(with_tables(standing(_found(asked)), sql), question_parameters(asked) | {"limit": LIMIT})
    return [Place(**row) for row in rows]


def show(store: Store, message_id: str) -> Message:
    """The message with this id, the beginning of it, or this Message-ID header; raises NothingFoundError."""
    found = _message_id(store, message_id)
    return Message(
        recipients=_recipients(store, [found], Question(selection=EVERYTHING)),
        events=tuple(Row(**row) for row in store.each_row(query("show"), {"message_id": found})),
    )


def _message_id(store: Store, written: str) -> str:
    text = _readable(written.strip())
    if not text:
        raise QuestionError("the message id is empty")
    header = _MESSAGE_ID.fullmatch(text)
    searched = header["id"] if header else text
    sql = (
        "SELECT DISTINCT message_id FROM kept WHERE starts_with(message_id, $text) "
        "OR mail_message_id IN ($text, concat('<', $text, '>')) ORDER BY message_id LIMIT 2"
    )
    found = [row["message_id"] for row in store.rows(sql, {"text": searched})]
    if searched in found:
        return searched
    if not found:
        raise NothingFoundError(f"No message has the id {written!r}: look for it with `ses-history find`")
    if len(found) > 1:
        raise NothingFoundError(f"Several messages have the id {written!r}, or one that begins so: give more of it")
    return found[0]


def stats(store: Store, selection: Selection, by: str, zone: str) -> Stats:
    """Counts and rates by one of `selection.GROUPS`, or by the tag NAME for `tag:NAME`; times are in the zone."""
    group, _, tag = by.partition(":")
    if by not in GROUPS and not (group == "tag" and tag):
        raise QuestionError(f"unknown group {by!r}: use {', '.join(GROUPS)} or tag:NAME")
    asked = question_parameters(Question(selection=selection)) | {"group_path": f"{_path(tag)}/0", "zone": zone}
    expression = _GROUPS[group]
    if group in _TIMES and zone != "UTC":
        expression = _TIMES[group].format("timezone($zone, timezone('UTC', sent_at))")
    where = f"WHERE {expression} IS NOT NULL" if group in _OF_SOME else ""
    tables = {
        "matching": rows_sql(view="kept"),
        **(standing({"found": "SELECT message_id FROM matching"}) if group == "status" else {}),
        "coded": query("coded").replace("{outcome}", query("outcome")),
        "grouped": f'SELECT *, {expression} AS "group" FROM {_STANDING if group == "status" else "coded"} {where}',  # noqa: S608
    }
    groups = [
        (row.pop("is_total"), Counts(**row)) for row in store.each_row(with_tables(tables, query("stats")), asked)
    ]
    total = next((counts for is_total, counts in groups if is_total), None)
    return Stats(groups=tuple(counts for is_total, counts in groups if not is_total), total=total)


def rows(store: Store, selection: Selection) -> Iterator[dict[str, Any]]:
    """The selected rows themselves."""
    return store.each_row(rows_sql(), parameters(selection))


def arrived(store: Store, selection: Selection, after: int) -> tuple[Row, ...]:
    """The selected rows of the objects that were numbered later, in the order they happened."""
    order = "ts, message_id, recipient_no, object_key, line_no"
    sql = with_tables({"selected": rows_sql()}, f"SELECT * FROM ({query('arrived')}) ORDER BY {order}")  # noqa: S608
    return tuple(Row(**row) for row in store.each_row(sql, parameters(selection) | {"after": after}))


def rows_sql(columns: str = "*", view: str = "history") -> str:
    """The query of columns of the selected rows, of `kept` or `stored` where maps may be JSON."""
    return f"SELECT {columns} FROM {view} WHERE {_selected(has_maps=view == 'history')}"  # noqa: S608


def _selected(*, has_maps: bool = False) -> str:
    values = "tags[$tag_name]" if has_maps else "TRY_CAST(json_extract(tags_json, $tag_path) AS VARCHAR[])"
    return query("selected").replace("{values_of_tag}", values)


def parameters(selection: Selection) -> dict[str, Any]:
    """The parameters of a query of the selected rows."""
    asked: dict[str, Any] = {
        name: _readable(value) if isinstance(value, str) else value for name, value in asdict(selection).items()
    }
    domain = headers.comparable("@" + (asked["domain"] or "").removeprefix("@")).removeprefix("@")
    is_parent = domain.startswith(".")
    return asked | {
        "tag_path": None if selection.tag_name is None else _path(selection.tag_name),
        "domain": None if is_parent else domain or None,
        "parent_domain": domain.removeprefix(".") if is_parent else None,
    }


def question_parameters(asked: Question) -> dict[str, Any]:
    """The parameters of a query of what is asked for."""
    words = {f"word_{number}": word for number, word in enumerate(asked.words, start=1)}
    return {
        **parameters(asked.selection),
        **words,
        "values": list(asked.values),
        "words": list(asked.words),
        "statuses": list(asked.statuses) or None,
        "id_length": _ID_LENGTH,
    }


def _found(asked: Question, among: Sequence[str] | None = None) -> dict[str, str]:
    """The ids of the messages that have the text and a selected row."""
    word = query("having_word")
    sets = [word.replace("$word", f"$word_{number}") for number, _ in enumerate(asked.words, start=1)]
    if asked.values:
        sets.append(query("having_value"))
    if among is not None:
        sets.append("SELECT unnest($among) AS message_id")
    return {
        "matching": rows_sql(view="kept"),
        "found": " INTERSECT ".join(f"({ids})" for ids in sets) or "SELECT message_id FROM matching",
    }


def standing(found: dict[str, str]) -> dict[str, str]:
    """Where the messages `found` stand with each recipient."""
    events = (
        f"SELECT *, {_selected()} AS selected, {query('outcome')} AS outcome "  # noqa: S608
        "FROM kept SEMI JOIN found USING (message_id)"
    )
    return {**found, "events": events, "standing": query("statuses")}


def _recipients(store: Store, ids: Sequence[str], asked: Question) -> tuple[RecipientStatus, ...]:
    tables = standing({"found": "SELECT unnest($ids) AS message_id"})
    rows = store.each_row(with_tables(tables, query("recipients")), {**question_parameters(asked), "ids": ids})
    return tuple(RecipientStatus(**row) for row in rows)


def with_tables(tables: dict[str, str], sql: str) -> str:
    """A query that reads others by their names."""
    named = ", ".join(f"{name} AS NOT MATERIALIZED ({table})" for name, table in tables.items())
    return f"WITH {named} {sql}"


def _path(tag: str) -> str:
    """A JSON pointer (RFC 6901) to the values of a tag."""
    return "/" + _readable(tag).replace("~", "~0").replace("/", "~1")


def _readable(text: str) -> str:
    """An argument of the command line, with U+FFFD for the bytes in it that are not text."""
    return text.encode(errors="surrogateescape").decode(errors="replace")
