"""The IAM decisions before a service uses a role: may it assume the role, and may the role do this."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, evaluate_resource_policy, parse_policy_document


@dataclass(frozen=True, kw_only=True)
class Action:
    """An action on a resource."""

    name: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    """Its condition keys."""


def denial(
    iam: Any, role_arn: str, *, service: str, source: Mapping[str, str], actions: Iterable[Action]
) -> str | None:
    """Why IAM denies `service` these actions with the role; None when it allows them.

    `source` holds the condition keys of the AssumeRole call, such as aws:SourceAccount. Ministack's evaluator decides,
    by the trust policy and the inline policies that the IAM API returns.
    """
    name = role_arn.rpartition("/")[2]
    try:
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return f"{role_arn} does not exist"
    if not may_assume(trust, role_arn, service=service, source=source):
        conditions = ", ".join(f"{key} {value}" for key, value in source.items())
        return f"{role_arn} does not trust {service} with {conditions}"

    names = iam.list_role_policies(RoleName=name)["PolicyNames"]
    policies = [iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in names]
    for action in actions:
        if not allows(policies, action):
            return f"{role_arn} may not {action.name} on {action.resource}"
    return None


def may_assume(trust: Any, role_arn: str, *, service: str, source: Mapping[str, str]) -> bool:
    """Whether a trust policy lets an AWS service assume the role."""
    request = _request(Action(name="sts:AssumeRole", resource=role_arn, context=source))
    return evaluate_resource_policy(trust, request, service=service).decision == "Allow"


def allows(policies: Iterable[Any], action: Action) -> bool:
    """Whether permission policies, taken together, allow the action."""
    return evaluate(_request(action), [parse_policy_document(policy) for policy in policies]).decision == "Allow"


def _request(action: Action) -> EvalContext:
    return EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account="",
        action=action.name,
        resource_arn=action.resource,
        region="",
        service_context={key.lower(): value for key, value in action.context.items()},
    )
