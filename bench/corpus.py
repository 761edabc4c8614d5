"""The corpus: SES events as a year of mail would leave them, generated the same every time."""

import json
import random
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from isal import igzip

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 300
END = START + timedelta(days=DAYS)
"""When the last of the mail was sent, about."""

_FIRST = "ada ben cleo dan eva finn gia hugo ida jon kim leo mia noa ole pia quin ria sam tia uwe vera wim xena yan zoe"
_LAST = "abel berg cruz diaz engel frei gomez haas ito jung kaya lang meyer nunez otto park quist rossi sato tran ueda"
_PEOPLE = [(first, last) for first in _FIRST.split() for last in _LAST.split()]
_DOMAINS = [
    f"{name}.example.{tld}" for name in ("mail", "inbox", "post", "web", "home") for tld in ("com", "net", "org")
]
_SUBJECTS = {
    "receipts": ["Your receipt", "Your order is on its way", "Your invoice for March", "Payment received"],
    "news": ["What is new", "The summer sale starts today", "Five things to read this week"],
}
_REPLIES = ["250 2.0.0 OK", "250 2.6.0 Message received", "250 ok: queued as", "250 2.0.0 Ok: 4812 bytes queued as"]
_BOUNCES = [
    ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 The address does not exist"),
    ("Permanent", "OnAccountSuppressionList", None, "Amazon SES did not send the message to this address"),
    ("Transient", "MailboxFull", "5.2.2", "smtp; 552 5.2.2 The mailbox is full"),
    ("Transient", "General", "5.4.4", "smtp; 554 5.4.4 The message expired"),
]
_BROWSERS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0" for n in range(120, 146)]


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Where the corpus is, and what it is made of."""

    folder: Path
    events: int
    large: int
    """How many objects the large layout has."""

    small: int
    """How many objects the small layout has."""

    @property
    def layouts(self) -> dict[str, Path]:
        """The folder of each layout; both hold the same events."""
        return {"large": self.folder / "large", "small": self.folder / "small"}


def make(corpus: Corpus) -> Iterator[int]:
    """Write both layouts, and tell how many events stand after each large object."""
    shares = [corpus.events // corpus.large + (i < corpus.events % corpus.large) for i in range(corpus.large)]
    with ProcessPoolExecutor() as pool:
        done = 0
        for count in pool.map(_write, [corpus] * corpus.large, range(corpus.large), shares):
            done += count
            yield done


def _write(corpus: Corpus, number: int, count: int) -> int:
    lines = list(islice(_lines(random.Random(number), number / corpus.large), count))
    parts = corpus.small // corpus.large
    _write_object(corpus.layouts["large"], number, corpus.large, lines)
    for part in range(parts):
        share = slice(part * len(lines) // parts, (part + 1) * len(lines) // parts)
        _write_object(corpus.layouts["small"], number * parts + part, corpus.small, lines[share])
    return len(lines)


def _write_object(folder: Path, number: int, of: int, lines: list[bytes]) -> None:
    at = START + timedelta(days=DAYS) * (number / of)
    path = folder / f"events/day={at:%Y-%m-%d}" / f"ses-history-1-{at:%Y-%m-%d-%H-%M-%S}-{number:05}.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(igzip.compress(b"".join(lines), 2))


def _lines(dice: random.Random, share: float) -> Iterator[bytes]:
    at = START + timedelta(days=DAYS) * share
    while True:
        at += timedelta(milliseconds=dice.randrange(2000))
        message = _message(dice, at)
        mail = json.dumps(message, separators=(",", ":"))
        for event_type, section, content in _events(dice, at, message["destination"]):
            body = json.dumps(content, separators=(",", ":"))
            yield f'{{"eventType":"{event_type}","mail":{mail},"{section}":{body}}}\n'.encode()


def _message(dice: random.Random, at: datetime) -> dict[str, Any]:
    configuration_set = dice.choices(["receipts", "news"], [2, 3])[0]
    to = [_address(dice) for _ in range(dice.choices([1, 2, 4], [96, 3, 1])[0])]
    subject = dice.choice(_SUBJECTS[configuration_set])
    token = f"{dice.getrandbits(256):064x}"
    message_id = (
        f"0100{int(at.timestamp() * 1000):012x}-{token[:8]}-{token[8:12]}-4000-{token[12:16]}-{token[16:28]}-000000"
    )
    source = f"Example Shop <{configuration_set}@shop.example.com>"
    headers = {
        "Received": f"from app-{dice.randrange(8)}.shop.example.com ([198.51.100.{dice.randrange(250)}]) "
        "by email-smtp.us-east-1.amazonaws.com with SMTP "
        f"(SimpleEmailService-d-{token[28:37].upper()}); {_rfc(at)}",
        "From": source,
        "Reply-To": "Customer care <care@shop.example.com>",
        "To": ", ".join(to),
        "Subject": subject,
        "Date": _rfc(at),
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="----=_Part_{token[:24]}"',
        "List-Unsubscribe": f"<https://shop.example.com/unsubscribe?token={token}>, "
        "<mailto:unsubscribe@shop.example.com>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": f"1.us-east-1.{token[:12]}:AmazonSES",
        "X-Mailer": "Example Shop Mailer 4.2.0 (https://shop.example.com/about-this-mail)",
        "DKIM-Signature": f"v=1; a=rsa-sha256; q=dns/txt; c=relaxed/simple; s=shop; d=shop.example.com; "
        f"t={at.timestamp():.0f}; "
        "h=From:Reply-To:To:Subject:Date:MIME-Version:Content-Type:List-Unsubscribe:Feedback-ID; "
        f"bh={token[:43]}=; b={b64encode(dice.randbytes(128)).decode()}",
    }
    return {
        "timestamp": _iso(at),
        "source": source,
        "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/shop.example.com",
        "sendingAccountId": "123456789012",
        "messageId": message_id,
        "destination": to,
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "from": [source],
            "replyTo": ["Customer care <care@shop.example.com>"],
            "date": _rfc(at),
            "to": to,
            "messageId": message_id,
            "subject": subject,
        },
        "tags": {
            "ses:source-tls-version": ["TLSv1.3"],
            "ses:operation": ["SendRawEmail"],
            "ses:configuration-set": [configuration_set],
            "ses:source-ip": [f"198.51.100.{dice.randrange(250)}"],
            "ses:from-domain": ["shop.example.com"],
            "ses:sender-identity": ["shop.example.com"],
            "ses:caller-identity": ["mailer"],
            "ses:outgoing-ip": [f"192.0.2.{dice.randrange(250)}"],
            "campaign": [f"{configuration_set}-{at:%Y-%m}"],
            "template": [subject.lower().replace(" ", "-")],
        },
    }


def _address(dice: random.Random) -> str:
    first, last = dice.choice(_PEOPLE)
    return f"{first}.{last}{dice.randrange(700)}@{dice.choices(_DOMAINS, range(len(_DOMAINS), 0, -1))[0]}"


def _events(dice: random.Random, at: datetime, to: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    fate = dice.random()
    if fate < 0.001:
        yield "Send", "send", {}
        yield "Reject", "reject", {"reason": "Bad content"}
        return
    if fate < 0.002:
        yield "Rendering Failure", "failure", {"templateName": "order", "errorMessage": "Attribute 'name' is missing"}
        return
    yield "Send", "send", {}
    processing = int(dice.lognormvariate(7, 1))
    later = _iso(at + timedelta(milliseconds=processing))
    mta = f"a{dice.randrange(60)}-{dice.randrange(60)}.smtp-out.amazonses.com"
    if fate < 0.012:
        delayed = [
            {"emailAddress": a, "status": "4.4.7", "diagnosticCode": "smtp; 421 4.4.7 Try again later"} for a in to
        ]
        yield (
            "DeliveryDelay",
            "deliveryDelay",
            {
                "timestamp": later,
                "delayType": "TransientCommunicationFailure",
                "expirationTime": _iso(at + timedelta(hours=14)),
                "delayedRecipients": delayed,
            },
        )
    if fate > 0.98:
        bounce_type, sub_type, status, diagnostic = dice.choice(_BOUNCES)
        bounced = [{"emailAddress": a, "action": "failed", "status": status, "diagnosticCode": diagnostic} for a in to]
        yield (
            "Bounce",
            "bounce",
            {
                "feedbackId": f"{dice.getrandbits(128):032x}-000000",
                "bounceType": bounce_type,
                "bounceSubType": sub_type,
                "bouncedRecipients": bounced,
                "timestamp": later,
                "reportingMTA": f"dsn; {mta}",
            },
        )
        return
    yield (
        "Delivery",
        "delivery",
        {
            "timestamp": later,
            "processingTimeMillis": processing,
            "recipients": to,
            "smtpResponse": f"{dice.choice(_REPLIES)} {dice.getrandbits(48):012X}",
            "remoteMtaIp": f"203.0.113.{dice.randrange(250)}",
            "reportingMTA": mta,
        },
    )
    if dice.random() < 0.25:
        opened = at + timedelta(minutes=dice.expovariate(1 / 300))
        reader = {"ipAddress": f"203.0.113.{dice.randrange(250)}", "userAgent": dice.choice(_BROWSERS)}
        yield "Open", "open", {"timestamp": _iso(opened), **reader}
        if dice.random() < 0.2:
            clicked = {"timestamp": _iso(opened + timedelta(seconds=9)), **reader}
            yield "Click", "click", {**clicked, "link": "https://shop.example.com/offers", "linkTags": None}
    if dice.random() < 0.001:
        complained = [{"emailAddress": a} for a in to]
        yield (
            "Complaint",
            "complaint",
            {
                "complainedRecipients": complained,
                "timestamp": _iso(at + timedelta(hours=5)),
                "feedbackId": f"{dice.getrandbits(128):032x}-000000",
                "complaintSubType": None,
                "complaintFeedbackType": "abuse",
            },
        )
    if dice.random() < 0.0005:
        preferences: dict[str, Any] = {
            "unsubscribeAll": True,
            "topicSubscriptionStatus": [],
            "topicDefaultSubscriptionStatus": [],
        }
        yield (
            "Subscription",
            "subscription",
            {
                "contactList": "customers",
                "timestamp": _iso(at + timedelta(hours=2)),
                "source": "UnsubscribeHeader",
                "newTopicPreferences": preferences,
                "oldTopicPreferences": {**preferences, "unsubscribeAll": False},
            },
        )


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rfc(at: datetime) -> str:
    return f"{at:%a, %d %b %Y %H:%M:%S} +0000"
