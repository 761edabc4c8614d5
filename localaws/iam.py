"""What AWS decides before a service acts with a role: whether it may assume it, and what it may do then."""

from typing import Any

from botocore.exceptions import ClientError
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy


def refusal(iam: Any, role_arn: str, *, service: str, source: dict[str, str], action: str, resource: str) -> str | None:
    """Why `service` may not do `action` on `resource` with the role, or None when it may.

    `source` holds the condition keys the service calls with, such as aws:SourceAccount. Ministack's own evaluator
    decides: here for the trust policy, and behind IAM's SimulatePrincipalPolicy for the permissions.
    """
    role_name = role_arn.rpartition("/")[2]
    try:
        trust = iam.get_role(RoleName=role_name)["Role"]["AssumeRolePolicyDocument"]
    except ClientError:
        return f"{role_arn} does not exist"

    request = EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account="",
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region="",
        service_context={key.lower(): value for key, value in source.items()},
    )
    if evaluate_resource_policy(trust, request, service=service).decision != "Allow":
        from_whom = ", ".join(f"{key} {value}" for key, value in source.items())
        return f"{role_arn} does not trust {service} with {from_whom}"

    simulated = iam.simulate_principal_policy(PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[resource])
    if simulated["EvaluationResults"][0]["EvalDecision"] != "allowed":
        return f"{role_arn} may not {action} on {resource}"
    return None
