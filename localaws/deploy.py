"""Deploys a Pulumi program to AWS on this machine: runs it in the mock runtime and creates its resources by API."""

import json
import runpy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs

from localaws import functions
from localaws.aws import LocalAws
from localaws.dynamic import DynamicType
from localaws.resources import RESOURCE_TYPES, Resource, ResourceType
from localaws.runtime import run_program

PROGRAM = Path(__file__).parent.parent
"""The folder of the Pulumi program that keeps SES sending history."""

Progress = Callable[[Resource], None]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A deployed program: its resources in the order of creation, and its outputs."""

    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)


def stack_config(folder: Path, stack: str) -> dict[str, str]:
    """The config as the Pulumi CLI passes it to the program: the project's defaults, overridden by the stack file."""
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    chosen = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text())["config"]
    defaults = {f"{project['name']}:{key}": declared["default"] for key, declared in project["config"].items()}
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in {**defaults, **chosen}.items()
    }


def deploy(
    aws: LocalAws, stack: Stack, *, name: str = "dev", folder: Path = PROGRAM, progress: Progress = lambda _: None
) -> None:
    """Run the program in `folder` for the stack `name`, and add its resources and outputs to `stack`.

    Raises what botocore raises for a resource that AWS rejects; `stack` then has what was created before it.
    """
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]
    run(
        aws,
        stack,
        lambda: runpy.run_path(str(folder / "__main__.py")),
        name=name,
        project=project,
        config=stack_config(folder, name),
        progress=progress,
    )


def run(
    aws: LocalAws,
    stack: Stack,
    program: Callable[[], object],
    *,
    name: str = "test",
    project: str = "test",
    config: Mapping[str, str] | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Run a Pulumi program as `deploy` does."""
    provider = _Provider(aws, stack, progress)
    try:
        exported = run_program(program, _Monitor(provider), project=project, stack=name, config=config or {})
        stack.outputs.update(exported)
    finally:
        provider.stop()


def type_of(token: str) -> ResourceType | DynamicType:
    """The resource type of the token."""
    return DynamicType() if token.startswith("pulumi-python:dynamic") else RESOURCE_TYPES[token]


def destroy(aws: LocalAws, stack: Stack) -> None:
    """Delete the stack's resources, the last created first, but for those that are retained."""
    while stack.resources:
        resource = stack.resources[-1]
        if not (resource.deleted_with or resource.retained):
            type_of(resource.type).delete(aws, resource)
        stack.resources.pop()


class _Monitor(MockMonitor):
    """Passes the provider the options of a delete, which Pulumi's mocks do not pass on."""

    def __init__(self, provider: "_Provider") -> None:
        super().__init__(provider)
        self._provider = provider

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  the engine's name for it
        options = {"deleted_with": request.deletedWith, "retained": request.retainOnDelete}
        self._provider.delete_options[request.type, request.name] = options
        return super().RegisterResource(request)


class _Provider(pulumi.runtime.Mocks):
    def __init__(self, aws: LocalAws, stack: Stack, progress: Progress) -> None:
        self._aws = aws
        self._stack = stack
        self._progress = progress
        self._one_at_a_time = threading.Lock()
        self._stopped = False
        self.delete_options: dict[tuple[str, str], dict[str, Any]] = {}

    def stop(self) -> None:
        """Wait for the resource being created and reject later ones: Pulumi raises while its threads still run."""
        with self._one_at_a_time:
            self._stopped = True

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if not args.custom:
            return None, args.inputs
        with self._one_at_a_time:
            if self._stopped:
                raise RuntimeError(f"{args.typ} {args.name} is not created: an earlier resource failed")
            options = self.delete_options[args.typ, args.name]

            def record(resource: Resource) -> None:
                self._stack.resources.append(replace(resource, **options))

            resource = type_of(args.typ).create(self._aws, args.typ, args.name, args.inputs, record)
            self._progress(resource)
        return resource.outputs["id"], resource.outputs

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return functions.call(self._aws, args.token, args.args), []
