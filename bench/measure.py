"""What a command takes, and the search of the objects' bytes that each answer is measured beside."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

import click

HISTORY: Final = str(Path(sys.executable).with_name("ses-history"))
"""The command `ses-history`."""

TIMES: Final = 3
"""How often each command runs, unless it is said otherwise."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What a command took: wall seconds, the median of its runs, and the peak of its memory in bytes."""

    what: str
    command: str
    seconds: float | None
    memory: int | None


def figure(what: str, name: str, command: Sequence[str], creates: Path | None = None, times: int = TIMES) -> Figure:
    """What the command took; `creates` is a file that it makes: removed before each run."""
    runs = list[tuple[float, int]]()
    for _ in range(times):
        if creates is not None:
            creates.unlink(missing_ok=True)
        runs.append(run(command))
    return Figure(
        what=what,
        command=name,
        seconds=median(seconds for seconds, _ in runs),
        memory=max(memory for _, memory in runs),
    )


def byte_search(what: str, folder: Path, find: str, since: date | None = None, times: int = TIMES) -> Figure:
    """What unpacking takes whose output each object's `find`, a command of the shell's, reads.

    Of the objects of a folder those are read that are of the day `since` or later.
    """
    tools = ("igzip", "rg")
    name = "xargs -P2 igzip | rg"
    if missing := [tool for tool in tools if shutil.which(tool) is None]:
        return Figure(what=what, command=f"{name}: skipped, no {' and no '.join(missing)}", seconds=None, memory=None)
    begin = f"{folder}/events/day={since}" if since else ""
    files = f"find '{folder}' -name '*.gz' | awk '$0 >= \"{begin}\"'"
    return figure(
        what, name, ["sh", "-c", f"{files} | xargs -P2 -n1 sh -c 'igzip -dc \"$0\" | {find} || true'"], times=times
    )


def run(command: Sequence[str]) -> tuple[float, int]:
    """Wall seconds and peak bytes of a command, which succeeds or finds nothing."""
    # As where pip installed it: a module is compiled once, and not at each start.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise click.ClickException(f"{' '.join(command)} ended with {process.returncode}")
    return seconds, usage.ru_maxrss * 1024


def said(value: float | None, how: str) -> str:
    """A figure in a table, `-` where there is none."""
    return "-" if value is None else how.format(value)
