"""Runs a Pulumi program through the mock runtime, and keeps every request it sends to the engine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs

from localaws.runtime import run_program

ACCOUNT_ID = "123456789012"
PROJECT = "test"
STACK = "test"


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A resource a program registered, as the engine was asked for it."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    parent: str
    provider: str
    dependencies: frozenset[str]
    property_dependencies: dict[str, frozenset[str]]
    protect: bool
    retain_on_delete: bool
    deleted_with: str
    aliases: list[Any]
    """What else it may be known as, as Pulumi's protocol describes aliases."""

    @property
    def tags(self) -> dict[str, str] | None:
        """The tags among its inputs."""
        return self.inputs.get("tags")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a program asked of the engine, and what it exported."""

    resources: list[Registered] = field(default_factory=list)
    invoke_providers: list[str] = field(default_factory=list)
    component_outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    exports: dict[str, Any] = field(default_factory=dict)

    def all(self, token: str) -> list[Registered]:
        """The resources whose type token ends so."""
        return [resource for resource in self.resources if resource.type.endswith(f":{token}")]

    def one(self, token: str) -> Registered:
        """The only resource whose type token ends so."""
        (resource,) = self.all(token)
        return resource

    def inputs(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The inputs of every resource of the AWS provider, by the end of its type token and its name."""
        return {
            (resource.type.rpartition(":")[2], resource.name): resource.inputs
            for resource in self.resources
            if resource.type.startswith("aws:")
        }


def record(
    program: Callable[[], object],
    *,
    partition: str = "aws",
    region: str = "us-east-1",
    preview: bool = False,
    stack: str = STACK,
    project: str = PROJECT,
    config: dict[str, str] | None = None,
) -> Recording:
    """Run the program to its end. In a preview, what a provider computes is unknown."""
    recording = Recording()
    monitor = monitor_of(recording, partition=partition, region=region, preview=preview)
    exported = run_program(program, monitor, project=project, stack=stack, config=config or {}, preview=preview)
    recording.exports.update(exported)
    return recording


def monitor_of(
    recording: Recording, *, partition: str = "aws", region: str = "us-east-1", preview: bool
) -> MockMonitor:
    """A monitor that keeps in the recording what a program asks of it."""
    return _Monitor(_Provider(partition, region, preview), recording)


class _Monitor(MockMonitor):
    def __init__(self, mocks: pulumi.runtime.Mocks, recording: Recording) -> None:
        super().__init__(mocks)
        self._recording = recording

    def Invoke(self, request: Any) -> Any:  # noqa: N802  the engine's name for it
        if request.tok != "pulumi:pulumi:getResource":  # the SDK itself looks up the provider it was given
            self._recording.invoke_providers.append(request.provider)
        return super().Invoke(request)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self._recording.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                    parent=request.parent,
                    provider=request.provider,
                    dependencies=frozenset(request.dependencies),
                    property_dependencies={
                        name: frozenset(of.urns) for name, of in request.propertyDependencies.items()
                    },
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    deleted_with=request.deletedWith,
                    aliases=list(request.aliases),
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        self._recording.component_outputs[request.urn] = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
        return super().RegisterResourceOutputs(request)


class _Provider(pulumi.runtime.Mocks):
    def __init__(self, partition: str, region: str, preview: bool) -> None:  # noqa: FBT001
        self._partition = partition
        self._region = region
        self._preview = preview

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if not args.custom or self._preview:
            return None, args.inputs
        return f"{args.name}-id", {**args.inputs, **dict(self._computed(args))}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {
            "aws:index/getPartition:getPartition": {"partition": self._partition},
            "aws:index/getRegion:getRegion": {"region": self._region},
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT_ID},
        }[args.token], []

    def _computed(self, args: MockResourceArgs) -> Iterator[tuple[str, Any]]:
        """The names the provider makes up, and the ARNs AWS does."""
        name = f"{args.name}-0000000"
        here = f"{self._region}:{ACCOUNT_ID}"
        match args.typ.rpartition(":")[2]:
            case "Bucket":
                yield "bucket", name
                yield "arn", f"arn:{self._partition}:s3:::{name}"
            case "Role":
                yield "name", name
                yield "arn", f"arn:{self._partition}:iam::{ACCOUNT_ID}:role/{name}"
            case "LogGroup":
                yield "name", name
                yield "arn", f"arn:{self._partition}:logs:{here}:log-group:{name}"
            case "EmailIdentity":
                tokens = ["one", "two", "three"] * ("@" not in args.inputs["emailIdentity"])
                yield "dkimSigningAttributes", {"tokens": tokens}
            case "Zone":
                yield "zoneId", name
            case "LogStream":
                group = args.inputs["logGroupName"]
                yield "name", name
                yield "arn", f"arn:{self._partition}:logs:{here}:log-group:{group}:log-stream:{name}"
            case "FirehoseDeliveryStream":
                yield "name", name
                yield "arn", f"arn:{self._partition}:firehose:{here}:deliverystream/{name}"
