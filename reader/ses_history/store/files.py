"""Where the store of a history is, and what other versions of ses-history left beside it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import duckdb
from platformdirs import user_cache_path

STORE_VERSION: Final = 2
"""Which version of the tables and of the rows in them this is. Another version is rebuilt from the source."""

_VERSION = re.compile(r"-v(\d+)$")

_LOCKED = "Could not set lock"


def default_store(source: str) -> Path:
    """The file of the store of a source, in the cache folder of whoever runs this."""
    digest = sha256(source.encode()).hexdigest()[:16]
    return user_cache_path("ses-history", appauthor=False) / f"{digest}-v{STORE_VERSION}.duckdb"


def older_stores(store: Path) -> Iterator[Path]:
    """The files in which older versions kept the same history."""
    stem = _VERSION.sub("", store.stem)
    for path in store.parent.glob(f"{stem}*.duckdb"):
        version = _VERSION.search(path.stem)
        if path.stem == stem or (version and int(version[1]) < STORE_VERSION):
            yield path


def remove_unused(store: Path) -> None:
    """Remove a store, unless a process has it open."""
    try:
        duckdb.connect(store).close()
    except duckdb.Error as error:
        if is_locked(error):
            return
    remove(store)


def remove(store: Path) -> None:
    """Remove a store and what DuckDB keeps beside it."""
    for path in (store, store.with_name(f"{store.name}.wal")):
        with suppress(FileNotFoundError):
            path.unlink()


def is_locked(error: Exception) -> bool:
    """Whether DuckDB refused to open a file because another process has it open."""
    return _LOCKED in str(error)
