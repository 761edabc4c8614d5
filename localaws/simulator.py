"""The event records that a message causes: as its recipients at the mailbox simulator decide, or the suppression list.

Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

from localaws.messages import Message

Record = dict[str, Any]
"""An event as SES publishes it: eventType, mail, and a section named after the event type."""

_DOMAIN = "simulator.amazonses.com"

_PROCESSING = timedelta(milliseconds=812)
"""The time until the simulator delivers or bounces."""

_COMPLAINING = timedelta(seconds=3)
"""The time until it complains or replies."""

_SUPPRESSED = (
    "Amazon SES did not send the message to this address because it is on the suppression list for your account. For"
    " more information about removing addresses from the suppression list, see the Amazon SES Developer Guide at"
    " https://docs.aws.amazon.com/ses/latest/DeveloperGuide/sending-email-suppression-list.html"
)
"""The diagnostic code of a bounce from the account's suppression list.

Source: https://repost.aws/knowledge-center/ses-suppression-list-sending-quota
"""


def is_simulated(address: str) -> bool:
    """Whether an address is one of the simulator's."""
    return address.rpartition("@")[2].lower() == _DOMAIN


def sent_mail(
    message: Message, *, message_id: str, sent_at: datetime, configuration_set: str | None, arn: str
) -> Record:
    """The `mail` section of every event of a message; `arn` is its identity's.

    Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-firehose-contents.html
    """
    subject = next(iter(message.values("subject")), None)
    lists = {"from": "from", "to": "to", "cc": "cc", "replyTo": "reply-to"}
    common = {key: message.addresses(header) for key, header in lists.items()}
    common |= {"messageId": message_id, "subject": subject}
    return {
        "timestamp": _iso(sent_at),
        "source": message.source,
        "sourceArn": arn,
        "sendingAccountId": arn.split(":")[4],
        "messageId": message_id,
        "destination": message.recipients,
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in message.headers],
        "commonHeaders": {name: value for name, value in common.items() if value},
        "tags": {
            "ses:operation": [message.operation],
            "ses:configuration-set": [configuration_set],
            "ses:source-ip": ["192.0.2.0"],
            "ses:from-domain": [parseaddr(message.source)[1].rpartition("@")[2]],
            "ses:caller-identity": ["root"],
            **{name: [value] for name, value in message.tags.items()},
        },
    }


def rendering_failure(mail: Record, failure: Mapping[str, str]) -> Record:
    """The only event of a message whose template could not be rendered."""
    known = {key: value for key, value in mail.items() if key not in ("headers", "commonHeaders")}
    tags = {"ses:configuration-set": mail["tags"]["ses:configuration-set"]}
    return {"eventType": "Rendering Failure", "mail": known | {"tags": tags}, "failure": dict(failure)}


def events(mail: Record, suppressed: Mapping[str, str]) -> Iterator[Record]:
    """The events of the message: a Send, then for each recipient those of its address.

    `suppressed` holds why a recipient is on the suppression list. Who is neither there nor the simulator's gets it.
    """
    yield {"eventType": "Send", "mail": mail, "send": {}}
    for recipient in mail["destination"]:
        name = recipient.partition("+")[0].partition("@")[0] if is_simulated(recipient) else None
        match suppressed.get(recipient), name:
            case "BOUNCE", _:
                yield _bounce(mail, recipient, "OnAccountSuppressionList", _SUPPRESSED)
            case "COMPLAINT", _:
                yield _complaint(mail, recipient, "OnAccountSuppressionList")
            case _, "bounce":
                yield _bounce(mail, recipient, "General", "smtp; 550 5.1.1 user unknown")
            case _, "suppressionlist":
                yield _bounce(mail, recipient, "Suppressed", "Amazon SES has suppressed sending to this address")
            case _, "complaint":
                yield _delivery(mail, recipient)
                yield _complaint(mail, recipient, None)
            case _, "ooto":
                yield _delivery(mail, recipient)
                yield _reply(mail, recipient)
            case _:
                yield _delivery(mail, recipient)


def _delivery(mail: Record, recipient: str) -> Record:
    delivery = {
        "timestamp": _later(mail, _PROCESSING),
        "processingTimeMillis": _PROCESSING // timedelta(milliseconds=1),
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a8-50.smtp-out.amazonses.com",
    }
    tags = mail["tags"] | {"ses:outgoing-ip": ["192.0.2.1"]}
    return {"eventType": "Delivery", "mail": mail | {"tags": tags}, "delivery": delivery}


def _bounce(mail: Record, recipient: str, sub_type: str, diagnostic_code: str) -> Record:
    bounce = {
        "bounceType": "Permanent",
        "bounceSubType": sub_type,
        "bouncedRecipients": [
            {"emailAddress": recipient, "action": "failed", "status": "5.1.1", "diagnosticCode": diagnostic_code}
        ],
        "timestamp": _later(mail, _PROCESSING),
        "feedbackId": f"{mail['messageId']}-bounce",
        "reportingMTA": "dsn; a8-50.smtp-out.amazonses.com",
    }
    return {"eventType": "Bounce", "mail": mail, "bounce": bounce}


def _reply(mail: Record, recipient: str) -> Record:
    """An automatic reply, which SES tells as a bounce without a delivery report: its recipient is an address alone."""
    bounce = {
        "bounceType": "Transient",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": recipient}],
        "timestamp": _later(mail, _COMPLAINING),
        "feedbackId": f"{mail['messageId']}-reply",
    }
    return {"eventType": "Bounce", "mail": mail, "bounce": bounce}


def _complaint(mail: Record, recipient: str, sub_type: str | None) -> Record:
    complaint = {
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": _later(mail, _COMPLAINING),
        "feedbackId": f"{mail['messageId']}-complaint",
        "complaintSubType": sub_type,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": _later(mail, _COMPLAINING),
    }
    return {"eventType": "Complaint", "mail": mail, "complaint": complaint}


def _later(mail: Record, delay: timedelta) -> str:
    return _iso(datetime.fromisoformat(mail["timestamp"]) + delay)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
