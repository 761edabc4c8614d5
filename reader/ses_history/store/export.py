"""Exports: statuses or events as a file of CSV, Excel, JSON lines, Parquet or SQLite, or as text on a stream."""

import csv
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby, islice, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TextIO

import duckdb
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxFileError

from ses_history.columns import EVENT_COLUMNS, FORMULA_STARTS, columns_of
from ses_history.errors import ExportError, QuestionError
from ses_history.new_file import new_file
from ses_history.questions.ask import (
    Question,
    having_status,
    question_parameters,
    selected,
    selected_events,
    selected_recipients,
    selected_standing,
)
from ses_history.questions.ask import query as question_of
from ses_history.questions.engine import Engine
from ses_history.results import Exported
from ses_history.selection import FORMATS, Selection
from ses_history.statuses import STATUSES
from ses_history.store.owner_only import owner_only
from ses_history.store.store import Store, query, with_tables

STREAMED: Final = ("csv", "jsonl")
"""The formats that are text, and can be written to a stream."""

EXCEL_ROWS: Final = 1_048_575
"""How many rows a sheet of Excel holds below the names of its columns."""

_EXCEL_DIGITS = 10**15
"""Excel rounds whole numbers from here on."""

_EXCEL_BEGINS = 1901
"""The first year on whose days all spreadsheets agree."""

_CUT = -2
"""What XlsxWriter returns where it has cut a text."""

_NOTHING: Final[Mapping[str, str]] = {}

_AT_A_TIME = 50_000
"""How many rows of events about are taken together, to make statuses of."""

_BYTE_ORDER_MARK = "\ufeff"

_COPY = {
    "csv": "FORMAT csv, HEADER",
    "jsonl": "FORMAT json",
    # A row group is held in memory by each thread.
    "parquet": "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480",
}

_MAPS = {"tags": "MAP(VARCHAR, VARCHAR[])", "link_tags": "MAP(VARCHAR, VARCHAR[])", "topics": "MAP(VARCHAR, VARCHAR)"}
"""The columns of which the store has the JSON, and what they are in Parquet."""

_WIDTHS = {"recipient": 32, "subject": 48, "source": 32, "reply": 60, "status": 14, "message_id": 24}
_WIDTH_OF_TIMES, _WIDTH_OF_OTHERS = 19, 16
"""How wide columns of a sheet are, in characters."""


def export(
    store: Store,
    selection: Selection,
    target: Path | TextIO,
    file_format: str,
    *,
    events: bool = False,
    columns: Sequence[str] = (),
    statuses: Sequence[str] = (),
    engine: Engine | None = None,
) -> Exported:
    """Write the selected recipients with their statuses, or the selected events, to a new file for its owner alone.

    They are those of the store, or of another engine, from which they get into the store, which is empty. A row is a
    message and a recipient who has one of the `statuses`, or else with `events` an event and recipient. A stream takes
    CSV and JSON lines. Raises QuestionError for what there is not, and ExportError. The file is there whole, or not at
    all.
    """
    if file_format not in FORMATS.values():
        raise QuestionError(f"unknown format {file_format!r}: use {', '.join(FORMATS.values())}")
    chosen = columns_of(events=events, chosen=columns)
    if unknown := set(statuses) - set(STATUSES):
        raise QuestionError(f"unknown status {min(unknown)!r}: use {', '.join(STATUSES)}")
    if events and statuses:
        raise QuestionError("a status is one of a message and recipient, not of an event: export no events for it")
    question = Question(selection=selection, statuses=tuple(statuses))
    if not isinstance(target, Path):
        with _asked(store, engine, question, chosen, events=events) as asked:
            return _stream(asked, target, file_format)
    with owner_only(), new_file(target) as file, _asked(store, engine, question, chosen, events=events) as asked:
        try:
            if file_format == "sqlite":
                return _sqlite(asked, file)
            if file_format == "xlsx":
                return _excel(asked, file, target)
            written = {"csv": _csv, "jsonl": _json, "parquet": _parquet}[file_format]
            sql = asked.sql(written, before=_BYTE_ORDER_MARK if file_format == "csv" else "")
            return Exported(rows=store.copy(sql, asked.parameters, file, _COPY[file_format]))
        except (duckdb.IOException, sqlite3.OperationalError) as error:
            raise ExportError(f"{target} cannot be written: {error}") from error


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What is exported: a query of the columns, and the types that they have in DuckDB."""

    store: Store
    name: str
    """Of a table."""

    query: str
    order: str
    parameters: dict[str, Any]
    types: dict[str, str]

    def sql(self, written: Callable[[str, str], str], *, before: str = "", beside: Mapping[str, str] = _NOTHING) -> str:
        """The query of the columns as they are written, with a text before the first one's name, and others beside."""
        first, *_ = self.types
        columns = {before + first: written(first, self.types[first])}
        columns |= {name: written(name, kind) for name, kind in self.types.items() if name != first}
        return self.selecting(", ".join(f'{sql} AS "{name}"' for name, sql in {**columns, **beside}.items()))

    def selecting(self, columns: str) -> str:
        return f"SELECT {columns} FROM ({self.query}) AS asked {self.order}"  # noqa: S608  columns of ours

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """What the query answers."""
        return (tuple(row.values()) for row in self.store.each_row(sql, self.parameters))

    def count(self) -> int:
        return self.store.rows(f"SELECT count(*) AS rows FROM ({self.query})", self.parameters)[0]["rows"]  # noqa: S608


