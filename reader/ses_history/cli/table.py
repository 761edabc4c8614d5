"""Answers on standard output as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

import click

from ses_history.columns import formula_safe


def print_csv(columns: Sequence[str], answers: Iterable[Any]) -> None:
    """Print dataclasses as CSV with the names of their columns, as an export has them: times are in UTC."""
    lines = io.StringIO()
    write = csv.writer(lines, lineterminator="\n").writerow
    write(columns)
    for answer in answers:
        write([_cell(value) for value in astuple(answer)])
    click.echo(lines.getvalue(), nl=False)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return formula_safe(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        seconds, _, fraction = str(value).partition(".")
        return f"{seconds}.{fraction.rstrip('0')}" if fraction else seconds
    return value
