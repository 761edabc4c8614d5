"""The made-up history of a shop in Japan, as SES publishes events and Firehose keeps them.

It is the same every time for the same day and seed. Nobody in it exists: each address has a number, or is one of the
few that the examples name, and all of the shop's and companies' domains are reserved for examples.
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.header import Header
from functools import cached_property, lru_cache
from heapq import heappop, heappush
from itertools import count, groupby
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from isal import igzip

from ses_history.errors import ExportError

DAYS: Final = 90
"""How many days a sample is of, unless another number is asked for."""

MESSAGES_A_DAY: Final = 250
"""How many messages a day it has, about and on average: with 90 days, 60,000 events."""

_JAPAN = timezone(timedelta(hours=9))
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

_TRANSACTIONAL, _NEWSLETTER, _CAMPAIGN = "shop-transactional", "shop-newsletter", "crm-campaign"

# How many of each mailing there are, as shares of the messages of a day.
_ORDERS_A_DAY = 0.5
_CAMPAIGN_A_WORKDAY = 0.08
_COME_BACKS = 0.5
_CUSTOMERS = 5
_SUBSCRIBED = 0.6
_GMAIL_REFUSALS = 0.1

_ORDERS_BY_HOUR = (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 12, 9, 8, 8, 8, 9, 10, 12, 14, 14, 10, 5)
"""How the mail of a day falls on its hours in Japan, from midnight on."""

_NEWSLETTER_AT = time(23)
"""UTC, on Mondays: 08:00 on Tuesday in Japan."""

_NEWSLETTER_TAKES = timedelta(minutes=9)
_CAMPAIGN_AT = time(1)
_MONDAY, _FRIDAY = 0, 4

_CHANCES: Mapping[str, float] = {
    "mailbox full": 0.004,
    "content refused": 0.0015,
    "slow": 0.006,
    "out of office": 0.004,
    "complaint": 0.002,
    "no news": 0.0003,
}
"""What becomes of a message to anybody, beside a hard bounce, for which each mailing has its own chance."""

_UNSUBSCRIBE: Mapping[str, float] = {"unsubscribes": 0.0015, "leaves a topic": 0.0015}
"""What readers of a newsletter do."""

_BOUNCED_IS_NOTICED = 0.9
"""How often the shop leaves out somebody whose address SES has suppressed."""

_SCANNED = 0.15
"""How many messages to companies have their links followed by a scanner."""

_COPY_TO_ACCOUNTING = 0.15
"""How many orders of companies are confirmed to two people."""

_SAID_BY_WHOM = 0.93
"""Of how many opens and clicks SES tells whether a machine made them."""

_PREFERS_ENGLISH = 0.25
_TWICE = 0.002
"""How many records Firehose delivers once more."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Who takes mail for some domains, and how."""

    name: str
    domains: tuple[str, ...]
    share: float
    """Of the customers, in percent."""

    takes: str
    """The reply to a message; {id} is its id, {token} something of the server's own, {epoch} the time in seconds."""

    no_mailbox: str
    """The reply to a message to an address that does not exist."""

    seconds: float
    """How long half of the messages are on their way."""

    mail_server: str
    """Its address."""

    slow: float = 0
    """How often it makes SES wait."""

    proxy: str | None = None
    """The user agent that loads the images of its readers."""

    proxied: float = 0
    """How many messages that is done for."""

    tells_of_complaints: bool = False
    """Whether SES hears of its readers' complaints: of Gmail's it does not."""


_NO_POSTFIX_MAILBOX = "smtp; 550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table"

