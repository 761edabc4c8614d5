"""The delivery stream: Firehose takes the events SES puts and writes them to the archive."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ses_sending_history import policies
from ses_sending_history.deployment import Deployment
from ses_sending_history.layout import DELIVERED_ERRORS, DELIVERED_EVENTS, ERRORS_PREFIX, EVENTS_PREFIX

_LOG_DAYS = 365
"""How long a logged delivery error is kept: as long as the history is by default."""


def create_delivery_stream(
    name: str,
    *,
    bucket_arn: pulumi.Input[str],
    existing_bucket: bool,
    kms_key_arn: pulumi.Input[str] | None,
    buffer_seconds: int,
    buffer_megabytes: int,
    permissions_boundary_arn: pulumi.Input[str] | None,
    deployment: Deployment,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]],
    opts: pulumi.ResourceOptions,
) -> tuple[aws.kinesis.FirehoseDeliveryStream, aws.iam.Role, aws.cloudwatch.LogGroup]:
    """A Direct PUT stream into the bucket, the role it writes with, and the log of its errors."""
    log_group = aws.cloudwatch.LogGroup(name, retention_in_days=_LOG_DAYS, tags=tags, opts=opts)
    log_stream = aws.cloudwatch.LogStream(name, log_group_name=log_group.name, opts=opts)
    role = aws.iam.Role(
        name,
        description="Lets Amazon Data Firehose write SES sending history to its bucket",
        assume_role_policy=policies.document(policies.delivery_trust, account_id=deployment.account_id),
        permissions_boundary=permissions_boundary_arn,
        tags=tags,
        opts=opts,
    )
    role_policy = aws.iam.RolePolicy(
        name,
        role=role.name,
        policy=policies.document(
            policies.delivery_permissions,
            bucket_arn=bucket_arn,
            prefixes=[EVENTS_PREFIX, ERRORS_PREFIX],
            existing_bucket=existing_bucket,
            log_stream_arn=log_stream.arn,
            partition=deployment.partition,
            region=deployment.region,
            kms_key_arn=kms_key_arn,
        ),
        opts=opts,
    )
    stream = aws.kinesis.FirehoseDeliveryStream(
        name,
        destination="extended_s3",
        extended_s3_configuration={
            "role_arn": role.arn,
            "bucket_arn": bucket_arn,
            "prefix": DELIVERED_EVENTS,
            "error_output_prefix": DELIVERED_ERRORS,
            "compression_format": "GZIP",
            "buffering_interval": buffer_seconds,
            "buffering_size": buffer_megabytes,
            "kms_key_arn": kms_key_arn,
            "cloudwatch_logging_options": {
                "enabled": True,
                "log_group_name": log_group.name,
                "log_stream_name": log_stream.name,
            },
        },
        server_side_encryption=_stream_encryption(kms_key_arn),
        tags=tags,
        # Firehose assumes the role while it is created: the role must be able to write by then.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[role_policy])),
    )
    return stream, role, log_group


def _stream_encryption(
    kms_key_arn: pulumi.Input[str] | None,
) -> aws.kinesis.FirehoseDeliveryStreamServerSideEncryptionArgsDict:
    if kms_key_arn is None:
        return {"enabled": True, "key_type": "AWS_OWNED_CMK"}
    return {"enabled": True, "key_type": "CUSTOMER_MANAGED_CMK", "key_arn": kms_key_arn}
