"""Converts Pulumi inputs to AWS API parameters and back, guided by the shapes of botocore's service model.

The AWS provider names most inputs like the API member, in camelCase. `Names` lists the exceptions: it maps the path of
an input to the paths the API may have it at, or to none when no API call has it. Paths are dotted: an input's starts
at the resource, a member's at the structure that contains the input.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

Names = Mapping[str, tuple[str, ...]]


def to_api(shape: Shape, inputs: Any, names: Names, path: str = "") -> Any:
    """The parameters of `shape` for `inputs`.

    At the top, inputs without a member are skipped: another operation has them. Inside a structure, an input without
    a member raises LookupError.
    """
    match shape:
        case StructureShape():
            parameters: dict[str, Any] = {}
            for key, value in inputs.items():
                if value is None:  # the engine sends nulls for arguments left out
                    continue
                at = f"{path}.{key}" if path else key
                if members := _member_path(shape, names.get(at, (key,))):
                    *parents, member = members
                    parent, inner = parameters, cast("Any", shape)
                    for name in parents:
                        parent = parent.setdefault(name, {})
                        inner = inner.members[name]
                    parent[member] = to_api(inner.members[member], value, names, at)
                elif path and names.get(at) != ():
                    raise LookupError(f"no member for input {at} in {shape.name}: map it in RESOURCE_TYPES")
            return parameters
        case ListShape() if isinstance(inputs, Mapping) and (key := _key_of_pairs(shape)):
            return [{key: name, "Value": value} for name, value in inputs.items()]
        case ListShape():
            return [to_api(shape.member, item, names, path) for item in _as_list(inputs)]
        case MapShape():
            return dict(inputs)
    return int(inputs) if shape.type_name in ("integer", "long") else inputs


def from_api(shape: Shape, inputs: Any, described: Any, names: Names, path: str = "") -> Any:
    """`inputs` with the values that `described`, of `shape`, has for them, without those it does not have.

    Inside a structure, an input without a member is returned as it is.
    """
    match shape:
        case StructureShape():
            found = {}
            for key, value in inputs.items():
                at = f"{path}.{key}" if path else key
                members = _member_path(shape, names.get(at, (key,)))
                inner, member_shape = described, shape
                for name in members or ():
                    inner = inner.get(name) if inner else None
                    member_shape = member_shape.members[name]
                if members and inner is not None:
                    found[key] = from_api(member_shape, value, inner, names, at)
                elif path and not members:
                    found[key] = value
            return found
        case ListShape() if isinstance(inputs, Mapping) and (key := _key_of_pairs(shape)):
            return {pair[key]: pair["Value"] for pair in described}
        case ListShape() if not isinstance(shape.member, StructureShape):
            # AWS returns some lists in any order: the same members are the same list.
            return inputs if sorted(_as_list(inputs)) == sorted(described) else described
        case ListShape():
            items = [
                from_api(shape.member, item, each, names, path)
                for item, each in zip(_as_list(inputs), described, strict=False)
            ]
            return items if isinstance(inputs, list) else items[0]
    # IAM accepts policy documents as text and returns them as objects.
    return json.dumps(described) if isinstance(inputs, str) and isinstance(described, dict) else described


def returned_inputs(shape: StructureShape, inputs: Mapping[str, Any], names: Names) -> set[str]:
    """The names of the inputs that `shape` has a member for."""
    return {name for name in inputs if _member_path(shape, names.get(name, (name,)))}


def _member_path(shape: StructureShape, candidates: tuple[str, ...]) -> list[str] | None:
    for candidate in candidates:
        path: list[str] = []
        inner: Any = shape
        for part in candidate.split("."):
            members = {name.lower(): name for name in inner.members} if isinstance(inner, StructureShape) else {}
            # The provider follows Terraform's schema, which names a list block in the singular.
            name = members.get(part.lower()) or members.get(f"{part.lower()}s")
            if name is None:
                break
            path.append(name)
            inner = inner.members[name]
        else:
            return path
    return None


def _key_of_pairs(shape: ListShape) -> str | None:
    """The name of the key in a list of pairs that is a map in Pulumi: `Key` of tags, `Name` of dimensions."""
    members = list(shape.member.members) if isinstance(shape.member, StructureShape) else []
    return next((key for key in ("Key", "Name") if sorted(members) == [key, "Value"]), None)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
