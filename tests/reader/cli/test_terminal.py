"""The command on a terminal: what it shows of long work, and what it never lets through."""

import json
import sys
from pathlib import Path

import pytest
from rich.text import Text

from tests.reader.support import message, on_terminal, put

COMMAND = str(Path(sys.executable).with_name("ses-history"))


@pytest.fixture
def where(tmp_path: Path, folder: Path) -> list[str]:
    return ["--folder", str(folder), "--store", str(tmp_path / "store.duckdb")]


def test_a_sync_shows_its_listing_and_its_reading_and_leaves_only_what_it_did(folder: Path, where: list[str]) -> None:
    put(folder, message("m", ["a@example.com"], "send", "delivery"))
    code, shown = on_terminal(COMMAND, "sync", *where)
    assert code == 0
    plain = Text.from_ansi(shown.replace("\r\n", "\n").replace("\r", "\n")).plain
    assert f"Listing {folder}: 0 objects" in plain
    assert "Reading 1 of 1 objects" in plain
    assert plain.splitlines()[-1] == "1 object in the history: 1 added with 2 lines, 0 removed"


def test_a_look_up_shows_the_same_and_then_its_answer(folder: Path, where: list[str]) -> None:
    put(folder, message("m", ["a@example.com"], "send", "delivery"))
    code, shown = on_terminal(COMMAND, "find", "a@", *where)
    plain = Text.from_ansi(shown.replace("\r\n", "\n").replace("\r", "\n")).plain
    assert (code, "Listing" in plain, "Reading 1 of 1 objects" in plain) == (0, True, True)
    assert plain.splitlines()[-3].rstrip() == "2026-03-01 08:00:00  delivered  a@example.com"


def test_raw_events_reach_a_terminal_without_control_characters_and_a_pipe_as_they_are(
    folder: Path, where: list[str]
) -> None:
    evil = message("m", ["a@example.com"], "send", commonHeaders={"subject": "\x9b2J\u202e"})
    body = json.dumps(evil[0], ensure_ascii=False).encode() + b"\n"
    put(folder, body)
    code, shown = on_terminal(COMMAND, "show", "m", "--raw", *where)
    assert code == 0
    assert '"subject": "\\u009b2J\\u202e"' in shown
    assert "\x9b" not in shown
