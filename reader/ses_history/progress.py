"""What long work says of itself while it runs, to whoever watches."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The source is being listed."""

    source: str
    objects: int
    """So far."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """New objects are being read."""

    objects: int
    """How many are to be read."""

    objects_done: int
    bytes: int
    """Their size as stored."""

    bytes_done: int
    lines_done: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A process is using the store, another one or this one itself."""

    store: Path
    process: int
    """Its id."""


@dataclass(frozen=True, kw_only=True)
class Rebuilding:
    """The store was made by another version of ses-history, and is rebuilt from the source."""

    store: Path


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Athena is running a query."""

    workgroup: str
    scanned: int
    """Bytes so far."""


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """Athena has run a query."""

    bytes: int


@dataclass(frozen=True, kw_only=True)
class Examining:
    """The links between a message and its event in the bucket are being looked at."""

    links: int
    """How many there are."""

    links_done: int


Notice = Listing | Reading | Waiting | Rebuilding | Asking | Scanned | Examining

Watch = Callable[[Notice], None]


def unwatched(_: Notice) -> None:
    """Nobody watches."""
