"""Keeps the history of a configuration set of your own, with an option that the component does not have."""

import pulumi
import pulumi_aws as aws
from ses_sending_history import EventPublisher, SendingHistory

history = SendingHistory("mail", {"configuration_sets": []})

login_codes = aws.sesv2.ConfigurationSet(
    "login-codes",
    configuration_set_name="login-codes",
    # SES gives up after ten minutes: a code that arrives later is of no use.
    delivery_options={"max_delivery_seconds": 600},
)

publisher = EventPublisher(
    "login-codes",
    {
        "configuration_set": login_codes.configuration_set_name,
        "create_configuration_set": False,
        "delivery_stream_arn": history.delivery_stream_arn,
    },
)

pulumi.export("bucket_name", history.bucket_name)
pulumi.export("configuration_set_name", publisher.configuration_set_name)
