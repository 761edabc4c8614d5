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
    """Names of the SES configuration sets to create and to keep the events of. They must be new in the account and region. By default one set is created, named after the component; an empty list creates none, for a history that only publishers elsewhere use."""

    existing_configuration_sets: list[str]
    """Names of existing SES configuration sets to keep the events of. Each gets an event destination and is not changed otherwise; a set of two histories is kept in both. None by default."""

    identities: list[str]
    """SES identities to create: domains or email addresses that are new in the account and region. Their default configuration set is the first one created here or, when none is created, the first existing one. None by default."""

    event_types: list[str]
    """Event types to keep: SEND, REJECT, BOUNCE, COMPLAINT, DELIVERY, OPEN, CLICK, RENDERING_FAILURE, DELIVERY_DELAY or SUBSCRIPTION. All ten by default."""

    bucket: pulumi.Input[str]
    """Name of an existing S3 bucket to keep the history in. No setting of it is changed, so it cannot be combined with days of retention or archiving, an access log bucket or protection. By default a bucket is created."""

    kms_key_arn: pulumi.Input[str]
    """ARN of the customer managed KMS key that encrypts the objects and the delivery stream. By default S3 and Firehose use keys of their own."""

    previous_kms_key_arns: list[str]
    """ARNs of customer managed KMS keys that older objects are encrypted with. Readers may decrypt with them too. None by default."""

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
    """Whether to create CloudWatch alarms and a dashboard for deliveries and for the sender's reputation, which is that of the whole account. False by default."""

    alarm_topic_arns: pulumi.Input[Sequence[pulumi.Input[str]]]
    """ARNs of the SNS topics that the alarms notify. Only for a history with alarms. None by default."""

    force_destroy: bool
    """Whether a destroy also deletes what mail and history depend on: the bucket with the history in it, the configuration sets and the identities. False by default: they are kept in AWS, and the rest is deleted."""

    protect: bool
    """Whether the bucket and its settings are protected from deletion until this is false again. False by default."""

    tls_required: bool
    """Whether the created configuration sets deliver over TLS only, and otherwise not at all. False by default: TLS is used where the recipient's mail server offers it."""

    tracking_domain: pulumi.Input[str]
    """Custom domain of the open and click links of the created configuration sets, over HTTPS. It must be verified in SES. By default the links are of a domain of Amazon's."""

    suppressed_reasons: list[str]
    """Reasons for which the created configuration sets put an address on the account's suppression list: BOUNCE, COMPLAINT or both; with an empty list none. By default the account's own setting applies."""

    reputation_metrics: bool
    """Whether CloudWatch has bounce and complaint rates of each created configuration set, at the price of custom metrics. False by default."""

    permissions_boundary_arn: pulumi.Input[str]
    """ARN of the IAM policy that is the permissions boundary of every role created. No boundary by default."""

    query: bool
    """Whether to create what Athena needs to query the history: a Glue database with its tables and view, and an Athena workgroup with saved queries. True by default; with an existing bucket only together with a bucket for the results."""

    athena_results_bucket: pulumi.Input[str]
    """Name of an existing S3 bucket that receives the results of queries, in the region of the history. By default they are kept for a week in the bucket that is created; an existing bucket needs this for queries."""

    query_scan_limit_gb: float
    """Gigabytes that a query may scan before Athena stops it. A number from 0.0105, 100 by default."""

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

    force_destroy: NotRequired[bool]
    """Whether a destroy also deletes the configuration set that was created. False by default: it is kept in AWS, so that nothing that sends with it fails."""

    tls_required: NotRequired[bool]
    """Whether the created configuration set delivers over TLS only, and otherwise not at all. False by default: TLS is used where the recipient's mail server offers it."""

    tracking_domain: NotRequired[pulumi.Input[str]]
    """Custom domain of the open and click links of the created configuration set, over HTTPS. It must be verified in SES. By default the links are of a domain of Amazon's."""

    suppressed_reasons: NotRequired[list[str]]
    """Reasons for which the created configuration set puts an address on the account's suppression list: BOUNCE, COMPLAINT or both; with an empty list none. By default the account's own setting applies."""

    reputation_metrics: NotRequired[bool]
    """Whether CloudWatch has bounce and complaint rates of the created configuration set, at the price of custom metrics. False by default."""

    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of the IAM policy that is the permissions boundary of the role. No boundary by default."""

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
        "previous_kms_key_arns": [],
        "protect": False,
        "tls_required": False,
        "reputation_metrics": False,
        "query": True,
        "query_scan_limit_gb": 100,
        "create_configuration_set": True,
        "tags": {},
    }
)
"""The value of every argument that is left out, of both components.

One that is not here has no value then, or is required. The configuration sets of a SendingHistory are not here either:
theirs is a set with the component's name.
"""
