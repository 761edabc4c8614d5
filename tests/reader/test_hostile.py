"""Whatever lies in a bucket was written by strangers: nothing of it stops a command, or takes what the machine has.

`make fuzz` tries many more of the made-up objects.
"""

import bz2
import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from ses_history.cli import main

from tests.contract.support import EVENTS
from tests.reader.support import message, put

MEGABYTES = 600
"""What a command may take of memory."""

MEASURED = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""
"""Runs a command from a small process: Linux counts what its parent took before it as its own."""

INTACT = message("intact", ["ada@example.com"], "send", "delivery")

EVENT_LINES = [json.dumps(event).encode() for event in EVENTS.values()]


def utf16(body: bytes) -> bytes:
    return body.decode(errors="replace").encode("utf-16")


def zipped(body: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events", body)
    return file.getvalue()


def in_sns(body: bytes) -> bytes:
    return json.dumps({"Type": "Notification", "Message": body.decode(errors="replace")}).encode()


def in_eventbridge(body: bytes) -> bytes:
    return b'{"detail-type": "Email Sent", "source": "aws.ses", "detail": ' + body + b"}"


WRAPS: list[Callable[[bytes], bytes]] = [
    gzip.compress,
    zipped,
    utf16,
    in_sns,
    in_eventbridge,
    bz2.compress,
    lambda body: b"[" + body + b"]",
    lambda body: body[: len(body) // 2],
    lambda body: body[len(body) // 3 :],
    lambda body: body.replace(b'"', b"'", 3),
    lambda body: body + b"\0" * 99,
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: body * 3,
]

NO_MAIL = b'{"eventType": "Send", "mail": %s}'

STRANGE = st.sampled_from(
    [
        *(b'"\\ud800"', b"\xff\xfe", b"{" * 5000, b"[" * 5000, b"NaN", b"1e999999", b"-" * 99, b'{"eventType": 7}'),
        *(b"\n" * 2000, b",", b"}{", b"PK\x03\x04", b"\x1f\x8b\x08", b"\r\r\n", b"\0" * 300),
        NO_MAIL % b'{"messageId": 12, "destination": "x", "tags": [1]}',
        NO_MAIL % b'{"timestamp": "99999-01-01T00:00:00Z", "messageId": "y", "destination": [null]}',
        NO_MAIL % b'{"messageId": "s", "commonHeaders": {"subject": "=?utf-7?Q?+2AA-?="}}',
        b'{"eventType": "Bounce", "mail": {"messageId": "z"}, "bounce": {"bouncedRecipients": {}}}',
        b'{"eventType": "Open", "mail": {"messageId": "intact"}, "open": {"isBotEvent": 3}}',
    ]
)

PIECES = st.lists(STRANGE | st.sampled_from(EVENT_LINES) | st.binary(max_size=60), max_size=6)


@st.composite
def objects(draw: st.DrawFn) -> bytes:
    """Pieces of what may be an object, in up to four wraps."""
    between = draw(st.sampled_from([b"\n", b"", b",\n", b"\r\n", b" "]))
    body = between.join(draw(PIECES))
    for wrap in draw(st.lists(st.sampled_from(WRAPS), max_size=4)):
        body = wrap(body)
    return body


@settings(max_examples=settings().max_examples // 40)
@given(st.lists(objects(), min_size=1, max_size=3))
def test_no_object_keeps_a_command_from_answering_about_the_others(bodies: list[bytes]) -> None:
    with TemporaryDirectory() as temporary:
        folder, export = Path(temporary) / "h", Path(temporary) / "rows"
        put(folder, INTACT)
        for number, body in enumerate(bodies):
            (folder / f"{number}").write_bytes(body)
        where = ["--folder", str(folder), "--store", f"{temporary}/store.duckdb"]

        def run(*arguments: str) -> str:
            result = CliRunner().invoke(main, [*arguments, *where], catch_exceptions=False)
            assert result.exit_code == 0, result.output
            return result.stdout

        run("sync", "--json")
        found = json.loads(run("find", "example", "--json"))
        assert ("intact", "ada@example.com") in {(each["message_id"], each["recipient"]) for each in found}
        for each in found:
            if each["message_id"]:
                run("show", each["message_id"])
                run("show", each["message_id"], "--raw")
        run("stats", "--by", "domain")
        for end in ("csv", "jsonl", "parquet", "sqlite"):
            run("export", f"{export}.{end}")


def bomb(body: bytes, times: int) -> Callable[[Path], None]:
    """Writes an object of gzip that is the bytes so many times, in little memory."""

    def write(path: Path) -> None:
        with gzip.open(path, "wb", compresslevel=1) as file:
            for _ in range(times):
                file.write(body)

    return write


BOMBS = {
    "a line of 500 MB": bomb(b"x" * (1 << 20), 500),
    "an event of 64 MB": bomb(b'{"eventType":"Send","mail":{"messageId":"' + b"m" * (1 << 20), 64),
    "30 million empty lines": bomb(b"\n" * (1 << 20), 30),
    "two million invalid lines": bomb(b"x\n" * (1 << 20), 2),
    "a million brackets": bomb(b"[" * (1 << 20), 1),
    "an array of 200 MB of events": bomb(b"[" + b",".join([EVENT_LINES[0]] * 400) + b"],", 200),
}


@pytest.mark.parametrize("write", BOMBS.values(), ids=BOMBS.keys())
def test_an_object_that_unpacks_to_much_takes_little_memory(write: Callable[[Path], None], tmp_path: Path) -> None:
    folder = tmp_path / "h"
    put(folder, INTACT)
    write(folder / "bomb.gz")
    find = [Path(sys.executable).with_name("ses-history"), "find", "ada@example.com", "--json", "--folder", folder]
    environment = os.environ | {"SES_HISTORY_STORE": str(tmp_path / "store.duckdb")}

    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, *find], env=environment, capture_output=True, text=True, check=True
    )

    assert [each["message_id"] for each in json.loads(ran.stdout) if each["message_id"] == "intact"]
    assert int(ran.stderr.splitlines()[-1]) / 1024 < MEGABYTES
