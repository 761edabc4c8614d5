"""What a question may name: which rows, what to count them by, and the formats of an export."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

GROUPS: Final = ("day", "type", "domain", "set")
"""What rows are counted by, beside `tag:NAME`."""

FORMATS: Final[Mapping[str, str]] = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet", ".sqlite": "sqlite"}
"""The format of an export, by the end of its file's name."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which rows are asked for; what is None excludes nothing."""

    since: datetime | None = None
    """Sent at or after; naive, UTC."""

    until: datetime | None = None
    """Sent before; naive, UTC."""

    types: tuple[str, ...] | None = None
    """Event types, as records spell them."""

    domain: str | None = None
    """The recipient's domain, in any case."""

    set: str | None = None
    """The configuration set."""

    tag_name: str | None = None
    tag_value: str | None = None
    """One of the values of the tag so named."""


EVERYTHING: Final = Selection()
