"""The partition, region and account a component deploys to, as its provider knows them."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where the children of a component are created, for the ARNs that policies name."""

    partition: pulumi.Output[str]
    region: pulumi.Output[str]
    account_id: pulumi.Output[str]


def deployment_of(component: pulumi.ComponentResource) -> Deployment:
    """Ask the provider that `component` hands to its children."""
    opts = pulumi.InvokeOptions(parent=component)
    return Deployment(
        partition=aws.get_partition_output(opts=opts).partition,
        region=aws.get_region_output(opts=opts).region,
        account_id=aws.get_caller_identity_output(opts=opts).account_id,
    )
