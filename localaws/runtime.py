"""Runs a Pulumi program to its end in Pulumi's mock runtime."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import pulumi
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockMonitor, set_mocks
from pulumi.runtime.settings import get_root_resource, reset_options


def run_program(
    program: Callable[[], object],
    monitor: MockMonitor,
    *,
    project: str,
    stack: str,
    config: Mapping[str, str],
    preview: bool = False,
) -> dict[str, Any]:
    """The outputs the program exports, after the monitor has answered all its requests."""
    exported: dict[str, Any] = {}
    reset_options()
    set_all_config(dict(config))
    set_mocks(monitor.mocks, project=project, stack=stack, preview=preview, monitor=monitor)

    def exporting() -> pulumi.Output[None]:
        program()
        exports: dict[str, Any] = cast("Any", get_root_resource()).outputs
        return pulumi.Output.all(**exports).apply(exported.update, run_with_unknowns=True)

    try:
        pulumi.runtime.test(exporting)()
    finally:
        reset_options()
    return exported
