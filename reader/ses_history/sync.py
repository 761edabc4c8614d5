"""Sync: the store is made to hold what the source does, object by object."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ses_history.source import AT_ONCE, Object, Source
from ses_history.store import Flaw, Store

_BATCH_BYTES = 256 << 20
"""Size of the objects that are committed together: enough to fill the store's row groups."""

_BATCH_OBJECTS = 2000

_AHEAD_BYTES = 32 << 20
"""Size of the objects that are downloaded ahead of the one read, which is in memory as well."""


@dataclass(kw_only=True)
class Progress:
    """How far a sync is."""

    objects: int
    """How many objects are to be read."""

    bytes: int
    """Their size as stored."""

    objects_done: int = 0
    bytes_done: int = 0
    lines_done: int = 0


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What a sync did."""

    listed: int
    added: int
    removed: int
    lines: int
    flaws: list[Flaw]
    """Lines in the store that are no event, or one of an unknown type."""


def listed(
    source: Source, known: Iterable[str] = (), tell: Callable[[int], None] = lambda _: None
) -> dict[str, Object]:
    """Every object there is in the source, by its key; keys `known` from before make it faster.

    It tells how many there are so far.
    """
    there = dict[str, Object]()
    for item in source.objects(known):
        there[item.key] = item
        tell(len(there))
    return there


def sync(
    source: Source, there: dict[str, Object], store: Store, tell: Callable[[Progress], None] = lambda _: None
) -> Synced:
    """Take into the store what is there in the source, and out of it what is gone there or was written anew.

    Killed in it, the store holds every batch of objects whole or not at all, and the next sync goes on from there.
    """
    known = store.objects()
    gone = [key for key, etag in known.items() if key not in there or there[key].etag != etag]
    if gone:
        store.remove(gone)
    new = [item for item in there.values() if known.get(item.key) != item.etag]
    progress = Progress(objects=len(new), bytes=sum(item.size for item in new))
    for batch in _batches(new):
        _add(source, store, batch, progress, tell)
    return Synced(
        listed=len(there),
        added=progress.objects_done,
        removed=len(gone),
        lines=progress.lines_done,
        flaws=store.flaws(),
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


def _add(
    source: Source, store: Store, batch: Sequence[Object], progress: Progress, tell: Callable[[Progress], None]
) -> None:
    """Add one batch, but for what vanished from the source since it was listed."""
    from ses_history.records import line_batches  # noqa: PLC0415

    vanished: set[str] = set()

    def bodies() -> Iterator[tuple[int, bytes]]:
        for number, (item, body) in enumerate(_downloaded(source, batch), start=1):
            if body is None:
                vanished.add(item.key)
            else:
                yield number, body
            progress.objects_done += body is not None
            progress.bytes_done += item.size
            tell(progress)

    def counted() -> Iterator[object]:
        for lines in line_batches(bodies()):
            progress.lines_done += lines.num_rows
            tell(progress)
            yield lines

    store.add(batch, counted(), vanished)


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
