"""What contract/ says is complete, and is what the reader and the component do."""

import re
import typing
from dataclasses import fields
from datetime import date, datetime
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
from ses_history.event_types import EVENT_TYPES as READER_EVENT_TYPES
from ses_history.history import History
from ses_history.providers import PROVIDERS as READER_PROVIDERS
from ses_history.results import Row
from ses_history.sources.folder import Folder
from ses_history.statuses import STATUS_GROUPS, statuses
from ses_history.statuses import STATUSES as READER_STATUSES
from ses_history.store.store import opened
from ses_sending_history.catalog import COLUMNS as VIEW_COLUMNS
from ses_sending_history.event_types import API_SPELLING

from tests.contract.support import COLUMNS, CONTRACT, EVENT_TYPES, EVENTS, LOCAL_ONLY, PROVIDERS, ROWS, STATUSES
from tests.reader.support import LATER, bounce, message, put

DUCKDB_TYPES = {
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "string": "VARCHAR",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "map<string,array<string>>": "MAP(VARCHAR, VARCHAR[])",
    "map<string,string>": "MAP(VARCHAR, VARCHAR)",
}
ATHENA_TYPES = {
    "timestamp": "timestamp(3)",
    "date": "date",
    "string": "varchar",
    "integer": "integer",
    "bigint": "bigint",
    "boolean": "boolean",
    "map<string,array<string>>": "map(varchar,array(varchar))",
    "map<string,string>": "map(varchar,varchar)",
}
PYTHON_TYPES = {
    "timestamp": datetime,
    "date": date,
    "string": str,
    "integer": int,
    "bigint": int,
    "boolean": bool,
    "map<string,array<string>>": dict[str, list[str | None] | None],
    "map<string,string>": dict[str, str | None],
}


def test_the_reader_and_the_component_spell_event_types_as_the_contract_does() -> None:
    assert {spellings["command"]: name for name, spellings in EVENT_TYPES.items()} == READER_EVENT_TYPES
    assert {name: spellings["api"] for name, spellings in EVENT_TYPES.items()} == API_SPELLING


def test_the_reader_knows_the_providers_of_the_contract_and_no_domain_twice() -> None:
    assert {name: list(domains) for name, domains in READER_PROVIDERS.items()} == {
        name: provider["domains"] for name, provider in PROVIDERS.items()
    }
    domains = [domain for provider in PROVIDERS.values() for domain in provider["domains"]]
    assert sorted(set(domains)) == sorted(domains)
    assert all(domain == domain.lower() for domain in domains)


def test_the_reader_knows_the_statuses_of_the_contract_in_its_order_and_groups_of_them() -> None:
    assert list(STATUSES) == list(READER_STATUSES)
    assert {status for group in STATUS_GROUPS.values() for status in group} <= STATUSES.keys()
    assert not STATUS_GROUPS.keys() & STATUSES.keys()
    for group in STATUS_GROUPS.values():
        assert list(group) == [status for status in STATUSES if status in group]
    assert statuses(("arrived", "bounced")) == tuple(
        status for status in STATUSES if status.startswith("bounced:") or status in STATUS_GROUPS["arrived"]
    )


def test_the_store_has_the_columns_of_the_contract_in_its_order_and_types(tmp_path: Path) -> None:
    with opened(tmp_path / "store.duckdb", "any") as store:
        columns = list(store.columns().items())
    assert columns == [(name, DUCKDB_TYPES[column["type"]]) for name, column in COLUMNS.items()]


def test_the_view_in_athena_has_the_columns_of_the_contract_in_its_order_and_types() -> None:
    assert list(VIEW_COLUMNS.items()) == [(name, ATHENA_TYPES[column["type"]]) for name, column in COLUMNS.items()]


