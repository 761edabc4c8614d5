"""A recording in the form scanners of Terraform read: the plan as JSON, with what refers to what.

The AWS provider of Pulumi is Terraform's with other spellings, so the form is got by spelling back.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

import re
from typing import Any

from tests.recording import Recording, Registered

_MAPS = {"tags", "dimensions"}
"""Inputs that are maps, where every other object is a block."""


def terraform_plan(recording: Recording) -> dict[str, Any]:
    """The plan that would create what the program registered with the AWS provider."""
    resources = [resource for resource in recording.resources if resource.type.startswith("aws:")]
    addresses = {resource.urn: _address(resource) for resource in resources}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {
            "root_module": {"resources": [{**_named(resource), "values": _values(resource)} for resource in resources]}
        },
        "resource_changes": [
            {**_named(resource), "change": {"actions": ["create"], "before": None, "after": _values(resource)}}
            for resource in resources
        ],
        "configuration": {
            "root_module": {
                "resources": [
                    {**_named(resource), "expressions": _references(resource, addresses)} for resource in resources
                ]
            }
        },
    }


def _named(resource: Registered) -> dict[str, Any]:
    address = _address(resource)
    kind, _, name = address.partition(".")
    return {"address": address, "mode": "managed", "type": kind, "name": name}


def _address(resource: Registered) -> str:
    module, _, name = resource.type.removeprefix("aws:").partition("/")
    kind = _snake_case(name.partition(":")[0])
    return f"aws_{module}_{kind}.{re.sub('[^a-z0-9]', '_', resource.name)}"


def _values(resource: Registered) -> dict[str, Any]:
    return {_snake_case(name): _blocks(name, value) for name, value in resource.inputs.items()}


def _blocks(name: str, value: Any) -> Any:
    if isinstance(value, dict) and name not in _MAPS:
        return [{_snake_case(key): _blocks(key, inner) for key, inner in value.items()}]
    if isinstance(value, list):
        return [item for each in value for item in (_blocks(name, each) if isinstance(each, dict) else [each])]
    return value


def _references(resource: Registered, addresses: dict[str, str]) -> dict[str, Any]:
    return {
        _snake_case(name): {"references": [f"{addresses[urn]}.id" for urn in urns] + [addresses[urn] for urn in urns]}
        for name, dependencies in resource.property_dependencies.items()
        if (urns := [urn for urn in sorted(dependencies) if urn in addresses])
    }


def _snake_case(name: str) -> str:
    # Pulumi has in the plural what Terraform repeats.
    name = {"rules": "rule", "transitions": "transition"}.get(name, name)
    return re.sub("(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)