_PROVIDERS = (
    Provider(
        name="gmail",
        domains=("gmail.com",),
        share=30,
        takes="250 2.0.0 OK  {epoch} {token}-20020a05.123 - gsmtp",
        no_mailbox="smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try "
        "550-5.1.1 double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. For more "
        "information, go to 550 5.1.1  https://support.google.com/mail/?p=NoSuchUser {token} - gsmtp",
        seconds=0.9,
        mail_server="203.0.113.26",
        proxy="Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        proxied=0.35,
    ),
    Provider(
        name="yahoo-japan",
        domains=("yahoo.co.jp",),
        share=14,
        takes="250 ok dirdel",
        no_mailbox="smtp; 554 5.1.1 delivery error: dd This user doesn't have a yahoo.co.jp account ({address}) [0]",
        seconds=2.1,
        mail_server="203.0.113.51",
        tells_of_complaints=True,
    ),
    Provider(
        name="outlook",
        domains=("outlook.jp", "hotmail.co.jp"),
        share=10,
        takes="250 2.6.0 <{id}@email.amazonses.com> [InternalId=4711, Hostname=EX.prod.outlook.com] 24576 bytes in "
        "0.117, 204.9 KB/sec Queued mail for delivery -> 250 2.1.5",
        no_mailbox="smtp; 550 5.1.1 Requested action not taken: mailbox unavailable (S2017062302). [{token}]",
        seconds=1.6,
        mail_server="203.0.113.77",
        tells_of_complaints=True,
    ),
    Provider(
        name="icloud",
        domains=("icloud.com",),
        share=10,
        takes="250 2.0.0 Ok: queued as {token}",
        no_mailbox="smtp; 550 5.1.1 <{address}>: user does not exist",
        seconds=1.2,
        mail_server="203.0.113.90",
        proxy="Mozilla/5.0",
        proxied=0.8,
    ),
    Provider(
        name="docomo",
        domains=("docomo.ne.jp",),
        share=9,
        takes="250 2.0.0 Ok",
        no_mailbox="smtp; 550 5.1.1 Unknown user {address}",
        seconds=3.4,
        mail_server="203.0.113.110",
    ),
    Provider(
        name="au",
        domains=("ezweb.ne.jp", "au.com"),
        share=7,
        takes="250 2.0.0 {token} Message accepted for delivery",
        no_mailbox="smtp; 550 5.1.1 <{address}>: User unknown",
        seconds=2.8,
        mail_server="203.0.113.130",
    ),
    Provider(
        name="softbank",
        domains=("softbank.ne.jp",),
        share=5,
        takes="250 2.0.0 ok {token}",
        no_mailbox="smtp; 550 5.1.1 Invalid recipient: <{address}>",
        seconds=2.5,
        mail_server="203.0.113.150",
    ),
    Provider(
        name="companies",
        domains=("example.com", "example.org", "xn--r8jz45g.example"),
        share=9,
        takes="250 2.0.0 Ok: queued as {token}",
        no_mailbox=_NO_POSTFIX_MAILBOX,
        seconds=1.1,
        mail_server="198.51.100.25",
    ),
    Provider(
        name="example.co.jp",
        domains=("example.co.jp",),
        share=6,
        takes="250 2.0.0 Ok: queued as {token}",
        no_mailbox=_NO_POSTFIX_MAILBOX,
        seconds=4.8,
        mail_server="198.51.100.44",
        slow=0.4,
    ),
)

_OF_DOMAIN = {domain: provider for provider in _PROVIDERS for domain in provider.domains}
_OF_OTHER_DOMAINS = _OF_DOMAIN["example.com"]
_COMPANIES = ("companies", "example.co.jp")
_ENGLISH = ("example.com", "example.com.au")

_NAMES = ("sato", "suzuki", "takahashi", "tanaka", "watanabe", "ito", "yamamoto", "kobayashi", "kato", "mori")

_BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0",
)
_SCANNER = "Mozilla/5.0 (compatible; ExampleLinkScanner/2.1)"
_PLACES = ("header", "button", "footer")
_TOPICS = ("weekly", "offers")

_WITHOUT_HEADERS = ("DeliveryDelay", "Rendering Failure")
_WITHOUT_ARN = ("Open", "Click")
"""Types of events that tell less of the message than others."""


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Somebody whom the shop writes to."""

    address: str
    provider: Provider
    is_english: bool = False
    is_subscribed: bool = False


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """A kind of message that the shop sends."""

    template: str
    configuration_set: str
    sender: str
    """The address."""

    sender_name: str
    subject: str
    """In Japanese; {number} is an order's, {day} the day it is sent in Japan."""

    english: str
    """The same in English."""

    campaign: str
    """The value of the tag."""

    link: str
    is_subscription: bool = False
    """Whether it can be unsubscribed from by a List-Unsubscribe header."""

    is_one_click: bool = False
    """Whether a click in the reader's mailbox is enough for that."""

    opened: float
    clicked: float
    """How many of those who open follow a link."""

    hard_bounces: float
    hard_bounces_this_week: float

    @property
    def domain(self) -> str:
        """The sender's domain."""
        return self.sender.rpartition("@")[2]


_ORDER = Mailing(
    template="OrderConfirmation",
    configuration_set=_TRANSACTIONAL,
    sender="order@shop.example.com",
    sender_name="例の店",
    subject="【例の店】ご注文ありがとうございます（注文番号 {number}）",  # noqa: RUF001 as it is written in Japan
    english="Thank you for your order {number}",
    campaign="orders",
    link="https://shop.example.com/orders/{number}",
    opened=0.5,
    clicked=0.2,
    hard_bounces=0.005,
    hard_bounces_this_week=0.012,
)
_SHIPPED = replace(
    _ORDER,
    template="OrderShipped",
    subject="【例の店】商品を発送しました（注文番号 {number}）",  # noqa: RUF001 as it is written in Japan
    english="Your order {number} is on its way",
    link="https://shop.example.com/orders/{number}/parcel",
    clicked=0.5,
)
_PASSWORD = replace(
    _ORDER,
    template="PasswordReset",
    sender="account@shop.example.com",
    sender_name="Example Shop",
    subject="パスワード再設定のご案内",
    english="Reset your password",
    campaign="account",
    link="https://shop.example.com/password",
    opened=0.8,
    clicked=0.8,
)
_WEEKLY = Mailing(
    template="Weekly",
    configuration_set=_NEWSLETTER,
    sender="weekly@news.example.com",
    sender_name="例の店だより",
    subject="例の店だより {day} 号：今週のおすすめと読みもの",  # noqa: RUF001 as it is written in Japan
    english="This week at Example Shop, {day}",
    campaign="weekly-{day}",
    link="https://shop.example.com/weekly/{day}",
    is_subscription=True,
    is_one_click=True,
    opened=0.3,
    clicked=0.25,
    hard_bounces=0.011,
    hard_bounces_this_week=0.032,
)
_OFFER = Mailing(
    template="MemberOffer",
    configuration_set=_CAMPAIGN,
    sender="members@crm.example.net",
    sender_name="Example Shop Members",
    subject="会員様限定のご案内",
    english="An offer for our members",
    campaign="members",
    link="https://shop.example.com/members",
    is_subscription=True,
    opened=0.2,
    clicked=0.15,
    hard_bounces=0.015,
    hard_bounces_this_week=0.04,
)
_COME_BACK = replace(
    _OFFER,
    template="ComeBack",
    subject="お久しぶりです。500円クーポンをお届けします",
    english="We miss you: a coupon of 500 yen",
    campaign="come-back",
    link="https://shop.example.com/coupon",
    hard_bounces_this_week=0.11,
)
"""To a list of old addresses, on the Monday of the last week: why so much bounces in it."""

