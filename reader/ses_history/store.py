"""The local store: one DuckDB file that holds the history's rows, and which objects they are from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from ses_history.failures import NoStoreError, StoreError
from ses_history.private import owner_only
from ses_history.source import Object

_QUERIES = files("ses_history").joinpath("queries")
_SETTINGS: dict[str, bool | float | int | list[str] | str] = {
    "memory_limit": "256MB",
    "autoinstall_known_extensions": False,
    "python_enable_replacements": False,
    "checkpoint_threshold": "1GB",
}


def query(name: str) -> str:
    """The text of a query of this package."""
    return _QUERIES.joinpath(f"{name}.sql").read_text()


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """A line that is no event, or one of an unknown type."""

    object_key: str
    line_no: int
    flaw: str


class Store:
    """The rows of one source. Every change is a transaction: a process killed in it leaves what was before."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def objects(self) -> dict[str, str]:
        """The etag of every object whose rows are in the store, by its key."""
        return dict(self._connection.execute("SELECT key, etag FROM objects").fetchall())

    def add(self, objects: Sequence[Object], batches: Iterable[Any], vanished: AbstractSet[str] = frozenset()) -> None:
        """Add objects with the rows of their lines.

        `batches` are Arrow batches of `records.SCHEMA`, in which an object's number is its place in `objects`, from 1.
        What it raises is raised here, and nothing is added then. Objects whose keys are in `vanished` once the
        batches are at their end are not added.
        """
        import pyarrow as pa  # noqa: PLC0415

        from ses_history.records import SCHEMA  # noqa: PLC0415

        failures: list[BaseException] = []

        def watched() -> Iterator[Any]:
            try:
                yield from batches
            except BaseException as error:
                failures.append(error)
                raise

        self._connection.register("lines", pa.RecordBatchReader.from_batches(SCHEMA, watched()))
        try:
            with self._transaction():
                self._insert(objects, vanished)
        except duckdb.Error:
            if failures:
                raise failures[0] from None
            raise
        finally:
            with suppress(duckdb.Error):  # an interrupted transaction refuses
                self._connection.unregister("lines")

    def _insert(self, objects: Sequence[Object], vanished: AbstractSet[str]) -> None:
        from ses_history.records import TORN  # noqa: PLC0415

        last = self._connection.execute("SELECT coalesce(max(object_no), 0) FROM objects").fetchall()[0][0]
        self._connection.execute(f"INSERT INTO entries {query('rows')}", {"last": last, "torn": TORN})
        self._decode_subjects(last)
        present = [(number, item) for number, item in enumerate(objects, start=last + 1) if item.key not in vanished]
        self._connection.execute(
            "INSERT INTO objects SELECT unnest($numbers), unnest($keys), unnest($etags), unnest($days)",
            {
                "numbers": [number for number, _ in present],
                "keys": [item.key for _, item in present],
                "etags": [item.etag for _, item in present],
                "days": [item.day for _, item in present],
            },
        )
        self._connection.execute(query("mark_repeated"), {"last": last})

    def _decode_subjects(self, last: int) -> None:
        from ses_history.records import decoded_words  # noqa: PLC0415

        found = self._connection.execute(
            "SELECT DISTINCT subject FROM entries WHERE object_no > $last AND contains(subject, '=?')", {"last": last}
        )
        encoded = [subject for (subject,) in found.fetchall()]
        if encoded:
            decoded = [decoded_words(subject) for subject in encoded]
            self._connection.execute(
                "UPDATE entries SET subject = plain FROM (SELECT unnest($encoded) AS word, unnest($decoded) AS plain) "
                "WHERE object_no > $last AND subject = word",
                {"last": last, "encoded": encoded, "decoded": decoded},
            )

    def remove(self, keys: Sequence[str]) -> None:
        """Take objects out, with their rows; an event that another object repeats is kept by that."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM entries WHERE object_no IN "
                "(SELECT object_no FROM objects WHERE list_contains($keys, key))",
                {"keys": list(keys)},
            )
            self._connection.execute("DELETE FROM objects WHERE list_contains($keys, key)", {"keys": list(keys)})
            self._connection.execute(query("unmark_repeated"))

    def flaws(self) -> list[Flaw]:
        """The flawed lines, in order."""
        rows = self._connection.execute(
            "SELECT key, line_no, flaw FROM entries JOIN objects USING (object_no) "
            "WHERE flaw IS NOT NULL AND recipient_no = 1 ORDER BY ALL"
        ).fetchall()
        return [Flaw(object_key=key, line_no=line_no, flaw=flaw) for key, line_no, flaw in rows]

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """What a query of the history answers, a dictionary a row."""
        return list(self.each_row(sql, parameters))

    def each_row(self, sql: str, parameters: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """The same, without holding all of it."""
        answer = self._connection.execute(sql, parameters)
        columns = [column[0] for column in answer.description or []]
        while some := answer.fetchmany(10_000):
            yield from (dict(zip(columns, row, strict=True)) for row in some)

    def columns(self) -> list[str]:
        """The columns of a row of history."""
        return [row["column_name"] for row in self.rows("DESCRIBE history")]

    def copy(self, sql: str, parameters: dict[str, Any], path: Path, options: str) -> int:
        """Write what a query answers to a file in a format of DuckDB's COPY; how many rows it wrote."""
        target = str(path).replace("'", "''")
        answer = self._connection.execute(f"COPY ({sql}) TO '{target}' ({options})", parameters).fetchone()
        return answer[0] if answer else 0

    def belong(self, path: Path, source: str, *, read_only: bool) -> None:
        """Make sure that the store is one, of this source and of this version; raises StoreError."""
        tables = {row["table_name"] for row in self.rows("SELECT table_name FROM duckdb_tables()")}
        if not tables:
            if read_only:
                raise _no_store(path)
            with self._transaction():
                self._connection.execute(query("schema"))
                self._connection.execute("INSERT INTO store VALUES ($source, $version)", _made(source))
        elif "store" not in tables:
            raise StoreError(f"{path} is a database of something else, with {', '.join(tables)}: give another --store")
        [made] = self.rows("SELECT source, version FROM store")
        if made["source"] != source:
            raise StoreError(
                f"The store {path} holds the history of {made['source']}, not of {source}: give another --store"
            )
        if made != _made(source):
            raise StoreError(f"Another version of ses-history made the store {path}: delete it to begin anew")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
        except Exception:
            self._connection.rollback()
            raise
        self._connection.commit()


