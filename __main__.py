"""Keeps the sending history of Amazon SES, one stack an environment."""

import difflib
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime.config import CONFIG, get_config_env
from ses_sending_history import DefaultConfigurationSet, SendingHistory, SendingHistoryArgs
from ses_sending_history.validation import camel_case, problems_of_sending_history

config = pulumi.Config()
invalid: list[str] = []


def shown(key: str, value: Any) -> str:
    """A value of the key, for an error."""
    return "a secret" if pulumi.runtime.is_config_secret(f"{config.name}:{key}") else repr(value)


def read(key: str, value_of: Callable[[str], Any], kind: str = "text") -> Any:
    """The value of a key; None, and a word about it, when it is of another kind."""
    try:
        return value_of(key)
    except pulumi.ConfigTypeError:
        invalid.append(f"{key} must be {kind} (it is {shown(key, config.get(key))})")
        return None


def read_list(key: str) -> list[str]:
    """The list of a key."""
    return read(key, config.require_object, "a list") or []


name = f"ses-history-{pulumi.get_stack()}"
tags = read_list("tags")
identities = read_list("identities")
existing_identities = read_list("existingIdentities")

settings: dict[str, Any] = {
    "configuration_sets": read_list("configurationSets"),
    "existing_configuration_sets": read_list("existingConfigurationSets"),
    "identities": identities,
    "event_types": read("eventTypes", config.require_object, "a list"),
    "bucket": read("bucket", config.require),
    "kms_key_arn": read("kmsKeyArn", config.require),
    "previous_kms_key_arns": read_list("previousKmsKeyArns"),
    "retention_days": read("retentionDays", config.require_int, "a whole number"),
    "archive_after_days": read("archiveAfterDays", config.require_int, "a whole number"),
    "access_log_bucket": read("accessLogBucket", config.require),
    "buffer_seconds": read("bufferSeconds", config.require_int, "a whole number"),
    "buffer_megabytes": read("bufferMegabytes", config.require_int, "a whole number"),
    "alarms": read("alarms", config.require_bool, "true or false"),
    "alarm_topic_arns": read_list("alarmTopicArns"),
    "force_destroy": read("forceDestroy", config.require_bool, "true or false"),
    "protect": read("protect", config.require_bool, "true or false"),
    "tls_required": read("tlsRequired", config.require_bool, "true or false"),
    "tracking_domain": read("trackingDomain", config.require),
    "suppressed_reasons": read_list("suppressedReasons") or None,
    "reputation_metrics": read("reputationMetrics", config.require_bool, "true or false"),
    "permissions_boundary_arn": read("permissionsBoundaryArn", config.require),
    "query": read("query", config.require_bool, "true or false"),
    "athena_results_bucket": read("athenaResultsBucket", config.require),
    "query_scan_limit_gb": read("queryScanLimitGb", config.require_float, "a number"),
    "tags": dict(tag.split("=", 1) for tag in tags if "=" in tag),
}

# A key declared in Pulumi.yaml must have a value: an empty text stands for an argument left out.
args = SendingHistoryArgs(**{argument: value for argument, value in settings.items() if value not in ("", None)})

keys = [*map(camel_case, settings), "existingIdentities"]
configured = [key.partition(":") for key in {**get_config_env(), **CONFIG.get()}]
invalid += [
    f"{key} is no key: did you mean {difflib.get_close_matches(key, keys, n=1, cutoff=0)[0]}?"
    for namespace, _, key in sorted(configured)
    if namespace == config.name and key not in keys
]
invalid += [
    f"{problem.property_path} {problem.reason} (it is {problem.shown})"
    for problem in problems_of_sending_history(name, args)
]
invalid += [
    f"tags[{i}] must be name=value (it is {shown('tags', tag)})" for i, tag in enumerate(tags) if "=" not in tag
]
invalid += [
    f"existingIdentities[{i}] is also in identities: list it in one of them (it is {identity!r})"
    for i, identity in enumerate(existing_identities)
    if identity in identities
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
pulumi.export("doctor_policy_json", history.doctor_policy_json)
pulumi.export("database_name", history.database_name)
pulumi.export("table_name", history.table_name)
pulumi.export("workgroup_name", history.workgroup_name)
pulumi.export("athena_reader_policy_json", history.athena_reader_policy_json)
pulumi.export("dkim_records", history.dkim_records)