_TRANSACTIONS = {_ORDER: 5, _SHIPPED: 4, _PASSWORD: 1}


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """How a message comes back."""

    bounce_type: str
    sub_type: str
    status: str
    reply: str = ""
    """The diagnostic code; without one it is what the provider says where there is no such mailbox."""

    after: timedelta = timedelta(seconds=2)


_NO_MAILBOX = Refusal(bounce_type="Permanent", sub_type="General", status="5.1.1")

_REFUSALS: Mapping[str, Refusal] = {
    "hard bounce": _NO_MAILBOX,
    "mailbox full": Refusal(
        bounce_type="Transient",
        sub_type="MailboxFull",
        status="5.2.2",
        reply="smtp; 552 5.2.2 <{address}>: The mailbox is full and takes no more mail",
    ),
    "content refused": Refusal(
        bounce_type="Transient",
        sub_type="ContentRejected",
        status="5.7.1",
        reply="smtp; 554 5.7.1 The message was refused as spam by policy [{token}]",
    ),
    "unauthenticated": Refusal(
        bounce_type="Transient",
        sub_type="General",
        status="5.7.26",
        reply="smtp; 550-5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires all "
        "senders to authenticate with either SPF or DKIM. 550-5.7.26  Authentication results: DKIM = did not pass, "
        "SPF [crm.example.net] = did not pass 550 5.7.26 {token} - gsmtp",
    ),
    "too much at once": Refusal(
        bounce_type="Transient",
        sub_type="General",
        status="4.7.28",
        reply="smtp; 421-4.7.28 Gmail has detected an unusual rate of unsolicited mail. To protect 421-4.7.28 our "
        "users from spam, mail has been temporarily rate limited. 421 4.7.28 {token} - gsmtp",
        after=timedelta(minutes=20),
    ),
    "expired": Refusal(
        bounce_type="Transient",
        sub_type="General",
        status="4.4.7",
        reply="smtp; 550 4.4.7 Message expired: unable to deliver in 720 minutes.<421 4.4.1 Connection timed out>",
        after=timedelta(hours=12, seconds=9),
    ),
    "suppressed": replace(
        _NO_MAILBOX,
        sub_type="OnAccountSuppressionList",
        reply="Amazon SES did not send the message to this address because it is on the suppression list for your "
        "account. For more information about removing addresses from the suppression list, see the Amazon SES "
        "Developer Guide at https://docs.aws.amazon.com/ses/latest/DeveloperGuide/"
        "sending-email-suppression-list.html",
    ),
    "unsubscribed": replace(
        _NO_MAILBOX,
        sub_type="UnsubscribedRecipient",
        status="5.7.1",
        reply="Amazon SES did not send the message to this address because its owner has unsubscribed",
    ),
}

_DELAYS = (
    ("4.4.1", "smtp; 421 4.4.1 Unable to connect to remote host"),
    ("4.7.1", "smtp; 450 4.7.1 <{address}>: Recipient address rejected: Greylisted, please try again later"),
)


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What becomes of a message, in the order it may happen."""

    is_rejected: bool = False
    """SES finds a virus in it."""

    lacks: str | None = None
    """The attribute of its template without which it cannot be rendered."""

    delays: int = 0
    """How often it is put off."""

    refusal: Refusal | None = None
    is_heard_of: bool = True
    """Whether there is any news after it was sent."""

    has_auto_reply: bool = False
    opened_by: tuple[str, ...] = ()
    clicked_by: tuple[str, ...] = ()
    """Each: person or machine."""

    complaint: str | None = None
    leaves: str | None = None
    """What its reader unsubscribes from: all, or a topic."""


_FATES: Mapping[str, Fate] = {
    **{name: Fate(refusal=refusal) for name, refusal in _REFUSALS.items()},
    "expired": Fate(delays=4, refusal=_REFUSALS["expired"]),
    "delivered": Fate(),
    "opened": Fate(opened_by=("person",)),
    "clicked": Fate(opened_by=("machine", "person"), clicked_by=("person",)),
    "opened by a machine": Fate(opened_by=("machine",)),
    "clicked by a machine": Fate(opened_by=("machine",), clicked_by=("machine",)),
    "slow": Fate(delays=2),
    "very slow": Fate(delays=4),
    "slow and opened": Fate(delays=2, opened_by=("person",)),
    "out of office": Fate(has_auto_reply=True),
    "complaint": Fate(complaint="abuse"),
    "no spam": Fate(complaint="not-spam"),
    "unsubscribes": Fate(opened_by=("person",), leaves="all"),
    "leaves a topic": Fate(opened_by=("person",), leaves="offers"),
    "virus": Fate(is_rejected=True),
    "incomplete": Fate(lacks="orderNumber"),
    "no news": Fate(is_heard_of=False),
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A message that is in every sample."""

    hours: float
    """Before the end."""

    to: str
    mailing: Mailing
    fate: str
    is_test: bool = False