def test_a_row_in_python_has_the_columns_of_the_contract_in_its_order_and_types() -> None:
    hints = typing.get_type_hints(Row)
    assert [(field.name, hints[field.name]) for field in fields(Row)] == [
        (name, hints[name] if hints[name] == python_type else python_type | None)
        for name, python_type in ((name, PYTHON_TYPES[column["type"]]) for name, column in COLUMNS.items())
    ]


def test_a_message_has_the_strongest_of_its_statuses(tmp_path: Path) -> None:
    to = ["a@example.com"]

    def events(status: str, message_id: str) -> list[Any]:
        bounces = {
            "bounced:hard": ("Permanent", "NoEmail"),
            "bounced:soft": ("Transient", "MailboxFull"),
            "suppressed": ("Permanent", "OnAccountSuppressionList"),
        }
        if status in bounces:
            made = bounce(message_id, to[0], *bounces[status])
            made[1]["bounce"]["timestamp"] = LATER  # than a delivery
            return made
        types = {
            "complained": "complaint",
            "clicked": "click",
            "opened": "open",
            "delivered": "delivery",
            "rejected": "reject",
            "failed": "rendering_failure",
            "delayed": "delivery_delay",
            "sent": "send",
        }
        return message(message_id, to, types[status])

    # Of several bounces the latest counts, whichever it is.
    bounces = {"bounced:hard", "bounced:soft", "suppressed"}
    pairs = [pair for pair in combinations_with_replacement(STATUSES, 2) if len(bounces & set(pair)) < 2]
    assert len(pairs) == 63
    put(tmp_path / "h", [item for pair in pairs for status in pair for item in events(status, " and ".join(pair))])
    history = History(Folder(tmp_path / "h"), tmp_path / "store.duckdb")
    history.sync()
    found = history.find("a@example.com", limit=len(pairs)).recipients
    assert {recipient.message_id: recipient.status for recipient in found} == {
        " and ".join(pair): pair[0] for pair in pairs
    }


@pytest.mark.parametrize(
    "facts",
    [COLUMNS, EVENT_TYPES, STATUSES, PROVIDERS],
    ids=["columns", "event types", "statuses", "providers"],
)
def test_everything_in_the_contract_has_a_meaning_that_is_a_sentence(facts: dict[str, dict[str, Any]]) -> None:
    assert facts
    assert {name for name, fact in facts.items() if not re.fullmatch(r"[A-Z].{10,}\.", fact["meaning"])} == set()


def test_there_is_an_event_of_every_type_with_its_rows() -> None:
    assert {event["eventType"] for event in EVENTS.values()} == EVENT_TYPES.keys()
    assert EVENTS.keys() == ROWS.keys()
    for name, rows in ROWS.items():
        assert {row["event_type"] for row in rows} == {EVENTS[name]["eventType"]}
        assert [row["recipient_no"] for row in rows] == list(range(1, max(rows[0]["recipient_count"], 1) + 1))


def test_the_rows_have_a_value_in_every_column_but_those_of_the_place() -> None:
    filled = {column for rows in ROWS.values() for row in rows for column in row}
    assert COLUMNS.keys() - filled == {"day", "object_key", "line_no"}


def test_what_only_the_local_reader_tells_are_columns_that_the_rows_of_an_event_have() -> None:
    assert {name for name, column in COLUMNS.items() if column.get("local_only")} == {"line_no"}
    assert LOCAL_ONLY
    assert {
        name: [column for column in columns if column in ROWS[name][0]] for name, columns in LOCAL_ONLY.items()
    } == (LOCAL_ONLY)
    assert all(LOCAL_ONLY.values())


def test_the_view_knows_the_providers_of_the_contract() -> None:
    sql = (CONTRACT.parent / "components" / "ses_sending_history" / "athena" / "history.sql").read_text()
    cases = re.findall(r"WHEN recipient_domain IN \(([^)]*)\) THEN '(.*)'", sql)
    assert {name: re.findall(r"'(.*?)'", domains) for domains, name in cases} == {
        name: provider["domains"] for name, provider in PROVIDERS.items()
    }
