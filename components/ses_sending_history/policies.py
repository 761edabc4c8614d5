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


def doctor_permissions(
    *,
    bucket_arn: str,
    prefixes: Sequence[str],
    delivery_stream_arn: str,
    log_group_arn: str,
    role_arns: Sequence[str],
    partition: str,
    region: str,
    account_id: str,
    kms_key_arn: str | None,
    previous_kms_key_arns: Sequence[str],
) -> PolicyDocument:
    """What `ses-history doctor` needs to look at every link: it reads alone, and what a reader may is part of it.

    Who they are, everybody may ask: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

    Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html,
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html,
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisfirehose.html,
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
    and https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    ses = f"arn:{partition}:ses:{region}:{account_id}"
    reader = reader_permissions(
        bucket_arn=bucket_arn,
        prefixes=prefixes,
        partition=partition,
        region=region,
        kms_key_arns=[*([kms_key_arn] if kms_key_arn else []), *previous_kms_key_arns],
    )
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": [
                "cloudwatch:GetMetricData",
                "ses:GetAccount",
                "ses:ListConfigurationSets",
                "ses:ListEmailIdentities",
            ],
            "Resource": "*",
        },
        {"Effect": "Allow", "Action": "ses:GetEmailIdentity", "Resource": f"{ses}:identity/*"},
        {
            "Effect": "Allow",
            "Action": ["ses:GetConfigurationSet", "ses:GetConfigurationSetEventDestinations"],
            "Resource": f"{ses}:configuration-set/*",
        },
        {"Effect": "Allow", "Action": ["iam:GetRole", "iam:SimulatePrincipalPolicy"], "Resource": list(role_arns)},
        {"Effect": "Allow", "Action": "firehose:DescribeDeliveryStream", "Resource": delivery_stream_arn},
        {"Effect": "Allow", "Action": "logs:FilterLogEvents", "Resource": f"{log_group_arn}:*"},
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketPolicy", "s3:GetEncryptionConfiguration"],
            "Resource": bucket_arn,
        },
        *reader["Statement"],
    ]
    if kms_key_arn is not None:
        statements.append({"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": kms_key_arn})
    return {"Version": _VERSION, "Statement": statements}


def athena_reader_permissions(
    *,
    bucket_arn: str,
    prefixes: Sequence[str],
    results_bucket_arn: str,
    results_prefix: str,
    database_name: str,
    workgroup_name: str,
    partition: str,
    region: str,
    account_id: str,
    kms_key_arn: str | None,
    previous_kms_key_arns: Sequence[str],
) -> PolicyDocument:
    """What whoever queries the history needs: Athena in one workgroup, the tables, the objects, and the results.

    Athena reads and writes with the permissions of its caller. Its console lists workgroups and data catalogs.

    Sources: https://docs.aws.amazon.com/athena/latest/ug/example-policies-workgroup.html,
    https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-prepared-statements.html,
    https://docs.aws.amazon.com/athena/latest/ug/datacatalogs-example-policies.html,
    https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    and https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html
    """
    athena = f"arn:{partition}:athena:{region}:{account_id}"
    glue = f"arn:{partition}:glue:{region}:{account_id}"
    results = f"{results_bucket_arn}/{results_prefix}*"
    reader = reader_permissions(
        bucket_arn=bucket_arn,
        prefixes=prefixes,
        partition=partition,
        region=region,
        kms_key_arns=[*([kms_key_arn] if kms_key_arn else []), *previous_kms_key_arns],
    )
    statements: list[dict[str, Any]] = [
        *reader["Statement"],
        {
            "Effect": "Allow",
            "Action": [
                "athena:BatchGetNamedQuery",
                "athena:BatchGetQueryExecution",
                "athena:GetNamedQuery",
                "athena:GetPreparedStatement",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetQueryResultsStream",
                "athena:GetWorkGroup",
                "athena:ListNamedQueries",
                "athena:ListPreparedStatements",
                "athena:ListQueryExecutions",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            "Resource": f"{athena}:workgroup/{workgroup_name}",
        },
        {
            "Effect": "Allow",
            "Action": [
                "athena:GetDataCatalog",
                "athena:GetDatabase",
                "athena:GetTableMetadata",
                "athena:ListDatabases",
                "athena:ListTableMetadata",
            ],
            "Resource": f"{athena}:datacatalog/AwsDataCatalog",
        },
        {"Effect": "Allow", "Action": ["athena:ListDataCatalogs", "athena:ListWorkGroups"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": [
                "glue:BatchGetPartition",
                "glue:GetDatabase",
                "glue:GetDatabases",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:GetTable",
                "glue:GetTables",
            ],
            "Resource": [f"{glue}:catalog", f"{glue}:database/{database_name}", f"{glue}:table/{database_name}/*"],
        },
        # Athena looks for this one whatever the query.
        {"Effect": "Allow", "Action": "glue:GetDatabase", "Resource": [f"{glue}:catalog", f"{glue}:database/default"]},
        {
            "Effect": "Allow",
            "Action": "s3:GetBucketLocation",
            "Resource": list(dict.fromkeys([bucket_arn, results_bucket_arn])),
        },
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": results_bucket_arn,
            "Condition": {"StringLike": {"s3:prefix": f"{results_prefix}*"}},
        },
        {"Effect": "Allow", "Action": "s3:ListBucketMultipartUploads", "Resource": results_bucket_arn},
        {
            "Effect": "Allow",
            "Action": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            "Resource": results,
        },
    ]
    if kms_key_arn is not None:
        actions = ["kms:Decrypt", "kms:GenerateDataKey"]
        statements.append(_through_s3(actions, [kms_key_arn], partition, region, [results_bucket_arn, results]))
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
