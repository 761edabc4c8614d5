"""What the codes in an event mean, and what to do: meanings.toml is the reader's copy of contract/meanings.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ses_history.results import Row

_VAGUE = (None, "General", "Undetermined")
"""Sub-types and delay types that say less than the mail server's own code does."""

_ENHANCED = re.compile(r"(?:(?<![\w.-])|(?<=\d\d\d-))[245]\.\d{1,3}\.\d{1,3}(?!\w|\.\d)", re.ASCII)
_DIGITS = re.compile(r"(?:^|[;:])\s*([245]\d\d)(?=[\s-]|$)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a code means, and what to do: a sentence each."""

    meaning: str
    do: str


AUTOMATIC_REPLY = Meaning(
    meaning="An automatic reply, such as out of office: this is no bounce.",
    do="Nothing; it leaves the status as it is.",
)


def meaning(row: Row) -> Meaning | None:
    """What the codes of an event mean for its recipient; None for an event without any that is known."""
    match row.event_type:
        case "Bounce":
            return AUTOMATIC_REPLY if is_automatic_reply(row) else _bounce(row)
        case "DeliveryDelay":
            delays = _tables()["delay"]
            kind = row.delay_type if row.delay_type in delays else "Undetermined"
            return (_of_server(row) if kind in _VAGUE else None) or delays[kind]
        case "Complaint":
            return _first("complaint", row.complaint_sub_type, row.complaint_type, "other")
        case "Delivery":
            return meaning_of_reply(row.smtp_response or "")
        case _:
            return None


def meaning_of_reason(reason: str) -> Meaning | None:
    """What a group of `stats` by reason means: a kind of bounce, delay or complaint, and perhaps a server's code."""
    kind, _, code = reason.partition(" ")
    if reason == "automatic reply":
        return AUTOMATIC_REPLY
    tables = [table for table in ("bounce", "delay", "complaint") if kind in _tables()[table]]
    is_vague = kind.rpartition("/")[2] in _VAGUE
    of_server = meaning_of_reply(code) if is_vague or not tables else None
    return of_server or (_first(tables[0], kind) if tables else None)


def meaning_of_reply(text: str) -> Meaning | None:
    """What a mail server's reply means, by the code in it, which may also be all there is; None without a known one."""
    code = code_of_reply(text) or ""
    if "." not in code:
        return _first("reply", code) or _first("smtp", code[:1])
    kind, subject, _ = code.split(".")
    return _first("smtp", code, f"{kind}.{subject}", kind)


def code_of_reply(text: str) -> str | None:
    """The enhanced status code in a mail server's reply, such as 5.1.1, or else the three digits it begins with."""
    if found := _ENHANCED.search(text):
        return found[0]
    found = _DIGITS.search(text)
    return found and found[1]


def code_of_server(row: Row) -> str | None:
    """The code that the mail server gave a recipient: the status of the delivery report, or else that in the reply."""
    return code_of_reply(row.smtp_status or "") or code_of_reply(row.smtp_response or "")


def is_automatic_reply(row: Row) -> bool:
    """Whether a bounce is an automatic reply, such as out of office: it has no known cause, and reports nothing."""
    reported = (row.action, row.smtp_status, row.smtp_response)
    return (
        row.event_type == "Bounce"
        and row.bounce_type != "Permanent"
        and row.bounce_sub_type in _VAGUE
        and reported == (None, None, None)
    )


def _bounce(row: Row) -> Meaning | None:
    of_server = _of_server(row) if row.bounce_sub_type in _VAGUE else None
    return of_server or _first("bounce", f"{row.bounce_type}/{row.bounce_sub_type}", row.bounce_type)


def _of_server(row: Row) -> Meaning | None:
    return meaning_of_reply(code_of_server(row) or "")


def _first(table: str, *codes: str | None) -> Meaning | None:
    meanings = _tables()[table]
    return next((meanings[code] for code in codes if code in meanings), None)


@cache
def _tables() -> Mapping[str, Mapping[str, Meaning]]:
    tables = tomllib.loads(files("ses_history").joinpath("meanings.toml").read_text(encoding="utf-8"))
    return {table: {code: Meaning(**entry) for code, entry in entries.items()} for table, entries in tables.items()}
