"""Answers on standard output: lines of text for people, JSON for programs."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import click


def print_lines(lines: Iterable[Any]) -> None:
    """Print texts and tables of rich, each on a line of its own."""
    from ses_history.cli.render import console

    out = console()
    for line in lines:
        out.print(line)


def print_json(answer: Any) -> None:
    """Print a dataclass, a list of them, or what else JSON holds. Times are in UTC, with a Z."""
    click.echo(json.dumps(answer, indent=2, default=_plain))


def counted(count: int, thing: str) -> str:
    """A count with its noun: 1 message, 2 messages."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return asdict(value)
