"""The columns of exports and of answers in CSV, and texts that no spreadsheet takes for a formula."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Final

from ses_history.errors import QuestionError
from ses_history.results import Row

STATUS_COLUMNS: Final[Mapping[str, str]] = {
    "sent_at": "When SES accepted the message.",
    "recipient": "The recipient's address.",
    "status": "Where the message stands with the recipient.",
    "subject": "The subject.",
    "source": "The sender.",
    "reply": "What the recipient's mail server, or SES, last said.",
    "delivered_at": "When the recipient's mail server took the message.",
    "opened_at": "When the message was first opened, probably by a person.",
    "clicked_at": "When a link in it was first followed, probably by a person.",
    "configuration_set": "The configuration set.",
    "provider": "The recipient's mailbox provider.",
    "recipient_domain": "The domain of the recipient's address.",
    "message_id": "SES's id of the message.",
    "is_test": "Whether it was sent to the mailbox simulator, or with the tag `ses-history-test`.",
}
"""The columns of an export of statuses, in order, and what they hold. Times are in UTC."""

EVENT_COLUMNS: Final = tuple(field.name for field in fields(Row))
"""The columns of an export of events, in order: those of contract/columns.toml."""

FORMULA_STARTS: Final = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001  a Japanese spreadsheet takes the wide ones for the others
"""What a formula may begin with, in a spreadsheet: https://owasp.org/www-community/attacks/CSV_Injection"""


def columns_of(*, events: bool, chosen: Sequence[str] = ()) -> tuple[str, ...]:
    """The chosen columns of an export, or all; raises QuestionError for one that there is not, and one chosen twice."""
    known = EVENT_COLUMNS if events else tuple(STATUS_COLUMNS)
    for name in chosen:
        if name not in known:
            near = get_close_matches(name.lower(), known, n=1)
            meant = f", perhaps {near[0]}" if near else ""
            raise QuestionError(f"unknown column {name!r}{meant}: use {', '.join(known)}")
        if chosen.count(name) > 1:
            raise QuestionError(f"the column {name} is chosen twice")
    return tuple(chosen) or known


def formula_safe(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet may take for a formula."""
    return f"'{text}" if text.startswith(tuple(FORMULA_STARTS)) else text
