"""Keeps the sending history of Amazon SES, one stack an environment."""

from typing import Any

import pulumi
from ses_sending_history import SendingHistory, SendingHistoryArgs

config = pulumi.Config()

settings: dict[str, Any] = {
    "configuration_sets": config.require_object("configurationSets"),
    "existing_configuration_sets": config.require_object("existingConfigurationSets"),
    "identities": config.require_object("identities"),
    "event_types": config.require_object("eventTypes"),
    "bucket": config.require("bucket"),
    "kms_key_arn": config.require("kmsKeyArn"),
    "retention_days": config.require_int("retentionDays"),
    "archive_after_days": config.require_int("archiveAfterDays") or None,
    "access_log_bucket": config.require("accessLogBucket"),
    "buffer_seconds": config.require_int("bufferSeconds"),
    "buffer_megabytes": config.require_int("bufferMegabytes"),
    "force_destroy": config.require_bool("forceDestroy"),
    "tags": dict(tag.partition("=")[::2] for tag in config.require_object("tags")),
}

# A key declared in Pulumi.yaml must have a value: an empty one stands for an argument left out.
args = SendingHistoryArgs(**{name: value for name, value in settings.items() if value not in ("", [], None)})

history = SendingHistory(f"ses-history-{pulumi.get_stack()}", args)

pulumi.export("bucket_name", history.bucket_name)
pulumi.export("bucket_arn", history.bucket_arn)
pulumi.export("events_prefix", history.events_prefix)
pulumi.export("errors_prefix", history.errors_prefix)
pulumi.export("delivery_stream_name", history.delivery_stream_name)
pulumi.export("delivery_stream_arn", history.delivery_stream_arn)
pulumi.export("configuration_set_names", history.configuration_set_names)
pulumi.export("publisher_role_arns", history.publisher_role_arns)
