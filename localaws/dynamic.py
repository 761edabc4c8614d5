"""Dynamic resources: their provider is Python code of the program, and runs in this process."""

import base64
from collections.abc import Callable
from typing import Any

import dill
from pulumi.dynamic import ResourceProvider

from localaws.aws import LocalAws
from localaws.resources import Inputs, Resource


class DynamicType:
    """A resource type whose provider is pickled among its inputs. It calls AWS with the environment's credentials."""

    def create(
        self, _: LocalAws, token: str, logical_name: str, inputs: Inputs, on_created: Callable[[Resource], None]
    ) -> Resource:
        """Create the resource, and pass it to `on_created`."""
        created = _provider(inputs).create(_props(inputs))
        outputs = {**(created.outs or {}), "id": created.id}
        resource = Resource(type=token, logical_name=logical_name, inputs=inputs, outputs=outputs)
        on_created(resource)
        return resource

    def read(self, _: LocalAws, resource: Resource) -> Inputs | None:
        """The outputs that the provider reads; None when the resource is gone."""
        read = _provider(resource.inputs).read(resource.outputs["id"], _props(resource.outputs))
        return read.outs if read.id else None

    def update(self, _: LocalAws, resource: Resource, inputs: Inputs) -> Resource:
        """Update the resource to other inputs."""
        updated = _provider(inputs).update(resource.outputs["id"], _props(resource.outputs), _props(inputs))
        outputs = {**(updated.outs or {}), "id": resource.outputs["id"]}
        return Resource(type=resource.type, logical_name=resource.logical_name, inputs=inputs, outputs=outputs)

    def delete(self, _: LocalAws, resource: Resource) -> None:
        """Delete the resource."""
        _provider(resource.inputs).delete(resource.outputs["id"], _props(resource.outputs))


def _provider(inputs: Inputs) -> ResourceProvider:
    return dill.loads(base64.b64decode(inputs["__provider"]))  # noqa: S301  the program pickled it in this process


def _props(values: Inputs) -> dict[str, Any]:
    """The values as Pulumi passes them to a provider: its state has no None."""
    return {name: value for name, value in values.items() if value is not None and name not in {"__provider", "id"}}
