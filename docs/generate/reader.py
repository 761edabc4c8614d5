"""The tables of the contract, the help of each command, and what commands answer, for the docs to show."""

import gzip
import json
import re
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

from click.testing import CliRunner
from rich.text import Text
from ses_history.cli import main

_CONTRACT: Final = Path(__file__).parent.parent.parent / "contract"
_COLUMNS: Final = 100
"""How wide the help of a command is, in characters."""


def columns_table() -> str:
    """A Markdown table of the columns of a row of history."""
    return _table("column", "type", _contract("columns"))


def statuses_table() -> str:
    """A Markdown table of the statuses, the strongest first."""
    return _table("status", None, _contract("statuses"))


def help_of_commands() -> str:
    """The help of the command and of each of its commands, as Markdown."""
    with patch.dict("os.environ", {"COLUMNS": str(_COLUMNS)}):
        return "\n".join(
            f"## ses-history {name}\n\n{_block(['ses-history', name, '--help'])}"
            if name
            else _block(["ses-history", "--help"])
            for name in ("", *sorted(main.commands))
        )


def session(*commands: str) -> str:
    """What a terminal shows of these commands on a small made-up history, as Markdown.

    {ID} in a command is the beginning of the id of the message that bounced.
    """
    with TemporaryDirectory() as folder:
        _write_sample(Path(folder) / "objects")
        environment = {
            "COLUMNS": "100",
            "TZ": "UTC",
            "TTY_COMPATIBLE": "1",
            "SES_HISTORY": str(Path(folder) / "objects"),
            "SES_HISTORY_STORE": str(Path(folder) / "store.duckdb"),
        }
        with patch.dict("os.environ", environment):
            return _block(*(command.replace("{ID}", _BOUNCED[:25]).split() for command in commands))


def _contract(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((_CONTRACT / f"{name}.toml").read_text())


def _table(name: str, kind: str | None, facts: dict[str, dict[str, str]]) -> str:
    columns = [name, *([kind] if kind else []), "meaning"]
    rows = [
        [f"`{key}`", *([f"`{fact[kind]}`"] if kind else []), fact["meaning"].replace("|", "\\|")]
        for key, fact in facts.items()
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [columns, ["---"] * len(columns), *rows])


def _block(*commands: list[str]) -> str:
    return "```console\n" + "\n".join(_ran(command) for command in commands) + "```\n"


def _ran(command: list[str]) -> str:
    result = CliRunner().invoke(main, command[1:], prog_name="ses-history")
    if result.exit_code:
        raise RuntimeError(f"{' '.join(command)} ended with {result.exit_code}: {result.output}")
    lines = Text.from_ansi(result.stdout).plain.splitlines()
    return "\n".join([f"$ {' '.join(command)}", *(line.rstrip() for line in lines), ""])


_SENT: Final = datetime.fromisoformat("2026-11-23T08:15:02")
_BOUNCED: Final = "010001a20da6d722-5d01b729-9234-4de9-b743-329bbc94c2f8-000000"
_TAGS: Final = {"ses:configuration-set": ["receipts"], "campaign": ["autumn"]}
_MESSAGES: Final = (
    (_BOUNCED, "ada@example.com", "Your order is on its way", timedelta(), ("send", "bounce")),
    (_BOUNCED.replace("a20d", "a20e"), "ada@example.com", "Your receipt", timedelta(hours=5), ("send", "delivery")),
    (
        _BOUNCED.replace("a20d", "a20f"),
        "ada@example.com",
        "Is this still your address?",
        timedelta(days=1),
        ("send", "delivery", "open", "click"),
    ),
)
"""The messages of the sample: id, recipient, subject, how long after the first, and events."""


def _write_sample(folder: Path) -> None:
    path = folder / "day=2026-11-23/stream-1-2026-11-23-08-20-00-a.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(b"".join(json.dumps(event).encode() + b"\n" for event in _sample())))


def _sample() -> Iterator[dict[str, Any]]:
    for message_id, recipient, subject, after, events in _MESSAGES:
        for name in events:
            event = json.loads((_CONTRACT / f"events/{name}.json").read_text())
            shift = _SENT + after - _time(event["mail"]["timestamp"])
            event["mail"] |= {"messageId": message_id, "destination": [recipient], "tags": _TAGS}
            event["mail"]["commonHeaders"]["subject"] = subject
            event.get("delivery", {})["recipients"] = [recipient]
            for bounced in event.get("bounce", {}).get("bouncedRecipients", []):
                bounced["emailAddress"] = recipient
            yield json.loads(
                re.sub(
                    r'"(\d{4}-\d\d-\d\dT[\d:.]+)Z"',
                    lambda found, by=shift: f'"{(_time(found[1]) + by).isoformat(timespec="milliseconds")}Z"',
                    json.dumps(event),
                )
            )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))
