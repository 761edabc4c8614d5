"""IAM and bucket policy documents, as pure functions of the ARNs they name."""

from collections.abc import Callable, Sequence
from typing import Any

import pulumi

PolicyDocument = dict[str, Any]

_VERSION = "2012-10-17"


def document(policy: Callable[..., PolicyDocument], **values: Any) -> pulumi.Output[str]:
    """The JSON text of `policy(**values)`, known once all of `values` are."""
    return pulumi.Output.json_dumps(pulumi.Output.all(**values).apply(lambda known: policy(**known)))


def publisher_trust(*, partition: str, region: str, account_id: str, configuration_set: str) -> PolicyDocument:
    """Who may assume the role SES publishes with: SES, for one configuration set of one account.

    Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-firehose.html
    """
    return {
        "Version": _VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ses.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {
                        "aws:SourceAccount": account_id,
                        "aws:SourceArn": (
                            f"arn:{partition}:ses:{region}:{account_id}:configuration-set/{configuration_set}"
                        ),
                    }
                },
            }
        ],
    }


def publisher_permissions(*, delivery_stream_arn: str) -> PolicyDocument:
    """What SES may do with that role: put records on one delivery stream."""
    return {
        "Version": _VERSION,
        "Statement": [{"Effect": "Allow", "Action": "firehose:PutRecordBatch", "Resource": delivery_stream_arn}],
    }


def delivery_trust(*, account_id: str) -> PolicyDocument:
    """Who may assume the role Firehose delivers with: Firehose, which says on whose behalf in the external id.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    """
    return {
        "Version": _VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "firehose.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": account_id}},
            }
        ],
    }


def delivery_permissions(
    *,
    bucket_arn: str,
    prefixes: Sequence[str],
    existing_bucket: bool,
    log_stream_arn: str,
    partition: str,
    region: str,
    kms_key_arn: str | None,
) -> PolicyDocument:
    """What Firehose may do with that role: write objects under `prefixes`, log its errors, encrypt with the key.

    An existing bucket may be another account's: its owner gets the objects by their ACL.

    Source: https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
    """
    written = [f"{bucket_arn}/{prefix}*" for prefix in prefixes]
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": bucket_arn,
        },
        {
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:GetObject",
                "s3:PutObject",
                *(["s3:PutObjectAcl"] if existing_bucket else []),
            ],
            "Resource": written,
        },
        {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": log_stream_arn},
    ]
    if kms_key_arn is not None:
        actions = ["kms:Decrypt", "kms:GenerateDataKey"]
        statements.append(_through_s3(actions, [kms_key_arn], partition, region, [bucket_arn, *written]))
    return {"Version": _VERSION, "Statement": statements}


def reader_permissions(
    *, bucket_arn: str, prefixes: Sequence[str], partition: str, region: str, kms_key_arns: Sequence[str]
) -> PolicyDocument:
    """What a reader of the history needs: to list and get the objects under the prefixes, and to decrypt them."""
    objects = [f"{bucket_arn}/{prefix}*" for prefix in prefixes]
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket_arn,
            "Condition": {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects},
    ]
    if kms_key_arns:
        statements.append(_through_s3(["kms:Decrypt"], kms_key_arns, partition, region, [bucket_arn, *objects]))
    return {"Version": _VERSION, "Statement": statements}


def tls_only(*, bucket_arn: str) -> PolicyDocument:
    """A bucket policy that refuses every request that is not sent over TLS.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
    """
    return {
        "Version": _VERSION,
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket_arn, f"{bucket_arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _through_s3(
    actions: list[str], kms_key_arns: Sequence[str], partition: str, region: str, encrypted: list[str]
) -> dict[str, Any]:
    """Use of keys by S3 alone, for the objects whose encryption context is one of `encrypted`.

    With a bucket key the context is the bucket's ARN, without one it is the object's.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
    """
    s3 = [f"s3.{region}.amazonaws.com"]
    if partition == "aws-cn":
        # AWS's table of service names ends here, China's endpoints end so. Which KMS says there we could not try.
        s3.append(f"s3.{region}.amazonaws.com.cn")
    return {
        "Effect": "Allow",
        "Action": actions,
        "Resource": list(kms_key_arns),
        "Condition": {
            "StringEquals": {"kms:ViaService": s3},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": encrypted},
        },
    }
