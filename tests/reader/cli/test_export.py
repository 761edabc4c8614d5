import csv
import errno
import json
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ses_history.columns import STATUS_COLUMNS
from ses_history.results import Counts

from tests.contract.support import COLUMNS, EVENTS
from tests.reader.support import (
    Run,
    answer,
    bounce,
    full_disk,
    message,
    put,
)


def test_export_writes_the_selected_rows_in_each_format_for_its_owner_alone(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    put(
        folder,
        [*message("1", ["a@example.com"], "send", "delivery"), *bounce("2", "b@example.com", "Permanent", "General")],
    )
    for suffix in ("csv", "jsonl", "parquet", "sqlite"):
        file = tmp_path / f"out.{suffix}"
        assert answer(run("export", str(file), "--events", "--type", "send", "--json"))["rows"] == 2
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        from_csv = [row["message_id"] for row in csv.DictReader(file)]
    from_lines = [json.loads(line)["message_id"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    from_parquet = duckdb.read_parquet(str(tmp_path / "out.parquet")).select("message_id").fetchall()
    database = sqlite3.connect(tmp_path / "out.sqlite")
    from_sqlite = database.execute("SELECT message_id FROM history").fetchall()
    tags_in_sqlite = database.execute("SELECT tags FROM history").fetchall()
    database.close()
    assert from_csv == from_lines == ["1", "2"]
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        assert [json.loads(row["tags"]) for row in csv.DictReader(file)] == [EVENTS["send"]["mail"]["tags"]] * 2
    assert from_parquet == from_sqlite == [("1",), ("2",)]
    assert [json.loads(tags) for (tags,) in tags_in_sqlite] == [EVENTS["send"]["mail"]["tags"]] * 2


def test_an_export_of_nothing_has_its_columns_and_no_rows(folder: Path, run: Run, tmp_path: Path) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    for suffix in ("csv", "jsonl", "parquet", "sqlite"):
        file = tmp_path / f"out.{suffix}"
        result = run("export", str(file), "--events", "--type", "click")
        assert (result.exit_code, result.stdout) == (0, f"0 rows in {file}\n")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").strip().split(",") == list(COLUMNS)
    assert (tmp_path / "out.jsonl").read_text() == ""
    parquet = duckdb.read_parquet(str(tmp_path / "out.parquet"))
    assert (parquet.columns, parquet.fetchall()) == (list(COLUMNS), [])
    with closing(sqlite3.connect(tmp_path / "out.sqlite")) as database:
        answered = database.execute("SELECT * FROM history")
        assert ([column[0] for column in answered.description], answered.fetchall()) == (list(COLUMNS), [])


def test_export_does_not_replace_a_file(folder: Path, run: Run, tmp_path: Path) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    (tmp_path / "out.csv").write_text("mine")
    result = run("export", str(tmp_path / "out.csv"))
    assert (result.exit_code, (tmp_path / "out.csv").read_text()) == (2, "mine")
    assert "already exists: choose another name, or remove it" in result.stderr
    (tmp_path / "link.csv").symlink_to("nowhere")
    assert (run("export", str(tmp_path / "link.csv")).exit_code, (tmp_path / "link.csv").is_symlink()) == (2, True)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl", "parquet", "sqlite"])
def test_an_export_that_fails_has_an_error_and_leaves_no_file(
    suffix: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    put(folder, [item for number in range(3000) for item in message(str(number), ["a@example.com"], "send")])
    answer(run("sync", "--json"))
    (tmp_path / "file").touch()
    inside = run("export", str(tmp_path / f"file/out.{suffix}"))
    assert (inside.exit_code, "cannot be written" in inside.stderr) == (5, True)
    nowhere = run("export", str(tmp_path / f"none/out.{suffix}"))
    (tmp_path / "exports").mkdir()
    file = tmp_path / f"exports/out.{suffix}"
    with full_disk(2_000):
        full = run("export", str(file))
    for result, path in ((nowhere, tmp_path / f"none/out.{suffix}"), (full, file)):
        assert result.exit_code == 5, result.output
        assert result.stderr.startswith(f"Error: {path} cannot be written: ")
    assert list(file.parent.iterdir()) == []


_EXPORT = """
import os, signal, sys
from ses_history.cli import main

fatal, *arguments = sys.argv[1:]

def kill(event, _):
    if event == fatal:
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill)
main(arguments)
"""


def exporting(folder: Path, file: Path, *, killed_at: str = "never") -> "subprocess.Popen[str]":
    """The command, in a process of its own that dies as soon as it does something."""
    where = ["--folder", str(folder), "--store", str(folder.parent / "store.duckdb"), "--no-sync"]
    command = [sys.executable, "-c", _EXPORT, killed_at, "export", str(file), *where]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "sqlite"])
def test_an_export_that_is_killed_leaves_the_whole_file_or_none_and_nothing_that_others_see(
    suffix: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    answer(run("sync", "--json"))
    answer(run("export", str(tmp_path / f"whole.{suffix}"), "--json"))
    whole = (tmp_path / f"whole.{suffix}").stat().st_size
    kept = list[int]()
    for moment in ("tempfile.mkdtemp", "os.link", "shutil.rmtree"):
        place = tmp_path / moment
        place.mkdir()
        with exporting(folder, place / f"out.{suffix}", killed_at=moment) as process:
            process.communicate()
        assert process.returncode == -signal.SIGKILL
        seen = [path for path in place.iterdir() if not path.name.startswith(".ses-history-")]
        assert [path.name for path in seen] in ([], [f"out.{suffix}"])
        kept += [path.stat().st_size for path in seen]
        for hidden in set(place.iterdir()) - set(seen):
            assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    assert kept == [pytest.approx(whole, abs=8)]  # a workbook has the time that it was made at


def test_of_two_exports_to_one_name_one_wins_and_the_other_is_told(folder: Path, run: Run, tmp_path: Path) -> None:
    put(folder, [item for number in range(2000) for item in message(str(number), ["a@example.com"], "send")])
    answer(run("sync", "--json"))
    (tmp_path / "exports").mkdir()
    file = tmp_path / "exports/out.sqlite"
    both = [exporting(folder, file) for _ in range(2)]
    told = [process.communicate()[1] for process in both]
    assert sorted(process.returncode == 0 for process in both) == [False, True]
    assert sum("already exists: choose another name, or remove it" in text for text in told) == 1
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM statuses").fetchall() == [(2000,)]
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("mine", [None, "mine"])
def test_where_a_file_has_one_name_alone_an_export_is_renamed(
    mine: str | None, folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    file = tmp_path / "exports/out.csv"
    file.parent.mkdir()

    def refuse(path: Path, _: Path) -> None:  # as FAT does
        if mine:
            path.write_text(mine)
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    result = run("export", str(file))
    assert (result.exit_code, "already exists" in result.stderr) == ((5, True) if mine else (0, False))
    assert file.read_text(encoding="utf-8-sig").startswith(mine or "sent_at,")
    assert list(file.parent.iterdir()) == [file]


def test_an_export_has_a_line_for_each_message_and_recipient_with_its_status(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    put(
        folder,
        [
            *message("2", ["a@example.com", "b@example.com"], "send", "delivery"),
            *message("1", ["ada@example.co.jp"], "send", "delivery", "open", "click"),
            *bounce("3", "b@example.com", "Permanent", "General"),
        ],
    )
    file = tmp_path / "out.csv"
    assert run("export", str(file)).stdout == f"4 rows in {file}\n"
    with file.open(encoding="utf-8-sig", newline="") as lines:
        exported = list(csv.DictReader(lines))
    assert list(exported[0]) == list(STATUS_COLUMNS)
    assert [(row["message_id"], row["recipient"], row["status"], row["reply"]) for row in exported] == [
        ("1", "ada@example.co.jp", "clicked", "250 2.6.0 Message received"),
        ("2", "a@example.com", "delivered", "250 2.6.0 Message received"),
        ("2", "b@example.com", "delivered", "250 2.6.0 Message received"),
        ("3", "b@example.com", "bounced:hard", "550 no"),
    ]
    first = exported[0]
    assert (first["sent_at"], first["recipient_domain"], first["is_test"]) == (
        "2026-03-01 08:00:00",
        "example.co.jp",
        "false",
    )
    happened = [EVENTS[name][name]["timestamp"] for name in ("delivery", "open", "click")]
    assert [first[name] for name in ("delivered_at", "opened_at", "clicked_at")] == [
        re.sub(r"\.?0*Z", "", time).replace("T", " ") for time in happened
    ]
    assert [exported[3][name] for name in ("delivered_at", "opened_at", "clicked_at")] == ["", "", ""]


def test_an_export_has_only_recipients_with_a_selected_event_and_a_wanted_status(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    put(
        folder,
        [
            *message("1", ["a@example.com", "b@example.org"], "send", "delivery"),
            *bounce("2", "c@example.com", "Permanent", "General"),
        ],
    )
    for options, recipients in (
        (["--domain", "example.com"], "a@example.com c@example.com"),
        (["--status", "bounced"], "c@example.com"),
        (["--not-status", "bounced"], "a@example.com b@example.org"),
        (["--type", "bounce"], "c@example.com"),
    ):
        result = run("export", "-", "--format", "csv", "--columns", "recipient", *options)
        assert result.stdout.split() == ["recipient", *recipients.split()]
    wrong = run("export", str(tmp_path / "out.csv"), "--events", "--status", "sent")
    assert (wrong.exit_code, "--status is of a message and recipient" in wrong.stderr) == (2, True)


def test_columns_are_chosen_and_ordered_and_an_unknown_one_is_an_error_with_the_nearest_and_all(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    chosen = run("export", "-", "--format", "csv", "--columns", "status, recipient,sent_at")
    assert chosen.stdout == "status,recipient,sent_at\nsent,a@example.com,2026-03-01 08:00:00\n"
    of_events = run("export", "-", "--format", "csv", "--columns", "event_type,line_no", "--events")
    assert of_events.stdout == "event_type,line_no\nSend,1\n"
    for written, error in (
        ("recipent", f"unknown column 'recipent', perhaps recipient: use {', '.join(STATUS_COLUMNS)}"),
        ("status,status", "the column status is chosen twice"),
        ("", "unknown column ''"),
    ):
        result = run("export", str(tmp_path / "out.csv"), "--columns", written)
        assert (result.exit_code, error in result.stderr) == (2, True), result.stderr


def test_a_csv_file_begins_with_a_byte_order_mark_and_standard_output_does_not(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    run("export", str(tmp_path / "out.csv"))
    run("export", str(tmp_path / "events.csv"), "--events")
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfsent_at,recipient,")
    assert (tmp_path / "events.csv").read_bytes().startswith(b"\xef\xbb\xbfts,day,")
    printed = run("export", "-", "--format", "csv").stdout_bytes
    assert b"\xef\xbb\xbf" + printed == (tmp_path / "out.csv").read_bytes()


def test_standard_output_takes_text_alone(folder: Path, run: Run, tmp_path: Path) -> None:
    put(folder, message("1", ["a@example.com"], "send", "delivery"))
    for arguments, error in (
        (["-"], "Standard output needs --format csv or --format jsonl"),
        (["-", "--format", "xlsx"], "xlsx is no text: write it to a file, or use csv or jsonl"),
        (["-", "--format", "csv", "--json"], "--json is of an export to a file"),
    ):
        result = run("export", *arguments)
        assert (result.exit_code, result.stdout, error in result.stderr) == (2, "", True), result.stderr
    run("export", str(tmp_path / "out.jsonl"), "--events")
    assert run("export", "-", "--format", "jsonl", "--events").stdout == (tmp_path / "out.jsonl").read_text()


def test_answers_of_find_and_stats_are_csv_with_formulas_as_text(folder: Path, run: Run) -> None:
    put(folder, lines_with_subject("=1+1"))
    found = list(csv.DictReader(run("find", "--csv").stdout.splitlines()))
    assert found == [
        {
            "sent_at": "2026-03-01 08:00:00",
            "message_id": "1",
            "recipient": "a@example.com",
            "source": EVENTS["send"]["mail"]["source"],
            "subject": "'=1+1",
            "status": "sent",
            "is_test": "false",
            "reply": "",
        }
    ]
    counted = list(csv.DictReader(run("stats", "--by", "subject", "--csv").stdout.splitlines()))
    assert list(counted[0]) == [field.name for field in fields(Counts)]
    assert [(row["group"], row["sent"], row["hard_bounce_rate"]) for row in counted] == [
        ("'=1+1", "1", "0.0"),
        ("total", "1", "0.0"),
    ]
    nothing = run("find", "nobody@example.com", "--csv")
    assert (nothing.exit_code, nothing.stdout.splitlines()) == (1, [",".join(found[0])])
    assert run("find", "--csv", "--json").exit_code == 2
    assert run("stats", "--csv", "--compare", "--since", "1d").exit_code == 2


def lines_with_subject(subject: str) -> list[dict[str, Any]]:
    events = message("1", ["a@example.com"], "send")
    events[0]["mail"]["commonHeaders"]["subject"] = subject
    return events
