"""The plugin: serves the components to a Pulumi program in another language."""

import sys
from typing import Final

import pulumi
from pulumi.provider import ConstructResult, main
from pulumi.provider.experimental.analyzer import ComponentDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from ses_sending_history.publisher import EventPublisher
from ses_sending_history.sending_history import SendingHistory

PACKAGE: Final = "ses-sending-history"


class Plugin(ComponentProvider):
    """The provider of the components, whose arguments are as other languages spell and send them."""

    def __init__(self, version: str) -> None:
        super().__init__([SendingHistory, EventPublisher], PACKAGE, version=version)

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Create a component. Raises pulumi.InputPropertiesError, which the engine shows without a traceback."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, pulumi.InputPropertiesError):
                # Its message lists the problems as Python spells them; the engine lists those of its details.
                component = resource_type.rpartition(":")[2]
                raise pulumi.InputPropertiesError(
                    f"{component} {name!r} has invalid arguments:", error.inner.errors
                ) from None
            raise

    def map_inputs(self, inputs: pulumi.Inputs, component_def: ComponentDefinition) -> pulumi.Inputs:
        """The arguments as Python spells them. Those that do not exist or are missing are left to their validation."""
        spelled = component_def.inputs_mapping
        in_order = [*spelled, *sorted(inputs.keys() - spelled.keys())]
        return {spelled.get(key, key): inputs[key] for key in in_order if key in inputs}


def serve(*, version: str) -> None:
    """Answer the engine, whose address is the first argument of this process, until it stops the process."""
    main(Plugin(version), sys.argv[1:])
