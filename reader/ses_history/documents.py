"""A story as a document: HTML for a file or a page, Markdown for a ticket. What others wrote is no markup in either."""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ses_history.story import Story


def html(story: Story) -> str:
    """A page that needs nothing else, and asks nobody for anything."""
    return _templates().get_template("message.html.j2").render(story=story)


def markdown(story: Story) -> str:
    """Lists, in which all that others wrote is code: it makes no link, mentions nobody and breaks no table."""
    return _templates().get_template("message.md.j2").render(story=story)


def _code(text: str) -> str:
    """Text as a code span of Markdown, whatever backticks are in it."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return f"{fence}{space}{text}{space}{fence}"


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("ses_history"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["code"] = _code
    return templates
