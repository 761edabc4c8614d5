"""Questions to the history: which rows, messages and counts a selection asks for."""

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


def find(store: Store, text: str, selection: Selection, limit: int) -> list[dict[str, Any]]:
    """The newest messages with a matching row that names the text: a row a recipient, with where it stands."""
    return store.rows(_of_matching(query("find")), {**asdict(selection), "text": text, "limit": limit})


def show(store: Store, message_id: str) -> list[dict[str, Any]]:
    """The rows of a message, in the order its events happened."""
    return store.rows(query("show"), {"message_id": message_id})


def stats(store: Store, selection: Selection, by: str) -> list[dict[str, Any]]:
    """Counts and rates by a key of `GROUPS`, or by the tag NAME for `tag:NAME`."""
    kind, _, tag = by.partition(":")
    parameters = asdict(selection) | ({"tag": tag} if kind == "tag" else {})
    group = "tags[$tag][1]" if kind == "tag" else GROUPS[kind]
    grouped = f'grouped AS (SELECT *, {group} AS "group" FROM matching)'  # noqa: S608
    sql = query("stats").replace("WITH ", f"WITH {grouped}, ", 1)
    return store.rows(_of_matching(sql), parameters)


def rows(store: Store, selection: Selection) -> Iterator[dict[str, Any]]:
    """The matching rows themselves."""
    return store.each_row(rows_sql(), asdict(selection))


def rows_sql() -> str:
    """The query of the matching rows, in the order they happened."""
    return f"{query('matching')} ORDER BY ts, message_id, recipient_no"


def _of_matching(sql: str) -> str:
    return sql.replace("WITH ", f"WITH matching AS NOT MATERIALIZED ({query('matching')}), ", 1)
