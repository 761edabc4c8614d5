"""How far long work is, on standard error: a status and a bar where that is a terminal, lines of text anywhere."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import click

from ses_history.progress import Listing, Notice, Reading, Rebuilding, Waiting

if TYPE_CHECKING:
    from rich.console import Console


class Display:
    """Watches a history. While it is entered on a terminal, it shows the listing and the reading of a sync."""

    def __init__(self) -> None:
        self._console: Console | None = None
        self._shown: type[Notice] | None = None
        self._update: Any = None
        self._screen = ExitStack()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._console = Console(stderr=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._screen.close()
        self._console = None

    def __call__(self, notice: Notice) -> None:
        """Show the notice."""
        match notice:
            case Waiting():
                who = f"process {notice.process}" if notice.process else "another process"
                self._say(f"Waiting for {who}, which is using the store {notice.store}")
            case Rebuilding():
                self._say(f"The store {notice.store} is from another version of ses-history: rebuilding it")
            case Listing() | Reading() if self._console:
                if type(notice) is not self._shown:
                    self._screen.close()
                    self._shown = type(notice)
                    show = _listing if isinstance(notice, Listing) else _reading
                    self._update = show(self._console, self._screen)
                self._update(notice)
            case _:
                pass

    def _say(self, text: str) -> None:
        if self._console:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)
        else:
            click.echo(text, err=True)


def _listing(console: "Console", screen: ExitStack) -> Any:
    from rich.text import Text

    status = screen.enter_context(console.status(""))

    def update(notice: Listing) -> None:
        status.update(Text(f"Listing {notice.source}: {notice.objects:,} objects"))

    return update


def _reading(console: "Console", screen: ExitStack) -> Any:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]} events/s"),
        TimeRemainingColumn(),
    )
    bar = screen.enter_context(Progress(*columns, console=console, transient=True))
    task = bar.add_task("", rate="-")

    def update(notice: Reading) -> None:
        elapsed = bar.tasks[0].elapsed
        bar.update(
            task,
            description=f"Reading {notice.objects_done:,} of {notice.objects:,} objects",
            total=notice.bytes,
            completed=notice.bytes_done,
            rate=f"{notice.lines_done / elapsed:,.0f}" if elapsed else "-",
        )

    return update
