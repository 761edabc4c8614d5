"""The store: one DuckDB file with the rows of a source, and the objects they are from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import duckdb
import pyarrow as pa

from ses_history.errors import StoreBusyError, StoreError, StoreMissingError
from ses_history.progress import Rebuilding, Waiting, Watch, unwatched
from ses_history.results import InvalidLine
from ses_history.sources import Object
from ses_history.store.files import STORE_VERSION, is_locked, remove
from ses_history.store.owner_only import owner_only
from ses_history.store.records import SCHEMA, TRUNCATED, decoded_words

_SQL = files("ses_history.store").joinpath("sql")

_SETTINGS: dict[str, bool | float | int | list[str] | str] = {
    "memory_limit": "256MB",
    "autoinstall_known_extensions": False,
    "python_enable_replacements": False,
    "checkpoint_threshold": "1GB",
}

_WAIT_SECONDS = 10
"""How long another process that uses the store is waited for: longer than a look-up, or a sync of what is new."""

_RETRY_SECONDS = 0.1


def query(name: str) -> str:
    """The text of a query of this package."""
    return _SQL.joinpath(f"{name}.sql").read_text()


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
        What iterating over them raises is raised here, and nothing is added then. Objects whose keys are in `vanished`
        once the batches are at their end are not added.
        """
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
        last = self._connection.execute("SELECT coalesce(max(object_no), 0) FROM objects").fetchall()[0][0]
        parameters = {"last": last, "truncated": TRUNCATED}
        self._connection.execute(f"INSERT INTO entries BY NAME {query('rows')}", parameters)
        self._decode_subjects(last)
        present = [(number, item) for number, item in enumerate(objects, start=last + 1) if item.key not in vanished]
        self._connection.execute(
            "INSERT INTO objects BY NAME SELECT unnest($numbers) AS object_no, unnest($keys) AS key, "
            "unnest($etags) AS etag, unnest($days) AS day",
            {
                "numbers": [number for number, _ in present],
                "keys": [item.key for _, item in present],
                "etags": [item.etag for _, item in present],
                "days": [item.day for _, item in present],
            },
        )
        self._connection.execute(query("mark_duplicates"), {"last": last})

    def _decode_subjects(self, last: int) -> None:
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
        """Remove objects with their rows; an event that another object has too is kept."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM entries WHERE object_no IN "
                "(SELECT object_no FROM objects WHERE list_contains($keys, key))",
                {"keys": list(keys)},
            )
            self._connection.execute("DELETE FROM objects WHERE list_contains($keys, key)", {"keys": list(keys)})
            self._connection.execute(query("unmark_duplicates"))

    def invalid_lines(self) -> tuple[InvalidLine, ...]:
        """The invalid lines, in order."""
        rows = self.each_row(
            "SELECT key AS object_key, line_no, invalid AS reason FROM entries JOIN objects USING (object_no) "
            "WHERE invalid IS NOT NULL AND recipient_no = 1 ORDER BY ALL"
        )
        return tuple(InvalidLine(**row) for row in rows)

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """What a query of the history answers, a dictionary for each row."""
        return list(self.each_row(sql, parameters))

    def each_row(self, sql: str, parameters: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """The same, without holding all of it."""
        answer = self._connection.execute(sql, parameters)
        columns = [column[0] for column in answer.description or []]
        while some := answer.fetchmany(10_000):
            yield from (dict(zip(columns, row, strict=True)) for row in some)

    def columns(self) -> dict[str, str]:
        """The columns of a row of history with their types, as DuckDB has them."""
        return {row["column_name"]: row["column_type"] for row in self.rows("DESCRIBE history")}

    def copy(self, sql: str, parameters: dict[str, Any], path: Path, options: str) -> int:
        """Write what a query answers to a file in a format of DuckDB's COPY; the number of rows."""
        target = str(path).replace("'", "''")
        answer = self._connection.execute(f"COPY ({sql}) TO '{target}' ({options})", parameters).fetchone()
        return answer[0] if answer else 0

    def create(self, source: str) -> None:
        """Make the tables of an empty store."""
        with self._transaction():
            self._connection.execute(query("schema"))
            made = {"source": source, "version": str(STORE_VERSION)}
            self._connection.execute("INSERT INTO store VALUES ($source, $version)", made)

    def version(self, path: Path, source: str) -> str | None:
        """Which version made the store; None when it is empty still. Raises StoreError for any other database."""
        tables = {row["table_name"] for row in self.rows("SELECT table_name FROM duckdb_tables()")}
        if not tables:
            return None
        if "store" not in tables:
            raise StoreError(f"{path} is a database of something else, with {', '.join(tables)}: use another file")
        [made] = self.rows("SELECT source, version FROM store")
        if made["source"] != source:
            raise StoreError(
                f"The store {path} holds the history of {made['source']}, not of {source}: use another file"
            )
        return made["version"]

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
def opened(path: Path, source: str, *, read_only: bool = False, watch: Watch = unwatched) -> Iterator[Store]:
    """The store of a source in the file, made if there is none, for its owner alone.

    One process may write at a time, and none reads meanwhile; any number may read. A store of another version is
    rebuilt, empty. Raises StoreMissingError where there is nothing to read, StoreBusyError when another process has
    the store, and StoreError.
    """
    with owner_only():
        connection = _connected(path, read_only=read_only, watch=watch)
        try:
            version = Store(connection).version(path, source)
            if version != str(STORE_VERSION):
                if read_only:
                    raise _missing(path)
                if version is not None:
                    watch(Rebuilding(store=path))
                    connection.close()
                    remove(path)
                    connection = _connected(path, read_only=False, watch=watch)
                Store(connection).create(source)
            yield Store(connection)
        except (duckdb.OperationalError, duckdb.InternalError, duckdb.FatalException) as error:
            raise _unusable(path, error) from error
        except RuntimeError as error:
            if "interrupted" in str(error):
                raise KeyboardInterrupt from error
            raise
        finally:
            connection.close()


def _connected(path: Path, *, read_only: bool, watch: Watch) -> duckdb.DuckDBPyConnection:
    # What is read comes in the order it arrived; what is written is faster without one.
    config = _SETTINGS | {"preserve_insertion_order": read_only}
    deadline = None
    while True:
        try:
            if read_only and not path.exists():
                raise _missing(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            return duckdb.connect(path, read_only=read_only, config=config)
        except (duckdb.Error, OSError) as error:
            if not is_locked(error):
                raise _unusable(path, error) from error
            holder = re.search(r"\(PID (\d+)\)", str(error))
            process = int(holder[1]) if holder else None
            if deadline is None:
                deadline = monotonic() + _WAIT_SECONDS
                watch(Waiting(store=path, process=process))
            if monotonic() > deadline:
                who = f"Process {process}" if process else "Another process"
                raise StoreBusyError(f"{who} is using the store {path}: try again when it is done") from error
            sleep(_RETRY_SECONDS)


def _missing(path: Path) -> StoreMissingError:
    return StoreMissingError(f"There is no store {path} of this version yet: `ses-history sync` makes it")


def _unusable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"The store {path} cannot be used: {error}\n"
        "If it is one of ses-history, you may delete it: the next sync rebuilds it"
    )
