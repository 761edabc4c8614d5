"""The IAM policy documents for whoever runs `pulumi up` with the program, as pure functions of what a stack names."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ses_sending_history.policies import PolicyDocument

_ROLE_PREFIX = 37
"""How much of its name an EventPublisher's role keeps, before a hyphen and what makes it unique."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """Where a stack is deployed, and what its config names."""

    partition: str
    region: str
    account_id: str
    stack: str
    configuration_sets: Sequence[str] = ()
    existing_configuration_sets: Sequence[str] = ()
    identities: Sequence[str] = ()
    existing_identities: Sequence[str] = ()
    kms_key_arns: Sequence[str] = ()
    """Customer managed keys of the stack: the one it has, and one it changes to."""
    permissions_boundary_arn: str | None = None

    @property
    def name(self) -> str:
        """The beginning of its resources' names."""
        return f"ses-history-{self.stack}"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the region and account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


def deployer_permissions(deployed: Deployed) -> PolicyDocument:
    """What `pulumi up`, `refresh` and `destroy` of the stack call, as far as localaws calls it: each action is needed.

    AWS says what each action is limited to. A tag that a resource is created with needs the action that tags it, too.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    bucket = _bucket(deployed)
    roles = _roles(deployed)
    log_group = deployed.arn("logs", f"log-group:{deployed.name}-delivery-*")
    # Dashboards are not of a region.
    dashboard_name = f"{deployed.name}-alarms-{deployed.region}"
    dashboard = f"arn:{deployed.partition}:cloudwatch::{deployed.account_id}:dashboard/{dashboard_name}"
    created_sets = _sets(deployed, deployed.configuration_sets)
    every_set = _sets(deployed, [*deployed.configuration_sets, *deployed.existing_configuration_sets])
    created_identities = _identities(deployed, deployed.identities)
    every_identity = _identities(deployed, [*deployed.identities, *deployed.existing_identities])
    return _document(
        _allow(
            "Bucket",
            [
                "s3:CreateBucket",
                "s3:DeleteBucket",
                "s3:GetBucketLogging",
                "s3:GetBucketOwnershipControls",
                "s3:GetBucketPolicy",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketTagging",
                "s3:GetBucketVersioning",
                "s3:GetEncryptionConfiguration",
                "s3:GetLifecycleConfiguration",
                "s3:PutBucketLogging",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketTagging",
                "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
            ],
            [bucket],
        ),
        _allow("ForceDestroy", ["s3:DeleteObjectVersion", "s3:ListBucketVersions"], [bucket, f"{bucket}/*"]),
        _allow(
            "Roles",
            [
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
            ],
            roles,
        ),
        _allow("RolePermissions", ["iam:CreateRole", "iam:PutRolePolicy"], roles, _bounded(deployed)),
        _allow(
            "PassRole",
            ["iam:PassRole"],
            roles,
            {"StringEquals": {"iam:PassedToService": ["firehose.amazonaws.com", "ses.amazonaws.com"]}},
        ),
        _allow(
            "DeliveryStream",
            [
                "firehose:CreateDeliveryStream",
                "firehose:DeleteDeliveryStream",
                "firehose:DescribeDeliveryStream",
                "firehose:ListTagsForDeliveryStream",
                "firehose:StartDeliveryStreamEncryption",
                "firehose:TagDeliveryStream",
                "firehose:UntagDeliveryStream",
                "firehose:UpdateDestination",
            ],
            [deployed.arn("firehose", f"deliverystream/{deployed.name}-delivery-*")],
        ),
        _allow(
            "ErrorLog",
            [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DeleteLogGroup",
                "logs:DeleteLogStream",
                "logs:DescribeLogStreams",
                "logs:PutRetentionPolicy",
            ],
            [log_group],
        ),
        _allow(
            "ConfigurationSets",
            [
                "ses:CreateConfigurationSet",
                "ses:DeleteConfigurationSet",
                "ses:GetConfigurationSet",
                "ses:PutConfigurationSetDeliveryOptions",
                "ses:PutConfigurationSetReputationOptions",
                "ses:PutConfigurationSetSuppressionOptions",
                "ses:PutConfigurationSetTrackingOptions",
            ],
            created_sets,
        ),
        _allow(
            "EventDestinations",
            [
                "ses:CreateConfigurationSetEventDestination",
                "ses:DeleteConfigurationSetEventDestination",
                "ses:GetConfigurationSetEventDestinations",
                "ses:UpdateConfigurationSetEventDestination",
            ],
            every_set,
        ),
        _allow(
            "Identities",
            ["ses:CreateEmailIdentity", "ses:DeleteEmailIdentity", "ses:ListTagsForResource"],
            created_identities,
        ),
        # AWS checks such a call against the identity and its set.
        _allow(
            "DefaultConfigurationSets",
            ["ses:GetEmailIdentity", "ses:PutEmailIdentityConfigurationSetAttributes"],
            [*every_identity, *(every_set if every_identity else [])],
        ),
        _allow("SesTags", ["ses:TagResource", "ses:UntagResource"], [*created_sets, *created_identities]),
        _allow(
            "Alarms",
            [
                "cloudwatch:DeleteAlarms",
                "cloudwatch:ListTagsForResource",
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
            ],
            [deployed.arn("cloudwatch", f"alarm:{deployed.name}-alarms-*")],
        ),
        _allow(
            "Dashboard",
            ["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"],
            [dashboard],
        ),
        # They list by name, and AWS checks them against all.
        _allow("Lists", ["cloudwatch:DescribeAlarms", "logs:DescribeLogGroups"], ["*"]),
        _allow("StreamKey", ["kms:CreateGrant"], deployed.kms_key_arns, _through_firehose(deployed)),
    )


def query_permissions(deployed: Deployed) -> PolicyDocument:
    """What `pulumi up`, `refresh` and `destroy` call for queries, as far as localaws calls it: each action is needed.

    AWS checks what is done to a table against its database and the catalog, too, and what is done to a saved query or a
    prepared statement against the workgroup.

    Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
    and https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
    """
    return _document(
        _allow(
            "Catalog",
            [
                "glue:CreateDatabase",
                "glue:CreateTable",
                "glue:DeleteDatabase",
                "glue:DeleteTable",
                "glue:GetDatabase",
                "glue:GetTable",
                "glue:GetTags",
                "glue:TagResource",
                "glue:UntagResource",
                "glue:UpdateTable",
            ],
            _catalog(deployed),
        ),
        _allow(
            "Workgroup",
            [
                "athena:CreateNamedQuery",
                "athena:CreatePreparedStatement",
                "athena:CreateWorkGroup",
                "athena:DeleteNamedQuery",
                "athena:DeletePreparedStatement",
                "athena:DeleteWorkGroup",
                "athena:GetNamedQuery",
                "athena:GetPreparedStatement",
                "athena:GetWorkGroup",
                "athena:ListTagsForResource",
                "athena:TagResource",
                "athena:UntagResource",
                "athena:UpdatePreparedStatement",
                "athena:UpdateWorkGroup",
            ],
            [deployed.arn("athena", f"workgroup/{deployed.name}")],
        ),
    )


def provider_permissions(deployed: Deployed) -> PolicyDocument:
    """What the real AWS provider calls for the same resources, and localaws does not: not tried here.

    Reading a bucket, the provider asks for every setting a bucket can have. It tags one by the API of S3 Control, and
    by PutBucketTagging where that is refused. It reads the policies of a role and, before it deletes one, its instance
    profiles. A role gets another permissions boundary by a call of its own. With a table it reads its indexes.

    Only the calls for the bucket were read in the provider's source:
    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/s3/bucket.go
    and https://github.com/hashicorp/terraform-provider-aws/pull/45251
    """
    bounded = _bounded(deployed)
    return _document(
        _allow(
            "ProviderBucket",
            [
                "s3:GetAccelerateConfiguration",
                "s3:GetBucketAcl",
                "s3:GetBucketCORS",
                "s3:GetBucketObjectLockConfiguration",
                "s3:GetBucketRequestPayment",
                "s3:GetBucketWebsite",
                "s3:GetReplicationConfiguration",
                "s3:ListBucket",
                "s3:ListTagsForResource",
                "s3:TagResource",
                "s3:UntagResource",
            ],
            [_bucket(deployed)],
        ),
        _allow(
            "ProviderRoles",
            ["iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"],
            _roles(deployed),
        ),
        _allow(
            "ProviderErrorLog",
            ["logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource"],
            [deployed.arn("logs", f"log-group:{deployed.name}-delivery-*")],
        ),
        _allow("ProviderCatalog", ["glue:GetPartitionIndexes", "glue:UpdateDatabase"], _catalog(deployed)),
        _allow("ProviderSesTags", ["ses:ListTagsForResource"], _sets(deployed, deployed.configuration_sets)),
        _allow("ProviderStreamKey", ["kms:DescribeKey"], deployed.kms_key_arns, _through_firehose(deployed)),
        _allow("ProviderBoundary", ["iam:PutRolePermissionsBoundary"], _roles(deployed) if bounded else [], bounded),
    )


def policy_block(policy: Callable[[Deployed], PolicyDocument]) -> str:
    """One of these policies as Markdown, with capitals for what its reader fills in."""
    deployed = Deployed(
        partition="aws",
        region="REGION",
        account_id="ACCOUNT_ID",
        stack="STACK",
        configuration_sets=["CONFIGURATION_SET"],
        identities=["IDENTITY"],
        kms_key_arns=["KMS_KEY_ARN"],
        permissions_boundary_arn="PERMISSIONS_BOUNDARY_ARN",
    )
    return f"```json\n{json.dumps(policy(deployed), indent=2)}\n```\n"


def _document(*statements: Mapping[str, Any]) -> PolicyDocument:
    # IAM takes no statement without a resource: without a key, say, there is nothing to allow.
    return {"Version": "2012-10-17", "Statement": [each for each in statements if each["Resource"]]}


def _allow(
    sid: str, actions: list[str], resources: Sequence[str], condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(resources)}
    return {**statement, "Condition": condition} if condition else statement


def _bucket(deployed: Deployed) -> str:
    return f"arn:{deployed.partition}:s3:::{deployed.name}-archive-*"


def _catalog(deployed: Deployed) -> list[str]:
    database = deployed.name.replace("-", "_")
    return [deployed.arn("glue", each) for each in ("catalog", f"database/{database}", f"table/{database}/*")]


def _roles(deployed: Deployed) -> list[str]:
    """The role Firehose delivers with and, for each configuration set, the one SES publishes with."""
    names = [*deployed.configuration_sets, *deployed.existing_configuration_sets]
    prefixes = [f"{deployed.name}-delivery", *(f"{deployed.name}-{each}"[:_ROLE_PREFIX] for each in names)]
    return [
        f"arn:{deployed.partition}:iam::{deployed.account_id}:role/{prefix}-*" for prefix in dict.fromkeys(prefixes)
    ]


def _sets(deployed: Deployed, names: Sequence[str]) -> list[str]:
    return [deployed.arn("ses", f"configuration-set/{name}") for name in names]


def _identities(deployed: Deployed, names: Sequence[str]) -> list[str]:
    return [deployed.arn("ses", f"identity/{name}") for name in names]


def _bounded(deployed: Deployed) -> dict[str, Any] | None:
    """Only for roles with the permissions boundary, which so nobody can get around by a role of one's own.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
    """
    if deployed.permissions_boundary_arn is None:
        return None
    return {"StringEquals": {"iam:PermissionsBoundary": deployed.permissions_boundary_arn}}


def _through_firehose(deployed: Deployed) -> dict[str, Any]:
    """Use of a key by Firehose alone, on the caller's behalf.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    return {"StringEquals": {"kms:ViaService": f"firehose.{deployed.region}.amazonaws.com"}}
