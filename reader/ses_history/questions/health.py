"""The health of sending, asked of an engine."""

from datetime import datetime, timedelta
from typing import Any

from ses_history import headers
from ses_history.errors import NothingFoundError
from ses_history.health import (
    COMPLAINT_LIMITS,
    HARD_BOUNCE_LIMITS,
    BounceReason,
    Cases,
    Health,
    Opens,
    ProviderHealth,
    rate,
)
from ses_history.providers import PROVIDERS
from ses_history.questions.ask import coded, query
from ses_history.questions.engine import Engine, Reach

_VOLUME = 10_000
"""How many eligible recipients the rates are of at least, as far as there are."""

_DAY = timedelta(days=1)
_DAYS = 14 * _DAY
"""How far back messages are looked at, and the rates go at least."""

_NO_RATES: dict[str, Any] = {"eligible": 0, "hard_bounced": 0, "complained": 0}
_NO_DELAYS: dict[str, Any] = {"delayed": 0, "waiting": 0, "expires_at": None}

_SILENT = ("gmail",)
"""Providers that tell SES of no complaint."""

_SENT = "sent_at BETWEEN $since AND $until"
_HAPPENED = "ts BETWEEN $since AND $until"
_EVER = "sent_at <= $until"
"""Which events a question is about."""


def health(engine: Engine, now: datetime) -> Health:
    """The verdict at a time, naive and in UTC; what is later counts for nothing.

    Raises NothingFoundError where there is no event before it.
    """
    [found] = engine.ask({}, query("health_newest"), {"now": now}, Reach(until=now))
    if found["newest"] is None:
        raise NothingFoundError("There is no event in the history yet: send a message, and wait for Firehose's buffer")
    ask = _Asked(engine, now)
    since = ask.since()
    rates = {row.pop("provider"): row for row in ask.rows("health_rates", _SENT, since)}
    eligible, hard_bounced, complained = (
        sum(row[name] for row in rates.values()) for name in ("eligible", "hard_bounced", "complained")
    )
    delays = {row.pop("provider"): row for row in ask.rows("health_delays", _HAPPENED, now - _DAY)}
    [without_news] = ask.rows("health_without_news", _SENT, now - 7 * _DAY, now - _DAY)
    [mailed_again] = ask.rows("health_mailed_again", _EVER, now - _DAYS)
    [opens] = ask.rows("health_opens", _SENT, now - _DAYS)
    return Health(
        now=now,
        newest=found["newest"],
        since=since,
        own_domains=tuple(ask.own_domains),
        hard_bounces=rate(hard_bounced, eligible, HARD_BOUNCE_LIMITS),
        complaints=rate(complained, eligible, COMPLAINT_LIMITS),
        providers=_providers(rates, delays),
        reasons=tuple(BounceReason(**row) for row in ask.rows("health_reasons", _SENT, since)),
        without_news=Cases(**without_news),
        mailed_again=Cases(**mailed_again),
        opens=Opens(**opens),
    )


class _Asked:
    """Questions about what happened until a time."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine = engine
        self._now = now
        senders = (
            row["sender"] or "" for row in engine.ask({}, query("health_senders"), {"now": now}, Reach(until=now))
        )
        domains = {headers.comparable("@" + sender.rpartition("@")[2].strip("> ")).strip("@") for sender in senders}
        # Whoever sends from an address at a mailbox provider has verified that address, and not the domain.
        self.own_domains = sorted(domains - {""} - {domain for known in PROVIDERS.values() for domain in known})

    def since(self) -> datetime:
        """Since when the messages were sent that the rates are of."""
        days_ago = self._now - _DAYS
        [recent] = self.rows("health_since", _SENT, days_ago)
        if recent["since"]:
            return days_ago
        [ever] = self.rows("health_since", _EVER)
        return min(days_ago, ever["since"] or ever["first"] or days_ago)

    def rows(
        self, name: str, which: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[dict[str, Any]]:
        """What the query of this name answers about the events which are no tests."""
        tables = {
            "matching": "SELECT *, coalesce(contains($own, recipient_domain), false) AS is_own "  # noqa: S608
            f"FROM kept WHERE NOT is_test AND ts <= $now AND {which}",
            "coded": coded(),
            "told": query("health_told"),
        }
        asked = {
            "now": self._now,
            "own": self.own_domains,
            "volume": _VOLUME,
            "since": since,
            "until": until or self._now,
        }
        reach = Reach(since=None if which == _EVER else since, until=self._now)
        return list(self._engine.ask(tables, query(name), asked, reach))


def _providers(
    rates: dict[str | None, dict[str, Any]], delays: dict[str | None, dict[str, Any]]
) -> tuple[ProviderHealth, ...]:
    """The greatest first, and all others last."""
    found = list[ProviderHealth]()
    for provider in rates.keys() | delays.keys():
        counts = _NO_RATES | _NO_DELAYS | rates.get(provider, {}) | delays.get(provider, {})
        if provider in _SILENT and not counts["complained"]:
            counts["complained"] = None
        found.append(ProviderHealth(provider=provider, **counts))
    return tuple(sorted(found, key=lambda each: (each.provider is None, -each.eligible, each.provider or "")))
