import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from rich.text import Text
from ses_history.cli import main
from ses_history.sources.folder import Folder

from tests.contract.support import EVENTS
from tests.reader.support import KEY, SENT, Run, answer, held, message, put


def test_a_terminal_of_any_width_has_a_line_for_each_message_and_whole_numbers(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = "010001a20da6d722-5d01b729-9234-4de9-b743-329bbc94c2f8-000000"
    put(folder, message(message_id, ["a.rather.long.address@example.com"], "send", "delivery"))
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    shown = {
        80: [
            "2026-03-01 08:00:00  delivered  a.rather.long.address@example.com",
            f"  {message_id[:25]}  Your order is on its way",
            "  250 2.6.0 Message received",
        ],
        160: [
            (
                "sent                 status     recipient                          subject                   "
                "last reply                  message id"
            ),
            (
                "2026-03-01 08:00:00  delivered  a.rather.long.address@example.com  Your order is on its way  "
                f"250 2.6.0 Message received  {message_id[:25]}"
            ),
        ],
    }
    for width in (80, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        _, _, _, *lines = (each.rstrip() for each in Text.from_ansi(run("find", "a.rather").stdout).plain.splitlines())
        assert max(map(len, lines)) <= width
        assert lines == shown[width]
        counts, rates, _ = Text.from_ansi(run("stats").stdout).plain.split("\n\n")
        *cells, bar = counts.splitlines()[2].split()
        assert cells == ["2026-03-01", "2", "0", "1", "1", "0", "0"]
        assert bar == "█" * (15 if width == 80 else 40)
        assert rates.splitlines()[2].split()[:6] == ["2026-03-01", "1", "few", "(0)", "few", "(0)"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["find", "nobody@example.com"], 1, "No message matches\nIt may be older than the history"),
        (["show", "no-such-id"], 1, "No message has the id 'no-such-id'"),
        (["stats", "--domain", "none.example.com"], 1, "No message matches: widen --since, or leave an option out"),
        (
            ["find", "a", "--since", "tomorrow"],
            2,
            (
                "invalid time 'tomorrow': use today, yesterday, this week, last week, this month, last month, "
                "2026-11-23, 2026-11-23T08:00, 90m, 12h, 7d or 2w"
            ),
        ),
        (["find", "a", "--tag", "campaign"], 2, "invalid 'campaign': use NAME=VALUE"),
        (["stats", "--by", "tag:"], 2, "invalid group 'tag:': use hour, day, week, month, type, status, "),
        (
            ["export", "out.xls"],
            2,
            "has no known format: end it with .csv .xlsx .jsonl .parquet .sqlite, or give --format",
        ),
        (["find", "a", "--bucket", ""], 2, "--bucket is empty"),
        (["find", "a", "--prefix", "events/"], 2, "--prefix is for a bucket: a folder is read whole"),
        (
            ["find", "a", "--since", "2026-02-01", "--until", "2026-01-01"],
            2,
            "since (2026-02-01 00:00:00) must be before",
        ),
        (["find", ""], 2, "the text to look for is empty"),
        (["show", " "], 2, "the message id is empty"),
        (["find", "a", "--limit", "0"], 2, "0 is not in the range 1<=x<=1000000000"),
        (["find", "a", "--limit", "99999999999999999999"], 2, "is not in the range 1<=x<=1000000000"),
        (["find", "\udcff"], 1, "No message matches"),
        (["find", "a", "--domain", "\udcff"], 1, "No message matches"),
        (["find", "a", "--since", "999999w"], 2, "invalid time '999999w'"),
        (["find", "a", "--since", "0001-01-01T00:00+02:00"], 2, "invalid time"),
    ],
)
def test_what_cannot_be_answered_gives_one_line_and_an_exit_code(
    arguments: list[str], code: int, says: str, folder: Path, run: Run
) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    result = run(*arguments)
    assert result.exit_code == code
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_an_empty_folder_and_a_missing_one_have_errors_of_their_own(folder: Path, run: Run) -> None:
    missing = run("find", "a")
    folder.mkdir()
    empty = run("find", "a")
    assert (missing.exit_code, empty.exit_code) == (3, 1)
    assert "is not a folder" in missing.stderr
    assert "is empty: check the name" in empty.stderr


def test_without_sync_the_store_answers_as_it_is(folder: Path, run: Run) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    assert run("find", "a@", "--no-sync").exit_code == 4
    answer(run("find", "a@", "--json"))
    put(folder, message("2", ["a@example.com"], "send"), "later.gz")
    assert len(answer(run("find", "a@", "--json", "--no-sync"))) == 1
    assert len(answer(run("find", "a@", "--json"))) == 2


