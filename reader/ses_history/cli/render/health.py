"""The health of sending, in one screen."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.table import Table
from rich.text import Text

from ses_history.cli.output import counted
from ses_history.health import (
    COMPLAINT_LIMITS,
    HARD_BOUNCE_LIMITS,
    BounceReason,
    Cases,
    Health,
    ProviderHealth,
    Rate,
    State,
    rate,
)
from ses_history.meanings import meaning_of_reason
from ses_history.texts import clean, duration, moment, zone_name

_STATES = {
    State.FEW: ("few", "dim"),
    State.FINE: ("fine", "green"),
    State.CLOSE: ("close", "yellow"),
    State.REVIEW: ("review level", "red"),
    State.PAUSE: ("pause level", "bold red"),
}
"""What a state is called, and its style."""

_ID_LENGTH = 25
"""How much of a message id is shown: enough for `show`."""

_PROVIDERS = 7
"""How many providers are shown, beside all others."""

_DOMAINS = 3
"""How many of one's own domains are named."""

_SILENCE = timedelta(days=1)
"""After so long without an event that is worth a look."""

_NOT_SEEN = (
    "whether a delivered message is in the inbox or in spam; complaints at Gmail, which Google Postmaster Tools has; "
    "opens without images, and mail sent without the configuration set."
)


def screen(health: Health, zone: ZoneInfo) -> Iterable[Any]:
    """The verdict, then what happened by provider, then what to look after."""
    yield Text(f"Health at {moment(health.now, zone)} ({zone_name(zone)})", "bold")
    silence = health.now - health.newest
    newest = f"Newest event {moment(health.newest, zone)}, {duration(silence.total_seconds())} ago"
    yield Text(newest, "yellow" if silence > _SILENCE else "")
    yield ""
    yield _verdict(health)
    if health.providers:
        yield ""
        yield from _by_provider(health.providers)
    yield ""
    yield _to_look_after(health, zone)


def _verdict(health: Health) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for what, rated in (("hard bounces", health.hard_bounces), ("complaints", health.complaints)):
        grid.add_row(Text(*_STATES[rated.state]), _sentence(what, rated, health.now - health.since))
    grid.add_row("", Text(f"Eligible: without tests and suppressed recipients{_own(health.own_domains)}", "dim"))
    return grid


def _sentence(what: str, rated: Rate, time: timedelta) -> str:
    days = counted(round(time / timedelta(days=1)), "day")
    if rated.rate is None:
        return f"{what}: no eligible recipients in {days}"
    share = f"{rated.count:,}" if rated.state is State.FEW else _percent(rated.rate)
    limits = f"AWS reviews at {rated.review_at * 100:g} %, pauses at {rated.pause_at * 100:g} %"
    return f"{what} {share} of the last {counted(rated.eligible, 'eligible recipient')} ({days}): {limits}"


def _percent(share: float) -> str:
    return f"{share * 100:.2f} %"


def _own(domains: Sequence[str]) -> str:
    if not domains:
        return ""
    more = f" and {len(domains) - _DOMAINS:,} more" if len(domains) > _DOMAINS else ""
    return f", and without your own domains ({clean(', '.join(domains[:_DOMAINS]))}{more})"


def _by_provider(providers: Sequence[ProviderHealth]) -> Iterable[Table | Text]:
    named = [each for each in providers if each.provider]
    shown = [*named[:_PROVIDERS], *(each for each in providers if not each.provider)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("provider", no_wrap=True)
    for title in ("eligible", "hard bounces", "complaints", "delayed", "waiting"):
        table.add_column(title, justify="right", no_wrap=True)
    for each in shown:
        told = each.complained is not None
        table.add_row(
            each.provider or "all others",
            f"{each.eligible:,}",
            _share(each.hard_bounced, each.eligible, HARD_BOUNCE_LIMITS),
            _share(each.complained or 0, each.eligible, COMPLAINT_LIMITS) if told else "SES is not told",
            f"{each.delayed:,}",
            Text(f"{each.waiting:,}", "yellow" if each.waiting else ""),
        )
    yield table
    if len(named) > _PROVIDERS:
        yield Text(f"and {counted(len(named) - _PROVIDERS, 'more provider')}, which --json tells of", "dim")


def _share(count: int, eligible: int, limits: tuple[float, float]) -> Text:
    """A count with its rate, which is coloured at the limits."""
    rated = rate(count, eligible, limits)
    if not count or rated.rate is None or rated.state is State.FEW:
        return Text(f"{count:,}")
    style = "" if rated.state is State.FINE else _STATES[rated.state][1]
    return Text(f"{_percent(rated.rate)} ({count:,})", style)


def _to_look_after(health: Health, zone: ZoneInfo) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for title, reason in zip(("Hard bounces", "", ""), health.reasons, strict=False):
        grid.add_row(title, _reason(reason))
    grid.add_row("Delayed", _delayed(health.providers, zone))
    news = f"{counted(health.without_news.count, 'message')} of 1 to 7 days ago: neither delivered nor bounced"
    grid.add_row("Without news", _cases(news, health.without_news))
    people = "1 person" if health.mailed_again.count == 1 else f"{health.mailed_again.count:,} people"
    again = f"{people} in 14 days, after a hard bounce or a complaint"
    grid.add_row("Mailed again", _cases(again, health.mailed_again))
    opens = health.opens
    grid.add_row(
        "Opened",
        f"{counted(opens.by_people, 'message')} of 14 days by people; {opens.by_machines:,} by machines only, "
        f"{opens.unknown:,} unknown",
    )
    grid.add_row("Not seen", Text(_NOT_SEEN, "dim"))
    return grid


def _reason(reason: BounceReason) -> Text:
    codes = (
        " ".join(clean(code) for code in (reason.bounce_sub_type, reason.smtp_status) if code) or "of no known cause"
    )
    found = meaning_of_reason(f"Permanent/{reason.bounce_sub_type} {reason.smtp_status or ''}".strip())
    why = f"{found.meaning} ({codes})" if found else codes
    return Text(f"{reason.count:,} {why}, such as {clean(reason.message_id)[:_ID_LENGTH]}")


def _delayed(providers: Sequence[ProviderHealth], zone: ZoneInfo) -> Text:
    text = Text(f"{counted(sum(each.delayed for each in providers), 'recipient')} in 24 hours")
    if waiting := sum(each.waiting for each in providers):
        text.append(f", of whom {waiting:,} still waiting", "yellow")
    if expiries := [each.expires_at for each in providers if each.expires_at]:
        text.append(f"; SES gives up from {moment(min(expiries), zone)} on")
    return text


def _cases(text: str, cases: Cases) -> Text:
    """The text, with the example in a line of its own; what calls for no action is not coloured."""
    if not cases.count:
        return Text(text)
    example = f"{clean(cases.message_id)[:_ID_LENGTH]} to {clean(cases.recipient)}"
    return Text(text, "yellow").append(f"\n{example}", "not yellow")
