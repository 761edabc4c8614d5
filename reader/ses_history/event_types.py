"""The event types: how the command spells them, and how a record does."""

from collections.abc import Mapping
from typing import Final

EVENT_TYPES: Final[Mapping[str, str]] = {
    "send": "Send",
    "reject": "Reject",
    "bounce": "Bounce",
    "complaint": "Complaint",
    "delivery": "Delivery",
    "open": "Open",
    "click": "Click",
    "rendering-failure": "Rendering Failure",
    "delivery-delay": "DeliveryDelay",
    "subscription": "Subscription",
}
