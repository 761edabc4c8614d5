"""How far long work is, on standard error: a status and a bar where that is a terminal, lines of text anywhere."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import click

from ses_history.progress import Asking, Examining, Listing, Notice, Reading, Rebuilding, Scanned, Waiting

if TYPE_CHECKING:
    from rich.console import Console


class Display:
    """Watches a history. While it is entered on a terminal, it shows the listing and the reading of a sync."""

    def __init__(self) -> None:
        self._console: Console | None = None
        self._shown: type[Notice] | None = None
        self._update: Any = None
        self._screen = ExitStack()
        self._scanned = list[int]()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._console = Console(stderr=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._screen.close()
        self._console = self._shown = None

    def __call__(self, notice: Notice) -> None:
        """Show the notice."""
        match notice:
            case Waiting():
                self._say(f"Waiting for process {notice.process}, which is using the store {notice.store}")
            case Rebuilding():
                self._say(f"The store {notice.store} is from another version of ses-history: rebuilding it")
            case Listing() | Reading() | Asking() | Examining() if self._console:
                if type(notice) is not self._shown:
                    self._screen.close()
                    self._shown = type(notice)
                    self._update = _shown(notice)(self._console, self._screen)
                self._update(notice)
            case Scanned():
                self._screen.close()
                self._shown = None
                self._scanned.append(notice.bytes)
            case _:
                pass

    def say_scanned(self) -> None:
        """Say what queries of Athena scanned, and what that costs."""
        if self._scanned:
            from ses_history.cli.athena import price

            megabytes = f"{sum(self._scanned) / 1e6:,.1f} MB"
            self._say(f"Athena scanned {megabytes}, for about ${price(self._scanned):,.5f}")

    def _say(self, text: str) -> None:
        if self._console:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)
        else:
            click.echo(text, err=True)


def _shown(notice: Listing | Reading | Asking | Examining) -> Callable[["Console", ExitStack], Any]:
    match notice:
        case Listing():
            return _listing
        case Reading():
            return _reading
        case Asking():
            return _asking
        case Examining():
            return _examining


def _listing(console: "Console", screen: ExitStack) -> Any:
    from rich.text import Text

    status = screen.enter_context(console.status(""))

    def update(notice: Listing) -> None:
        status.update(Text(f"Listing {notice.source}: {notice.objects:,} objects"))

    return update


def _asking(console: "Console", screen: ExitStack) -> Any:
    from rich.text import Text

    status = screen.enter_context(console.status(""))

    def update(notice: Asking) -> None:
        status.update(Text(f"Athena is reading in the workgroup {notice.workgroup}: {notice.scanned / 1e6:,.1f} MB"))

    return update


def _examining(console: "Console", screen: ExitStack) -> Any:
    status = screen.enter_context(console.status(""))

    def update(notice: Examining) -> None:
        status.update(f"Looking: {notice.links_done} of {notice.links} links")

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