def test_where_the_history_is_may_stand_in_the_environment(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    monkeypatch.delenv("SES_HISTORY", raising=False)
    nowhere = run("find", "a@", where=())
    assert (nowhere.exit_code, "Where is the history?" in nowhere.stderr) == (2, True)
    monkeypatch.setenv("SES_HISTORY", str(folder))
    assert len(answer(run("find", "a@", "--json", where=()))) == 1


def test_sync_says_what_it_read_and_each_time_which_lines_are_invalid(folder: Path, run: Run) -> None:
    put(folder, b"\n{}\nnone\n")
    invalid = [
        "2 invalid lines, skipped:",
        f"  {KEY} line 2: not an event",
        f"  {KEY} line 3: not JSON",
    ]
    assert run("sync").stdout.splitlines() == ["1 object in the history: 1 added with 2 lines, 0 removed", *invalid]
    assert run("sync").stdout.splitlines() == ["1 object in the history: 0 added with 0 lines, 0 removed", *invalid]


def test_of_many_invalid_lines_sync_lists_the_first_and_json_all_that_the_store_has(folder: Path, run: Run) -> None:
    put(folder, b"{}\n" * 1500)
    said = run("sync").stdout.splitlines()
    assert said[1] == "1,500 invalid lines, skipped:"
    assert said[2:22] == [f"  {KEY} line {number}: not an event" for number in range(1, 21)]
    assert said[22:] == ["  and 1,480 more: --json lists a thousand of each object"]
    told = answer(run("sync", "--json"))
    assert (told["invalid_line_count"], told["unread"], told["undelivered"]) == (1500, [], 0)
    assert sum(line["lines"] for line in told["invalid_lines"]) == 1500
    assert told["invalid_lines"][0] == {"object_key": KEY, "line_no": 1, "reason": "not an event", "lines": 1}


def test_of_objects_that_cannot_be_read_a_look_up_says_how_many_and_sync_which_and_why(folder: Path, run: Run) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    for number in range(25):
        (folder / f"{number:02}").symlink_to(f"{number:02}")
    found = run("find", "a@", "--json")
    assert [row["message_id"] for row in answer(found)] == ["1"]
    assert found.stderr == "25 objects cannot be read; `ses-history sync` lists them\n"
    synced = run("sync")
    assert synced.exit_code == 3
    reason = "cannot be read (Too many levels of symbolic links): mend that, and sync again"
    assert synced.stdout.splitlines() == [
        "26 objects in the history: 0 added with 0 lines, 0 removed",
        "25 objects cannot be read, left out:",
        *(f"  {number:02} {reason}" for number in range(20)),
        "  and 5 more: --json lists all",
    ]
    assert synced.stderr == f"Error: 25 objects of {folder} cannot be read: mend that, and sync again\n"
    in_json = run("sync", "--json")
    assert (in_json.exit_code, len(json.loads(in_json.stdout)["unread"])) == (3, 25)
    (folder / "24").unlink()
    for number in range(23):
        (folder / f"{number:02}").unlink()
    assert run("find", "a@").stderr == "1 object cannot be read; `ses-history sync` lists it\n"


def test_a_folder_of_other_files_holds_no_history_and_leaves_no_store(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "etc"
    other.mkdir()
    (other / "hosts").write_text("127.0.0.1 localhost\n")
    (other / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    for command in (("find", "a"), ("sync",)):
        result = run(*command, where=("--folder", str(other)))
        assert (result.exit_code, result.stdout) == (3, "")
        assert result.stderr == (
            f"Error: {other} holds no history: there is no event in it (hosts line 1: not JSON). "
            "Name the folder, or the bucket and prefix, that events are kept in\n"
        )
        assert [path.name for path in tmp_path.iterdir()] == ["etc"]


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["find", "--help"],
        ["find", "a@"],
        ["find", "a@", "--json"],
        ["show", "1"],
        ["show", "1", "--raw"],
        ["stats"],
        ["sync"],
        ["sync", "--json"],
        ["export", "out.csv"],
    ],
)
def test_a_full_disk_behind_standard_output_is_one_line_and_an_exit_code(
    arguments: list[str], unbuffered: str, folder: Path, tmp_path: Path
) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    environment = os.environ | {
        "SES_HISTORY": str(folder),
        "SES_HISTORY_STORE": str(tmp_path / "store.duckdb"),
        "PYTHONUNBUFFERED": unbuffered,
    }
    command = [Path(sys.executable).with_name("ses-history"), *arguments]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path, env=environment
        )
    assert (result.returncode, result.stderr) == (5, "Error: the answer cannot be written: No space left on device\n")


def test_a_reader_that_stops_reading_is_told_nothing(folder: Path, tmp_path: Path) -> None:
    put(folder, [item for number in range(5000) for item in message(str(number), ["a@example.com"], "send")])
    where = f"--folder {folder} --store {tmp_path / 'store.duckdb'}"
    command = f"{Path(sys.executable).with_name('ses-history')} find a@ --limit 5000 {where} | head -n 1"
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("5,000 messages: 5,000 sent")
    assert result.stderr == ""


