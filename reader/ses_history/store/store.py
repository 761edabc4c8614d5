"""The store: one DuckDB file with the rows of a source, and the objects they are from."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import duckdb

from ses_history import headers
from ses_history.errors import StoreBusyError, StoreError, StoreMissingError
from ses_history.progress import Rebuilding, Waiting, Watch, unwatched
from ses_history.providers import PROVIDERS
from ses_history.questions.engine import EVER, Dialect, Parameters, Reach
from ses_history.results import InvalidLine, Unread
from ses_history.sources import Object
from ses_history.store.files import STORE_VERSION, is_busy, remove
from ses_history.store.owner_only import owner_only

_SQL = files("ses_history.store").joinpath("sql")

_SETTINGS: dict[str, bool | float | int | list[str] | str] = {
    "memory_limit": "256MB",
    "autoinstall_known_extensions": False,
    "python_enable_replacements": False,
    "checkpoint_threshold": "1GB",
    "TimeZone": "UTC",
}

_READABLE: dict[str, Callable[[str], str]] = {
    "recipient": headers.address,
    "source": headers.sender,
    "subject": headers.text,
    "cc": headers.sender,
    "reply_to": headers.sender,
}
"""What people read instead of what stands in a column."""

_WAIT_SECONDS = 10
"""How long another process that uses the store is waited for: longer than a look-up, or a sync of what is new."""

_RETRY_SECONDS = 0.1


_PROVIDER_OF = {domain: provider for provider, domains in PROVIDERS.items() for domain in domains}

_UNUSABLE = (duckdb.OperationalError, duckdb.InternalError, duckdb.FatalException)
"""What DuckDB raises when it cannot use a file."""


def query(name: str) -> str:
    """The text of a query of this package, without comments."""
    lines = _SQL.joinpath(f"{name}.sql").read_text().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


@dataclass(frozen=True, kw_only=True)
class Listed:
    """When all objects of a source were listed, and which of them are read."""

    at: datetime | None
    """In UTC; None before the first time."""

    since: date | None
    """The first day whose objects are read; None for all."""


class Store:
    """The rows of one source. Every change is a transaction: a process killed in it leaves what was before."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def objects(self, after: str | None = None) -> dict[str, str]:
        """The etag of every object whose rows are in the store, by its key; of those only whose keys follow `after`."""
        sql = "SELECT key, etag FROM objects WHERE key > coalesce($after, '')"
        return dict(self._connection.execute(sql, {"after": after}).fetchall())

    def object_count(self) -> int:
        """How many objects there are."""
        return self.rows("SELECT count(*) AS objects FROM objects")[0]["objects"]

    def last_object(self) -> int:
        """The number of the object that was added last; 0 without any."""
        return self.rows("SELECT coalesce(max(object_no), 0) AS last FROM objects")[0]["last"]

    def last_settled(self) -> str | None:
        """The key up to which no object comes any more; None where keys do not tell."""
        found = self.rows(query("last_settled"))
        return found[0]["key"] if found else None

    def listed(self) -> Listed:
        """What of the source was listed last."""
        [made] = self.rows("SELECT listed_at, since FROM store")
        return Listed(at=made["listed_at"], since=made["since"])

    def note(self, listed: Listed) -> None:
        """Note that the source was listed."""
        with self._transaction():
            self._connection.execute("UPDATE store SET listed_at = $at, since = $since", asdict(listed))

    def unread(self, until: str | None = None) -> tuple[Unread, ...]:
        """The objects that could not be read; up to a key."""
        sql = "SELECT key AS object_key, reason FROM unread WHERE $until IS NULL OR key <= $until ORDER BY key"
        return tuple(Unread(**row) for row in self.each_row(sql, {"until": until}))

    def note_unread(self, unread: Sequence[Unread], after: str | None) -> None:
        """Note which objects cannot be read, of those whose keys follow `after`."""
        with self._transaction():
            self._connection.execute("DELETE FROM unread WHERE key > coalesce($after, '')", {"after": after})
            self._connection.execute(
                "INSERT INTO unread SELECT unnest($keys), unnest($reasons)",
                {"keys": [item.object_key for item in unread], "reasons": [item.reason for item in unread]},
            )

    def add(
        self,
        objects: Sequence[Object],
        batches: Iterable[Any],
        skipped: AbstractSet[str] = frozenset(),
        *,
        careful: bool = False,
    ) -> frozenset[str]:
        """Add objects with the rows of their lines; the keys of those that have to be read carefully are returned.

        `batches` are Arrow batches of `records.SCHEMA`, in which an object's number is its place in `objects`, from 1.
        What iterating over them raises is raised here, and nothing is added then. Nothing is added of objects whose
        keys are in `skipped` once the batches are at their end, nor of those returned: they have lines that are no
        events, as long as they were not read carefully.
        """
        failures: list[BaseException] = []

        def watched() -> Iterator[Any]:
            try:
                yield from batches
            except BaseException as error:
                failures.append(error)
                raise

        import pyarrow as pa

        from ses_history.store.records import SCHEMA

        self._connection.register("lines", pa.RecordBatchReader.from_batches(SCHEMA, watched()))
        try:
            with self._transaction():
                return self._insert(objects, skipped, careful=careful)
        except duckdb.Error:
            if failures:
                raise failures[0] from None
            raise
        finally:
            with suppress(duckdb.Error):  # an interrupted transaction refuses
                self._connection.unregister("lines")

    def _insert(self, objects: Sequence[Object], skipped: AbstractSet[str], *, careful: bool) -> frozenset[str]:
        last = self._connection.execute("SELECT coalesce(max(object_no), 0) FROM objects").fetchall()[0][0]
        self._connection.execute(
            f"INSERT INTO entries BY NAME {query('rows')}",
            {"last": last, "domains": list(_PROVIDER_OF), "providers": list(_PROVIDER_OF.values())},
        )
        numbered = dict(enumerate(objects, start=last + 1))
        doubtful = set[int]() if careful else self._doubtful(last)
        left_out = {number for number, item in numbered.items() if item.key in skipped} | doubtful
        self._connection.execute(
            "DELETE FROM entries WHERE list_contains($numbers, object_no)", {"numbers": list(left_out)}
        )
        self._make_readable(last)
        self._merge_spellings(last)
        self._make_comparable(last)
        present = {number: item for number, item in numbered.items() if number not in left_out}
        self._connection.execute(
            "INSERT INTO objects BY NAME SELECT unnest($numbers) AS object_no, unnest($keys) AS key, "
            "unnest($etags) AS etag, unnest($days) AS day",
            {
                "numbers": list(present),
                "keys": [item.key for item in present.values()],
                "etags": [item.etag for item in present.values()],
                "days": [item.day for item in present.values()],
            },
        )
        self._connection.execute(query("mark_duplicates"), {"last": last})
        return frozenset(numbered[number].key for number in doubtful)

    def _doubtful(self, last: int) -> set[int]:
        """The objects with lines that are no events, among those numbered from `last` + 1."""
        found = self._connection.execute(
            "SELECT DISTINCT object_no FROM entries "
            "WHERE object_no > $last AND invalid IN ('not JSON', 'not an event')",
            {"last": last},
        )
        return {number for (number,) in found.fetchall()}

    def _make_readable(self, last: int) -> None:
        """Replace texts and addresses of the objects numbered from `last` + 1 by what people read."""
        for column, readable in _READABLE.items():
            found = self._connection.execute(
                f"SELECT DISTINCT {column} FROM entries "  # noqa: S608  a column of ours
                f"WHERE object_no > $last AND may_be_unreadable({column})",
                {"last": last},
            )
            written = [text for (text,) in found.fetchall()]
            if written:
                self._connection.execute(
                    f"UPDATE entries SET {column} = read "  # noqa: S608
                    "FROM (SELECT unnest($written) AS written, unnest($read) AS read) "
                    f"WHERE object_no > $last AND {column} = written",
                    {"last": last, "written": written, "read": [readable(text) for text in written]},
                )
        self._connection.execute(
            "UPDATE entries SET recipient_domain = lower(split_part(recipient, '@', -1)) "
            "WHERE object_no > $last AND contains(recipient_domain, 'xn--')",
            {"last": last},
        )

    def _merge_spellings(self, last: int) -> None:
        """Leave one entry where an event names a recipient in several spellings, which is rare."""
        twice = [entry for (entry,) in self._connection.execute(query("named_twice"), {"last": last}).fetchall()]
        if twice:
            self._connection.execute("DELETE FROM entries WHERE list_contains($twice, rowid)", {"twice": twice})
            self._connection.execute(query("number_again"), {"last": last})

    def _make_comparable(self, last: int) -> None:
        """Add the spellings of texts in the objects numbered from `last` + 1."""
        found = self._connection.execute(query("uncommon_texts"), {"last": last})
        texts = [text for (text,) in found.fetchall()]
        spelled = {text: headers.comparable(text) for text in texts}
        unlike = {text: comparable for text, comparable in spelled.items() if comparable != text.lower()}
        self._connection.execute(
            "INSERT INTO spellings SELECT unnest($texts), unnest($comparable)",
            {"texts": list(unlike), "comparable": list(unlike.values())},
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
            self._connection.execute(query("forget_spellings"))

    def invalid_count(self) -> int:
        """How many invalid lines there are."""
        answer = self._connection.execute("SELECT coalesce(sum(invalid_lines), 0) FROM entries WHERE recipient_no = 1")
        return int(answer.fetchall()[0][0])

    def invalid_lines(self, limit: int) -> tuple[InvalidLine, ...]:
        """The first of the invalid lines, in order."""
        rows = self.each_row(
            "SELECT key AS object_key, line_no, invalid AS reason, invalid_lines AS lines "
            "FROM entries JOIN objects USING (object_no) "
            "WHERE invalid IS NOT NULL AND recipient_no = 1 ORDER BY ALL LIMIT $limit",
            {"limit": limit},
        )
        return tuple(InvalidLine(**row) for row in rows)

    dialect = Dialect(
        values_of_tag="TRY_CAST(json_extract(tags_json, $tag_path) AS VARCHAR[])",
        first_value_of_tag="json_extract_string(tags_json, $group_path)",
        having_value=query("having_value"),
        having_word=query("having_word"),
    )
    """Of questions; the columns of `kept` that are maps are JSON."""

    def ask(
        self,
        tables: Mapping[str, str],
        sql: str,
        parameters: Parameters,
        reach: Reach = EVER,  # noqa: ARG002
    ) -> Iterator[dict[str, Any]]:
        """What a query of `kept`, `history` and the `tables` answers, a dictionary for each row."""
        return self.each_row(with_tables(tables, sql), parameters)

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """What a query answers, a dictionary for each row; it may name fewer than the parameters."""
        return list(self.each_row(sql, parameters))

    def each_row(self, sql: str, parameters: Parameters | None = None) -> Iterator[dict[str, Any]]:
        """The same, without holding all of it."""
        named = _named_in(sql, parameters)
        try:
            answer = self._connection.execute(sql, named)
        except duckdb.OutOfMemoryException:  # each thread sorts and groups for itself
            self._connection.execute("SET threads = 1")
            answer = self._connection.execute(sql, named)
        columns = [column[0] for column in answer.description or []]
        while some := answer.fetchmany(10_000):
            yield from (dict(zip(columns, row, strict=True)) for row in some)

    def columns(self) -> dict[str, str]:
        """The columns of a row of history with their types, as DuckDB has them."""
        return {row["column_name"]: row["column_type"] for row in self.rows("DESCRIBE history")}

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows of another engine to a table; maps are JSON."""
        import pyarrow as pa

        plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
        self._connection.register("rows", pa.Table.from_pylist(plain))
        self._connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows")  # noqa: S608
        self._connection.unregister("rows")

    def copy(self, sql: str, parameters: Parameters, path: Path, options: str) -> int:
        """Write what a query answers to a file in a format of DuckDB's COPY; the number of rows."""
        target = str(path).replace("'", "''")
        answer = self._connection.execute(
            f"COPY ({sql}) TO '{target}' ({options})", _named_in(sql, parameters)
        ).fetchone()
        return answer[0] if answer else 0

    def create(self, source: str) -> None:
        """Make the tables of an empty store."""
        with self._transaction():
            self._connection.execute(query("schema"))
            made = {"source": source, "version": str(STORE_VERSION)}
            self._connection.execute("INSERT INTO store VALUES ($source, $version, NULL, NULL)", made)

    def version(self, path: Path, source: str) -> str | None:
        """Which version made the store; None when it is empty still. Raises StoreError for any other database."""
        try:
            [made] = self.rows("SELECT source, version FROM store")
        except (duckdb.BinderException, duckdb.CatalogException, ValueError):
            tables = [row["table_name"] for row in self.rows("SELECT table_name FROM duckdb_tables()")]
            if not tables:
                return None
            others = ", ".join(tables)
            raise StoreError(f"{path} is a database of something else, with {others}: use another file") from None
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
def in_memory() -> Iterator[Store]:
    """An empty store that is gone when the context ends."""
    with duckdb.connect(config=_SETTINGS) as connection:
        store = Store(connection)
        store.create("memory")
        yield store


def with_tables(tables: Mapping[str, str], sql: str) -> str:
    """A query that reads others by their names, none of which is held in memory."""
    named = ", ".join(f"{name} AS NOT MATERIALIZED ({table})" for name, table in tables.items())
    return f"WITH {named} {sql}" if named else sql


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
                    remove(path)
                    connection.close()
                    connection = _connected(path, read_only=False, watch=watch)
                Store(connection).create(source)
            yield Store(connection)
        except duckdb.Error as error:
            # A corrupt block is a plain Error of DuckDB's, of no kind.
            if type(error) is duckdb.Error or isinstance(error, _UNUSABLE):
                raise _unusable(path, error) from error
            raise
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
            before = _file(path)
            connection = duckdb.connect(path, read_only=read_only, config=config)
            if before in (None, _file(path)):
                return connection
            connection.close()  # another process has just replaced the file
        except (duckdb.Error, OSError) as error:
            if not is_busy(error):
                raise _unusable(path, error) from error
            holder = re.search(r"\(PID (\d+)\)", str(error))
            process = int(holder[1]) if holder else os.getpid()
            if deadline is None:
                deadline = monotonic() + _WAIT_SECONDS
                watch(Waiting(store=path, process=process))
            if monotonic() > deadline:
                raise StoreBusyError(
                    f"Process {process} is using the store {path}: try again when it is done"
                ) from error
            sleep(_RETRY_SECONDS)


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _named_in(sql: str, parameters: Parameters | None) -> dict[str, Any]:
    named = set(re.findall(r"\$(\w+)", sql))
    return {name: value for name, value in (parameters or {}).items() if name in named}


def _file(path: Path) -> tuple[int, int] | None:
    """Which file the path is of now; None when there is none."""
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def _missing(path: Path) -> StoreMissingError:
    return StoreMissingError(f"There is no store {path} yet: run `ses-history sync`")


def _unusable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"The store {path} cannot be used: {error}\n"
        "Use another file, or delete this one if ses-history made it: the next sync rebuilds it"
    )
