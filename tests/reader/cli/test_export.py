import csv
import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

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
        assert answer(run("export", str(file), "--type", "send", "--json"))["rows"] == 2
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with (tmp_path / "out.csv").open() as file:
        from_csv = [row["message_id"] for row in csv.DictReader(file)]
    from_lines = [json.loads(line)["message_id"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    from_parquet = duckdb.read_parquet(str(tmp_path / "out.parquet")).select("message_id").fetchall()
    database = sqlite3.connect(tmp_path / "out.sqlite")
    from_sqlite = database.execute("SELECT message_id FROM history").fetchall()
    tags_in_sqlite = database.execute("SELECT tags FROM history").fetchall()
    database.close()
    assert from_csv == from_lines == ["1", "2"]
    with (tmp_path / "out.csv").open() as file:
        assert [json.loads(row["tags"]) for row in csv.DictReader(file)] == [EVENTS["send"]["mail"]["tags"]] * 2
    assert from_parquet == from_sqlite == [("1",), ("2",)]
    assert [json.loads(tags) for (tags,) in tags_in_sqlite] == [EVENTS["send"]["mail"]["tags"]] * 2


def test_an_export_of_nothing_has_its_columns_and_no_rows(folder: Path, run: Run, tmp_path: Path) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    for suffix in ("csv", "jsonl", "parquet", "sqlite"):
        file = tmp_path / f"out.{suffix}"
        result = run("export", str(file), "--type", "click")
        assert (result.exit_code, result.stdout) == (0, f"0 rows in {file}\n")
    assert (tmp_path / "out.csv").read_text().strip().split(",") == list(COLUMNS)
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


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "sqlite"])
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
    with full_disk(10_000):
        full = run("export", str(file))
    for result, path in ((nowhere, tmp_path / f"none/out.{suffix}"), (full, file)):
        assert result.exit_code == 5, result.output
        assert result.stderr.startswith(f"Error: {path} cannot be written: ")
    assert list(file.parent.iterdir()) == []
