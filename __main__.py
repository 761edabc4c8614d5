"""Keeps the sending history of Amazon SES, one stack an environment."""

from typing import Any

import pulumi
import pulumi_aws as aws
from ses_sending_history import DefaultConfigurationSet, SendingHistory, SendingHistoryArgs
from ses_sending_history.validation import problems_of_sending_history

config = pulumi.Config()

name = f"ses-history-{pulumi.get_stack()}"
tags: list[str] = config.require_object("tags")
identities: list[str] = config.require_object("identities")
existing_identities: list[str] = config.require_object("existingIdentities")

settings: dict[str, Any] = {
    "configuration_sets": config.require_object("configurationSets"),
    "existing_configuration_sets": config.require_object("existingConfigurationSets"),
    "identities": identities,
    "event_types": config.require_object("eventTypes"),
    "bucket": config.require("bucket"),
    "kms_key_arn": config.require("kmsKeyArn"),
    "retention_days": config.require_int("retentionDays"),
    "archive_after_days": config.require_int("archiveAfterDays"),
    "access_log_bucket": config.require("accessLogBucket"),
    "buffer_seconds": config.require_int("bufferSeconds"),
    "buffer_megabytes": config.require_int("bufferMegabytes"),
    "alarms": config.require_bool("alarms"),
    "alarm_topic_arns": config.require_object("alarmTopicArns"),
    "force_destroy": config.require_bool("forceDestroy"),
    "tags": dict(tag.split("=", 1) for tag in tags if "=" in tag),
}

# A key declared in Pulumi.yaml must have a value: an empty text stands for an argument left out.
args = SendingHistoryArgs(**{argument: value for argument, value in settings.items() if value != ""})

invalid = [
    *(f"{problem.property_path} {problem.reason}" for problem in problems_of_sending_history(name, args)),
    *(f"tags[{i}] must be name=value (it is {tag!r})" for i, tag in enumerate(tags) if "=" not in tag),
    *(
        f"existingIdentities[{i}] is also in identities: list it in one of them (it is {identity!r})"
        for i, identity in enumerate(existing_identities)
        if identity in identities
    ),
]
if invalid:
    raise pulumi.RunError("\n  ".join(["The configuration of this stack is invalid:", *invalid]))

history = SendingHistory(name, args)

for identity in dict.fromkeys(existing_identities):
    DefaultConfigurationSet(
        identity,
        identity=identity,
        configuration_set=history.configuration_set_names[0],
        region=aws.get_region_output().region,
    )

pulumi.export("bucket_name", history.bucket_name)
pulumi.export("bucket_arn", history.bucket_arn)
pulumi.export("events_prefix", history.events_prefix)
pulumi.export("errors_prefix", history.errors_prefix)
pulumi.export("delivery_stream_name", history.delivery_stream_name)
pulumi.export("delivery_stream_arn", history.delivery_stream_arn)
pulumi.export("delivery_role_arn", history.delivery_role_arn)
pulumi.export("configuration_set_names", history.configuration_set_names)
pulumi.export("publisher_role_arns", history.publisher_role_arns)
pulumi.export("reader_policy_json", history.reader_policy_json)
