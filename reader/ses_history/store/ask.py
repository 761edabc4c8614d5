"""Questions to the store: which rows, messages and counts a selection asks for."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ses_history.errors import NothingFoundError
from ses_history.results import Counts, Found, Message, RecipientStatus, Row
from ses_history.selection import Selection
from ses_history.store.store import Store, query

_GROUPS = {
    "day": "strftime(sent_at, '%Y-%m-%d')",
    "type": "event_type",
    "domain": "recipient_domain",
    "set": "configuration_set",
    "tag": "tags[$tag][1]",
}
"""What `stats` counts by, as SQL; a tag is counted by its first value."""

_MESSAGE_ID_HEADER = re.compile(r"<?(?P<id>[0-9a-f]{16}-[0-9a-f-]{36}-\d{6})@[\w.-]+>?")
"""As SES writes it over the sender's: https://docs.aws.amazon.com/ses/latest/dg/header-fields.html"""

_ID_LENGTH = 16
"""How much of a message id is enough to look for it: the millisecond of the send."""


def find(store: Store, text: str, selection: Selection, limit: int) -> Found:
    """The newest messages with a selected row that has the text in its recipient, sender, subject or id."""
    searched = _searched(text)
    asked = {**parameters(selection), "text": searched}
    find_newest = _with({"matching": rows_sql()}, query("find"))
    found = store.rows(find_newest, {**asked, "id_length": _ID_LENGTH, "limit": limit})
    if not found:
        return Found(total=0, recipients=())
    tables = {
        "found": "SELECT unnest($ids) AS message_id",
        "events": f"SELECT *, {query('selected')} AS selected FROM history SEMI JOIN found USING (message_id)",  # noqa: S608
    }
    ids = [row["message_id"] for row in found]
    return Found(total=found[0]["total"], recipients=_statuses(store, tables, {**asked, "ids": ids}))


def show(store: Store, message_id: str) -> Message:
    """The message with this id, the beginning of it, or this Message-ID header; raises NothingFoundError."""
    found = _message_id(store, message_id)
    events = {"events": "SELECT *, true AS selected FROM history WHERE message_id = $text"}
    return Message(
        recipients=_statuses(store, events, {"text": found}),
        events=tuple(Row(**row) for row in store.each_row(query("show"), {"message_id": found})),
    )


def _message_id(store: Store, text: str) -> str:
    searched = _searched(text)
    sql = "SELECT DISTINCT message_id FROM history WHERE starts_with(message_id, $text) ORDER BY message_id LIMIT 2"
    found = [row["message_id"] for row in store.rows(sql, {"text": searched})]
    if searched in found:
        return searched
    if not found:
        raise NothingFoundError(f"No message has the id {text!r}: look for it with `ses-history find`")
    if len(found) > 1:
        raise NothingFoundError(f"Several messages have an id that begins with {text!r}: give more of it")
    return found[0]


def stats(store: Store, selection: Selection, by: str) -> tuple[Counts, ...]:
    """Counts and rates by one of `selection.GROUPS`, or by the tag NAME for `tag:NAME`."""
    group, _, tag = by.partition(":")
    asked = parameters(selection) | ({"tag": _readable(tag)} if group == "tag" else {})
    tables = {
        "matching": rows_sql(),
        "grouped": f'SELECT *, {_GROUPS[group]} AS "group" FROM matching',  # noqa: S608
    }
    return tuple(Counts(**row) for row in store.each_row(_with(tables, query("stats")), asked))


def rows(store: Store, selection: Selection) -> Iterator[dict[str, Any]]:
    """The selected rows themselves."""
    return store.each_row(rows_sql(), parameters(selection))


def rows_sql(columns: str = "*") -> str:
    """The query of columns of the selected rows."""
    return f"SELECT {columns} FROM history WHERE {query('selected')}"  # noqa: S608


def parameters(selection: Selection) -> dict[str, Any]:
    """The parameters of a query of the selected rows."""
    return {name: _readable(value) if isinstance(value, str) else value for name, value in asdict(selection).items()}


def _statuses(store: Store, tables: dict[str, str], asked: dict[str, Any]) -> tuple[RecipientStatus, ...]:
    return tuple(RecipientStatus(**row) for row in store.each_row(_with(tables, query("statuses")), asked))


def _with(tables: dict[str, str], sql: str) -> str:
    """A query that reads others by their names."""
    named = ", ".join(f"{name} AS NOT MATERIALIZED ({table})" for name, table in tables.items())
    return f"WITH {named} {sql}"


def _searched(text: str) -> str:
    """What is looked for: the text, or of a Message-ID header the part that SES calls the message id."""
    header = _MESSAGE_ID_HEADER.fullmatch(text.strip())
    return header["id"] if header else _readable(text)


def _readable(text: str) -> str:
    """An argument of the command line, with U+FFFD for the bytes in it that are not text."""
    return text.encode(errors="surrogateescape").decode(errors="replace")
