"""Athena's queries, answered by another engine than ministack's, which knows neither views nor partition projection."""

import asyncio
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from time import time
from typing import Any
from unittest.mock import patch


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a query answers, as Trino's clients get it."""

    columns: list[tuple[str, str]]
    """The name and the type of each, such as varchar(3)."""

    rows: list[list[Any]]
    """Values as JSON has them."""

    bytes_read: int
    """Of objects, as they are in the bucket."""


Ask = Callable[[str, str], Answer]
"""Answers a statement about the tables of a database. What it raises says why the query failed."""


@contextmanager
def answered_by(ask: Ask) -> Generator[None]:
    """Athena whose queries this function answers, while the context lasts. One that is stopped runs on, unheard."""
    from ministack.services import athena  # noqa: PLC0415  it reads its settings when imported

    service: Any = athena

    async def execute(query_id: str, query: str, database: str, *_: object) -> None:
        execution = service._executions[query_id]  # noqa: SLF001
        limit = service._workgroups[execution["WorkGroup"]]["Configuration"].get("BytesScannedCutoffPerQuery")  # noqa: SLF001
        status = execution["Status"]
        status["State"] = "RUNNING"
        try:
            answer = await asyncio.to_thread(ask, query, database)
        except Exception as error:  # noqa: BLE001  whatever it is, it is why the query failed
            state, reason = "FAILED", str(error)
        else:
            execution["Statistics"]["DataScannedInBytes"] = answer.bytes_read
            execution["_column_types"] = [_kind(kind) for _, kind in answer.columns]
            execution["_results"] = {
                "columns": [name for name, _ in answer.columns],
                "rows": [[None if value is None else _text(value) for value in row] for row in answer.rows],
            }
            # https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html
            is_within = limit is None or answer.bytes_read <= limit
            state, reason = ("SUCCEEDED", "") if is_within else ("CANCELLED", "Bytes scanned limit was exceeded")
        if status["State"] == "RUNNING":
            status |= {"State": state, "StateChangeReason": reason, "CompletionDateTime": int(time())}

    with patch.object(service, "_execute_query", execute):
        yield


def _kind(kind: str) -> str:
    """The type without its parameters, as Athena tells it."""
    return re.sub(r"\(.*\)", "", kind)


def _text(value: Any) -> str:
    """A value as Athena writes it, as which those in an array or a map cannot be told apart."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return f"{{{', '.join(f'{name}={_text(each)}' for name, each in value.items())}}}"
        case list():
            return f"[{', '.join(_text(each) for each in value)}]"
        case _:
            return str(value)
