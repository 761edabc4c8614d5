"""Athena as an engine of questions: it runs statements in a workgroup, and says what they scanned."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from time import sleep
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ses_history.athena.statement import DIALECT, MAPS, statement
from ses_history.errors import QuestionError, SourceError
from ses_history.progress import Asking, Scanned, Watch
from ses_history.questions.engine import EVER, Dialect, Parameters, Reach

_LONGEST = 262_144
"""Bytes of a statement: https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html"""

_SECONDS = 0.5
"""Between two looks at a running query."""

_PAGE = 1000
"""Rows of a page of results, at most."""

_OF_TYPES: Final[Mapping[str, Callable[[str], Any]]] = {
    "boolean": lambda text: text == "true",
    "integer": int,
    "bigint": int,
    "double": float,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}
"""How the text of a value is read; any other type is text."""

_POLICY = "attach the policy that the stack's output athena_reader_policy_json holds"

_DENIED = re.compile("access ?denied|not authorized|permission denied", re.IGNORECASE)
"""What a query that failed says of a caller who may not read something, or write its results."""


class Athena:
    """Runs the questions in a workgroup, over the tables of a database."""

    dialect: Dialect = DIALECT

    def __init__(self, workgroup: str, database: str, client: Any, watch: Watch) -> None:
        """`client` is a boto3 client of Athena; `watch` is called while a query runs, and with what it scanned."""
        self._workgroup = workgroup
        self._database = database
        self._client = client
        self._watch = watch

    def ask(
        self, tables: Mapping[str, str], sql: str, parameters: Parameters, reach: Reach = EVER
    ) -> Iterator[dict[str, Any]]:
        """What a query of `kept`, `history` and the `tables` answers, a dictionary for each row.

        Raises QuestionError for one that is longer than Athena takes, and SourceError.
        """
        text = statement(tables, sql, parameters, reach)
        if len(text.encode()) > _LONGEST:
            raise QuestionError("the question is longer than the 256 KB that Athena takes: ask about fewer addresses")
        with _explained(self._workgroup):
            yield from self._rows(self._run(text))

    def _run(self, text: str) -> str:
        """Run a statement; the id of its execution. When this is interrupted, so is the query."""
        started = self._client.start_query_execution(
            QueryString=text, WorkGroup=self._workgroup, QueryExecutionContext={"Database": self._database}
        )
        execution = started["QueryExecutionId"]
        try:
            while True:
                seen = self._client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
                state = seen["Status"]["State"]
                scanned = seen.get("Statistics", {}).get("DataScannedInBytes", 0)
                if state not in ("QUEUED", "RUNNING"):
                    break
                self._watch(Asking(workgroup=self._workgroup, scanned=scanned))
                sleep(_SECONDS)
        except KeyboardInterrupt:
            self._client.stop_query_execution(QueryExecutionId=execution)
            raise
        self._watch(Scanned(bytes=scanned))
        if state != "SUCCEEDED":
            raise SourceError(
                _failure(execution, state, seen["Status"].get("StateChangeReason") or "no reason is told")
            )
        return execution

    def _rows(self, execution: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("get_query_results").paginate(
            QueryExecutionId=execution, PaginationConfig={"PageSize": _PAGE}
        )
        for number, page in enumerate(pages):
            columns = [
                (column["Name"], column["Type"]) for column in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            ]
            rows = page["ResultSet"]["Rows"]
            for row in rows[1:] if number == 0 else rows:  # the first is of the columns' names
                yield {
                    name: _value(name, kind, cell.get("VarCharValue"))
                    for (name, kind), cell in zip(columns, row["Data"], strict=True)
                }


def _value(name: str, kind: str, text: str | None) -> Any:
    if text is None:
        return None
    return json.loads(text) if name in MAPS else _OF_TYPES.get(kind, str)(text)


def _failure(execution: str, state: str, reason: str) -> str:
    if "scan" in reason.lower() and "limit" in reason.lower():
        return (
            f"Athena stopped the query {execution}: it would scan more than the workgroup allows. Ask about fewer days "
            f"with --since, or raise query_scan_limit_gb ({reason})"
        )
    if _DENIED.search(reason):
        return f"The query {execution} lacks permissions: {_POLICY} ({reason})"
    return f"The query {execution} is {state} in Athena: {reason}"


@contextmanager
def _explained(workgroup: str) -> Iterator[None]:
    """What boto3 raises, as an error that says what to do."""
    try:
        yield
    except ClientError as error:
        answer: Any = error.response["Error"]
        if answer.get("Code") in ("AccessDeniedException", "AccessDenied"):
            raise SourceError(f"These credentials may not query: {_POLICY} ({answer.get('Message')})") from error
        if "WorkGroup" in answer.get("Message", "") and "not found" in answer.get("Message", ""):
            raise SourceError(
                f"There is no workgroup {workgroup}: check its name and AWS_REGION, or let --stack find it"
            ) from error
        raise SourceError(f"Athena cannot be asked in the workgroup {workgroup}: {error}") from error
    except BotoCoreError as error:
        raise SourceError(f"Athena cannot be asked: {error}") from error


def connect(workgroup: str, database: str | None, watch: Watch) -> Athena:
    """Athena as the credentials of the environment see it; raises SourceError.

    Without a `database` it is that of the workgroup's saved queries.
    """
    with _explained(workgroup):
        client = boto3.client("athena")
        return Athena(workgroup, database or _database(client, workgroup), client, watch)


def _database(client: Any, workgroup: str) -> str:
    for query in client.list_named_queries(WorkGroup=workgroup)["NamedQueryIds"]:
        return client.get_named_query(NamedQueryId=query)["NamedQuery"]["Database"]
    raise SourceError(f"The workgroup {workgroup} has no saved queries: it is none of ses-sending-history's")
