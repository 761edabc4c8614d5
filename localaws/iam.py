"""What AWS decides before a service acts with a role: whether it may assume it, and what it may do then."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, evaluate_resource_policy, parse_policy_document


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something to be done with a role."""

    name: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    """The condition keys it is done with."""


def refusal(
    iam: Any, role_arn: str, *, service: str, source: Mapping[str, str], actions: Iterable[Action]
) -> str | None:
    """Why `service` may not do `actions` with the role, or None when it may.

    `source` holds the condition keys the service assumes the role with, such as aws:SourceAccount. Ministack's own
    evaluator decides, from the trust policy and the inline policies as IAM tells them.
    """
    name = role_arn.rpartition("/")[2]
    try:
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return f"{role_arn} does not exist"
    if not may_assume(trust, role_arn, service=service, source=source):
        from_whom = ", ".join(f"{key} {value}" for key, value in source.items())
        return f"{role_arn} does not trust {service} with {from_whom}"

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
