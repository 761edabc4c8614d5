"""The arguments of the components: the one description of each, and its default."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NotRequired, TypedDict

import pulumi

from ses_sending_history.event_types import EVENT_TYPES

# ruff: noqa: E501  a description is one line wherever it is shown

# Pulumi's analyzer reads these classes for SDKs in other languages: the string literal under an argument is its
# description there, and an annotation must be a type: no `from __future__ import annotations` in this module.


class SendingHistoryArgs(TypedDict, total=False):
    """The arguments of a SendingHistory. Every one is optional."""

    configuration_sets: list[str]
    """Names of the SES configuration sets to create and to keep the events of. They must be new in the account and region. By default one set is created, named after the component."""

    existing_configuration_sets: list[str]
    """Names of existing SES configuration sets to keep the events of. Each gets an event destination and is not changed otherwise. None by default."""

    identities: list[str]
    """SES identities to create: domains or email addresses that are new in the account and region. Their default configuration set is the first one created here or, when none is created, the first existing one. None by default."""

    event_types: list[str]
    """Event types to keep: SEND, REJECT, BOUNCE, COMPLAINT, DELIVERY, OPEN, CLICK, RENDERING_FAILURE, DELIVERY_DELAY or SUBSCRIPTION. All ten by default."""

    bucket: pulumi.Input[str]
    """Name of an existing S3 bucket to keep the history in. No setting of it is changed, so it cannot be combined with days of retention or archiving, an access log bucket or forced deletion. By default a bucket is created."""

    kms_key_arn: pulumi.Input[str]
    """ARN of the customer managed KMS key that encrypts the objects and the delivery stream. By default S3 and Firehose use keys of their own."""

    retention_days: float
    """Days after which objects expire. A whole number, 365 by default; 0 keeps them forever."""

    archive_after_days: float
    """Days after which objects move to the storage class Glacier Instant Retrieval, where they stay readable. A whole number smaller than the days of retention; 0, the default, never moves them."""

    access_log_bucket: pulumi.Input[str]
    """Name of an existing S3 bucket that receives the server access logs of the history's bucket. Its policy must allow logging.s3.amazonaws.com to write. By default no access logs are kept."""

    buffer_seconds: float
    """Seconds Firehose gathers events for before it writes an object. A whole number from 0 to 900, 300 by default."""

    buffer_megabytes: float
    """Megabytes Firehose gathers before it writes an object, if that is sooner. A whole number from 1 to 128, 64 by default."""

    alarms: bool
    """Whether to create CloudWatch alarms and a dashboard for deliveries and for the sender's reputation. False by default."""

    alarm_topic_arns: pulumi.Input[Sequence[pulumi.Input[str]]]
    """ARNs of the SNS topics that the alarms notify. Only for a history with alarms. None by default."""

    force_destroy: bool
    """Whether the bucket may be deleted while it holds history. False by default: then a destroy fails at a bucket that is not empty."""

    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Tags of every resource that is created and can have tags. None by default."""


class EventPublisherArgs(TypedDict):
    """The arguments of an EventPublisher."""

    configuration_set: pulumi.Input[str]
    """Name of the SES configuration set whose events are published."""

    delivery_stream_arn: pulumi.Input[str]
    """ARN of the Data Firehose delivery stream that receives the events, in the same account and region."""

    create_configuration_set: NotRequired[bool]
    """Whether to create the configuration set. True by default; false adds an event destination to an existing set."""

    event_types: NotRequired[list[str]]
    """Event types to publish: SEND, REJECT, BOUNCE, COMPLAINT, DELIVERY, OPEN, CLICK, RENDERING_FAILURE, DELIVERY_DELAY or SUBSCRIPTION. All ten by default."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource that is created and can have tags. None by default."""


DEFAULTS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "existing_configuration_sets": [],
        "identities": [],
        "event_types": list(EVENT_TYPES),
        "retention_days": 365,
        "archive_after_days": 0,
        "buffer_seconds": 300,
        "buffer_megabytes": 64,
        "alarms": False,
        "alarm_topic_arns": [],
        "force_destroy": False,
        "create_configuration_set": True,
        "tags": {},
    }
)
"""The value of every argument that is left out, of both components.

One that is not here has no value then, or is required. The configuration sets of a SendingHistory are not here either:
theirs is a set with the component's name.
"""
