"""Where the objects of a history are: what every such place has in common."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

AT_ONCE: Final = 16
"""How many requests a source is asked at once: what S3 answers takes longer on its way than to make."""

CHUNK: Final = 1 << 20
"""Bytes of an object that are read at once."""

_NO_EVENTS = ("error/", "athena/")
"""Where SES sending history keeps what is no history: what Firehose could not deliver, and answers of Athena."""

_DAYS = (
    re.compile(r"(?:^|/)day=(\d{4})-(\d\d)-(\d\d)/"),
    re.compile(r"(?:^|/)(\d{4})/(\d\d)/(\d\d)/\d\d/"),
    re.compile(r"-(\d{4})-(\d\d)-(\d\d)-\d\d-\d\d-\d\d-"),
)
"""Where a key says the day: as SES sending history has it, as Firehose does by default, and in Firehose's file name."""


@dataclass(frozen=True)
class Object:
    """An object of the history as a listing has it; `size` in bytes."""

    key: str
    etag: str
    size: int
    unreadable: str | None = None
    """Why it cannot be read and what to do, where the listing tells. A key that ends in / is all that is under it."""

    @property
    def day(self) -> date | None:
        """The day in its key, which is that of arrival."""
        for pattern in _DAYS:
            if found := pattern.search(self.key):
                try:
                    return date(*map(int, found.groups()))
                except ValueError:
                    continue
        return None


class Source(Protocol):
    """A place the history is kept in."""

    @property
    def name(self) -> str:
        """What distinguishes this place from every other."""
        ...

    @property
    def root(self) -> str:
        """What its keys are under: with a key after it, it tells of an object where that is."""
        ...

    def objects(self, known: Iterable[str] = (), /, *, after: str | None = None) -> Iterator[Object]:
        """Every object whose key follows `after`; raises SourceError. Keys `known` from before may make it faster."""
        ...

    def read(self, key: str, /) -> Iterator[bytes] | None:
        """The chunks of an object, or None when it is not there any more.

        It, and iterating, raise UnreadableError about this object, and SourceError about all of them.
        """
        ...

    def undelivered(self) -> "Source | None":
        """Where Firehose leaves what it could not deliver, outside the history; None where there is no such place."""
        ...


def holds_events(key: str, size: int, prefix: str = "") -> bool:
    """Whether an object may hold events: it is no marker of a folder, and not where others are kept.

    What the prefix names is read, wherever it is.
    """
    elsewhere = tuple(area for area in _NO_EVENTS if not prefix.startswith(area))
    return size > 0 and not key.endswith("/") and not key.startswith(elsewhere)
