"""Parameters of a request in AWS's query protocol, nested as botocore took them apart."""

from collections.abc import Mapping, Sequence
from typing import Any


def parameters(form: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The parameters of a form: `Tags.member.1.Name` is the name of the first tag."""
    nested: dict[str, Any] = {}
    for key, values in form.items():
        *path, last = key.split(".")
        inner = nested
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = values[0]
    return _with_lists(nested)


def _with_lists(value: Any) -> Any:
    match value:
        case {"member": {**members}}:
            return [_with_lists(members[number]) for number in sorted(members, key=int)]
        case {**members}:
            return {name: _with_lists(member) for name, member in members.items()}
    return value
