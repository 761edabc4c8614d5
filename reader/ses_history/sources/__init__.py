"""Where the objects of a history are: what every such place has in common."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

AT_ONCE: Final = 16
"""How many requests a source is asked at once: what S3 answers takes longer on its way than to make."""

_DAY = re.compile(r"(?:^|/)day=(\d{4}-\d{2}-\d{2})/")


@dataclass(frozen=True)
class Object:
    """An object of the history as a listing has it; `size` in bytes."""

    key: str
    etag: str
    size: int

    @property
    def day(self) -> date | None:
        """The day in its key, which is that of arrival."""
        if found := _DAY.search(self.key):
            try:
                return date.fromisoformat(found[1])
            except ValueError:
                return None
        return None


class Source(Protocol):
    """A place the history is kept in."""

    @property
    def name(self) -> str:
        """What distinguishes this place from every other."""
        ...

    def objects(self, known: Iterable[str] = (), /) -> Iterator[Object]:
        """Every object there is; raises SourceError. Keys `known` from before may make it faster."""
        ...

    def read(self, key: str) -> bytes | None:
        """The bytes of an object, or None when it is not there any more; raises SourceError."""
        ...
