"""Sync: makes the store hold what the source does, object by object."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from ses_history.progress import Reading, Watch, unwatched
from ses_history.results import Synced
from ses_history.sources import AT_ONCE, Object, Source
from ses_history.store.records import line_batches
from ses_history.store.store import Store

_BATCH_BYTES = 256 << 20
"""Size of the objects that are committed together: enough to fill the store's row groups."""

_BATCH_OBJECTS = 2000

_AHEAD_BYTES = 32 << 20
"""Size of the objects that are downloaded ahead of the one read, which is in memory as well."""


def sync(source: Source, objects: dict[str, Object], store: Store, watch: Watch = unwatched) -> Synced:
    """Add to the store the objects of the source, given by their keys, and remove those deleted or changed there.

    Killed in it, the store has every batch of objects whole or not at all, and the next sync goes on from there.
    """
    known = store.objects()
    removed = [key for key, etag in known.items() if key not in objects or objects[key].etag != etag]
    if removed:
        store.remove(removed)
    new = [item for item in objects.values() if known.get(item.key) != item.etag]
    reading = _Reading(source, watch, new)
    for batch in _batches(new):
        reading.add(store, batch)
    return Synced(
        listed=len(objects),
        added=reading.progress.objects_done,
        removed=len(removed),
        lines=reading.progress.lines_done,
        invalid_lines=store.invalid_lines(),
    )


def _batches(objects: Sequence[Object]) -> Iterator[list[Object]]:
    batch, size = list[Object](), 0
    for item in objects:
        if batch and (size + item.size > _BATCH_BYTES or len(batch) == _BATCH_OBJECTS):
            yield batch
            batch, size = list[Object](), 0
        batch.append(item)
        size += item.size
    if batch:
        yield batch


class _Reading:
    """Reads objects of the source into the store, and says how far it is."""

    def __init__(self, source: Source, watch: Watch, objects: Sequence[Object]) -> None:
        self._source = source
        self._watch = watch
        self.progress = Reading(
            objects=len(objects),
            objects_done=0,
            bytes=sum(item.size for item in objects),
            bytes_done=0,
            lines_done=0,
        )

    def add(self, store: Store, batch: Sequence[Object]) -> None:
        """Add one batch, but for the objects that vanished from the source since they were listed."""
        vanished: set[str] = set()
        store.add(batch, self._line_batches(batch, vanished), vanished)

    def _line_batches(self, batch: Sequence[Object], vanished: set[str]) -> Iterator[object]:
        for lines in line_batches(self._bodies(batch, vanished)):
            self._proceed(lines=lines.num_rows)
            yield lines

    def _bodies(self, batch: Sequence[Object], vanished: set[str]) -> Iterator[tuple[int, bytes]]:
        for number, (item, body) in enumerate(_downloaded(self._source, batch), start=1):
            if body is None:
                vanished.add(item.key)
            else:
                yield number, body
            self._proceed(objects=int(body is not None), size=item.size)

    def _proceed(self, *, objects: int = 0, size: int = 0, lines: int = 0) -> None:
        self.progress = replace(
            self.progress,
            objects_done=self.progress.objects_done + objects,
            bytes_done=self.progress.bytes_done + size,
            lines_done=self.progress.lines_done + lines,
        )
        self._watch(self.progress)


def _downloaded(source: Source, objects: Sequence[Object]) -> Iterator[tuple[Object, bytes | None]]:
    """Each object with its body, a few ahead of the one asked for."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ahead = deque[tuple[Object, Future[bytes | None]]]()

        def first() -> tuple[Object, bytes | None]:
            item, body = ahead.popleft()
            return item, body.result()

        for item in objects:
            while ahead and (len(ahead) == AT_ONCE or sum(it.size for it, _ in ahead) + item.size > _AHEAD_BYTES):
                yield first()
            ahead.append((item, pool.submit(source.read, item.key)))
        while ahead:
            yield first()
