"""What `make mutants` imports once for all mutants: slow, and not mutated."""

from importlib import import_module

import pulumi_aws

for _module in (
    "boto3",
    "click",
    "duckdb",
    "hypothesis.strategies",
    "ministack.core.iam_evaluator",
    "pulumi.provider.experimental.analyzer",
    "pytest",
    "yaml",
):
    import_module(_module)

LOADED = (
    pulumi_aws.cloudwatch.Dashboard,
    pulumi_aws.iam.Role,
    pulumi_aws.kinesis.FirehoseDeliveryStream,
    pulumi_aws.s3.Bucket,
    pulumi_aws.sesv2.ConfigurationSet,
)
"""A name of each service in use: Pulumi loads a service's module when a name of it is used."""
