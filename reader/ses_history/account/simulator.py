"""SES's mailbox simulator: addresses that always give the same events, and cost no reputation.

https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
"""

from collections.abc import Mapping
from typing import Final

DOMAIN: Final = "simulator.amazonses.com"

GIVES: Final[Mapping[str, tuple[str, ...]]] = {
    "success": ("Send", "Delivery"),
    "bounce": ("Send", "Bounce"),
    "complaint": ("Send", "Delivery", "Complaint"),
    "ooto": ("Send", "Delivery"),
    "suppressionlist": ("Send", "Bounce"),
}
"""The events of a message to an address of the simulator, by the part before the @."""


def address(name: str) -> str:
    """The simulator's address of this name."""
    return f"{name}@{DOMAIN}"


def gives(recipient: str) -> tuple[str, ...]:
    """The event types that a message to an address gives at least; labels, as in bounce+1@, change nothing."""
    local, _, domain = recipient.rpartition("@")
    return GIVES.get(local.partition("+")[0], GIVES["success"]) if domain == DOMAIN else ("Send",)
