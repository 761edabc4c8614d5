"""What a question may name: which rows, what to count them by, and the formats of an export."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ses_history.errors import QuestionError
from ses_history.event_types import EVENT_TYPES
from ses_history.providers import PROVIDERS

TIMES: Final = ("hour", "day", "week", "month")
"""The times of sending that rows are counted by; weeks begin on Monday."""

GROUPS: Final = (
    *TIMES,
    "type",
    "status",
    "domain",
    "provider",
    "set",
    "sender",
    "subject",
    "reason",
    "template",
)
"""What rows are counted by, beside `tag:NAME`."""

LIMIT: Final = 1_000_000_000
"""How many messages can be asked for at most."""

HEADER_OBJECTS: Final = 100
"""How many objects are read at most for a header, unless more are allowed."""

FORMATS: Final[Mapping[str, str]] = {
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
    ".sqlite": "sqlite",
}
"""The format of an export, by the end of its file's name."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header of a message: any one that its sender wrote."""

    name: str
    """In any case."""

    value: str
    """All of it, with its encoded words decoded."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which rows are asked for; what is None excludes nothing."""

    since: datetime | None = None
    """Sent at or after; in UTC, where it is naive."""

    until: datetime | None = None
    """Sent before; in UTC, where it is naive."""

    types: tuple[str, ...] | None = None
    """Event types, as records spell them."""

    happened_since: datetime | None = None
    """The event happened at or after; in UTC, where it is naive."""

    happened_until: datetime | None = None
    """The event happened before; in UTC, where it is naive."""

    domain: str | None = None
    """The recipient's domain, in any spelling; with its subdomains, where it begins with a dot."""

    provider: str | None = None
    """The recipient's mailbox provider, one of `providers.PROVIDERS`."""

    set: str | None = None
    """The configuration set."""

    tag_name: str | None = None
    tag_value: str | None = None
    """One of the values of the tag so named."""

    def __post_init__(self) -> None:
        for name in ("since", "until", "happened_since", "happened_until"):
            at: datetime | None = getattr(self, name)
            if at and at.tzinfo:
                object.__setattr__(self, name, at.astimezone(UTC).replace(tzinfo=None))
        for since, until in ((self.since, self.until), (self.happened_since, self.happened_until)):
            if since and until and since >= until:
                raise QuestionError(f"since ({since}) must be before until ({until})")
        for event_type in self.types or ():
            if event_type not in EVENT_TYPES.values():
                raise QuestionError(f"unknown event type {event_type!r}: use {', '.join(EVENT_TYPES.values())}")
        if self.provider and self.provider not in PROVIDERS:
            raise QuestionError(f"unknown provider {self.provider!r}: use {', '.join(PROVIDERS)}")


EVERYTHING: Final = Selection()
