"""Questions to the history: which rows, messages and counts a selection asks for."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ses_history.store import Store, query

GROUPS = {
    "day": "strftime(sent_at, '%Y-%m-%d')",
    "type": "event_type",
    "domain": "recipient_domain",
    "set": "configuration_set",
}
"""What `stats` counts by, as SQL; a tag is counted by its first value."""

_MESSAGE_ID_HEADER = re.compile(r"<?(?P<id>[0-9a-f]{16}-[0-9a-f-]{36}-\d{6})@[\w.-]+>?")
"""As SES writes it over the sender's: https://docs.aws.amazon.com/ses/latest/dg/header-fields.html"""

ID_LENGTH = 25
"""How much of a message id tells it from others: the millisecond of the send, and 32 bits after it."""

_ID_LEAST = 16
"""How much of a message id is enough to look for it: the millisecond of the send."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which rows are asked for; None excludes nothing. Times are naive and UTC, of the send."""

    since: datetime | None = None
    until: datetime | None = None
    types: list[str] | None = None
    domain: str | None = None
    set: str | None = None
    tag_name: str | None = None
    tag_value: str | None = None

    def parameters(self) -> dict[str, Any]:
        """The parameters of a query of the selected rows."""
        return {name: readable(value) if isinstance(value, str) else value for name, value in asdict(self).items()}


def find(store: Store, text: str, selection: Selection, limit: int) -> list[dict[str, Any]]:
    """The newest messages with a matching row that names the text: a row a recipient, with where it stands."""
    tables = {
        "matching": rows_sql(),
        "found": query("find"),
        "told": f"SELECT *, {query('selected')} AS selected FROM history SEMI JOIN found USING (message_id)",  # noqa: S608
    }
    parameters = {**selection.parameters(), "text": _searched(text), "id_length": _ID_LEAST, "limit": limit}
    return store.rows(_with(tables, query("standings")), parameters)


def message_ids(store: Store, text: str) -> list[str]:
    """The message that has the text as its id; if none has, those whose ids begin with it, or two of them."""
    sql = "SELECT DISTINCT message_id FROM history WHERE starts_with(message_id, $text) ORDER BY message_id LIMIT 2"
    searched = _searched(text)
    found = [row["message_id"] for row in store.rows(sql, {"text": searched})]
    return [searched] if searched in found else found


def standings(store: Store, message_id: str) -> list[dict[str, Any]]:
    """Where each recipient of a message stands now."""
    tables = {"told": "SELECT *, true AS selected FROM history WHERE message_id = $text"}
    return store.rows(_with(tables, query("standings")), {"text": message_id})


def show(store: Store, message_id: str) -> list[dict[str, Any]]:
    """The rows of a message, in the order its events happened."""
    return store.rows(query("show"), {"message_id": message_id})


def stats(store: Store, selection: Selection, by: str) -> list[dict[str, Any]]:
    """Counts and rates by a key of `GROUPS`, or by the tag NAME for `tag:NAME`."""
    kind, _, tag = by.partition(":")
    parameters = selection.parameters() | ({"tag": readable(tag)} if kind == "tag" else {})
    group = "tags[$tag][1]" if kind == "tag" else GROUPS[kind]
    tables = {
        "matching": rows_sql(),
        "grouped": f'SELECT *, {group} AS "group" FROM matching',  # noqa: S608
    }
    return store.rows(_with(tables, query("stats")), parameters)


def rows(store: Store, selection: Selection) -> Iterator[dict[str, Any]]:
    """The matching rows themselves."""
    return store.each_row(rows_sql(), selection.parameters())


def rows_sql(columns: str = "*") -> str:
    """The query of columns of the matching rows."""
    return f"SELECT {columns} FROM history WHERE {query('selected')}"  # noqa: S608


def _with(tables: dict[str, str], sql: str) -> str:
    """A query that reads others by their names."""
    named = ", ".join(f"{name} AS NOT MATERIALIZED ({table})" for name, table in tables.items())
    return f"WITH {named} {sql}"


def readable(text: str) -> str:
    """An argument of the command line, with U+FFFD for what is no text in it."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _searched(text: str) -> str:
    """What is looked for: the text, or of a mail's Message-ID header the part that SES calls the message id."""
    header = _MESSAGE_ID_HEADER.fullmatch(text.strip())
    return header["id"] if header else readable(text)
