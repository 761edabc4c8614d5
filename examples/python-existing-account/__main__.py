"""Keeps the history of an account that has configuration sets and an identity already."""

import pulumi
import pulumi_aws as aws
from ses_sending_history import DefaultConfigurationSet, SendingHistory

# No set is created. Each existing one gets an event destination, and is not changed otherwise.
history = SendingHistory("mail", {"configuration_sets": [], "existing_configuration_sets": ["receipts", "news"]})

# Mail that names no configuration set is sent with the default of its identity, and so is kept, too.
DefaultConfigurationSet(
    "example.com",
    identity="example.com",
    configuration_set=history.configuration_set_names[0],
    region=aws.get_region_output().region,
    # It calls SES itself, with the profile or the environment's credentials: they must be of the provider's account.
    account_id=aws.get_caller_identity_output().account_id,
    profile=pulumi.Config("aws").get("profile"),
)

pulumi.export("bucket_name", history.bucket_name)
