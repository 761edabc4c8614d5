"""Messages by a header that the store does not keep: it is looked for in the objects."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ses_history import headers
from ses_history.errors import UnreadableError
from ses_history.progress import Reading, Watch
from ses_history.questions.ask import Place
from ses_history.selection import Header
from ses_history.sources import Source
from ses_history.store.records import line_batches


@dataclass(frozen=True, kw_only=True)
class Having:
    """Which of the messages have the header."""

    message_ids: list[str]
    truncated: int
    """How many others have lost some of their headers, as SES cuts them above 10 KB, and may have had it."""

    unread: int
    """How many objects could not be read."""


def having(source: Source, places: Sequence[Place], header: Header, watch: Watch) -> Having:
    """Read the places in the objects of the source; raises SourceError."""
    by_object = defaultdict[str, list[Place]](list)
    for place in places:
        by_object[place.object_key].append(place)
    found, truncated, unread = set[str](), set[str](), 0
    for number, (key, wanted) in enumerate(by_object.items(), start=1):
        try:
            for message_id, mail in _mails(source, key, wanted):
                if _has(mail, header):
                    found.add(message_id)
                elif str(mail.get("headersTruncated")).lower() == "true":
                    truncated.add(message_id)
        except UnreadableError:
            unread += 1
        watch(Reading(objects=len(by_object), objects_done=number, bytes=0, bytes_done=0, lines_done=0))
    return Having(message_ids=sorted(found), truncated=len(truncated - found), unread=unread)


def _mails(source: Source, key: str, wanted: Sequence[Place]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the object says of the messages, each with its id."""
    of_line = defaultdict[int, set[str]](set)
    for place in wanted:
        of_line[place.line_no].add(place.message_id)
    for batch in line_batches([(1, source.read(key) or ())], careful=True):
        for line_no, line in zip(batch["line_no"].to_pylist(), batch["line"], strict=True):
            if line_no in of_line:
                with suppress(ValueError, KeyError, TypeError, RecursionError):
                    mail = json.loads(line.as_py())["mail"]
                    if mail["messageId"] in of_line[line_no]:
                        yield mail["messageId"], mail


def _has(mail: dict[str, Any], header: Header) -> bool:
    match mail:
        case {"headers": list(written)}:
            return any(_is(each, header) for each in written)
        case _:
            return False


def _is(written: Any, header: Header) -> bool:
    match written:
        case {"name": str(name), "value": str(value)}:
            return name.lower() == header.name.lower() and headers.text(value).strip() == header.value
        case _:
            return False
