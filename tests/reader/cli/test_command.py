import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from rich.text import Text
from ses_history.sources.folder import Folder

from tests.contract.support import EVENTS
from tests.reader.support import KEY, SENT, Run, answer, held, message, put


def test_a_terminal_of_any_width_has_a_line_for_each_message_and_whole_numbers(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = "010001a20da6d722-5d01b729-9234-4de9-b743-329bbc94c2f8-000000"
    put(folder, message(message_id, ["a.rather.long.address@example.com"], "send", "delivery"))
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    for width in (80, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        _, line = Text.from_ansi(run("find", "a.rather").stdout).plain.splitlines()
        assert len(line) <= max(width, 120)
        assert line.startswith("2026-03-01 08:00:00  a.rather.")
        assert line.rstrip().endswith(f"  {message_id[:25]}")
        assert ("…" in line) == (width == 80)
        counts, rates = Text.from_ansi(run("stats").stdout).plain.split("\n\n")
        *cells, bar = counts.splitlines()[2].split()
        assert cells == ["2026-03-01", "2", "1", "1", "0", "0", "0"]
        assert bar == "█" * (16 if width == 80 else 40)
        assert rates.splitlines()[2].split()[:6] == ["2026-03-01", "1", "0.00%", "(0)", "0.00%", "(0)"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["find", "nobody@example.com"], 1, "No message matches 'nobody@example.com'"),
        (["show", "no-such-id"], 1, "No message has the id 'no-such-id'"),
        (["stats", "--domain", "none.example.com"], 1, "No message matches these options"),
        (
            ["find", "a", "--since", "yesterday"],
            2,
            "invalid time 'yesterday': use 2026-11-23, 2026-11-23T08:00 (UTC), 90m, 12h, 7d or 2w",
        ),
        (["find", "a", "--tag", "campaign"], 2, "invalid tag 'campaign': use NAME=VALUE"),
        (["stats", "--by", "tag:"], 2, "invalid group 'tag:': use day, type, domain, set or tag:NAME"),
        (["export", "out.xls"], 2, "has no known format: end it with .csv .jsonl .parquet .sqlite, or give --format"),
        (["find", "a", "--bucket", "b"], 2, "--bucket and --folder both say"),
        (["find", "a", "--bucket", ""], 2, "--bucket is empty"),
        (["find", "a", "--prefix", "events/"], 2, "--prefix is for a bucket: a folder is read whole"),
        (["find", "a", "--limit", "0"], 2, "0 is not in the range x>=1"),
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
    assert "is empty: send a message" in empty.stderr


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
    put(folder, b"\n{}\n")
    invalid = [
        "2 invalid lines, skipped:",
        f"  {KEY} line 1: blank",
        f"  {KEY} line 2: not an event",
    ]
    assert run("sync").stdout.splitlines() == ["1 object in the history: 1 added with 2 lines, 0 removed", *invalid]
    assert run("sync").stdout.splitlines() == ["1 object in the history: 0 added with 0 lines, 0 removed", *invalid]


def test_a_look_up_that_read_invalid_lines_says_so_once(folder: Path, run: Run) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    put(folder, b"\n", "later.gz")
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
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = run("find", "a@")
    finally:
        signal.signal(signal.SIGINT, before)
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "Stopped. What was read so far is kept.\n"


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
