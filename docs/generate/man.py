"""The man pages of the command and of each of its commands, from their help: `make man`."""

import re
import sys
from collections.abc import Iterator
from copy import copy
from importlib.metadata import version
from pathlib import Path

import click
from click_man.core import generate_man_page
from ses_history.cli import main

_EXAMPLES = re.compile("^\b\n(.*?)(?=\n\\.(?:PP|SH))", re.MULTILINE | re.DOTALL)
"""A paragraph whose lines click keeps, which man would fill."""


def pages() -> Iterator[tuple[str, str]]:
    """Each man page, with the name of its file."""
    command = _summarized(main)
    root = click.Context(command, info_name="ses-history")
    yield _page(root)
    for name, each in main.commands.items():
        yield _page(click.Context(_summarized(each), info_name=name, parent=root))


def _summarized(command: click.Command) -> click.Command:
    """The command with the whole first paragraph of its help for a summary, which click would cut."""
    made = copy(command)
    made.short_help = " ".join((command.help or "").partition("\n\n")[0].split()).rstrip(".")
    if isinstance(made, click.Group):
        made.commands = {name: _summarized(each) for name, each in made.commands.items()}
    return made


def _page(ctx: click.Context) -> tuple[str, str]:
    page = generate_man_page(ctx, version=version("ses-history"))
    return f"{ctx.command_path.replace(' ', '-')}.1", _EXAMPLES.sub(r".nf\n\1\n.fi", page)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, page in pages():
        (folder / file_name).write_text(page, encoding="utf-8")
    sys.stdout.write(f"man -l {folder}/ses-history.1\n")
