"""The story of a message, as text."""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from ses_history.cli.render.text import status
from ses_history.story import Happening, Story

_LABEL = 9
_INDENT = 4


def timeline(story: Story) -> Iterable[RenderableType]:
    """The head of a message, its status for each recipient, then its events, each with the time since the send."""
    for label, value in story.head:
        yield _Hanging(f"{label:<{_LABEL}}", Text(value))
    for recipient in story.recipients:
        yield _Hanging(f"{'To':<{_LABEL}}", Text(f"{recipient.recipient}  ").append_text(status(recipient)))
    for about, sentence in story.notes:
        yield _Hanging(f"{'Note':<{_LABEL}}", Text(f"{about}  ").append(sentence, "dim"))
    for name, value in story.tags:
        yield _Hanging(f"{'Tag':<{_LABEL}}", Text(f"{name} = {value}"))
    after = max(len(event.after) for event in story.events)
    for event in story.events:
        yield Text()
        yield from _event(event, after)


def _event(event: Happening, after: int) -> Iterator[RenderableType]:
    text = Text(f"{event.after:<{after}}  " if after else "").append(event.title, "bold").append("  ")
    text.append("one of " if event.one_of else "").append(", ".join(event.recipients))
    yield _Hanging(f"{event.at}  ", text)
    indent = " " * _INDENT
    for sentence in event.sentences:
        text = Text(f"{', '.join(sentence.of)}: " if sentence.of else "").append(sentence.text)
        if sentence.code:
            text.append("  " if sentence.text else "").append(f"({sentence.code})", "dim")
        yield _Hanging(indent, text)
    width = max((len(detail.label) for detail in event.details), default=0)
    for detail in event.details:
        only = f" ({', '.join(detail.of)})" if detail.of else ""
        yield _Hanging(f"{indent}{detail.label:<{width}}  ", Text(f"{detail.value}{only}"))
    yield _Hanging(indent, Text(event.place, "dim"))


class _Hanging:
    """A text after a label, wrapped where the terminal ends: all of it stands to the right of the label."""

    def __init__(self, label: str, text: Text) -> None:
        self._label = label
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        indent = cell_len(self._label)
        label = self._label
        for line in self._text.wrap(console, max(options.max_width - indent, 1)):
            line.rstrip()
            yield Text(label, no_wrap=True).append_text(line)
            label = " " * indent
