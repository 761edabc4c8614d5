"""Middleware for the services of ministack: a handler answers a request itself or forwards it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Response:
    """The response of a service."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    body: bytes = b""

    @property
    def json(self) -> dict[str, Any]:
        """The JSON of the body."""
        return json.loads(self.body or b"{}")

    def with_json(self, content: dict[str, Any]) -> "Response":
        """The same response with another body."""
        return Response(status=self.status, headers=self.headers, body=json.dumps(content).encode())


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to a service, authenticated and authorized, and the service to forward it to."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, list[str]]
    service: Callable[[bytes], Awaitable[tuple[int, dict[str, str], bytes]]]
    executor: Executor

    @property
    def json(self) -> dict[str, Any]:
        """The JSON of the body."""
        return json.loads(self.body or b"{}")

    async def forward(self, content: dict[str, Any] | None = None) -> Response:
        """The response of ministack, to the request as it is or with another body."""
        body = self.body if content is None else json.dumps(content).encode()
        status, headers, response_body = await self.service(body)
        return Response(status=status, headers=headers, body=response_body)

    async def run_blocking(self, function: Callable[..., T], *args: Any) -> T:
        """The function's result. It runs in a thread, where it may call other services of this AWS and wait."""
        context = copy_context()  # ministack keeps the account and the region of a request there
        return await asyncio.get_running_loop().run_in_executor(self.executor, context.run, function, *args)


class ServiceError(Exception):
    """An error response of AWS."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.response = Response(
            status=status, headers={"Content-Type": "application/json", "x-amzn-ErrorType": code}
        ).with_json({"__type": code, "message": message})


@contextmanager
def intercept(service: str, handler: Callable[[Request], Awaitable[Response]]) -> Generator[None]:
    """Send the requests to a service of ministack, once authorized, to `handler` while the context lasts."""
    module: Any = import_module(f"ministack.services.{service}")
    original = module.handle_request
    # One executor for each service: SES waits for Firehose, which must not wait for a thread that SES holds.
    executor = ThreadPoolExecutor(thread_name_prefix=service)

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]], **options: Any
    ) -> Any:
        if options:
            # Not a request: ministack passes options when one of its services calls another.
            return await original(method, path, headers, body, query, **options)
        request = Request(
            method=method,
            path=path,
            headers=headers,
            body=body,
            query=query,
            service=lambda body: original(method, path, headers, body, query),
            executor=executor,
        )
        try:
            response = await handler(request)
        except ServiceError as error:
            response = error.response
        return response.status, response.headers, response.body

    module.handle_request = handle_request
    try:
        yield
    finally:
        module.handle_request = original
        executor.shutdown()
