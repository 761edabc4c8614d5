"""A team's configuration set, whose events go into the history of the platform's stack of the same name."""

import pulumi
from ses_sending_history import EventPublisher

platform = pulumi.StackReference(f"{pulumi.get_organization()}/mail-platform/{pulumi.get_stack()}")

checkout = EventPublisher(
    "checkout",
    {"configuration_set": "checkout", "delivery_stream_arn": platform.require_output("delivery_stream_arn")},
)

pulumi.export("configuration_set_name", checkout.configuration_set_name)
