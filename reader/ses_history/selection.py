"""What a question may name: which rows, what to count them by, and the formats of an export."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ses_history.errors import QuestionError
from ses_history.event_types import EVENT_TYPES

GROUPS: Final = ("day", "type", "domain", "set")
"""What rows are counted by, beside `tag:NAME`."""

LIMIT: Final = 1_000_000_000
"""How many messages can be asked for at most."""

FORMATS: Final[Mapping[str, str]] = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet", ".sqlite": "sqlite"}
"""The format of an export, by the end of its file's name."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which rows are asked for; what is None excludes nothing."""

    since: datetime | None = None
    """Sent at or after; in UTC, where it is naive."""

    until: datetime | None = None
    """Sent before; in UTC, where it is naive."""

    types: tuple[str, ...] | None = None
    """Event types, as records spell them."""

    domain: str | None = None
    """The recipient's domain, in any case."""

    set: str | None = None
    """The configuration set."""

    tag_name: str | None = None
    tag_value: str | None = None
    """One of the values of the tag so named."""

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            at: datetime | None = getattr(self, name)
            if at and at.tzinfo:
                object.__setattr__(self, name, at.astimezone(UTC).replace(tzinfo=None))
        if self.since and self.until and self.since >= self.until:
            raise QuestionError(f"since ({self.since}) must be before until ({self.until})")
        for event_type in self.types or ():
            if event_type not in EVENT_TYPES.values():
                raise QuestionError(f"unknown event type {event_type!r}: use {', '.join(EVENT_TYPES.values())}")


EVERYTHING: Final = Selection()
