"""The plugin as the engine starts it, and constructs components with it over gRPC."""

import asyncio
import contextvars
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockMonitor, set_mocks
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    errors_pb2,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2_grpc,
    status_pb2,
)
from pulumi.runtime.settings import reset_options

from localaws.deploy import PROGRAM
from tests.recording import PROJECT, STACK, Recording, monitor_of

PLUGIN = PROGRAM / "components"
STACK_URN = f"urn:pulumi:{STACK}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{STACK}"

Problems = list[tuple[str, str]]
"""Each problem's property and what it must be."""


class RefusedError(Exception):
    """What the engine is told instead of a component."""

    def __init__(self, message: str, problems: Problems, recording: Recording) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems
        self.recording = recording


class Plugin:
    """A running plugin."""

    def __init__(self, address: str) -> None:
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(address))

    def schema(self) -> str:
        """What SDKs of other languages are made of."""
        return self._stub.GetSchema(provider_pb2.GetSchemaRequest()).schema

    def version(self) -> str:
        """The version the engine knows it by."""
        return self._stub.GetPluginInfo(empty_pb2.Empty()).version

    def construct(
        self, component: str, name: str, inputs: Mapping[str, Any], *, preview: bool = False, **request: Any
    ) -> Recording:
        """What the component asks of the engine, its outputs as those of the program."""
        recording = Recording()
        with _monitor(recording, request.get("providers", {}), preview=preview) as address:
            try:
                response = self._stub.Construct(
                    provider_pb2.ConstructRequest(
                        type=f"ses-sending-history:index:{component}",
                        name=name,
                        inputs=_struct(inputs),
                        monitorEndpoint=address,
                        project=PROJECT,
                        stack=STACK,
                        parent=STACK_URN,
                        dryRun=preview,
                        **request,
                    )
                )
            except grpc.RpcError as error:
                raise _refusal(error, recording) from None
        recording.exports.update(rpc.deserialize_properties(response.state, keep_unknowns=True))
        return recording


@contextmanager
def running() -> Iterator[Plugin]:
    """Start the plugin as the engine does: it is told where the engine is, and says at which port it answers."""
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    engine_pb2_grpc.add_EngineServicer_to_server(_Engine(), server)
    engine = _start(server)
    with subprocess.Popen([sys.executable, PLUGIN, engine], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Plugin(f"127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()
            server.stop(grace=None)


@contextmanager
def _monitor(recording: Recording, providers: Mapping[str, str], *, preview: bool) -> Iterator[str]:
    """The address of a monitor that knows these providers and keeps in the recording what it is asked."""
    monitor = monitor_of(recording, preview=preview)
    for reference in providers.values():
        urn, _, id_ = reference.rpartition("::")
        monitor.resources[urn] = MockMonitor.ResourceRegistration(urn, id_, {})
    reset_options()
    set_mocks(monitor.mocks, project=PROJECT, stack=STACK, preview=preview, monitor=monitor)
    with ThreadPoolExecutor(max_workers=1) as thread:
        server = grpc.server(thread)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(_Servicer(monitor), server)
        try:
            yield _start(server)
        finally:
            server.stop(grace=None).wait()
            thread.submit(_close_event_loop)
            reset_options()


class _Engine(engine_pb2_grpc.EngineServicer):
    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802  as the engine has it
        return empty_pb2.Empty()


class _Servicer(resource_pb2_grpc.ResourceMonitorServicer):
    """Answers each request as the mock monitor does, with the settings of the test that is running."""

    def __init__(self, monitor: MockMonitor) -> None:
        settings = contextvars.copy_context()
        for request in (
            "GetDeploymentInfo",
            "Invoke",
            "RegisterErrorHook",
            "RegisterResource",
            "RegisterResourceOutputs",
        ):
            setattr(self, request, self._answer(settings, getattr(monitor, request)))

    @staticmethod
    def _answer(settings: contextvars.Context, answer: Any) -> Any:
        def answered(request: Any, _: Any) -> Any:
            return settings.copy().run(answer, request)

        return answered


def _close_event_loop() -> None:
    """Close the one that the mock monitor opened in this thread."""
    asyncio.get_event_loop().close()


def _start(server: grpc.Server) -> str:
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return f"127.0.0.1:{port}"


def _struct(inputs: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(dict(inputs))
    return struct


def _refusal(error: Any, recording: Recording) -> RefusedError:
    problems = errors_pb2.InputPropertiesError()
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            (detail,) = status_pb2.Status.FromString(value).details
            assert detail.Unpack(problems)
    listed = [(each.property_path, each.reason) for each in problems.errors]
    return RefusedError(error.details(), listed, recording)


def output(value: Any, *, secret: bool = False, of: str | None = None) -> Any:
    """How the engine sends an Output, of a resource with this URN."""
    sent = {rpc._special_sig_key: rpc._special_output_value_sig, "value": value}  # noqa: SLF001  the protocol's marks
    return sent | ({"secret": True} if secret else {}) | ({"dependencies": [of]} if of else {})
