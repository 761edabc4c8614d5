"""The AWS provider of the engine: the gRPC protocol of Pulumi's providers over localaws' create, read, update, delete.

It runs in the process of the tests, which so inject failures and see every operation.
"""

import json
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
from botocore.exceptions import ClientError
from google.protobuf import json_format, struct_pb2
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import rpc
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from localaws import functions
from localaws.aws import LocalAws
from localaws.resources import RESOURCE_TYPES, Inputs, Resource, generated_name

ForceNew = Mapping[str, list[str]]

FORCE_NEW: ForceNew = tomllib.loads((Path(__file__).parent / "force_new.toml").read_text())
"""The paths of inputs whose change replaces a resource, by type token."""

_ATTEMPTS = 10
"""How often the provider tries what fails because a role is too new: the real one tries for two minutes."""

_NOT_YET_ASSUMABLE = ("unable to assume role", "Could not assume IAM role")
"""What the real provider waits out, as a new role is not known everywhere at once."""

Named = tuple[str, str]
"""The type of a resource, without package and module, and its name."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One create, update or delete that the engine asked for, in the order they began."""

    kind: str
    type: str
    name: str
    failed: bool = False
    """Whether a test let it fail."""


@dataclass(kw_only=True)
class _Failure:
    type: str
    name: str | None
    operation: str | None
    error: Callable[[], Exception]
    times: int | None


