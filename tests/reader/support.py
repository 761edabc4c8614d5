"""What the tests of the reader share: events, objects that hold them, a store of them, and the command's answer."""

import gzip
import json
import os
import pty
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

from click.testing import Result
from ses_history.history import History
from ses_history.results import Synced
from ses_history.sources.folder import Folder
from ses_history.store.store import Store, opened

from tests.contract.support import EVENTS

KEY = "events/day=2026-11-23/stream-1-2026-11-23-10-00-00-a.gz"
OTHER = "events/day=2026-11-24/stream-1-2026-11-24-10-00-00-b.gz"
SENT = "2026-03-01T08:00:00.000Z"
LATER = "2026-03-09T08:00:00.000Z"
DELIVERED, HARD, SOFT = "delivered", "bounced:hard", "bounced:soft"

Run = Callable[..., Result]


def event(name: str, **mail: Any) -> dict[str, Any]:
    """The event of a type, with other fields of its mail."""
    copy = deepcopy(EVENTS[name])
    copy["mail"].update(mail)
    return copy


def message(message_id: str, to: list[str], *events: str, **other: Any) -> list[dict[str, Any]]:
    """The events of a message, each for all its recipients."""
    made = [event(name, messageId=message_id, destination=to, timestamp=SENT, **other) for name in events]
    for item in made:
        if "delivery" in item:
            item["delivery"]["recipients"] = to
        if "bounce" in item:
            item["bounce"]["bouncedRecipients"] = [{"emailAddress": a, "diagnosticCode": "550 no"} for a in to]
        if "complaint" in item:
            item["complaint"]["complainedRecipients"] = [{"emailAddress": a} for a in to]
        if "deliveryDelay" in item:
            item["deliveryDelay"]["delayedRecipients"] = [{"emailAddress": a} for a in to]
    return made


def bounce(message_id: str, to: str, bounce_type: str, sub_type: str) -> list[dict[str, Any]]:
    made = message(message_id, [to], "send", "bounce")
    made[1]["bounce"] |= {"bounceType": bounce_type, "bounceSubType": sub_type}
    return made


def later(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same events, of which those that have a time of their own happened after all others."""
    for item in events:
        for name, section in item.items():
            if name != "mail" and "timestamp" in section:
                section["timestamp"] = LATER
    return events


def by_machine(event_type: str, likely: str) -> list[dict[str, Any]]:
    """An open or click of message m, of which SES says whether a machine made it."""
    made = message("m", ["a@example.com"], event_type)
    made[0][event_type]["isBotEvent"] = likely
    return made


def automatic_reply(bounce_type: str) -> list[dict[str, Any]]:
    """What SES publishes of an out-of-office reply to message m: a bounce that says nothing but who."""
    made = bounce("m", "a@example.com", bounce_type, "General")[1:]
    made[0]["bounce"]["bouncedRecipients"] = [{"emailAddress": "a@example.com"}]
    return later(made)


def complaint(
    message_id: str, to: str, *, feedback: str | None = None, sub_type: str | None = None
) -> list[dict[str, Any]]:
    made = message(message_id, [to], "send", "complaint")
    made[1]["complaint"] |= {"complaintFeedbackType": feedback, "complaintSubType": sub_type}
    return made


def lines(events: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in events)


def put(folder: Path, events: Sequence[Any] | bytes, key: str = KEY) -> None:
    """Write an object of events, or of these bytes, into the folder."""
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(events if isinstance(events, bytes) else lines(events)))


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process grows over the size in bytes meanwhile."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def store_of(folder: Path) -> Path:
    return folder.parent / "store.duckdb"


def sync(folder: Path) -> Synced:
    """Bring the store of a folder, which is beside it, up to date."""
    return History(Folder(folder), store_of(folder)).sync()


@contextmanager
def stored(folder: Path) -> Iterator[Store]:
    """The store of a folder as it is, to read."""
    with opened(store_of(folder), Folder(folder).name, read_only=True) as store:
        yield store


def rows(folder: Path) -> list[dict[str, Any]]:
    """The folder's history after a sync, in the order of its lines."""
    sync(folder)
    with stored(folder) as store:
        return store.rows("SELECT * FROM history ORDER BY object_key, line_no, recipient_no")


_HOLD = """
import sys
from pathlib import Path
from ses_history.store.store import opened
with opened(Path(sys.argv[1]), sys.argv[2], read_only=sys.argv[3] == "read"):
    print("open", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(store: Path, source: str, how: str) -> Iterator["subprocess.Popen[str]"]:
    """The store open in another process, to read or to write, until its standard input ends."""
    command = [sys.executable, "-c", _HOLD, str(store), source, how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield process
        process.communicate("")


def on_terminal(*command: str, **environment: str) -> tuple[int, str]:
    """The exit code of a command on a terminal of 120 columns, and all it wrote there."""
    terminal, inside = pty.openpty()
    env = os.environ | {"TERM": "xterm", "COLUMNS": "120"} | environment
    with subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, env=env) as process:
        os.close(inside)
        written = b""
        with suppress(OSError):  # how Linux says that nobody has the other side open any more
            while some := os.read(terminal, 1 << 16):
                written += some
        os.close(terminal)
    return process.returncode, written.decode()


def answer(result: Result) -> Any:
    """What the command answered in JSON."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
