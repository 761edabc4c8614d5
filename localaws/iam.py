"""The IAM decisions ministack leaves out: of a service that uses a role, of who hands it one, and simulated ones."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import (
    EvalContext,
    caller_arn,
    enforce,
    evaluate,
    evaluate_resource_policy,
    parse_policy_document,
)
from ministack.core.router import extract_access_key_id

from localaws import query
from localaws.middleware import Request, ServiceError

_EVALUATOR: Any = iam_evaluator

_DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}
"""What SimulatePrincipalPolicy calls the decisions of ministack's evaluator."""


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


def require(request: Request, action: Action) -> None:
    """Raise ServiceError unless the caller may do this, too, as services check before they act for a caller."""
    service = action.name.partition(":")[0]
    key = extract_access_key_id(request.headers, request.query)
    if enforce(key, action.name, service, "", resource_arn=action.resource, service_context=dict(action.context)):
        message = f"User: {caller_arn()} is not authorized to perform: {action.name} on resource: {action.resource}"
        raise ServiceError("AccessDeniedException", message)


def pass_role(request: Request, role_arn: str, service: str) -> None:
    """Raise ServiceError unless the caller may pass the role to an AWS service.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    require(request, Action(name="iam:PassRole", resource=role_arn, context={"iam:PassedToService": service}))


@contextmanager
def naming(service: str, resource_of: Callable[[bytes, Mapping[str, Any], str, str], str | None]) -> Generator[None]:
    """IAM that knows the resource of more requests to a service of ministack, while the context lasts.

    `resource_of` takes a body, a query, the region and the account. It returns the ARN that they name; None for a
    request whose resource ministack knows.
    """
    known = iam_actions.extract_resource_arn

    def extract(name: str, *request: Any) -> str:
        _method, _path, _headers, body, query, region, account = request
        found = resource_of(body, query, region, account) if name == service else None
        return found or known(name, *request)

    with patch.object(iam_actions, "extract_resource_arn", extract):
        yield


@contextmanager
def extended() -> Generator[None]:
    """IAM that simulates the policies of a role for every resource, with context and boundary, while it lasts."""
    from ministack.services import iam  # noqa: PLC0415  it reads its settings when imported

    service: Any = iam
    others = service._IAM_HANDLERS["SimulatePrincipalPolicy"]  # noqa: SLF001

    def simulate(form: dict[str, list[str]]) -> Any:
        asked = query.parameters(form)
        _, _, account, principal = asked["PolicySourceArn"].rsplit(":", 3)
        kind, *_, name = principal.split("/")
        if kind != "role":
            return others(form)
        policies = _EVALUATOR._gather_role_policies(name, account)  # noqa: SLF001
        boundary = _EVALUATOR._permissions_boundary(service._roles, name, account)  # noqa: SLF001
        results = "".join(_simulated(asked, policies, boundary))
        result = f"<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>"
        operation = "SimulatePrincipalPolicy"
        return service._xml(200, f"{operation}Response", f"<{operation}Result>{result}</{operation}Result>", ns="iam")  # noqa: SLF001

    with (
        patch.dict(service._IAM_HANDLERS, {"SimulatePrincipalPolicy": simulate}),  # noqa: SLF001
        naming("iam", _simulated_principal),
    ):
        yield


def _simulated_principal(body: bytes, _query: Mapping[str, Any], _region: str, _account: str) -> str | None:
    """The ARN of the principal whose policies a request wants simulated."""
    return parse_qs(body.decode()).get("PolicySourceArn", [None])[0]


def _simulated(asked: dict[str, Any], policies: list[Any], boundary: list[Any]) -> Iterator[str]:
    """The XML of each result: of every action on every resource.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
    """
    context = {entry["ContextKeyName"]: entry["ContextKeyValues"][0] for entry in asked.get("ContextEntries", [])}
    for name, resource in product(asked["ActionNames"], asked.get("ResourceArns", ["*"])):
        request = _request(Action(name=name, resource=resource, context=context))
        decision = _DECISIONS[evaluate(request, policies, *boundary).decision]
        yield f"<member><EvalActionName>{name}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>"
        yield f"<EvalDecision>{decision}</EvalDecision>"
        if boundary:
            allowed = str(evaluate(request, *boundary).decision == "Allow").lower()
            detail = f"<AllowedByPermissionsBoundary>{allowed}</AllowedByPermissionsBoundary>"
            yield f"<PermissionsBoundaryDecisionDetail>{detail}</PermissionsBoundaryDecisionDetail>"
        yield "</member>"


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