_SCENES = (
    Scene(hours=143, to="ada@example.com", mailing=_ORDER, fate="clicked"),
    Scene(hours=119, to="ada@example.com", mailing=_SHIPPED, fate="slow"),
    Scene(hours=95, to="Ada@Example.com", mailing=_PASSWORD, fate="delivered"),
    Scene(hours=75, to="ada@example.com", mailing=_OFFER, fate="mailbox full"),
    Scene(hours=49, to="Ada Example <ada@example.com>", mailing=_ORDER, fate="opened by a machine"),
    Scene(hours=26, to="Ada Example <ada@example.com>", mailing=_SHIPPED, fate="slow and opened"),
    Scene(hours=4, to="ada@example.com", mailing=_ORDER, fate="delivered"),
    Scene(hours=0.3, to="ada@example.com", mailing=_PASSWORD, fate="no news"),
    Scene(hours=97, to="yamada@example.com", mailing=_OFFER, fate="hard bounce"),
    Scene(hours=50, to="yamada@example.com", mailing=_SHIPPED, fate="suppressed"),
    Scene(hours=72, to="ada@example.com.au", mailing=_ORDER, fate="opened"),
    Scene(hours=28, to="ada@example.com.au", mailing=_SHIPPED, fate="clicked"),
    Scene(hours=40, to="mori.example9001@example.co.jp", mailing=_ORDER, fate="expired"),
    Scene(hours=29, to="kato.example9002@example.co.jp", mailing=_SHIPPED, fate="very slow"),
    Scene(hours=0.5, to="mori.example9001@example.co.jp", mailing=_ORDER, fate="very slow"),
    Scene(hours=60, to="ito.example9003@example.org", mailing=_ORDER, fate="virus"),
    Scene(hours=58, to="sato.example9004@docomo.ne.jp", mailing=_SHIPPED, fate="incomplete"),
    Scene(hours=34, to="sasaki.example9005@au.com", mailing=_SHIPPED, fate="incomplete"),
    Scene(hours=160, to="tanaka.example9006@yahoo.co.jp", mailing=_OFFER, fate="complaint"),
    Scene(hours=90, to="suzuki.example9007@outlook.jp", mailing=_OFFER, fate="complaint"),
    Scene(hours=68, to="hayashi.example9008@yahoo.co.jp", mailing=_ORDER, fate="complaint"),
    Scene(hours=45, to="yoshida.example9009@hotmail.co.jp", mailing=_OFFER, fate="no spam"),
    Scene(hours=20, to="nakamura.example9010@yahoo.co.jp", mailing=_OFFER, fate="complaint"),
    Scene(hours=70, to="kobayashi.example9011@example.org", mailing=_ORDER, fate="out of office"),
    Scene(hours=21, to="watanabe.example9012@example.com", mailing=_SHIPPED, fate="out of office"),
    Scene(hours=130, to="mori.example9013@xn--r8jz45g.example", mailing=_OFFER, fate="unsubscribes"),
    Scene(hours=25, to="mori.example9013@xn--r8jz45g.example", mailing=_OFFER, fate="unsubscribed"),
    Scene(hours=110, to="ito.example9014@gmail.com", mailing=_OFFER, fate="leaves a topic"),
    Scene(hours=47, to="sato.example9015@example.com", mailing=_OFFER, fate="clicked by a machine"),
    Scene(hours=100, to="takahashi.example9016@softbank.ne.jp", mailing=_ORDER, fate="no news"),
    Scene(hours=0.6, to="kato.example9017@gmail.com", mailing=_ORDER, fate="no news"),
    Scene(hours=55, to="success@simulator.amazonses.com", mailing=_ORDER, fate="delivered"),
    Scene(hours=33, to="success+release@simulator.amazonses.com", mailing=_PASSWORD, fate="delivered"),
    Scene(hours=10, to="success@simulator.amazonses.com", mailing=_OFFER, fate="delivered"),
    Scene(hours=30, to="test.example9018@example.com", mailing=_ORDER, fate="delivered", is_test=True),
)

