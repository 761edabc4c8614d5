"""What the tests of the reader share: objects of events, and a store to take them into."""

import gzip
import json
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from ses_history.source import Folder
from ses_history.store import Store, opened
from ses_history.sync import Synced, listed, sync

from tests.localaws.support import EVENTS

KEY = "events/day=2026-11-23/stream-1-2026-11-23-10-00-00-a.gz"


def event(name: str, **mail: Any) -> dict[str, Any]:
    """The fixture of an event type, with other fields of its mail."""
    copy = deepcopy(EVENTS[name])
    copy["mail"].update(mail)
    return copy


def lines(events: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in events)


def put(folder: Path, events: Sequence[Any] | bytes, key: str = KEY) -> None:
    """Write an object of events, or of these bytes, into the folder."""
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(events if isinstance(events, bytes) else lines(events)))


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process grows over the size in bytes meanwhile."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def synced(folder: Path) -> Iterator[tuple[Store, Synced]]:
    """The store of a folder beside it, after a sync."""
    source = Folder(folder)
    with opened(folder.parent / "store.duckdb", source.name) as store:
        yield store, sync(source, listed(source), store)


def history(folder: Path) -> list[dict[str, Any]]:
    """The folder's history after a sync, in the order of its lines."""
    with synced(folder) as (store, _):
        return store.rows("SELECT * FROM history ORDER BY object_key, line_no, recipient_no")