def error(code: str, message: str = "injected by a test") -> ClientError:
    """An error as AWS answers it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "operation")


@dataclass(kw_only=True)
class Provider:
    """The provider as a test sees it."""

    aws: LocalAws
    force_new: ForceNew = field(default_factory=lambda: FORCE_NEW)
    operations: list[Operation] = field(default_factory=list)
    """Every create, update and delete so far."""
    port: int = 0
    """Where the engine finds it."""
    _failures: list[_Failure] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(
        self,
        type: str,  # noqa: A002  the word of Pulumi
        name: str | None = None,
        *,
        operation: str | None = None,
        error: Exception | Callable[[], Exception],
        times: int | None = None,
    ) -> None:
        """Let operations (create, update, delete; by default all) on resources of this type, or this one, fail.

        `error` may be a function, which is called when the operation begins. It happens `times` times, or until
        `heal`.
        """
        raised = error if callable(error) else lambda: error
        self._failures.append(_Failure(type=type, name=name, operation=operation, error=raised, times=times))

    def heal(self) -> None:
        """End all failures."""
        self._failures.clear()

    def begin(self, kind: str, of: Named) -> None:
        """Record an operation; raise the failure that a test wants."""
        with self._lock:
            failure = next((f for f in self._failures if self._concerns(f, kind, of)), None)
            if failure and failure.times is not None:
                failure.times -= 1
            self.operations.append(Operation(kind=kind, type=of[0], name=of[1], failed=failure is not None))
        if failure:
            raise failure.error()

    @staticmethod
    def _concerns(failure: _Failure, kind: str, of: Named) -> bool:
        return (
            failure.type == of[0]
            and failure.name in (None, of[1])
            and failure.operation in (None, kind)
            and failure.times != 0
        )


@contextmanager
def serving(aws: LocalAws) -> Iterator[Provider]:
    """A provider for this AWS, while the context lasts."""
    provider = Provider(aws=aws)
    server = grpc.server(ThreadPoolExecutor(max_workers=32))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(_Servicer(provider), server)
    provider.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield provider
    finally:
        server.stop(grace=None).wait()


class _Servicer(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    @property
    def _aws(self) -> LocalAws:
        return self._provider.aws

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=version("pulumi-aws"))

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        with _answering(context):
            result = functions.call(self._aws, request.tok, _values(request.args))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").update(result)
        return response

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        with _answering(context):
            inputs = _values(request.news)
            key = RESOURCE_TYPES[request.type].key[0]
            # The real provider names what has no name when it checks it, and keeps the name it gave before.
            if key not in inputs and "namePrefix" not in inputs:
                inputs[key] = _values(request.olds).get(key) or generated_name(request.name, inputs)
        return provider_pb2.CheckResponse(inputs=_struct(inputs))

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        inputs = _values(request.news)
        known, state = _values(request.old_inputs), _values(request.olds)
        changed = {path for name in {*inputs, *known} for path in _changes(state.get(name), inputs.get(name), name)}
        replacing = {path for path in changed if _is_at(path, self._provider.force_new[request.type])}
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=sorted({_top(path) for path in changed}),
            replaces=sorted({_top(path) for path in replacing}),
            # A name that a person chose is taken until the old resource is gone.
            deleteBeforeReplace=bool(replacing),
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        inputs = _values(request.properties)
        kind = RESOURCE_TYPES[request.type]
        if request.preview:
            # What AWS or the provider makes up is not known yet.
            unknown = dict.fromkeys((kind.key[0], *(["arn"] if kind.arn else [])), rpc.UNKNOWN)
            return provider_pb2.CreateResponse(properties=_struct({**unknown, **inputs}))

        created: list[Resource] = []
        try:
            self._try(
                "create", request, lambda: kind.create(self._aws, request.type, request.name, inputs, created.append)
            )
        except Exception as error:  # noqa: BLE001  whatever it is, the engine is told
            if not created:
                context.abort(grpc.StatusCode.UNKNOWN, str(error))
            _abort_half_created(context, created[0], inputs, error)
        return provider_pb2.CreateResponse(id=created[0].outputs["id"], properties=_struct(created[0].outputs))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        known = _values(request.inputs)
        resource = _resource(request, known, _values(request.properties))
        with _answering(context):
            found = RESOURCE_TYPES[request.type].read(self._aws, resource)
        if found is None:
            return provider_pb2.ReadResponse()
        inputs = {
            name: value if _same(value, found[name]) else found[name] for name, value in known.items() if name in found
        }
        state = {name: value for name, value in resource.outputs.items() if name not in known}
        return provider_pb2.ReadResponse(id=request.id, properties=_struct({**state, **inputs}), inputs=_struct(inputs))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        inputs, state = _values(request.news), _values(request.olds)
        resource = _resource(request, _values(request.old_inputs), state)
        computed = {name: value for name, value in state.items() if name not in resource.inputs or name in inputs}
        if request.preview:
            return provider_pb2.UpdateResponse(properties=_struct({**computed, **inputs}))
        kind = RESOURCE_TYPES[request.type]
        with _answering(context):
            updated = self._try("update", request, lambda: kind.update(self._aws, resource, inputs))
        return provider_pb2.UpdateResponse(properties=_struct(updated.outputs))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        resource = _resource(request, _values(request.old_inputs), _values(request.properties))
        kind = RESOURCE_TYPES[request.type]
        with _answering(context):
            self._try("delete", request, lambda: kind.delete(self._aws, resource))
        return Empty()

    def _try(self, operation: str, request: Any, call: Callable[[], Any]) -> Any:
        """The result of the call, tried again while a role is too new for it, as the real provider does."""
        named = (_top_type(request.type), request.name)
        for attempt in range(_ATTEMPTS):
            try:
                self._provider.begin(operation, named)
                return call()
            except ClientError as error:
                if attempt == _ATTEMPTS - 1 or not any(text in str(error) for text in _NOT_YET_ASSUMABLE):
                    raise
        raise AssertionError


@contextmanager
def _answering(context: Any) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever it is, the engine is told
        context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")


def _abort_half_created(context: Any, resource: Resource, inputs: Inputs, error: Exception) -> None:
    """Tell the engine that the resource exists, but that a later call for it failed: the next up updates it."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=resource.outputs["id"],
        properties=_struct(resource.outputs),
        inputs=_struct(inputs),
        reasons=[str(error)],
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _resource(request: Any, inputs: Inputs, state: Inputs) -> Resource:
    key = {name: state[name] for name in RESOURCE_TYPES[request.type].key if name in state}
    outputs = {**state, "id": request.id}
    return Resource(type=request.type, logical_name=request.name, inputs={**key, **inputs}, outputs=outputs)


def _values(struct: Any) -> Inputs:
    """The properties, without nulls and without what the engine adds."""
    values = json_format.MessageToDict(struct)
    return {name: _without_nulls(value) for name, value in values.items() if value is not None and name[:2] != "__"}


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_nulls(each) for name, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
    return value


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def _changes(old: Any, new: Any, path: str) -> Iterator[str]:
    """The paths at which the values differ; the items of a list have the list's path."""
    match old, new:
        case dict(), dict():
            for name in {*old, *new}:
                yield from _changes(old.get(name), new.get(name), f"{path}.{name}")
        case list(), list() if len(old) == len(new):
            for was, now in zip(old, new, strict=True):
                yield from _changes(was, now, path)
        case _ if (old or new) and not _same(old, new):
            yield path


def _same(one: Any, other: Any) -> bool:
    """Whether both are the same, or the same JSON: AWS returns policies with other spaces."""
    if one == other or not (isinstance(one, str) and isinstance(other, str)):
        return one == other
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return False


def _is_at(path: str, places: list[str]) -> bool:
    return any(path == place or path.startswith(f"{place}.") for place in places)


def _top(path: str) -> str:
    return path.partition(".")[0]


def _top_type(token: str) -> str:
    return token.rpartition(":")[2]
