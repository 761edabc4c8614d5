"""The event types, as a command spells them and as a record does."""

EVENT_TYPES = {
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
