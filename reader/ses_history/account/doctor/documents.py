"""What a trust policy or a bucket policy says to one request, as far as that can be told from outside.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Mapping
from fnmatch import translate
from typing import Any


class UnclearError(Exception):
    """The policy asks for what only AWS knows."""


def statements(document: Any) -> list[dict[str, Any]]:
    """The statements of a policy document."""
    return _listed(document.get("Statement"))


def applies(
    statement: Mapping[str, Any], *, principals: set[str], action: str, resource: str | None, context: Mapping[str, str]
) -> bool:
    """Whether a statement is about a request of any of the principals; raises UnclearError.

    `principals` are all names of who asks, the star among them. `resource` is None in a trust policy, which is about
    its role. A condition on a key outside `context` is unclear.
    """
    return (
        _is_about(statement, "Principal", lambda said: bool(principals & set(_named(said))))
        and _is_about(statement, "Action", lambda said: _is_like(said, action.lower(), lower=True))
        and (resource is None or _is_about(statement, "Resource", lambda said: _is_like(said, resource)))
        and all(
            _holds(operator, key.lower(), _listed(values), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _is_about(statement: Mapping[str, Any], element: str, matches: Callable[[Any], bool]) -> bool:
    if element in statement:
        return matches(statement[element])
    return not matches(statement[f"Not{element}"])


def _named(principal: Any) -> list[str]:
    if not isinstance(principal, dict):
        return _listed(principal)
    return [name for names in principal.values() for name in _listed(names)]


def _is_like(patterns: Any, value: str, *, lower: bool = False) -> bool:
    wanted = [pattern.lower() if lower else pattern for pattern in _listed(patterns)]
    return any(re.fullmatch(translate(pattern.replace("[", "[[]")), value) for pattern in wanted)


def _holds(operator: str, key: str, values: list[Any], context: Mapping[str, str]) -> bool:
    if key not in context:
        raise UnclearError(f"its condition {operator} on {key} is one that only AWS can judge")
    value, wanted = context[key], [str(each).lower() if operator.startswith("Bool") else str(each) for each in values]
    match operator.removesuffix("IfExists"):
        case "StringEquals" | "Bool":
            return value in wanted
        case "StringNotEquals":
            return value not in wanted
        case "StringEqualsIgnoreCase":
            return value.lower() in {each.lower() for each in wanted}
        case "StringLike" | "ArnLike" | "ArnEquals":
            return _is_like(wanted, value)
        case "StringNotLike" | "ArnNotLike" | "ArnNotEquals":
            return not _is_like(wanted, value)
    raise UnclearError(f"its condition {operator} on {key} is one that only AWS can judge")


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
