"""A question as a statement of Athena's: with its tables, the days that it reads, and its values written out."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from ses_history.columns import EVENT_COLUMNS
from ses_history.questions.engine import Dialect, Parameters, Reach

MAPS: Final = ("tags", "link_tags", "topics")
"""The columns of maps, which come as JSON: Athena writes a map so that its values cannot be told apart."""

_OF_HISTORY = ", ".join(
    f"json_format(CAST({name} AS json)) AS {name}" if name in MAPS else name for name in EVENT_COLUMNS
)
_ONE_OF_VALUES = "contains($values, lower(normalize({0}, NFKC)))"

_HAS_WORD = "strpos(lower(normalize({0}, NFKC)), $word) > 0"

DIALECT: Final = Dialect(
    values_of_tag="element_at(tags, $tag_name)",
    first_value_of_tag="element_at(element_at(tags, $group_name), 1)",
    having_value="SELECT message_id FROM matching WHERE contains($values, message_id) OR "  # noqa: S608
    + " OR ".join(
        _ONE_OF_VALUES.format(text)
        for text in (
            "recipient",
            "source",
            "regexp_extract(source, '<([^<>]*)>[^<>]*$', 1)",
            "subject",
            "trim(BOTH '<>' FROM mail_message_id)",
        )
    ),
    having_word="SELECT message_id FROM matching WHERE message_id = $word "  # noqa: S608
    "OR (length($word) >= $id_length AND starts_with(message_id, $word)) OR "
    + " OR ".join(_HAS_WORD.format(text) for text in ("recipient", "source", "subject", "mail_message_id")),
)
"""What Athena writes otherwise than DuckDB. Texts are compared as `headers.comparable` makes them, as far as it can."""

_EARLY = timedelta(days=1)
"""Firehose puts a record under the day on which it began to fill a buffer: no more than a quarter of an hour before."""

_LATE = timedelta(days=2)
"""SES sends some events a while after they happened."""


def statement(tables: Mapping[str, str], sql: str, parameters: Parameters, reach: Reach) -> str:
    """The text of a question as Athena runs it in the database of the history."""
    days = _days(reach)
    known = {
        "kept": f"SELECT *, object_key AS object_no FROM history{days}",  # noqa: S608
        "history": f"SELECT {_OF_HISTORY} FROM history{days}",  # noqa: S608
    }
    read = " ".join((*tables.values(), sql))
    named = {name: text for name, text in known.items() if re.search(rf"\b{name}\b", read)} | dict(tables)
    written = ",\n".join(f"{name} AS (\n{text}\n)" for name, text in named.items())
    return re.sub(r"\$([a-z0-9_]+)", lambda name: literal(parameters[name[1]]), f"WITH {written}\n{sql}")


def _days(reach: Reach) -> str:
    conditions = list[str]()
    if reach.since:
        conditions.append(f"day >= {literal(reach.since.date() - _EARLY)}")
    if reach.until:
        conditions.append(f"day <= {literal(reach.until.date() + _LATE)}")
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def literal(value: Any) -> str:
    """A value as SQL of Athena's; raises TypeError for one of a type that no question has.

    In a text only the apostrophe is doubled: https://trino.io/docs/current/language/types.html#varchar
    """
    match value:
        case None:
            return "NULL"
        case bool() | int():
            return str(value).lower()
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return f"TIMESTAMP '{value.isoformat(sep=' ', timespec='milliseconds')}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case list():
            return f"CAST(ARRAY[{', '.join(literal(item) for item in value)}] AS array(varchar))"
        case _:
            raise TypeError(f"no literal of {value!r}")
