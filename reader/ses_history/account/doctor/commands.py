"""The commands of the AWS CLI that mend a link, complete for a shell."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ses_history.account.doctor.chain import EVENTS_PREFIX, ConfigurationSet, Stream

ERRORS_PREFIX = "error/"

_NEEDED_TYPES = ("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE", "DELIVERY_DELAY")
_TYPES = (*_NEEDED_TYPES, "OPEN", "CLICK", "SUBSCRIPTION")


def command(service: str, operation: str, region: str, /, *flags: str, **options: Any) -> str:
    """A command of the AWS CLI; values that are no text are JSON."""
    words = ["aws", service, operation]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", value if isinstance(value, str) else json.dumps(value)]
    return shlex.join([*words, *flags, "--region", region])


def missing_types(matching: list[str]) -> list[str]:
    """The event types without which it cannot be told how a message ended. Opens, clicks and topics are a choice."""
    return [each for each in _NEEDED_TYPES if each not in matching]


def create_destination(configuration_set: ConfigurationSet, role_arn: str, stream_arn: str) -> str:
    """Let the events of a set go to a stream."""
    return command(
        "sesv2",
        "create-configuration-set-event-destination",
        configuration_set.region,
        configuration_set_name=configuration_set.name,
        event_destination_name="ses-history",
        event_destination={
            "Enabled": True,
            "MatchingEventTypes": list(_TYPES),
            "KinesisFirehoseDestination": {"IamRoleArn": role_arn, "DeliveryStreamArn": stream_arn},
        },
    )


def update_destination(configuration_set: ConfigurationSet, destination: Mapping[str, Any], **changes: Any) -> str:
    """Change an event destination of a set; what does not change is said again, since it would be gone."""
    definition = {name: value for name, value in destination.items() if name != "Name"} | changes
    return command(
        "sesv2",
        "update-configuration-set-event-destination",
        configuration_set.region,
        configuration_set_name=configuration_set.name,
        event_destination_name=destination["Name"],
        event_destination=definition,
    )


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role that a service of AWS uses, and what both need for that."""

    arn: str
    region: str
    service: str
    context: Mapping[str, str]
    """The condition keys that the service assumes it with."""

    permission: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name, which its path is no part of."""
        return self.arn.rpartition("/")[2]

    @property
    def trust(self) -> dict[str, Any]:
        """Its trust policy, for this service and these condition keys alone."""
        return _document(
            Principal={"Service": self.service},
            Action="sts:AssumeRole",
            Condition={"StringEquals": dict(self.context)},
        )

    def create(self) -> tuple[str, ...]:
        """Create it with its trust and its permission."""
        named = {"role_name": self.name, "assume_role_policy_document": self.trust}
        return (command("iam", "create-role", self.region, **named), self.allow())

    def trust_again(self) -> str:
        """Give it its trust policy."""
        named = {"role_name": self.name, "policy_document": self.trust}
        return command("iam", "update-assume-role-policy", self.region, **named)

    def allow(self) -> str:
        """Give it its permission, beside those that it has."""
        named = {"role_name": self.name, "policy_name": "ses-history", "policy_document": self.permission}
        return command("iam", "put-role-policy", self.region, **named)


def publisher_role(configuration_set: ConfigurationSet, role_arn: str, stream_arn: str) -> Role:
    """The role that SES publishes the events of a set with.

    Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-firehose.html
    """
    return Role(
        arn=role_arn,
        region=configuration_set.region,
        service="ses.amazonaws.com",
        context={"aws:SourceAccount": configuration_set.account_id, "aws:SourceArn": configuration_set.arn},
        permission=_document(Action="firehose:PutRecordBatch", Resource=stream_arn),
    )


def delivery_role(stream: Stream, role_arn: str, bucket_arn: str, key_arn: str | None) -> Role:
    """The role that Firehose delivers with.

    Sources: https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
    and https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    """
    written = [f"{bucket_arn}/{EVENTS_PREFIX}*", f"{bucket_arn}/{ERRORS_PREFIX}*"]
    bucket_actions = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    object_actions = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
    permission = _document(Action=bucket_actions, Resource=bucket_arn)
    permission["Statement"] += _document(Action=object_actions, Resource=written)["Statement"]
    if key_arn:
        use = _document(Action=["kms:Decrypt", "kms:GenerateDataKey"], Resource=key_arn)
        permission["Statement"] += use["Statement"]
    return Role(
        arn=role_arn,
        region=stream.region,
        service="firehose.amazonaws.com",
        context={"sts:ExternalId": stream.arn.split(":")[4]},
        permission=permission,
    )


def _document(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
