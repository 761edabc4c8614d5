"""The SES mailbox simulator: the event records that a message to one of its addresses causes.

Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

Record = dict[str, Any]
"""An event as SES publishes it: eventType, mail, and a section named after the event type."""

_PROCESSING = timedelta(milliseconds=812)
"""The time until the simulator delivers or bounces."""

_COMPLAINING = timedelta(seconds=3)
"""The time until it complains."""


def sent_mail(
    request: dict[str, Any], *, message_id: str, sent_at: datetime, configuration_set: str, arn: str
) -> Record:
    """The `mail` section of every event of a message sent with SendEmail; `arn` is its identity's."""
    to = request["Destination"].get("ToAddresses", [])
    cc = request["Destination"].get("CcAddresses", [])
    source = request["FromEmailAddress"]
    subject = request["Content"].get("Simple", {}).get("Subject", {}).get("Data")
    common = {"from": [source], "to": to, "cc": cc, "messageId": message_id, "subject": subject}
    headers = {"From": source, "To": ", ".join(to), "Cc": ", ".join(cc), "Subject": subject, "MIME-Version": "1.0"}
    return {
        "timestamp": _iso(sent_at),
        "source": source,
        "sourceArn": arn,
        "sendingAccountId": arn.split(":")[4],
        "messageId": message_id,
        "destination": [*to, *cc, *request["Destination"].get("BccAddresses", [])],
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items() if value],
        "commonHeaders": {name: value for name, value in common.items() if value},
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [configuration_set],
            "ses:source-ip": ["192.0.2.0"],
            "ses:from-domain": [parseaddr(source)[1].rpartition("@")[2]],
            "ses:caller-identity": ["root"],
            **{tag["Name"]: [tag["Value"]] for tag in request.get("EmailTags", [])},
        },
    }


def events(mail: Record) -> Iterator[Record]:
    """The events of the message: a Send, then for each recipient those of its simulator address."""
    yield {"eventType": "Send", "mail": mail, "send": {}}
    for recipient in mail["destination"]:
        match parseaddr(recipient)[1].partition("+")[0].partition("@")[0]:
            case "bounce":
                yield _bounce(mail, recipient, "General", "smtp; 550 5.1.1 user unknown")
            case "suppressionlist":
                yield _bounce(mail, recipient, "Suppressed", "Amazon SES has suppressed sending to this address")
            case "complaint":
                yield _delivery(mail, recipient)
                yield _complaint(mail, recipient)
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
    return {"eventType": "Delivery", "mail": mail, "delivery": delivery}


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


def _complaint(mail: Record, recipient: str) -> Record:
    complaint = {
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": _later(mail, _COMPLAINING),
        "feedbackId": f"{mail['messageId']}-complaint",
        "complaintSubType": None,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": _later(mail, _COMPLAINING),
    }
    return {"eventType": "Complaint", "mail": mail, "complaint": complaint}


def _later(mail: Record, delay: timedelta) -> str:
    return _iso(datetime.fromisoformat(mail["timestamp"]) + delay)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