@contextmanager
def _asked(
    store: Store, engine: Engine | None, question: Question, columns: Sequence[str], *, events: bool
) -> Iterator[_Asked]:
    parameters = question_parameters(question)
    named = ", ".join(f"{name}_json AS {name}" if name in _MAPS else name for name in EVENT_COLUMNS)
    of_events = f"SELECT {named} FROM stored WHERE {selected(store.dialect, question.selection)}"  # noqa: S608
    is_table = engine is not None or not events
    if is_table:
        store.rows(f"CREATE OR REPLACE TEMP TABLE exported AS {of_events} LIMIT 0", parameters)
        if not events:
            _make_statuses(store, question)
        if engine:
            _fill(store, engine, question, events=events)
        store.rows("SET threads = 1")  # several sort in more memory than there is
    sql = "SELECT * FROM exported" if is_table else of_events
    try:
        types = {row["column_name"]: row["column_type"] for row in store.rows(f"DESCRIBE {sql}", parameters)}
        yield _Asked(
            store=store,
            name="history" if events else "statuses",
            query=sql,
            order="" if events else "ORDER BY asked.sent_at NULLS FIRST, asked.message_id, asked.address",
            parameters=parameters,
            types={name: types[name] for name in columns},
        )
    finally:
        if is_table:
            store.rows("RESET threads")
            store.rows("DROP TABLE exported")


def _make_statuses(store: Store, question: Question) -> None:
    """Make a temporary table of the statuses, a range of message ids at a time: those of all take memory for each."""
    tables = {
        "kept": "SELECT * FROM main.kept WHERE message_id >= $first AND ($end IS NULL OR message_id < $end)",
        **selected_standing(store, question),
    }
    sql = with_tables(tables, having_status(question_of("selected_statuses"), question))
    parameters = question_parameters(question)
    ends = [row["id"] for row in store.rows(query("export_ranges"), {"rows": _AT_A_TIME})]
    into = "CREATE OR REPLACE TEMP TABLE exported AS"
    for first, end in pairwise(["", *ends, None]):
        store.rows(f"{into} {sql}", parameters | {"first": first, "end": end})
        into = "INSERT INTO exported"


def _fill(store: Store, engine: Engine, question: Question, *, events: bool) -> None:
    """Put what another engine answers into the temporary table."""
    rows = selected_events(engine, question) if events else selected_recipients(engine, question)
    while some := list(islice(rows, _AT_A_TIME)):
        store.insert("exported", some)


def _object(name: str) -> str:
    """The JSON of a map, where it is one."""
    return f"CASE WHEN starts_with({name}, '{{') THEN {name} END"


def _csv(name: str, kind: str) -> str:
    if name in _MAPS:
        return _object(name)
    if kind == "VARCHAR":
        codes = ", ".join(str(ord(character)) for character in FORMULA_STARTS)
        return f"CASE WHEN unicode({name}) IN ({codes}) THEN concat('''', {name}) ELSE {name} END"
    return name


def _json(name: str, _kind: str) -> str:
    return f"TRY(CAST({_object(name)} AS JSON))" if name in _MAPS else name


def _parquet(name: str, _kind: str) -> str:
    return f"""TRY(json_transform({name}, '"{_MAPS[name]}"'))""" if name in _MAPS else name


def _plain(name: str, kind: str) -> str:
    """What SQLite knows: numbers and texts."""
    if name in _MAPS:
        return _object(name)
    if kind == "BOOLEAN":
        return f"CAST({name} AS INTEGER)"
    return name if kind in ("VARCHAR", "INTEGER", "BIGINT") else f"CAST({name} AS VARCHAR)"


def _excels(name: str, kind: str) -> str:
    if name in _MAPS:
        return _object(name)
    return f"translate({name}, '\ufffe\uffff', '\ufffd\ufffd')" if kind == "VARCHAR" else name  # XML has none of these


