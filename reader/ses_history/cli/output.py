"""Answers on standard output: lines of text for people, JSON for programs."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import click


def print_lines(lines: Iterable[Any], *, paged: bool = True) -> None:
    """Print texts and tables of rich, each on a line of its own; with the pager what a terminal is too low for."""
    from ses_history.cli.render.text import console

    out = console()
    if not (paged and out.is_terminal):
        for line in lines:
            out.print(line)
        return
    with out.capture() as captured:
        for line in lines:
            out.print(line)
    text = captured.get()
    if text.count("\n") < out.height:
        click.echo(text, nl=False, color=True)
    else:
        click.echo_via_pager(text, color=True)


def print_json(answer: Any) -> None:
    """Print a dataclass, a list of them, or what else JSON holds. Times are in UTC, with a Z."""
    click.echo(json.dumps(answer, indent=2, default=_plain))


def print_json_lines(answers: Iterable[Any]) -> None:
    """Print dataclasses as JSON, a line each."""
    for answer in answers:
        click.echo(json.dumps(answer, default=_plain))


def counted(count: int, thing: str) -> str:
    """A count with its noun: 1 message, 2 messages."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return asdict(value)
