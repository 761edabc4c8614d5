"""Keeps the sending history of Amazon SES, one stack an environment."""

from typing import Any

import pulumi
import pulumi_aws as aws
from ses_sending_history import DefaultConfigurationSet, SendingHistory, SendingHistoryArgs

config = pulumi.Config()

tags: list[str] = config.require_object("tags")
if malformed := [tag for tag in tags if "=" not in tag]:
    raise pulumi.RunError(f"tags: each must be name=value; {malformed} are not")

existing_identities: list[str] = config.require_object("existingIdentities")
if both := sorted(set(existing_identities) & set(config.require_object("identities"))):
    raise pulumi.RunError(f"existingIdentities: {both} are to be created too, by identities")

settings: dict[str, Any] = {
    "configuration_sets": config.require_object("configurationSets"),
    "existing_configuration_sets": config.require_object("existingConfigurationSets"),
    "identities": config.require_object("identities"),
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
    "tags": dict(tag.split("=", 1) for tag in tags),
}

# A key declared in Pulumi.yaml must have a value: an empty text stands for an argument left out.
args = SendingHistoryArgs(**{name: value for name, value in settings.items() if value != ""})

try:
    history = SendingHistory(f"ses-history-{pulumi.get_stack()}", args)
except pulumi.InputPropertiesError as error:
    problems = [f"  {problem['property_path']} {problem['reason']}" for problem in error.errors or []]
    raise pulumi.RunError("\n".join(["The configuration of this stack is not accepted:", *problems])) from error

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
