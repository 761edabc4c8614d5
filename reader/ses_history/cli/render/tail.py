"""Events as they arrive, a line each."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from rich.text import Text

from ses_history.cli.render.text import line
from ses_history.results import Row
from ses_history.texts import clean, moment

_TYPE_WIDTH = 17
"""As wide as the longest event type."""


def lines(rows: Sequence[Row], zone: ZoneInfo) -> Iterable[Text]:
    """When an event happened, its type, the recipient, and the reply or else the subject."""
    for row in rows:
        said = clean(row.smtp_response or row.link or row.reason or row.subject)
        yield line(f"{moment(row.ts, zone)}  {clean(row.event_type):<{_TYPE_WIDTH}}  {clean(row.recipient)}  {said}")
