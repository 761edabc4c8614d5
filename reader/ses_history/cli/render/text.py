"""What all answers on a terminal have in common."""

from rich.console import Console
from rich.text import Text

from ses_history.results import RecipientStatus

_STYLES = {
    "delivered": "green",
    "opened": "green",
    "clicked": "green",
    "bounced": "red",
    "complained": "red",
    "rejected": "red",
    "failed": "red",
    "delayed": "yellow",
}


def console() -> Console:
    """Standard output: as wide as the terminal, and endless for other programs."""
    out = Console(highlight=False, markup=False)
    out.width = out.width if out.is_terminal else 1000
    return out


def line(text: str) -> Text:
    """Text in one line, cut where it does not fit."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def status(recipient: RecipientStatus, count: int = 1, of: int = 1) -> Text:
    """Where a message stands with a recipient, and with how many of several."""
    text = Text().append(recipient.status, _STYLES.get(recipient.status.partition(":")[0], ""))
    if of > 1:
        text.append(f" ({count} of {of})")
    return text.append(" test", "dim") if recipient.is_test else text