@contextmanager
def opened(path: Path, source: str, *, read_only: bool = False) -> Iterator[Store]:
    """The store in the file, made if there is none, for its owner alone; raises StoreError.

    One process may write at a time, and none reads meanwhile; any number may read.
    """
    with owner_only():
        try:
            if read_only and not path.exists():
                raise _no_store(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            # What is read comes in the order it arrived; what is written is faster without one.
            config = _SETTINGS | {"preserve_insertion_order": read_only}
            connection = duckdb.connect(path, read_only=read_only, config=config)
        except (duckdb.Error, OSError) as error:
            raise StoreError(_why(path, error)) from error
        try:
            store = Store(connection)
            store.belong(path, source, read_only=read_only)
            yield store
        except (duckdb.OperationalError, duckdb.InternalError, duckdb.FatalException) as error:
            raise StoreError(_why(path, error)) from error
        except RuntimeError as error:
            if "interrupted" in str(error):
                raise KeyboardInterrupt from error
            raise
        finally:
            connection.close()


def _made(source: str) -> dict[str, str]:
    """What a store says of itself: its source, and the version of what its rows are made by."""
    return {"source": source, "version": sha256((query("schema") + query("rows")).encode()).hexdigest()}


def _no_store(path: Path) -> NoStoreError:
    return NoStoreError(f"There is no store {path} yet: leave --no-sync out once")


def _why(path: Path, error: Exception) -> str:
    if holder := re.search(r"\(PID (\d+)\)", str(error)):
        return f"Process {holder[1]} is using the store {path}: try again when it is done"
    return (
        f"The store {path} cannot be used: {error}\n"
        "If it is one of ses-history, it holds only what the source does: you may delete it to begin anew"
    )