def _stream(asked: _Asked, stream: TextIO, file_format: str) -> Exported:
    """Write the rows as text, without a byte order mark."""
    if file_format not in STREAMED:
        raise QuestionError(f"{file_format} is no text: write it to a file, or use {' or '.join(STREAMED)}")
    if file_format == "jsonl":
        packed = ", ".join(f"{name} := {_json(name, kind)}" for name, kind in asked.types.items())
        lines = asked.selecting(f"CAST(to_json(struct_pack({packed})) AS VARCHAR) AS line")
        return Exported(rows=sum(1 for (line,) in asked.rows(lines) if stream.write(f"{line}\n")))
    write = csv.writer(stream, lineterminator="\n").writerow
    write(asked.types)
    sql = asked.sql(lambda name, kind: f"CAST({_csv(name, kind)} AS VARCHAR)")
    return Exported(rows=sum(1 for row in asked.rows(sql) if write(row)))


def _sqlite(asked: _Asked, path: Path) -> Exported:
    """A table `statuses` or `history`; maps are JSON, times ISO 8601.

    To bind NULL costs Python more than to bind a text, and most columns are NULL: each row binds those that are not.
    """
    columns = list(asked.types)
    bits = (f"CASE WHEN {name} IS NULL THEN 0 ELSE {1 << place} END" for place, name in enumerate(columns))
    sql = asked.sql(_plain, beside={"present": f"CAST({' + '.join(bits)} AS BIGINT)"})
    inserts = dict[int, tuple[str, Callable[[Any], Any]]]()
    rows = 0
    with closing(sqlite3.connect(path, cached_statements=1000)) as database, database:
        database.execute("PRAGMA page_size = 32768")
        database.execute("PRAGMA journal_mode = off")  # a file that fails is removed, not rolled back
        database.execute(f"CREATE TABLE {asked.name} ({', '.join(columns)})")
        for present, some in groupby(asked.rows(sql), itemgetter(-1)):
            if present not in inserts:
                inserts[present] = _insert(asked.name, columns, present)
            insert, values = inserts[present]
            rows += max(database.executemany(insert, map(values, some)).rowcount, 0)
    return Exported(rows=rows)


def _insert(table: str, columns: Sequence[str], present: int) -> tuple[str, Callable[[Any], Any]]:
    """The statement for the columns that are present, a bit for each, and what takes them of a row; one at least."""
    places = [place for place in range(len(columns)) if present >> place & 1] or [0]
    names = ", ".join(columns[place] for place in places)
    insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(places))})"  # noqa: S608  columns of ours
    [first, *others] = places
    return insert, itemgetter(*places) if others else itemgetter(slice(first, first + 1))


def _excel(asked: _Asked, path: Path, named: Path) -> Exported:
    """Write a sheet, in which texts are no formulas, links or numbers; raises ExportError where it has too few rows."""
    count = asked.count()
    if count > EXCEL_ROWS:
        raise ExportError(
            f"{named} cannot hold {count:,} rows: a sheet of Excel has {EXCEL_ROWS:,}. Select fewer with --since and "
            "--until, or write .csv or .parquet"
        )
    as_it_is = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    options = {"constant_memory": True, "tmpdir": str(path.parent), "use_zip64": True, **as_it_is}
    try:
        with Workbook(str(path), options) as workbook:
            return Exported(rows=count, cut=_write_sheet(asked, workbook, count))
    except XlsxFileError as error:
        raise ExportError(f"{named} cannot be written: {error}") from error


def _write_sheet(asked: _Asked, workbook: Workbook, count: int) -> int:
    """Write the rows to a sheet of the workbook; how many cells are cut."""
    sheet = workbook.add_worksheet(asked.name)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, count, len(asked.types) - 1)
    bold = workbook.add_format({"bold": True})
    formats = {
        "TIMESTAMP": workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "DATE": workbook.add_format({"num_format": "yyyy-mm-dd"}),
    }
    for column, (name, kind) in enumerate(asked.types.items()):
        usual = _WIDTH_OF_TIMES if kind in formats else _WIDTH_OF_OTHERS
        sheet.set_column(column, column, _WIDTHS.get(name, max(usual, len(name) + 3)))
        sheet.write_string(0, column, name, bold)

    def moment(row: int, column: int, value: date) -> int:
        if value.year < _EXCEL_BEGINS:
            return sheet.write_string(row, column, str(value))
        if isinstance(value, datetime):
            return sheet.write_datetime(row, column, value, formats["TIMESTAMP"])
        return sheet.write_datetime(row, column, datetime.combine(value, time()), formats["DATE"])

    def number(row: int, column: int, value: int) -> int:
        if abs(value) >= _EXCEL_DIGITS:
            return sheet.write_string(row, column, str(value))
        return sheet.write_number(row, column, value)

    write: dict[type, Callable[[int, int, Any], int]] = {
        str: sheet.write_string,
        bool: sheet.write_boolean,
        int: number,
        datetime: moment,
        date: moment,
    }
    cut = 0
    for row, values in enumerate(asked.rows(asked.sql(_excels)), start=1):
        for column, value in enumerate(values):
            if value is not None and write[type(value)](row, column, value) == _CUT:
                cut += 1
    return cut