_GMAIL_TROUBLE = (timedelta(hours=18), timedelta(hours=23))
"""When Gmail refuses the campaign, before the end: yesterday, from 10:00 to 15:00 in Japan, and in UTC."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message that the shop sends."""

    sent: datetime
    mailing: Mailing
    to: tuple[Customer, ...]
    written: str = ""
    """The recipient as the shop wrote it, where that is not the address alone."""

    fate: Fate | None = None
    """None until it is known."""

    is_test: bool = False

    @property
    def addresses(self) -> list[str]:
        """Of all its recipients."""
        return [customer.address for customer in self.to]


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The shop, and the time of its history that is told."""

    end: datetime
    days: int
    messages_a_day: int
    seed: int
    suppressed: set[str] = field(default_factory=set)
    """Addresses that SES does not send to any more, so far."""

    unsubscribed: set[str] = field(default_factory=set)
    """Addresses that get no newsletter any more, so far."""

    @cached_property
    def customers(self) -> tuple[Customer, ...]:
        """All who order."""
        return _customers(_dice(self.seed, "customers"), self.number(_CUSTOMERS), first=1)

    @property
    def last_week(self) -> datetime:
        """When the week begins in which more comes back than before: on a Monday in Japan, a day ago or more."""
        day = (self.end - _DAY).astimezone(_JAPAN).date()
        return datetime.combine(day - timedelta(days=day.weekday()), time(), _JAPAN).astimezone(UTC)

    def number(self, share: float) -> int:
        """How many a share of a day's messages is."""
        return max(1, round(share * self.messages_a_day))


