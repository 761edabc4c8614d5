"""The emulator: ministack in this process, on a free loopback port, with what it lacks supplied."""

import asyncio
import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import hypercorn.asyncio
import hypercorn.config

from localaws import firehose, ses
from localaws.aws import LocalAws

ACCOUNT_ID = "123456789012"
"""The account everything on this AWS belongs to."""

_LOOPBACK = "127.0.0.1"

_SETTINGS = {
    "AUTH": "true",  # signatures, trust policies and permissions are really evaluated
    "LOG_LEVEL": "ERROR",
    "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
    "S3_PERSIST": "0",
}


@contextmanager
def running(region: str = "us-east-1") -> Generator[LocalAws]:
    """An empty AWS region of one account, while the context lasts.

    Ministack keeps its state in its modules, so there can be only one at a time in a process.
    """
    listener = socket.create_server((_LOOPBACK, 0))
    port = listener.getsockname()[1]
    os.environ.update(_SETTINGS, GATEWAY_PORT=str(port), MINISTACK_REGION=region)
    aws = LocalAws(endpoint=f"http://{_LOOPBACK}:{port}", account_id=ACCOUNT_ID, region=region)
    with ses.supplied(aws), firehose.supplied(aws), _serving(listener):
        yield aws


@contextmanager
def _serving(listener: socket.socket) -> Generator[None]:
    """Serve ministack's ASGI application from a thread, on a socket that already listens."""
    from ministack import app  # noqa: PLC0415  its settings are read when it is imported

    app._reset_all_state()  # noqa: SLF001  what a /_ministack/reset request does, before there is a server
    config = hypercorn.config.Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = None
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def serve() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(hypercorn.asyncio.serve(_requests_only(app.app), config, shutdown_trigger=stop.wait))

    thread = threading.Thread(target=serve, name="ministack")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def _requests_only(app: Any) -> Any:
    """`app` without its start-up, which looks for Docker containers, start scripts and saved state of its own."""

    async def requests(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        await app(scope, receive, send)

    return requests
