"""The archive: the S3 bucket that keeps the history, and everything set on it."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ses_sending_history import policies
from ses_sending_history.layout import RESULTS_PREFIX
from ses_sending_history.retention import kept

_NONCURRENT_DAYS = 30
"""How long an expired, deleted or overwritten object can still be recovered, where the retention is not shorter."""

_ABORT_UPLOAD_DAYS = 7
"""How long a multipart upload may stay unfinished before its parts are removed."""

_RESULTS_DAYS = 7
"""How long the result of a query is kept."""


def create_archive(
    name: str,
    *,
    retention_days: int,
    archive_after_days: int,
    query_results: bool,
    kms_key_arn: pulumi.Input[str] | None,
    access_log_bucket: pulumi.Input[str] | None,
    force_destroy: bool,
    protect: bool,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]],
    opts: pulumi.ResourceOptions,
) -> aws.s3.Bucket:
    """A private, encrypted, versioned bucket whose objects expire after `retention_days` (0: never).

    They move to Glacier Instant Retrieval after `archive_after_days` (0: never). With `query_results` the results of
    Athena expire after a week. Without `force_destroy` a destroy keeps the bucket with all its settings. With `protect`
    the engine deletes none of them.
    """
    # Without an option of its own, a resource is as protected as its parent.
    protected = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=protect or None))
    bucket = aws.s3.Bucket(
        name,
        force_destroy=force_destroy,
        tags=tags,
        opts=pulumi.ResourceOptions.merge(protected, kept(force_destroy=force_destroy)),
    )
    # They go when the bucket does: one that is kept, or refuses to be deleted, stays as closed as it was.
    of_bucket = pulumi.ResourceOptions.merge(protected, pulumi.ResourceOptions(deleted_with=bucket))
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=of_bucket,
    )
    aws.s3.BucketOwnershipControls(
        name, bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=of_bucket
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.bucket, rules=[_encryption_rule(kms_key_arn)], opts=of_bucket
    )
    aws.s3.BucketVersioning(name, bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=of_bucket)
    aws.s3.BucketPolicy(
        name, bucket=bucket.bucket, policy=policies.document(policies.tls_only, bucket_arn=bucket.arn), opts=of_bucket
    )
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[_history_rule(retention_days, archive_after_days), *([_results_rule()] if query_results else [])],
        opts=of_bucket,
    )
    if access_log_bucket is not None:  # it can be taken out again, and so is not protected
        aws.s3.BucketLogging(
            name,
            bucket=bucket.bucket,
            target_bucket=access_log_bucket,
            target_prefix=pulumi.Output.concat(bucket.bucket, "/"),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(deleted_with=bucket)),
        )
    return bucket


def _encryption_rule(
    kms_key_arn: pulumi.Input[str] | None,
) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    if kms_key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": kms_key_arn},
        "bucket_key_enabled": True,
    }


def _history_rule(retention_days: int, archive_after_days: int) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    rule: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": "retention",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": _ABORT_UPLOAD_DAYS},
        "noncurrent_version_expiration": {"noncurrent_days": min(retention_days or _NONCURRENT_DAYS, _NONCURRENT_DAYS)},
    }
    if retention_days:
        rule["expiration"] = {"days": retention_days}
    if archive_after_days:
        rule["transitions"] = [{"days": archive_after_days, "storage_class": "GLACIER_IR"}]
    return rule


def _results_rule() -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    """Of two rules for an object the shorter time counts.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
    """
    return {
        "id": "query-results",
        "status": "Enabled",
        "filter": {"prefix": RESULTS_PREFIX},
        "expiration": {"days": _RESULTS_DAYS},
        "noncurrent_version_expiration": {"noncurrent_days": 1},
    }
