"""The health of sending, as values: what AWS judges an account by, and what an owner of deliverability has to know.

Times are naive and UTC. Nothing counts tests: messages to the mailbox simulator, or with the tag ses-history-test.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

FEW: Final = 200
"""Of fewer recipients a rate says little."""

HARD_BOUNCE_LIMITS: Final = (0.05, 0.1)
COMPLAINT_LIMITS: Final = (0.001, 0.005)
"""The rates at which AWS reviews an account, and may pause it.

https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
"""


class State(StrEnum):
    """Where a rate is beside AWS's limits. Whether AWS does review or pause the account is not in its events."""

    FEW = "few"
    """Of fewer recipients than `FEW`."""

    FINE = "fine"
    CLOSE = "close"
    """Above half of the rate at which AWS reviews."""

    REVIEW = "review"
    PAUSE = "pause"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How many of the eligible recipients something happened to."""

    count: int
    eligible: int
    rate: float | None
    """From 0 to 1; None without eligible recipients."""

    review_at: float
    pause_at: float
    state: State


def rate(count: int, eligible: int, limits: tuple[float, float]) -> Rate:
    """The rate, and where it is beside the limits of review and pause."""
    review_at, pause_at = limits
    share = count / eligible if eligible else None
    if share is None or eligible < FEW:
        state = State.FEW
    elif share >= pause_at:
        state = State.PAUSE
    elif share >= review_at:
        state = State.REVIEW
    else:
        state = State.CLOSE if share > review_at / 2 else State.FINE
    return Rate(count=count, eligible=eligible, rate=share, review_at=review_at, pause_at=pause_at, state=state)


@dataclass(frozen=True, kw_only=True)
class ProviderHealth:
    """What happened at a mailbox provider."""

    provider: str | None
    """One of `providers.PROVIDERS`; None for all other domains together."""

    eligible: int
    """Eligible recipients since `Health.since`."""

    hard_bounced: int
    complained: int | None
    """Complaints, each counted with its first recipient; None at Gmail, which tells SES of none."""

    delayed: int
    """Recipients whose message was delayed within a day before `Health.now`, whatever came of it."""

    waiting: int
    """Those of them whose message was neither delivered nor bounced since."""

    expires_at: datetime | None
    """When SES gives up the first of the messages that wait; None where SES did not say."""


@dataclass(frozen=True, kw_only=True)
class BounceReason:
    """Why eligible recipients hard bounced, in codes: `meanings` has the sentences."""

    bounce_sub_type: str | None
    smtp_status: str | None
    """The enhanced status code (RFC 3463), from the mail server's reply where SES tells none."""

    count: int
    """Recipients."""

    message_id: str
    """The newest message to one of them."""


@dataclass(frozen=True, kw_only=True)
class Cases:
    """How often something is the case, with an example."""

    count: int
    message_id: str | None
    """The newest message of which it is; None without any."""

    recipient: str | None
    """Its recipient."""


@dataclass(frozen=True, kw_only=True)
class Opens:
    """Messages sent within 14 days before `Health.now` that were opened, each counted once."""

    by_people: int
    unknown: int
    """Not by people as far as SES says, which it does not of all opens of the message."""

    by_machines: int
    """By machines only."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """The verdict on an account's sending, counted as AWS does as far as the events tell.

    AWS calculates the rates not over a fixed time but over a "representative volume", which it does not disclose; its
    notices speak of the last 10,192 eligible recipients. Here it is 14 days, or as long as it took to send to 10,000
    eligible recipients, whichever is longer, by the full hour. Eligible are the recipients sent to but for suppressed
    ones, whom SES did not try to reach, and those at the sender's own domains; automatic replies are no bounces.
    https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
    """

    now: datetime
    newest: datetime
    """When the newest event happened."""

    since: datetime
    """Since when the messages were sent that the rates are of."""

    own_domains: tuple[str, ...]
    """The domains that the history has senders of, but for mailbox providers', as the verified domains are not told."""

    hard_bounces: Rate
    complaints: Rate
    providers: tuple[ProviderHealth, ...]
    """The greatest first; None, which is all others, last."""

    reasons: tuple[BounceReason, ...]
    """The three most frequent of the hard bounces."""

    without_news: Cases
    """Messages sent 1 to 7 days before `now` that stand `sent` or `delayed` with a recipient."""

    mailed_again: Cases
    """People sent to within 14 days before `now` after a hard bounce or a complaint of theirs, however old."""

    opens: Opens
