"""Whatever a line holds, the lines around it are read."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.contract.support import EVENTS, LOCAL_ONLY
from tests.reader.support import event, put, rows
from tests.trino.conftest import HistoryOf
from tests.trino.shared import shared

SEND = json.dumps(event("send", messageId="whole")).encode()

JUNK = [
    b"",
    b" \t",
    b"\r",
    b"{",
    b"not JSON",
    b"null",
    b"17",
    b'"text"',
    b"[]",
    b"{}",
    b"\\N",
    b"\x00\x01\x02",
    b"\xff\xfe\xfd",
    SEND[:300],
    SEND[300:],
    SEND + b" and more",
    SEND.replace(b'"', b"'"),
    SEND.replace(b"}", b",}"),
    b'{"eventType": "Send"}',
    b'{"eventType": "Send", "mail": null}',
    b'{"eventType": "Send", "mail": "text"}',
    b'{"eventType": null, "mail": {"messageId": "typeless"}}',
    b'{"event": "Send", "mail": {"messageId": "typeless"}}',
    b"[" * 2000,
    b'{"eventType": "Send", "mail": ' + b'{"mail": ' * 2000 + b"{}" + b"}" * 2001,
]

TEXTS: list[Any] = [None, "", "text", "é", "\0", "<<>>@", "9999-99-99T99:99:99Z"]
OTHER_TYPES: list[Any] = [True, -1, 1e300, [], {}, [None], [[]], [{}]]


def test_a_line_that_is_no_event_is_no_row(history_of: HistoryOf, tmp_path: Path) -> None:
    whole = [SEND.replace(b"whole", f"m{number:02}".encode()) for number in range(len(JUNK))]
    put(tmp_path, b"\n".join(line for pair in zip(JUNK, whole, strict=True) for line in pair))
    found = history_of(tmp_path)("SELECT * FROM history ORDER BY message_id").rows
    assert [(row["message_id"], row["recipient"]) for row in found] == [
        (f"m{number:02}", "reader@example.com") for number in range(len(JUNK))
    ]


def test_an_event_with_another_text_somewhere_is_read_as_the_local_reader_does(
    history_of: HistoryOf, tmp_path: Path
) -> None:
    folder = tmp_path / "history"
    put(folder, _changed(TEXTS))
    here, there = rows(folder), history_of(folder)("SELECT * FROM history").rows
    assert len(here) > 5000
    assert shared(there) == shared(here)


def test_an_event_with_another_type_somewhere_is_a_row_still(history_of: HistoryOf, tmp_path: Path) -> None:
    changed = _changed(OTHER_TYPES)
    put(tmp_path, changed)
    found = history_of(tmp_path)("SELECT * FROM history").rows
    assert len(changed) > 5000
    assert {row["message_id"] for row in found} == {other["mail"]["messageId"] for other in changed}


def _changed(values: list[Any]) -> list[dict[str, Any]]:
    """The events of contract/ that both read alike, with each of their values but two as each of these."""
    made = [
        _with(event, path, value)
        for name, event in EVENTS.items()
        if name not in LOCAL_ONLY
        for path in _paths(event)
        if path not in (["eventType"], ["mail"])
        for value in values
    ]
    for number, each in enumerate(made):
        each["mail"]["messageId"] = f"m{number}"
    return made


def _with(event: dict[str, Any], path: list[Any], value: Any) -> dict[str, Any]:
    copy = place = deepcopy(event)
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


def _paths(value: Any) -> Iterator[list[Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield [key]
        yield from ([key, *path] for path in _paths(item))
