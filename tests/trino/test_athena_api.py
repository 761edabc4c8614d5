"""The emulated Athena answers with what Trino finds, spelled as Athena spells it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest

from localaws.aws import LocalAws
from localaws.deploy import Stack
from localaws.queries import Answer, answered_by
from tests.reader.support import message, put
from tests.trino.conftest import Ask
from tests.trino.server import Trino

_SECONDS = 60
"""How long a query may take."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, stack_of: Callable[[Path], Stack]) -> Stack:
    folder = tmp_path_factory.mktemp("history")
    put(folder, message("m", ["a@example.com"], "send", "open", tags={"team": ["A", "B"]}))
    return stack_of(folder)


@pytest.fixture
def athena(
    aws: LocalAws, access_key: dict[str, str], stack: Stack, queried: Callable[[Stack], Ask], trino: Trino
) -> Iterator[Any]:
    """The user's client of an Athena that Trino answers for."""
    queried(stack)
    with answered_by(trino.ask):
        yield aws.client_of("athena", access_key)


def start(athena: Any, stack: Stack, sql: str) -> str:
    return athena.start_query_execution(
        QueryString=sql,
        WorkGroup=stack.outputs["workgroup_name"],
        QueryExecutionContext={"Database": stack.outputs["database_name"]},
    )["QueryExecutionId"]


def ended(athena: Any, query: str) -> dict[str, Any]:
    """The execution when it has ended."""
    deadline = monotonic() + _SECONDS
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
        assert monotonic() < deadline
        sleep(0.05)


def test_values_and_types_are_spelled_as_athena_does(athena: Any, stack: Stack) -> None:
    query = start(
        athena,
        stack,
        "SELECT ts, day, event_type, recipient_no, processing_ms, is_test, is_bot, tags, 0.25e0 AS rate FROM history "
        "WHERE event_type = 'Send'",
    )
    execution = ended(athena, query)
    answered = athena.get_query_results(QueryExecutionId=query)["ResultSet"]

    assert (execution["Status"]["State"], execution["WorkGroup"]) == ("SUCCEEDED", stack.outputs["workgroup_name"])
    assert execution["Statistics"]["DataScannedInBytes"] > 0
    assert [(column["Name"], column["Type"]) for column in answered["ResultSetMetadata"]["ColumnInfo"]] == [
        ("ts", "timestamp"),
        ("day", "date"),
        ("event_type", "varchar"),
        ("recipient_no", "integer"),
        ("processing_ms", "bigint"),
        ("is_test", "boolean"),
        ("is_bot", "boolean"),
        ("tags", "map"),
        ("rate", "double"),
    ]
    names, row = ([cell.get("VarCharValue") for cell in each["Data"]] for each in answered["Rows"])
    assert names == ["ts", "day", "event_type", "recipient_no", "processing_ms", "is_test", "is_bot", "tags", "rate"]
    assert row == [
        "2026-03-01 08:00:00.000",
        "2026-11-23",
        "Send",
        "1",
        None,
        "false",
        None,
        "{team=[A, B]}",
        "0.25",
    ]
    assert answered["Rows"][1]["Data"][4] == {}


def test_results_of_more_than_a_thousand_rows_come_in_pages_of_which_the_first_begins_with_the_names(
    athena: Any, stack: Stack
) -> None:
    query = start(athena, stack, "SELECT * FROM UNNEST(sequence(1, 2500)) AS numbers (n) ORDER BY n")
    ended(athena, query)
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=query))
    values = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert len(pages) == 3
    assert values == ["n", *map(str, range(1, 2501))]


def test_a_query_that_fails_says_why(athena: Any, stack: Stack) -> None:
    status = ended(athena, start(athena, stack, "SELECT colour FROM history"))["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith("COLUMN_NOT_FOUND: line 1:8: Column 'colour' cannot be resolved")


def test_a_query_that_is_stopped_stays_so(aws: LocalAws, stack: Stack) -> None:
    is_over = Event()

    def ask(_sql: str, _database: str) -> Answer:
        assert is_over.wait(_SECONDS)
        return Answer(columns=[("n", "integer")], rows=[[1]], bytes_read=1)

    athena = aws.client("athena")
    with answered_by(ask):
        query = start(athena, stack, "SELECT 1 AS n")
        running = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"]
        athena.stop_query_execution(QueryExecutionId=query)
        is_over.set()
        stopped = ended(athena, query)["Status"]["State"]
    assert (running, stopped) == ("RUNNING", "CANCELLED")


def test_a_workgroup_that_is_not_there_is_not_found(aws: LocalAws) -> None:
    athena = aws.client("athena")
    with pytest.raises(athena.exceptions.InvalidRequestException, match="WorkGroup nobodys is not found"):
        athena.start_query_execution(QueryString="SELECT 1", WorkGroup="nobodys")
