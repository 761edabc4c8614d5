"""Keeps the sending history of Amazon SES, one stack an environment."""

import difflib
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime.config import CONFIG, get_config_env
from ses_sending_history import DefaultConfigurationSet, SendingHistory, SendingHistoryArgs
from ses_sending_history.validation import camel_case, problems_of_sending_history

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
    "previous_kms_key_arns": config.require_object("previousKmsKeyArns"),
    "retention_days": config.require_int("retentionDays"),
    "archive_after_days": config.require_int("archiveAfterDays"),
    "access_log_bucket": config.require("accessLogBucket"),
    "buffer_seconds": config.require_int("bufferSeconds"),
    "buffer_megabytes": config.require_int("bufferMegabytes"),
    "alarms": config.require_bool("alarms"),
    "alarm_topic_arns": config.require_object("alarmTopicArns"),
    "force_destroy": config.require_bool("forceDestroy"),
    "protect": config.require_bool("protect"),
    "tls_required": config.require_bool("tlsRequired"),
    "tracking_domain": config.require("trackingDomain"),
    "suppressed_reasons": config.require_object("suppressedReasons") or "",
    "reputation_metrics": config.require_bool("reputationMetrics"),
    "permissions_boundary_arn": config.require("permissionsBoundaryArn"),
    "tags": dict(tag.split("=", 1) for tag in tags if "=" in tag),
}

# A key declared in Pulumi.yaml must have a value: an empty text stands for an argument left out.
args = SendingHistoryArgs(**{argument: value for argument, value in settings.items() if value != ""})

keys = [*map(camel_case, settings), "existingIdentities"]
own_keys = [
    key.removeprefix(f"{config.name}:")
    for key in {**get_config_env(), **CONFIG.get()}
    if key.startswith(f"{config.name}:")
]
invalid = [
    *(
        f"{key} is no key: did you mean {difflib.get_close_matches(key, keys, n=1, cutoff=0)[0]}?"
        for key in sorted(set(own_keys).difference(keys))
    ),
    *(f"{problem.property_path} {problem.reason}" for problem in problems_of_sending_history(name, args)),
    *(f"tags[{i}] must be name=value (it is {tag!r})" for i, tag in enumerate(tags) if "=" not in tag),
    *(
        f"existingIdentities[{i}] is also in identities: list it in one of them (it is {identity!r})"
        for i, identity in enumerate(existing_identities)
        if identity in identities
    ),
]
if existing_identities and not settings["configuration_sets"] and not settings["existing_configuration_sets"]:
    invalid.append("existingIdentities need a default set: name one in configurationSets or existingConfigurationSets")
if invalid:
    raise pulumi.RunError("\n  ".join(["The configuration of this stack is invalid:", *invalid]))

history = SendingHistory(name, args)

for identity in dict.fromkeys(existing_identities):
    DefaultConfigurationSet(
        identity,
        identity=identity,
        configuration_set=history.configuration_set_names[0],
        region=aws.get_region_output().region,
        account_id=aws.get_caller_identity_output().account_id,
        profile=pulumi.Config("aws").get("profile"),
    )

pulumi.export("bucket_name", history.bucket_name)
pulumi.export("bucket_arn", history.bucket_arn)
pulumi.export("events_prefix", history.events_prefix)
pulumi.export("errors_prefix", history.errors_prefix)
pulumi.export("delivery_stream_name", history.delivery_stream_name)
pulumi.export("delivery_stream_arn", history.delivery_stream_arn)
pulumi.export("delivery_role_arn", history.delivery_role_arn)
pulumi.export("configuration_set_names", history.configuration_set_names)
pulumi.export("configuration_set_arns", history.configuration_set_arns)
pulumi.export("publisher_role_arns", history.publisher_role_arns)
pulumi.export("reader_policy_json", history.reader_policy_json)
pulumi.export("dkim_records", history.dkim_records)
