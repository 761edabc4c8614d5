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
    """Another process is using the store."""

    store: Path
    process: int | None
    """Its id, where the system says it."""


@dataclass(frozen=True, kw_only=True)
class Rebuilding:
    """The store was made by another version of ses-history, and is rebuilt from the source."""

    store: Path


Notice = Listing | Reading | Waiting | Rebuilding

Watch = Callable[[Notice], None]


def unwatched(_: Notice) -> None:
    """Nobody watches."""
