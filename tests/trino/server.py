"""A Trino server, the engine of Athena, over the Glue and the S3 of an AWS: started on loopback, and asked."""

import json
import socket
import subprocess
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from localaws.aws import LocalAws
from localaws.queries import Answer as Asked
from tests.trino.toolchain import VERSION, Toolchain

CATALOG = "awsdatacatalog"
"""The catalog by its name in Athena."""

_LOOPBACK = "127.0.0.1"

_START = Path(__file__).parent / "Start.java"

_SECONDS = 300
"""How long the server may take to start: 10 seconds, on a machine that does nothing else."""

_PARSED = {"date": date.fromisoformat, "timestamp(3)": datetime.fromisoformat}
"""How the values of a type are read that JSON does not have."""


class QueryFailedError(Exception):
    """What Trino says of a query that failed."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a query answers."""

    types: dict[str, str]
    """The type of each column, in Trino's words."""

    rows: list[dict[str, Any]]

    bytes_read: int
    """Of objects, as they are in the bucket."""


@dataclass(frozen=True, kw_only=True)
class Trino:
    """A running server."""

    address: str

    def query(self, sql: str, *, database: str) -> Answer:
        """What a query of the tables of a database answers, in UTC. Raises QueryFailedError."""
        asked = self.ask(sql, database)
        types = dict(asked.columns)
        rows = [
            {name: _value(types[name], value) for name, value in zip(types, row, strict=True)} for row in asked.rows
        ]
        return Answer(types=types, rows=rows, bytes_read=asked.bytes_read)

    def ask(self, sql: str, database: str) -> Asked:
        """The same, as Trino's protocol has it."""
        headers = {
            "X-Trino-User": "test",
            "X-Trino-Catalog": CATALOG,
            "X-Trino-Schema": database,
            "X-Trino-Time-Zone": "UTC",
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",  # else a type is told without its precision
        }
        page = _asked(urllib.request.Request(f"{self.address}/v1/statement", sql.encode(), headers))  # noqa: S310  loopback
        columns: list[tuple[str, str]] = []
        rows: list[list[Any]] = []
        # https://trino.io/docs/current/develop/client-protocol.html
        while "nextUri" in page:
            page = _asked(urllib.request.Request(page["nextUri"], headers=headers))  # noqa: S310
            columns = columns or [(column["name"], column["type"]) for column in page.get("columns", [])]
            rows += page.get("data", [])
        if "error" in page:
            raise QueryFailedError(f"{page['error']['errorName']}: {page['error']['message']}")
        return Asked(columns=columns, rows=rows, bytes_read=page["stats"]["physicalInputBytes"])


@contextmanager
def running(tools: Toolchain, aws: LocalAws, access_key: Mapping[str, str], folder: Path) -> Generator[Trino]:
    """Trino over the tables of an AWS, as the user of an access key, while the context lasts.

    The folder takes the settings and the log. Raises RuntimeError with the end of the log when it does not start.
    """
    with socket.create_server((_LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
    address = f"http://{_LOOPBACK}:{port}"
    catalogs = folder / "catalogs"
    catalogs.mkdir(parents=True)
    settings = _write(
        folder / "config.properties",
        {
            "node.environment": "test",
            "node.bind-ip": _LOOPBACK,
            "node.internal-address": _LOOPBACK,
            "node-scheduler.include-coordinator": "true",
            "http-server.http.port": port,
            "discovery.uri": address,
            "plugin.dir": tools.jars / "plugin",
            "catalog.config-dir": catalogs,
            "query.max-memory-per-node": "600MB",
            "memory.heap-headroom-per-node": "200MB",
        },
    )
    _write(catalogs / f"{CATALOG}.properties", _connector(aws, access_key))
    command = [
        *(str(tools.java), "-Xmx1400M", "-XX:+UseSerialGC"),
        "-XX:TieredStopAtLevel=1",  # it is asked little: compiling less, it starts sooner
        *("--add-modules=jdk.incubator.vector", "--add-opens=java.base/java.nio=ALL-UNNAMED"),
        *(f"-Dconfig={settings}", "-cp", f"{tools.jars / 'trino-main'}/*", str(_START), VERSION),
    ]
    log = folder / "server.log"
    with (
        log.open("w") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder) as process,
    ):
        try:
            deadline = monotonic() + _SECONDS
            while "SERVER STARTED" not in log.read_text():
                if process.poll() is not None or monotonic() > deadline:
                    raise RuntimeError(log.read_text()[-3000:])
                sleep(0.1)
            yield Trino(address=address)
        finally:
            process.terminate()


def _connector(aws: LocalAws, access_key: Mapping[str, str]) -> dict[str, str]:
    """The properties of the connector that reads tables as Athena does: those of Glue, with partition projection."""
    key, secret = access_key["AccessKeyId"], access_key["SecretAccessKey"]
    return {
        "connector.name": "hive",
        "hive.metastore": "glue",
        "hive.metastore.glue.endpoint-url": aws.tls_endpoint,
        "hive.metastore.glue.region": aws.region,
        "hive.metastore.glue.aws-access-key": key,
        "hive.metastore.glue.aws-secret-key": secret,
        "fs.native-s3.enabled": "true",
        "s3.endpoint": aws.tls_endpoint,
        "s3.region": aws.region,
        "s3.path-style-access": "true",
        "s3.aws-access-key": key,
        "s3.aws-secret-key": secret,
        "hive.partition-projection-enabled": "true",
        "hive.table-statistics-enabled": "false",
    }


def _write(path: Path, properties: Mapping[str, object]) -> Path:
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    return path


def _asked(request: urllib.request.Request) -> dict[str, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_SECONDS) as answer:
        return json.load(answer)


def _value(kind: str, value: Any) -> Any:
    return _PARSED[kind](value) if kind in _PARSED and value is not None else value