def events(
    ends: date, days: int = DAYS, messages_a_day: int = MESSAGES_A_DAY, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """The events of so many days, in the order they reach Firehose.

    The last of them is from before the day `ends` began by UTC, which is 09:00 in Japan: what is not over by then has
    no end yet. A few events come twice.
    """
    for _, event in _arrivals(_shop(ends, days, messages_a_day, seed)):
        yield event


def write(folder: Path, ends: date, days: int = DAYS, messages_a_day: int = MESSAGES_A_DAY, seed: int = 0) -> int:
    """How many events were written: those of `events`, as objects in a folder that is new or empty.

    Raises ExportError where the folder is not empty, or cannot be written.
    """
    shop = _shop(ends, days, messages_a_day, seed)
    dice = _dice(seed, "objects")
    written = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ExportError(f"{folder} is not empty: name a new folder for the sample")
        # Firehose would begin an object every five minutes: those of an hour are fewer, and read sooner.
        for _, together in groupby(
            _arrivals(shop), key=lambda arrival: arrival[0].replace(minute=0, second=0, microsecond=0)
        ):
            arrivals = list(together)
            lines = [json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n" for _, event in arrivals]
            path = folder / _key(arrivals[0][0], dice)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(igzip.compress("".join(lines).encode(), 2, mtime=0))
            written += len(lines)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written ({error.strerror}): name another folder") from error
    return written


def _key(first: datetime, dice: random.Random) -> str:
    """What Firehose calls an object whose oldest record arrived then."""
    return (
        f"day={first:%Y-%m-%d}/ses-history-1-{first:%Y-%m-%d-%H-%M-%S}-{UUID(int=dice.getrandbits(128), version=4)}.gz"
    )


def _shop(ends: date, days: int, messages_a_day: int, seed: int) -> Shop:
    return Shop(end=datetime.combine(ends, time(), UTC), days=days, messages_a_day=messages_a_day, seed=seed)


def _dice(*of: object) -> random.Random:
    """Chance that falls the same every time for the same."""
    return random.Random("/".join(map(str, of)))  # noqa: S311 nothing of it is secret


def _arrivals(shop: Shop) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Each event and when it reaches Firehose, in that order."""
    dice = _dice(shop.seed, "arrivals")
    on_their_way = list[tuple[datetime, int, dict[str, Any]]]()
    number = count()
    for message in _messages(shop):
        while on_their_way and on_their_way[0][0] < message.sent:
            at, _, event = heappop(on_their_way)
            yield at, event
        for happened, event in _events(message, dice):
            at = happened + timedelta(seconds=0.4 + dice.expovariate(0.5))
            heappush(on_their_way, (at, next(number), event))
            if dice.random() < _TWICE:
                heappush(on_their_way, (at + _HOUR, next(number), event))
    while on_their_way and on_their_way[0][0] < shop.end:
        at, _, event = heappop(on_their_way)
        yield at, event


def _messages(shop: Shop) -> Iterator[Message]:
    """All that the shop sends, in the order of time."""
    for ago in range(shop.days, 0, -1):
        day = shop.end - ago * _DAY
        dice = _dice(shop.seed, day.date())
        for message in sorted(_written_on(shop, day, dice), key=lambda message: message.sent):
            fate = message.fate or _fate(shop, message, dice)
            if fate is None:
                continue
            if fate.refusal is _NO_MAILBOX or fate.complaint == "abuse":
                shop.suppressed.update(message.addresses)
            if fate.leaves == "all":
                shop.unsubscribed.update(message.addresses)
            yield replace(message, fate=fate)


def _written_on(shop: Shop, day: datetime, dice: random.Random) -> Iterator[Message]:
    """The messages of a day by UTC, in any order, and most without their fate."""
    yield from _orders(shop, day, dice)
    if day.weekday() == _MONDAY:
        yield from _weekly(shop, datetime.combine(day, _NEWSLETTER_AT, UTC))
    if day.weekday() <= _FRIDAY:
        yield from _campaign(shop, datetime.combine(day, _CAMPAIGN_AT, UTC), dice)
    for message in (*_scenes(shop), *_refused_by_gmail(shop)):
        if day <= message.sent < day + _DAY:
            yield message


def _orders(shop: Shop, day: datetime, dice: random.Random) -> Iterator[Message]:
    begins = day.astimezone(_JAPAN).hour
    for _ in range(shop.number(_ORDERS_A_DAY)):
        (hour,) = dice.choices(range(24), _ORDERS_BY_HOUR)
        (mailing,) = dice.choices(list(_TRANSACTIONS), list(_TRANSACTIONS.values()))
        customer = dice.choice(shop.customers)
        to = [customer]
        is_company = customer.provider.name in _COMPANIES
        if is_company and mailing is _ORDER and dice.random() < _COPY_TO_ACCOUNTING:
            to.append(replace(customer, address=f"accounting.{customer.address.partition('.')[2]}"))
        sent = day + ((hour - begins) % 24 + dice.random()) * _HOUR
        yield Message(sent=sent, mailing=mailing, to=tuple(to))


def _weekly(shop: Shop, at: datetime) -> Iterator[Message]:
    yield Message(sent=at, mailing=_WEEKLY, to=(_named("ada@example.com"),), fate=_FATES["opened"])
    readers = [customer for customer in shop.customers if customer.is_subscribed]
    for number, reader in enumerate(readers):
        if reader.address not in shop.unsubscribed:
            yield Message(sent=at + _NEWSLETTER_TAKES * number / len(readers), mailing=_WEEKLY, to=(reader,))


def _campaign(shop: Shop, at: datetime, dice: random.Random) -> Iterator[Message]:
    readers = [(_OFFER, dice.choice(shop.customers)) for _ in range(shop.number(_CAMPAIGN_A_WORKDAY))]
    if at - _DAY < shop.last_week <= at:
        readers += [(_COME_BACK, reader) for reader in _customers(dice, shop.number(_COME_BACKS), first=80_001)]
    for number, (mailing, reader) in enumerate(readers):
        yield Message(sent=at + number * timedelta(seconds=1), mailing=mailing, to=(reader,))


def _refused_by_gmail(shop: Shop) -> Iterator[Message]:
    dice = _dice(shop.seed, "gmail")
    last, first = _GMAIL_TROUBLE
    for number in range(shop.number(_GMAIL_REFUSALS)):
        yield Message(
            sent=shop.end - first + dice.random() * (first - last),
            mailing=_OFFER,
            to=(_named(f"{dice.choice(_NAMES)}.example{9101 + number}@gmail.com"),),
            fate=_FATES["unauthenticated" if number % 4 else "too much at once"],
        )


def _scenes(shop: Shop) -> Iterator[Message]:
    for scene in _SCENES:
        yield Message(
            sent=shop.end - scene.hours * _HOUR,
            mailing=scene.mailing,
            to=(_named(scene.to.rpartition("<")[2].rstrip(">")),),
            written=scene.to,
            fate=_FATES[scene.fate],
            is_test=scene.is_test,
        )


def _customers(dice: random.Random, how_many: int, first: int) -> tuple[Customer, ...]:
    """Customers whose addresses are numbered from the first on."""
    shares = [provider.share for provider in _PROVIDERS]
    providers = dice.choices(_PROVIDERS, shares, k=how_many)
    return tuple(
        Customer(
            address=f"{dice.choice(_NAMES)}.example{number}@{dice.choice(provider.domains)}",
            provider=provider,
            is_english=dice.random() < _PREFERS_ENGLISH,
            is_subscribed=dice.random() < _SUBSCRIBED,
        )
        for number, provider in enumerate(providers, first)
    )


def _named(address: str) -> Customer:
    domain = address.rpartition("@")[2]
    return Customer(address=address, provider=_OF_DOMAIN.get(domain, _OF_OTHER_DOMAINS), is_english=domain in _ENGLISH)


def _fate(shop: Shop, message: Message, dice: random.Random) -> Fate | None:
    """What becomes of a message, or None where the shop has noticed that it need not send it."""
    mailing, provider = message.mailing, message.to[0].provider
    if message.to[0].address in shop.suppressed:
        return None if dice.random() < _BOUNCED_IS_NOTICED else _FATES["suppressed"]
    is_bad_week = message.sent >= shop.last_week
    chances = {
        **_CHANCES,
        **(_UNSUBSCRIBE if mailing.is_one_click else {}),
        "hard bounce": mailing.hard_bounces_this_week if is_bad_week else mailing.hard_bounces,
        "slow": _CHANCES["slow"] + provider.slow,
        "complaint": _CHANCES["complaint"] * provider.tells_of_complaints,
    }
    chances["delivered"] = 1 - sum(chances.values())
    (name,) = dice.choices(list(chances), list(chances.values()))
    if name not in {"delivered", "slow"}:
        return _FATES[name]
    opened, clicked = list[str](), list[str]()
    if dice.random() < provider.proxied:
        opened.append("machine")
    if provider.name in _COMPANIES and dice.random() < _SCANNED:
        clicked.append("machine")
    if dice.random() < mailing.opened:
        opened.append("person")
        if dice.random() < mailing.clicked:
            clicked.append("person")
    delays = dice.randint(1, 4) if name == "slow" else 0
    return replace(_FATES[name], delays=delays, opened_by=tuple(opened), clicked_by=tuple(clicked))


def _events(message: Message, dice: random.Random) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """The events of a message, each with when it happened."""
    mail = _mail(message, dice)
    for at, event_type, section, content in _happenings(message, mail["messageId"], dice):
        its_mail = mail
        if event_type in _WITHOUT_HEADERS:
            its_mail = {name: value for name, value in mail.items() if name not in {"headers", "commonHeaders"}}
            its_mail["tags"] = {name: mail["tags"][name] for name in mail["tags"] if name == "ses:configuration-set"}
        elif event_type in _WITHOUT_ARN:
            its_mail = {name: value for name, value in mail.items() if name != "sourceArn"}
        elif event_type == "Delivery":
            its_mail = mail | {"tags": mail["tags"] | {"ses:outgoing-ip": [f"192.0.2.{dice.randint(20, 23)}"]}}
        yield at, {"eventType": event_type, "mail": its_mail, section: content}


_Happening = tuple[datetime, str, str, dict[str, Any]]
"""When, the type of the event, the name of its section, and that."""


def _happenings(message: Message, message_id: str, dice: random.Random) -> Iterator[_Happening]:
    fate, at = message.fate or _FATES["delivered"], message.sent
    if fate.lacks:
        failure = {
            "errorMessage": f"Attribute '{fate.lacks}' is not present in the rendering data.",
            "templateName": message.mailing.template,
        }
        yield at, "Rendering Failure", "failure", failure
        return
    yield at, "Send", "send", {}
    if fate.is_rejected:
        yield at, "Reject", "reject", {"reason": "Bad content"}
    elif fate.is_heard_of:
        for _ in range(fate.delays):
            at += timedelta(minutes=dice.uniform(10, 20))
            yield _delayed(message, at, dice)
        if fate.refusal:
            yield _bounced(message, at, fate.refusal, dice)
        else:
            at += timedelta(seconds=message.to[0].provider.seconds * dice.lognormvariate(0, 0.6))
            yield _delivered(message, at, message_id, dice)
            yield from _read(message, at, fate, dice)


def _delayed(message: Message, at: datetime, dice: random.Random) -> _Happening:
    status, reply = dice.choice(_DELAYS)
    delayed = [
        {"emailAddress": a, "status": status, "diagnosticCode": reply.format(address=a)} for a in message.addresses
    ]
    content = {
        "timestamp": _iso(at),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": _iso(message.sent + 12 * _HOUR),
        "delayedRecipients": delayed,
    }
    return at, "DeliveryDelay", "deliveryDelay", content


def _bounced(message: Message, at: datetime, refusal: Refusal, dice: random.Random) -> _Happening:
    at = max(at + timedelta(seconds=dice.uniform(0.3, 2)), message.sent + refusal.after)
    reply = refusal.reply or message.to[0].provider.no_mailbox
    token = f"{dice.getrandbits(48):012x}"
    bounced = [
        {
            "emailAddress": address,
            "action": "failed",
            "status": refusal.status,
            "diagnosticCode": reply.format(address=address, token=token),
        }
        for address in message.addresses
    ]
    content = {
        "bounceType": refusal.bounce_type,
        "bounceSubType": refusal.sub_type,
        "bouncedRecipients": bounced,
        "timestamp": _iso(at),
        "feedbackId": _id(at, dice),
        "reportingMTA": f"dsn; {_mta(dice)}",
    }
    return at, "Bounce", "bounce", content


def _delivered(message: Message, at: datetime, message_id: str, dice: random.Random) -> _Happening:
    provider = message.to[0].provider
    token = f"{dice.getrandbits(48):012x}"
    content = {
        "timestamp": _iso(at),
        "processingTimeMillis": int((at - message.sent) / timedelta(milliseconds=1)),
        "recipients": message.addresses,
        "smtpResponse": provider.takes.format(id=message_id, token=token, epoch=int(at.timestamp())),
        "reportingMTA": _mta(dice),
        "remoteMtaIp": provider.mail_server,
    }
    return at, "Delivery", "delivery", content


def _read(message: Message, delivered: datetime, fate: Fate, dice: random.Random) -> Iterator[_Happening]:
    """What comes of a message in a mailbox."""
    provider = message.to[0].provider
    if fate.has_auto_reply:
        at = delivered + timedelta(seconds=dice.uniform(5, 60))
        replied = {
            "bounceType": "Transient",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": message.addresses[0]}],
            "timestamp": _iso(at),
            "feedbackId": _id(at, dice),
        }
        yield at, "Bounce", "bounce", replied
    opened = delivered
    for reader in fate.opened_by:
        is_person = reader == "person"
        after = (
            timedelta(hours=min(dice.expovariate(1 / 4), 60)) if is_person else timedelta(seconds=dice.uniform(1, 30))
        )
        opened = delivered + after
        agent = None if is_person else provider.proxy
        yield opened, "Open", "open", _reader(opened, reader, agent, dice)
    for reader in fate.clicked_by:
        at = (opened if reader == "person" else delivered) + timedelta(seconds=dice.uniform(4, 90))
        link = {"link": _filled(message.mailing.link, message), "linkTags": {"place": [dice.choice(_PLACES)]}}
        yield at, "Click", "click", _reader(at, reader, None, dice) | link
    if fate.complaint:
        at = delivered + timedelta(hours=dice.uniform(0.5, 5))
        complained = {
            "complainedRecipients": [{"emailAddress": address} for address in message.addresses],
            "timestamp": _iso(at),
            "feedbackId": _id(at, dice),
            "userAgent": f"{provider.name} feedback loop/1.0",
            "complaintFeedbackType": fate.complaint,
            "arrivalDate": _iso(at - timedelta(seconds=dice.uniform(1, 50))),
        }
        yield at, "Complaint", "complaint", complained
    if fate.leaves:
        at = opened + timedelta(minutes=dice.uniform(1, 9))
        yield at, "Subscription", "subscription", _unsubscribed(at, fate.leaves)


def _reader(at: datetime, reader: str, agent: str | None, dice: random.Random) -> dict[str, Any]:
    """Who opened a message or followed a link, as SES tells it."""
    who = {
        "ipAddress": f"198.51.100.{dice.randint(100, 250)}",
        "timestamp": _iso(at),
        "userAgent": agent or (dice.choice(_BROWSERS) if reader == "person" else _SCANNER),
    }
    if dice.random() < _SAID_BY_WHOM:
        who["isBotEvent"] = "Unlikely" if reader == "person" else "Likely"
    return who


def _unsubscribed(at: datetime, leaves: str) -> dict[str, Any]:
    left = {"offers"} if leaves == "offers" else set(_TOPICS)

    def preferences(out: set[str]) -> dict[str, Any]:
        return {
            "unsubscribeAll": out == set(_TOPICS),
            "topicSubscriptionStatus": [
                {"topicName": topic, "subscriptionStatus": "OptOut" if topic in out else "OptIn"} for topic in _TOPICS
            ],
        }

    return {
        "contactList": "shop-readers",
        "timestamp": _iso(at),
        "source": "UnsubscribeHeader",
        "newTopicPreferences": preferences(left),
        "oldTopicPreferences": preferences(set()),
    }


def _mail(message: Message, dice: random.Random) -> dict[str, Any]:
    """The message as each of its events tells it."""
    mailing, sent = message.mailing, message.sent
    message_id = _id(sent, dice)
    subject = _filled(mailing.english if message.to[0].is_english else mailing.subject, message)
    source = f"{_encoded(mailing.sender_name)} <{mailing.sender}>"
    to = [message.written] if message.written else message.addresses
    date_header = f"{sent.astimezone(_JAPAN):%a, %d %b %Y %H:%M:%S %z}"
    reply_to = f"care@{mailing.domain}"
    headers = {
        "From": source,
        "Reply-To": reply_to,
        "To": ", ".join(to),
        "Subject": _encoded(subject),
        "Date": date_header,
        "Message-ID": f"<{message_id[4:25]}@{mailing.domain}>",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="----=_Part_{dice.getrandbits(64):016x}"',
    }
    if mailing.is_subscription:
        headers["List-Unsubscribe"] = (
            f"<https://{mailing.domain}/leave/{message_id[16:25]}>, <mailto:leave@{mailing.domain}>"
        )
    if mailing.is_one_click:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return {
        "timestamp": _iso(sent),
        "source": source,
        "sourceArn": f"arn:aws:ses:ap-northeast-1:123456789012:identity/{mailing.domain}",
        "sendingAccountId": "123456789012",
        "messageId": message_id,
        "destination": to,
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "from": [source],
            "replyTo": [reply_to],
            "date": date_header,
            "to": to,
            "messageId": message_id,
            "subject": subject,
        },
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [mailing.configuration_set],
            "ses:source-ip": [f"192.0.2.{dice.randint(10, 13)}"],
            "ses:from-domain": [mailing.domain],
            "ses:caller-identity": [mailing.configuration_set.partition("-")[0] + "-backend"],
            "campaign": [_filled(mailing.campaign, message)],
            "template": [mailing.template],
            **({"ses-history-test": ["1"]} if message.is_test else {}),
        },
    }


def _filled(text: str, message: Message) -> str:
    """A text of a mailing, with the number of the order and the day in Japan."""
    number = 100_000 + int(message.sent.timestamp()) % 900_000
    return text.format(number=number, day=message.sent.astimezone(_JAPAN).date())


@lru_cache(maxsize=100)
def _encoded(text: str) -> str:
    """As it is in a header, which is ASCII."""
    return text if text.isascii() else Header(text, "utf-8").encode(linesep="\r\n")


def _id(at: datetime, dice: random.Random) -> str:
    """An id as SES makes them, which begins with the time in milliseconds."""
    return f"0100{int(at.timestamp() * 1000):012x}-{UUID(int=dice.getrandbits(128), version=4)}-000000"


def _mta(dice: random.Random) -> str:
    return f"e234-{dice.randint(1, 16)}.smtp-out.ap-northeast-1.amazonses.com"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
