"""Dynamic resources, whose provider is Python code of the program: it runs here as it would in Pulumi's process."""

import base64
from collections.abc import Callable
from typing import Any

import dill
from pulumi.dynamic import ResourceProvider

from localaws.aws import LocalAws
from localaws.resources import Inputs, Resource


class DynamicType:
    """A resource type whose provider travels with its inputs. It calls AWS with the SDK's environment."""

    def make(
        self, _: LocalAws, token: str, logical_name: str, inputs: Inputs, made: Callable[[Resource], None]
    ) -> Resource:
        """Create the resource, and tell `made`."""
        created = _provider(inputs).create(_props(inputs))
        outputs = {**(created.outs or {}), "id": created.id}
        resource = Resource(type=token, logical_name=logical_name, inputs=inputs, outputs=outputs)
        made(resource)
        return resource

    def look(self, _: LocalAws, resource: Resource) -> Inputs | None:
        """What the provider reads; None when it finds no resource."""
        read = _provider(resource.inputs).read(resource.outputs["id"], _props(resource.outputs))
        return read.outs if read.id else None

    def change(self, _: LocalAws, resource: Resource, inputs: Inputs) -> Resource:
        """Update the resource to other inputs."""
        updated = _provider(inputs).update(resource.outputs["id"], _props(resource.outputs), _props(inputs))
        outputs = {**(updated.outs or {}), "id": resource.outputs["id"]}
        return Resource(type=resource.type, logical_name=resource.logical_name, inputs=inputs, outputs=outputs)

    def remove(self, _: LocalAws, resource: Resource) -> None:
        """Delete the resource."""
        _provider(resource.inputs).delete(resource.outputs["id"], _props(resource.outputs))


def _provider(inputs: Inputs) -> ResourceProvider:
    return dill.loads(base64.b64decode(inputs["__provider"]))  # noqa: S301  the program pickled it in this process


def _props(values: Inputs) -> dict[str, Any]:
    """What the provider gets back of its values: Pulumi's state keeps no None."""
    return {name: value for name, value in values.items() if value is not None and name not in {"__provider", "id"}}
