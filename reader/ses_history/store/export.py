"""Exports: the selected rows as a file of CSV, JSON lines, Parquet or SQLite."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from ses_history.errors import ExportError, QuestionError
from ses_history.new_file import new_file
from ses_history.selection import FORMATS, Selection
from ses_history.store.ask import parameters, rows, rows_sql
from ses_history.store.owner_only import owner_only
from ses_history.store.store import Store

_COPY = {
    "csv": "FORMAT csv, HEADER",
    "jsonl": "FORMAT json",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}


def export(store: Store, selection: Selection, path: Path, file_format: str) -> int:
    """Write the selected rows to a new file for its owner alone; the number of rows.

    Raises QuestionError for an unknown format, and ExportError. The file is there whole, or not at all.
    """
    if file_format not in FORMATS.values():
        raise QuestionError(f"unknown format {file_format!r}: use {', '.join(FORMATS.values())}")
    with owner_only(), new_file(path) as file:
        try:
            if file_format == "sqlite":
                return _sqlite(store, selection, file)
            sql = rows_sql(_without_maps(store) if file_format == "csv" else "*")
            return store.copy(sql, parameters(selection), file, _COPY[file_format])
        except (duckdb.IOException, sqlite3.OperationalError) as error:
            raise ExportError(f"{path} cannot be written: {error}") from error


def _without_maps(store: Store) -> str:
    """All columns, of which maps are JSON."""
    maps = [name for name, kind in store.columns().items() if kind.startswith("MAP")]
    return f"* REPLACE ({', '.join(f'to_json({name}) AS {name}' for name in maps)})"


def _sqlite(store: Store, selection: Selection, path: Path) -> int:
    """A table `history` with the columns of a row of history; tags are JSON, times ISO 8601."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode = off")  # a file that fails is removed, not rolled back
        columns = store.columns()
        names = ", ".join(f'"{column}"' for column in columns)
        database.execute(f"CREATE TABLE history ({names})")
        insert = f"INSERT INTO history VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
        plain = ([_plain(value) for value in row.values()] for row in rows(store, selection))
        return max(database.executemany(insert, plain).rowcount, 0)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value)
    return value if isinstance(value, str | int | float | None) else str(value)
