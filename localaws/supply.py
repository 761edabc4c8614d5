"""How localaws stands in front of a ministack service, to supply what it lacks."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer of a service."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    body: bytes = b""

    @property
    def json(self) -> dict[str, Any]:
        """The body's content."""
        return json.loads(self.body or b"{}")

    def saying(self, content: dict[str, Any]) -> "Response":
        """The same answer with another content."""
        return Response(status=self.status, headers=self.headers, body=json.dumps(content).encode())


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to a service, signed and authorized, and the service itself to ask on."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, list[str]]
    service: Callable[[bytes], Awaitable[tuple[int, dict[str, str], bytes]]]
    executor: Executor

    @property
    def json(self) -> dict[str, Any]:
        """The body's content."""
        return json.loads(self.body or b"{}")

    async def answer(self, content: dict[str, Any] | None = None) -> Response:
        """What ministack answers, to the request as it is or with another content."""
        body = self.body if content is None else json.dumps(content).encode()
        status, headers, answer = await self.service(body)
        return Response(status=status, headers=headers, body=answer)

    async def blocking(self, function: Callable[..., T], *args: Any) -> T:
        """What the function returns, run where it may call other services of this AWS and wait for them."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, function, *args)


class ServiceError(Exception):
    """An error that AWS answers with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.response = Response(
            status=status, headers={"Content-Type": "application/json", "x-amzn-ErrorType": code}
        ).saying({"__type": code, "message": message})


@contextmanager
def in_front_of(service: str, handler: Callable[[Request], Awaitable[Response]]) -> Generator[None]:
    """Let `handler` answer the requests to a service of ministack, after it has authorized them."""
    module: Any = import_module(f"ministack.services.{service}")
    original = module.handle_request
    # One for each service: SES waits for Firehose, which must not wait for a thread that SES holds.
    executor = ThreadPoolExecutor(thread_name_prefix=service)

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]], **options: Any
    ) -> Any:
        if options:
            # Not a request: one service of ministack using another.
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