@pytest.mark.parametrize("store", [":memory:", ":memory:name", "s3://bucket/store.duckdb", "https://example.com/a", ""])
def test_a_store_that_is_no_file_is_refused_with_what_to_name(
    store: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    monkeypatch.chdir(folder.parent)
    result = CliRunner().invoke(main, ["find", "a@", "--folder", str(folder), "--store", store])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: the store {store!r} is no file of this machine: name one, such as history.duckdb\n"
    assert [path.name for path in folder.parent.iterdir()] == ["history"]


def damages(store: bytes) -> dict[str, bytes]:
    middle = len(store) // 2
    noise = random.Random(0).randbytes(len(store))  # noqa: S311
    return {
        "half": store[:middle],
        "without its end": store[:-4096],
        "its header alone": store[:12288],
        "a byte": b"x",
        "text": b"hello\n" * 10_000,
        "noise": noise,
        "noise in the header": noise[:4096] + store[4096:],
        "noise from the middle": store[:middle] + noise[middle:],
        "noise in the middle": store[: middle - 200_000] + noise[:400_000] + store[middle + 200_000 :],
    }


@pytest.mark.parametrize("command", [["find", "a@"], ["show", "1"], ["stats"], ["sync"], ["export", "out.csv"]])
def test_a_damaged_store_is_an_error_with_the_remedy(
    command: list[str], folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    put(folder, [item for number in range(2000) for item in message(str(number), ["a@example.com"], "send")])
    answer(run("sync", "--json"))
    store = tmp_path / "store.duckdb"
    for name, damaged in damages(store.read_bytes()).items():
        store.write_bytes(damaged)
        result = run(*command)
        assert (result.exit_code, result.stdout) == (4, ""), name
        assert result.stderr.startswith(f"Error: The store {store} cannot be used: "), name
        assert "delete this one if ses-history made it: the next sync rebuilds it" in result.stderr, name


def test_a_folder_or_an_empty_file_for_a_store_is_an_error_with_the_remedy(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    store = tmp_path / "store.duckdb"
    store.mkdir()
    result = run("find", "a@")
    assert (result.exit_code, "Use another file" in result.stderr) == (4, True)
    store.rmdir()
    store.touch()
    result = run("find", "a@")
    assert (result.exit_code, "delete this one if ses-history made it" in result.stderr) == (4, True)


def test_a_look_up_that_read_invalid_lines_says_so_once(folder: Path, run: Run) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    put(folder, b"none\n", "later.gz")
    assert "Skipped 1 invalid line; `ses-history sync` lists it" in run("find", "a@").stderr
    assert run("find", "a@").stderr == ""


def test_a_character_that_the_output_cannot_have_is_replaced(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, message("1", ["a@example.com"], "send", commonHeaders={"subject": "Grüße"}))
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    where = ["--folder", str(folder), "--store", str(tmp_path / "store.duckdb")]
    command = [Path(sys.executable).with_name("ses-history"), "find", "a@", *where]
    assert "  Gr??e  " in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_json_has_times_in_utc_with_a_z(folder: Path, run: Run) -> None:
    put(folder, message("m", ["a@example.com"], "send"))
    [found] = answer(run("find", "a@", "--json"))
    assert found == {
        "sent_at": SENT,
        "message_id": "m",
        "recipient": "a@example.com",
        "source": EVENTS["send"]["mail"]["source"],
        "subject": EVENTS["send"]["mail"]["commonHeaders"]["subject"],
        "status": "sent",
        "reply": None,
        "is_test": False,
    }
    [row] = answer(run("show", "m", "--json"))["events"]
    assert (row["ts"], row["sent_at"], row["day"]) == (SENT, SENT, "2026-11-23")


def test_ctrl_c_has_an_exit_code_of_its_own_and_one_line(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, message("m", ["a@example.com"], "send"))

    def interrupt(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Folder, "read", interrupt)
    result = run("find", "a@")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "Stopped\n"


@pytest.mark.parametrize("options", [[], ["--no-sync"]])
def test_a_store_that_another_process_has_is_never_nothing_found(
    options: list[str], folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ses_history.store.store._WAIT_SECONDS", 0)
    put(folder, message("m", ["a@example.com"], "send"))
    answer(run("sync", "--json"))
    store = tmp_path / "store.duckdb"
    with held(store, str(folder), "write") as process:
        result = run("find", "nobody@example.com", *options)
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.splitlines() == [
        f"Waiting for process {process.pid}, which is using the store {store}",
        f"Error: Process {process.pid} is using the store {store}: try again when it is done",
    ]


def test_a_store_of_another_version_is_rebuilt_with_a_line_about_it(folder: Path, run: Run, tmp_path: Path) -> None:
    put(folder, message("m", ["a@example.com"], "send"))
    answer(run("sync", "--json"))
    store = tmp_path / "store.duckdb"
    with duckdb.connect(store) as older:
        older.execute("UPDATE store SET version = 'older'")
    assert run("find", "a@", "--no-sync").exit_code == 4
    result = run("find", "a@", "--json")
    assert result.stderr == f"The store {store} is from another version of ses-history: rebuilding it\n"
    assert [row["message_id"] for row in answer(result)] == ["m"]
