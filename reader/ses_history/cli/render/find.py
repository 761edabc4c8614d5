"""The messages that were found, as text."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ses_history.cli.output import counted
from ses_history.cli.render.text import line, status
from ses_history.meanings import Meaning, meaning_of_reply
from ses_history.results import Found, RecipientStatus
from ses_history.texts import clean, moment, zone_name

_ID_LENGTH = 25
"""How much of a message id is shown: the millisecond of the send and 32 bits after it, enough for `show`."""

_UNARRIVED = ("bounced:hard", "bounced:soft", "delayed")

_TABLE_WIDTH = 130
"""How wide a terminal is that shows a message in one line."""


def found_messages(found: Found, zone: ZoneInfo) -> Iterable[Any]:
    """How many messages match and how they stand, then the newest of them, as `_Messages`."""
    standing = " · ".join(f"{count:,} {status}" for status, count in _commonest(found.standing))
    yield Text(f"{counted(found.total, 'message')}: {standing}")
    shown = [list(group) for _, group in groupby(found.recipients, key=lambda recipient: recipient.message_id)]
    which = "The newest first" if len(shown) == found.total else f"The newest {len(shown):,}, --limit for more"
    yield Text(f"{which}; times in {zone_name(zone)}\n", "dim")
    yield _Messages(shown, zone)
    if "suppressed" in found.standing:
        yield Text("\nWhy an address is suppressed: ses-history suppression ADDRESS", "dim")


def _commonest(standing: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(standing.items(), key=lambda item: -item[1])


class _Messages:
    """Messages, each given by its recipients, in a line each, or in several where the terminal is narrow.

    That is when it was sent, its status, to whom, its subject, the last reply, and its id: of that a terminal shows the
    beginning, enough for `show`.
    """

    def __init__(self, messages: Sequence[Sequence[RecipientStatus]], zone: ZoneInfo) -> None:
        self._messages = messages
        self._zone = zone

    def __rich_console__(self, out: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        if options.max_width < _TABLE_WIDTH:
            for recipients in self._messages:
                yield from self._stacked(recipients)
        else:
            yield self._table(_ID_LENGTH if out.is_terminal else None)

    def _table(self, id_length: int | None) -> Table:
        table = Table(box=None, pad_edge=False)
        for title in ("sent", "status"):
            table.add_column(title, no_wrap=True)
        for title in ("recipient", "subject", "last reply"):
            table.add_column(line(title))
        table.add_column("message id", no_wrap=True, overflow="crop", max_width=id_length)
        for recipients in self._messages:
            first = recipients[0]
            table.add_row(
                moment(first.sent_at, self._zone),
                _standing(recipients),
                line(_people(recipients)),
                line(clean(first.subject)),
                line(_said(first)),
                Text(clean(first.message_id)),
            )
        return table

    def _stacked(self, recipients: Sequence[RecipientStatus]) -> Iterator[RenderableType]:
        first = recipients[0]
        head = Text(f"{moment(first.sent_at, self._zone)}  ", no_wrap=True, overflow="ellipsis")
        yield head.append_text(_standing(recipients)).append(f"  {_people(recipients)}")
        under = Text(clean(first.message_id)[:_ID_LENGTH], "dim", no_wrap=True, overflow="ellipsis")
        yield Padding(under.append(f"  {clean(first.subject)}", "not dim"), (0, 0, 0, 2))
        if meaning := _meaning(first):
            yield Padding(Text(f"{meaning.meaning} {meaning.do}"), (0, 0, 0, 2))
        if first.reply:
            yield Padding(Text(clean(first.reply), "dim"), (0, 0, 0, 2))


def _meaning(recipient: RecipientStatus) -> Meaning | None:
    """What the last reply means, where the message did not arrive, or not yet."""
    return meaning_of_reply(recipient.reply or "") if recipient.status in _UNARRIVED else None


def _said(recipient: RecipientStatus) -> str:
    meaning = _meaning(recipient)
    return f"{meaning.meaning} ({clean(recipient.reply)})" if meaning else clean(recipient.reply)


def _people(recipients: Sequence[RecipientStatus]) -> str:
    more = f" and {len(recipients) - 1} more" if len(recipients) > 1 else ""
    return clean(recipients[0].recipient) + more


def _standing(recipients: Sequence[RecipientStatus]) -> Text:
    same = sum(recipient.status == recipients[0].status for recipient in recipients)
    return status(recipients[0], same, len(recipients))
