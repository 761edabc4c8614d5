"""The emulator: ministack in this process, on a free loopback port, with middleware for what it lacks."""

import asyncio
import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import hypercorn.asyncio
import hypercorn.config

from localaws import athena, cloudwatch, firehose, glue, iam, s3, ses_api
from localaws.aws import LocalAws

ACCOUNT_ID = "123456789012"
"""The account of this AWS."""

_LOOPBACK = "127.0.0.1"

_REGION = "us-east-1"

_SETTINGS = {
    "AUTH": "true",  # evaluate signatures, trust policies and permissions
    # The user's own profiles and credentials are not used.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "LOG_LEVEL": "ERROR",
    "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
    "MINISTACK_REGION": _REGION,
    # What another ministack saved on this machine is not read: the reset below would delete it.
    "LOCALSTACK_PERSISTENCE": "0",
    "PERSIST_STATE": "0",
    "S3_PERSIST": "0",
}


@contextmanager
def running() -> Generator[LocalAws]:
    """An empty AWS region of one account, while the context lasts.

    Ministack keeps its state in its modules: one at a time in a process.
    """
    listener = socket.create_server((_LOOPBACK, 0))
    port = listener.getsockname()[1]
    aws = LocalAws(endpoint=f"http://{_LOOPBACK}:{port}", account_id=ACCOUNT_ID, region=_REGION)
    # A client with default credentials, as a dynamic provider creates it, must call this AWS and no other.
    sdk = {"AWS_ENDPOINT_URL": aws.endpoint, "AWS_ACCESS_KEY_ID": ACCOUNT_ID, "AWS_SECRET_ACCESS_KEY": "test"}
    # Nor do children ask a proxy of the user for it.
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    no_proxy = f"{exceptions},{_LOOPBACK}" if exceptions else _LOOPBACK
    direct = {"NO_PROXY": no_proxy, "no_proxy": no_proxy}
    with patch.dict(os.environ, {**_SETTINGS, **sdk, **direct, "GATEWAY_PORT": str(port)}):
        os.environ.pop("AWS_SESSION_TOKEN", None)
        os.environ.pop("AWS_PROFILE", None)
        os.environ.pop("AWS_DEFAULT_PROFILE", None)
        with (
            ses_api.extended(aws),
            firehose.extended(aws),
            s3.extended(),
            cloudwatch.extended(),
            athena.extended(),
            iam.extended(),
            glue.extended(),
            _serving(listener),
        ):
            yield aws


@contextmanager
def _serving(listener: socket.socket) -> Generator[None]:
    """Serve ministack's ASGI application in a thread, on a listening socket."""
    from ministack import app  # noqa: PLC0415  it reads its settings when imported

    app._reset_all_state()  # noqa: SLF001  POST /_ministack/reset needs a server
    config = hypercorn.config.Config()
    # Clients keep connections for longer than the default, and may use one in the moment in which it is closed.
    config.keep_alive_timeout = 600
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
    """`app` without its start-up, which looks for Docker containers, start scripts and saved state."""

    async def requests(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        await app(scope, receive, send)

    return requests
