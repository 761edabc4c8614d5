"""SES's suppression lists: whether an address is on one, since when and why.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ses_history.account.ses import explained, found
from ses_history.errors import NothingFoundError


@dataclass(frozen=True, kw_only=True)
class Suppressed:
    """An address on a list of the account, or of a tenant."""

    address: str
    reason: str
    """BOUNCE or COMPLAINT."""

    since: datetime
    """Naive and in UTC."""

    message_id: str | None
    """The message that led to it; None where somebody put the address there."""

    tenant: str | None


def look(ses: Any, address: str, tenant: str | None = None) -> Suppressed:
    """The address on the list of the account, or of a tenant; raises NothingFoundError, and AccountError."""
    with explained("to look at the suppression list"):
        answer = found(ses.get_suppressed_destination, EmailAddress=address, **_of(tenant))
    if answer is None:
        raise NothingFoundError(
            f"{address} is not on the suppression list of {_owner(tenant)} in this region. SES's own list, which has "
            "addresses that bounced for others, cannot be looked at"
        )
    entry = answer["SuppressedDestination"]
    return Suppressed(
        address=entry["EmailAddress"],
        reason=entry["Reason"],
        since=entry["LastUpdateTime"].astimezone(UTC).replace(tzinfo=None),
        message_id=entry.get("Attributes", {}).get("MessageId"),
        tenant=tenant,
    )


def remove(ses: Any, entry: Suppressed) -> None:
    """Take the address off its list; raises AccountError."""
    with explained(f"to take {entry.address} off the suppression list"):
        ses.delete_suppressed_destination(EmailAddress=entry.address, **_of(entry.tenant))


def _of(tenant: str | None) -> dict[str, str]:
    return {"TenantName": tenant} if tenant else {}


def _owner(tenant: str | None) -> str:
    return f"the tenant {tenant}" if tenant else "the account"
