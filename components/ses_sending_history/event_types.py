"""The ten event types of Amazon SES, in each of their spellings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

API_SPELLING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Send": "SEND",
        "Reject": "REJECT",
        "Bounce": "BOUNCE",
        "Complaint": "COMPLAINT",
        "Delivery": "DELIVERY",
        "Open": "OPEN",
        "Click": "CLICK",
        "Rendering Failure": "RENDERING_FAILURE",
        "DeliveryDelay": "DELIVERY_DELAY",
        "Subscription": "SUBSCRIPTION",
    }
)
"""How the SES API v2 spells what an event record says in its `eventType`.

Sources: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-firehose-contents.html
and https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EventDestinationDefinition.html
"""

EVENT_TYPES: Final[tuple[str, ...]] = tuple(API_SPELLING.values())
"""Every event type SES publishes, as the API v2 spells it."""
