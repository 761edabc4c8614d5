import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.reader.support import later, message, put

COMMAND = Path(sys.executable).with_name("ses-history")


def test_new_events_are_shown_as_they_arrive_and_none_twice_until_it_is_interrupted(tmp_path: Path) -> None:
    folder = tmp_path / "h"
    put(folder, message("old", ["a@example.com"], "send"))
    where = ["--folder", str(folder), "--store", str(tmp_path / "store.duckdb"), "--every", "1"]
    asked = {"text": ["--tz", "Asia/Tokyo"], "json": ["--json", "--type", "bounce"]}
    running = {
        name: subprocess.Popen(
            [COMMAND, "tail", *where[:2], "--store", str(tmp_path / f"{name}.duckdb"), *where[4:], *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, options in asked.items()
    }
    for process in running.values():
        assert process.stderr
        assert process.stderr.readline() == "Waiting for new events; looking every 1 s\n"
    new = [*message("new", ["b@example.com"], "send", "bounce"), *later(message("old", ["a@example.com"], "delivery"))]
    put(folder, [*new, *message("old", ["a@example.com"], "send")], "day=2026-03-01/later.gz")

    out = {name: process.stdout for name, process in running.items() if process.stdout}
    lines = [out["text"].readline().split() for _ in range(3)]
    assert sorted(line[2:4] for line in lines) == [
        ["Bounce", "b@example.com"],
        ["Delivery", "a@example.com"],
        ["Send", "b@example.com"],
    ]
    assert {line[1] for line in lines if line[2] == "Send"} == {"17:00:00"}
    row = json.loads(out["json"].readline())
    assert (row["event_type"], row["message_id"], row["object_key"]) == ("Bounce", "new", "day=2026-03-01/later.gz")
    for process in running.values():
        process.send_signal(signal.SIGINT)
        rest, says = process.communicate(timeout=30)
        assert (process.returncode, rest, says) == (130, "", "Stopped\n")
