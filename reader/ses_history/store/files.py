"""Where the store of a history is, and what other versions of ses-history left beside it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import duckdb
from platformdirs import user_cache_path

from ses_history.errors import QuestionError

STORE_VERSION: Final = 3
"""Which version of the tables and of the rows in them this is. Another version is rebuilt from the source."""

_VERSION = re.compile(r"-v(\d+)$")

_NO_FILE = re.compile(r":memory:|[a-z][a-z0-9+.-]+:/|\Z", re.IGNORECASE)
"""How a text begins that names something else than a file: a database in memory, a URL, nothing."""

_BUSY = ("Could not set lock", "with a different configuration")
"""What DuckDB says of a file that another process has open, or this one in another way."""


def default_store(source: str) -> Path:
    """The file of the store of a source, in the cache folder of whoever runs this."""
    digest = sha256(source.encode()).hexdigest()[:16]
    return user_cache_path("ses-history", appauthor=False) / f"{digest}-v{STORE_VERSION}.duckdb"


def store_file(named: Path | str) -> Path:
    """The file of a store that somebody names; raises QuestionError where it is none."""
    if _NO_FILE.match(str(named)):
        raise QuestionError(f"the store {str(named)!r} is no file of this machine: name one, such as history.duckdb")
    return Path(named).absolute()


def older_stores(store: Path) -> Iterator[Path]:
    """The files in which older versions kept the same history."""
    stem = _VERSION.sub("", store.stem)
    for path in store.parent.glob(f"{stem}*.duckdb"):
        version = _VERSION.search(path.stem)
        if path.stem == stem or (version and int(version[1]) < STORE_VERSION):
            yield path


def remove_unused(store: Path) -> None:
    """Remove a store, unless somebody has it open, or this user may not."""
    with suppress(OSError):
        try:
            # It is removed before it is closed: nobody else opens it in between.
            with duckdb.connect(store):
                remove(store)
        except duckdb.Error as error:
            if not is_busy(error):
                remove(store)


def remove(store: Path) -> None:
    """Remove a store and what DuckDB keeps beside it; raises OSError."""
    for path in (store, store.with_name(f"{store.name}.wal")):
        path.unlink(missing_ok=True)


def is_busy(error: Exception) -> bool:
    """Whether DuckDB refused to open a file because somebody has it open."""
    return any(says in str(error) for says in _BUSY)
