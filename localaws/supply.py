"""How localaws stands in front of a ministack service, to supply what it lacks."""

import json
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer of a service: HTTP status, headers and JSON."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    json: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A signed and authorized request to a service, and the service itself to ask on."""

    method: str
    path: str
    headers: dict[str, str]
    json: dict[str, Any]
    query: dict[str, list[str]]
    service: Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]

    async def answer(self, json_body: dict[str, Any] | None = None) -> Response:
        """What ministack answers, to the request as it is or with another body."""
        body = json.dumps(self.json if json_body is None else json_body).encode()
        status, headers, answer = await self.service(self.method, self.path, self.headers, body, self.query)
        return Response(status=status, headers=headers, json=json.loads(answer) if answer else {})


class ServiceError(Exception):
    """An error that AWS answers with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.response = Response(
            status=status,
            headers={"Content-Type": "application/json", "x-amzn-ErrorType": code},
            json={"__type": code, "message": message},
        )


@contextmanager
def in_front_of(service: str, handler: Callable[[Request], Awaitable[Response]]) -> Generator[None]:
    """Let `handler` answer the requests to a service of ministack, after it has authorized them."""
    module: Any = import_module(f"ministack.services.{service}")
    original = module.handle_request

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> tuple[int, dict[str, str], bytes]:
        request = Request(
            method=method,
            path=path,
            headers=headers,
            json=json.loads(body or b"{}"),
            query=query,
            service=original,
        )
        try:
            response = await handler(request)
        except ServiceError as error:
            response = error.response
        return response.status, response.headers, json.dumps(response.json).encode()

    module.handle_request = handle_request
    try:
        yield
    finally:
        module.handle_request = original
