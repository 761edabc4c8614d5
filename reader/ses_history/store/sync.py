"""Sync: makes the store hold what the source does, object by object."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa
from pyarrow.compute import call_function

from ses_history.errors import SourceError, UnreadableError
from ses_history.progress import Reading, Watch, unwatched
from ses_history.results import Synced, Unread
from ses_history.sources import AT_ONCE, Object, Source
from ses_history.store.changes import changes
from ses_history.store.records import line_batches
from ses_history.store.store import Store

_BATCH_BYTES = 256 << 20
"""Size of the objects that are committed together: enough to fill the store's row groups."""

_BATCH_OBJECTS = 2000

_AHEAD_BYTES = 32 << 20
"""Size of the objects that are downloaded ahead of the one read, which is in memory as well."""

_ONE: Any = pa.scalar(1, pa.int32())

_Chunks = Callable[[], Iterable[bytes] | None]
"""Gives what `Source.read` does, and raises what that raises."""


def sync(
    source: Source, objects: Mapping[str, Object], store: Store, watch: Watch = unwatched, *, after: str | None = None
) -> Synced:
    """Add to the store the objects of the source, given by their keys, and remove those deleted or changed there.

    These are all objects, or those whose keys follow `after`.

    Killed in it, the store has every batch of objects whole or not at all, and the next sync goes on from there.
    Raises SourceError when the store is empty after it because no object at all can be read.
    """
    known = store.objects(after)
    settled = store.object_count() - len(known)
    changed = changes(known, objects)
    if changed.removed:
        store.remove(changed.removed)
    reading = _Reading(source, watch, changed.new)
    for batch in _batches(changed.new):
        reading.add(store, batch)
    unread = changed.unread + tuple(Unread(object_key=key, reason=why) for key, why in reading.unread.items())
    if unread and not store.object_count():
        raise SourceError(f"Nothing in {source.name} can be read: {unread[0].object_key} {unread[0].reason}")
    store.note_unread(unread, after)
    return Synced(
        listed=settled + len(objects),
        added=reading.added,
        removed=len(changed.removed),
        lines=reading.lines.total(),
        invalid_lines=store.invalid_count(),
        unread=store.unread(),
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
        self.added = 0
        self.lines = Counter[str]()
        """How many lines each object has that was added."""

        self.unread = dict[str, str]()
        """Why an object could not be read, by its key."""

    def add(self, store: Store, batch: Sequence[Object]) -> None:
        """Add one batch, but for the objects that cannot be read, or vanished since they were listed."""
        if again := self._add(store, batch, careful=False):
            self._add(store, again, careful=True)

    def _add(self, store: Store, batch: Sequence[Object], *, careful: bool) -> Sequence[Object]:
        """Add what can be; the objects that have to be read again, with care, are returned."""
        skipped = set[str]()
        lines = Counter[str]()
        batches = self._line_batches(batch, skipped, lines, careful=careful)
        doubtful = store.add(batch, batches, skipped, careful=careful) - skipped
        added = [item.key for item in batch if item.key not in skipped | doubtful]
        self.added += len(added)
        self.lines.update({key: lines[key] for key in added})
        return [item for item in batch if item.key in doubtful]

    def _line_batches(
        self, batch: Sequence[Object], skipped: set[str], lines: Counter[str], *, careful: bool
    ) -> Iterator[Any]:
        """The lines of the batch. They are counted by their objects' keys, and what is not to be added is `skipped`."""
        for some in line_batches(self._bodies(batch, skipped, careful=careful), careful=careful):
            # All of them are of one object. An event counts as a line, whatever it is laid out in.
            stands_for = call_function("max_element_wise", [some.column("invalid_lines"), _ONE])
            count = call_function("sum", [stands_for]).as_py()
            lines[batch[some.column("object_no")[0].as_py() - 1].key] += count
            self._proceed(lines=count)
            yield some

    def _bodies(
        self, batch: Sequence[Object], skipped: set[str], *, careful: bool
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        for number, (item, chunks) in enumerate(_downloaded(self._source, batch), start=1):
            yield number, self._body(item.key, chunks, skipped)
            if not careful:  # or it was told when it was read fast
                self._proceed(objects=int(item.key not in skipped), size=item.size)

    def _body(self, key: str, chunks: _Chunks, skipped: set[str]) -> Iterator[bytes]:
        try:
            body = chunks()
            if body is None:
                skipped.add(key)
            else:
                yield from body
        except UnreadableError as error:
            skipped.add(key)
            self.unread[key] = error.reason

    def _proceed(self, *, objects: int = 0, size: int = 0, lines: int = 0) -> None:
        self.progress = replace(
            self.progress,
            objects_done=self.progress.objects_done + objects,
            bytes_done=self.progress.bytes_done + size,
            lines_done=self.progress.lines_done + lines,
        )
        self._watch(self.progress)


def _downloaded(source: Source, objects: Sequence[Object]) -> Iterator[tuple[Object, _Chunks]]:
    """Each object with its chunks. Those after it are downloaded meanwhile, unless they are too large for that."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ahead = deque[tuple[Object, _Chunks]]()
        for item in objects:
            while ahead and (len(ahead) == AT_ONCE or sum(it.size for it, _ in ahead) + item.size > _AHEAD_BYTES):
                yield ahead.popleft()
            if item.size > _AHEAD_BYTES:
                ahead.append((item, partial(source.read, item.key)))
            else:
                ahead.append((item, pool.submit(_whole, source, item.key).result))
        while ahead:
            yield ahead.popleft()


def _whole(source: Source, key: str) -> Sequence[bytes] | None:
    chunks = source.read(key)
    return None if chunks is None else list(chunks)
