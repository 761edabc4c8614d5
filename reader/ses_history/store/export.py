"""Exports: the selected rows as a file of CSV, JSON lines, Parquet or SQLite."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from ses_history.errors import ExportError, QuestionError
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
    with owner_only(), _new(path) as file:
        if file_format == "sqlite":
            return _sqlite(store, selection, file)
        sql = rows_sql("* REPLACE (to_json(tags) AS tags)" if file_format == "csv" else "*")
        return store.copy(sql, parameters(selection), file, _COPY[file_format])


@contextmanager
def _new(path: Path) -> Iterator[Path]:
    """A file to write, which takes the place of `path` once it is whole; nothing else may be there by then."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError as error:
        raise ExportError(f"{path} already exists: choose another name, or remove it") from error
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with TemporaryDirectory(dir=path.parent, prefix=".ses-history-") as folder:
            file = Path(folder) / path.name
            yield file
            file.replace(path)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, (duckdb.IOException, sqlite3.OperationalError, OSError)):
            raise ExportError(f"{path} cannot be written: {error}") from error
        raise


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
