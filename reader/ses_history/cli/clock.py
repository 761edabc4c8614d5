"""The time it is for whoever gives times to a command: tests say another."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
