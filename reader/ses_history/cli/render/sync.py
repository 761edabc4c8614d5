"""What a sync did, as text."""

from collections.abc import Iterable, Sequence

from ses_history.cli.output import counted
from ses_history.results import InvalidLine, Synced
from ses_history.texts import clean

_UNREAD = 20
"""How many objects that cannot be read are listed at most."""


def synced(result: Synced, invalid_lines: Sequence[InvalidLine], undelivered: int) -> Iterable[str]:
    """What a sync did, then what it could not read: a line for each object, and for each of the invalid lines given."""
    yield (
        f"{counted(result.listed, 'object')} in the history: {result.added:,} added with "
        f"{counted(result.lines, 'line')}, {result.removed:,} removed"
    )
    if result.unread:
        yield f"{counted(len(result.unread), 'object')} cannot be read, left out:"
    for unread in result.unread[:_UNREAD]:
        yield f"  {clean(unread.object_key)} {clean(unread.reason)}"
    yield from _and_more(len(result.unread) - _UNREAD, "all")
    if result.invalid_lines:
        yield f"{counted(result.invalid_lines, 'invalid line')}, skipped:"
    for invalid in invalid_lines:
        more = f" to {invalid.line_no + invalid.lines - 1}" if invalid.lines > 1 else ""
        yield f"  {clean(invalid.object_key)} line {invalid.line_no}{more}: {invalid.reason}"
    yield from _and_more(
        result.invalid_lines - sum(invalid.lines for invalid in invalid_lines), "a thousand of each object"
    )
    if undelivered:
        yield (
            f"{counted(undelivered, 'event')} under error/, which Firehose could not deliver: "
            "read them with --prefix error/"
        )


def _and_more(count: int, listed: str) -> Iterable[str]:
    if count > 0:
        yield f"  and {count:,} more: --json lists {listed}"
