import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ses_history.columns import formula_safe
from ses_history.errors import ExportError, QuestionError
from ses_history.results import Exported
from ses_history.selection import EVERYTHING
from ses_history.store import export as exports
from ses_history.store.export import export

from tests.reader.support import event, message, put, stored, sync

_SHEET = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheet(path: Path) -> list[dict[str, tuple[str, str]]]:
    """The rows of a sheet: of each cell, by its column, the type and what is in it."""
    with ZipFile(path) as archive:
        root = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314  our own
    assert root.findall(".//f", _SHEET) == []
    assert root.findall(".//hyperlink", _SHEET) == []
    return [
        {
            cell.get("r", "").rstrip("0123456789"): (cell.get("t", "n"), "".join(cell.itertext()))
            for cell in row.findall("c", _SHEET)
        }
        for row in root.findall("sheetData/row", _SHEET)
    ]


def with_subject(message_id: str, subject: str) -> dict[str, Any]:
    sent = event("send", messageId=message_id, destination=["a@example.com"])
    sent["mail"]["commonHeaders"]["subject"] = subject
    return sent


FORMULAS = ["=1+1", "+81", "-5", "@SUM(1)", "\tx", "\uff1d1"]


def test_a_formula_has_an_apostrophe_in_csv_and_nowhere_else(folder: Path, tmp_path: Path) -> None:
    put(folder, [with_subject(str(number), text) for number, text in enumerate([*FORMULAS, "5-1", "'=1"])])
    sync(folder)
    with stored(folder) as store:
        for end in ("csv", "xlsx", "jsonl", "sqlite"):
            export(store, EVERYTHING, tmp_path / f"out.{end}", end, columns=["subject"])
        printed = io.StringIO()
        export(store, EVERYTHING, printed, "csv", columns=["subject"])
    subjects = [json.loads(line)["subject"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        written = [text for (text,) in csv.reader(file)]
    assert subjects[1:5] == FORMULAS[1:5]
    assert subjects[6:] == ["5-1", "'=1"]
    assert written == ["subject", *(f"'{text}" for text in subjects[:6]), "5-1", "'=1"]
    assert [text for (text,) in csv.reader(io.StringIO(printed.getvalue(), newline=""))] == written
    assert [row["A"] for row in sheet(tmp_path / "out.xlsx")[1:]] == [("inlineStr", text) for text in subjects]
    with closing(sqlite3.connect(tmp_path / "out.sqlite")) as database:
        assert database.execute("SELECT subject FROM statuses").fetchall() == [(text,) for text in subjects]


def test_numbers_stay_numbers_and_times_are_times(folder: Path, tmp_path: Path) -> None:
    delivered = message("1", ["a@example.com"], "delivery")
    delivered[0]["delivery"]["processingTimeMillis"] = -5
    put(folder, delivered)
    sync(folder)
    columns = ["processing_ms", "sent_at", "day", "is_test", "event_key", "reply_to", "tags"]
    with stored(folder) as store:
        for end in ("csv", "xlsx", "jsonl", "parquet", "sqlite"):
            written = export(store, EVERYTHING, tmp_path / f"out.{end}", end, events=True, columns=columns)
            assert written == Exported(rows=1)
        [row] = store.rows(f"SELECT {', '.join(columns)} FROM history")  # noqa: S608
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        [from_csv] = csv.DictReader(file)
    key = str(row["event_key"])
    assert [from_csv[name] for name in columns[:5]] == ["-5", "2026-03-01 08:00:00", "2026-11-23", "false", key]
    header, cells = sheet(tmp_path / "out.xlsx")
    assert [text for _, text in header.values()] == columns
    assert [cells[column] for column in "ABCD"] == [("n", "-5"), ("n", "46082.33333333334"), ("n", "46349"), ("b", "0")]
    assert cells["E"] == ("inlineStr", key)
    from_lines = json.loads((tmp_path / "out.jsonl").read_text())
    assert from_lines == json.loads(json.dumps(row, default=str))
    parquet = duckdb.read_parquet(str(tmp_path / "out.parquet"))
    assert [str(kind) for kind in parquet.types] == [
        "BIGINT",
        "TIMESTAMP",
        "DATE",
        "BOOLEAN",
        "BIGINT",
        "VARCHAR",
        "MAP(VARCHAR, VARCHAR[])",
    ]
    assert parquet.fetchall() == [tuple(row.values())]
    with closing(sqlite3.connect(tmp_path / "out.sqlite")) as database:
        [from_sqlite] = database.execute("SELECT * FROM history").fetchall()
    assert from_sqlite[:6] == (-5, "2026-03-01 08:00:00", "2026-11-23", 0, row["event_key"], row["reply_to"])
    assert json.loads(from_sqlite[6]) == row["tags"]


def test_a_sheet_has_its_header_in_sight_and_filters(folder: Path, tmp_path: Path) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    sync(folder)
    with stored(folder) as store:
        export(store, EVERYTHING, tmp_path / "out.xlsx", "xlsx")
    with ZipFile(tmp_path / "out.xlsx") as archive:
        root = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314
        styles = archive.read("xl/styles.xml").decode()
    [pane] = root.findall(".//pane", _SHEET)
    [filters] = root.findall("autoFilter", _SHEET)
    assert (pane.get("state"), pane.get("ySplit"), filters.get("ref")) == ("frozen", "1", "A1:N2")
    assert "<b/>" in styles
    assert "yyyy-mm-dd hh:mm:ss" in styles
    assert {len(row.attrib["width"]) > 0 for row in root.findall("cols/col", _SHEET)} == {True}


def test_more_rows_than_a_sheet_holds_are_an_error_before_anything_is_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "EXCEL_ROWS", 2)
    monkeypatch.setattr(exports, "_fill", None)
    put(folder, message("1", ["a@example.com", "b@example.com", "c@example.com"], "send"))
    sync(folder)
    file = tmp_path / "exports" / "out.xlsx"
    file.parent.mkdir()
    for events in (False, True):
        with (
            stored(folder) as store,
            pytest.raises(ExportError, match=r"3 rows: a sheet of Excel has 2\. Select fewer"),
        ):
            export(store, EVERYTHING, file, "xlsx", events=events)
    assert list(file.parent.iterdir()) == []


def test_a_text_longer_than_a_cell_is_cut_in_a_sheet_and_counted(folder: Path, tmp_path: Path) -> None:
    put(folder, [with_subject("1", "\N{PARTY POPPER}" * 16_384), with_subject("2", "x" * 32_767)])
    sync(folder)
    with stored(folder) as store:
        written = export(store, EVERYTHING, tmp_path / "out.xlsx", "xlsx", columns=["subject"])
    assert written == Exported(rows=2, cut=1)
    cells = [row["A"][1] for row in sheet(tmp_path / "out.xlsx")[1:]]
    assert cells == ["\N{PARTY POPPER}" * 16_383, "x" * 32_767]


def test_the_statuses_of_many_messages_are_those_of_each_range_of_them(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(
        folder, [item for number in range(100) for item in message(f"{number:02}", ["a@b.example"], "send", "delivery")]
    )
    sync(folder)
    written = set[str]()
    with stored(folder) as store:
        for number, rows in enumerate((1_000_000, 50, 1)):
            monkeypatch.setattr(exports, "_AT_A_TIME", rows)
            file = tmp_path / f"{number}.jsonl"
            assert export(store, EVERYTHING, file, "jsonl") == Exported(rows=100)
            written.add(file.read_text())
    assert len(written) == 1
    assert written.pop().count('"status":"delivered"') == 100


def test_what_there_is_not_is_an_error_of_the_question(folder: Path, tmp_path: Path) -> None:
    put(folder, message("1", ["a@example.com"], "send"))
    sync(folder)
    with stored(folder) as store:
        for options, error in (
            ({"file_format": "xml"}, "unknown format 'xml': use csv, xlsx, jsonl, parquet, sqlite"),
            ({"columns": ["ts"]}, "unknown column 'ts'"),
            ({"statuses": ["lost"]}, "unknown status 'lost'"),
            ({"statuses": ["sent"], "events": True}, "a status is one of a message and recipient"),
        ):
            with pytest.raises(QuestionError, match=error):
                export(store, EVERYTHING, tmp_path / "out", **({"file_format": "csv"} | options))  # pyrefly: ignore
    assert not (tmp_path / "out").exists()


_HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(max_examples=20, deadline=None)
@given(st.lists(_HOSTILE, min_size=1, max_size=5), _HOSTILE)
def test_any_text_is_what_it_was_in_each_format(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], tag: str
) -> None:
    folder = tmp_path_factory.mktemp("any") / "history"
    sent = [with_subject(str(number), text) for number, text in enumerate(texts)]
    for item in sent:
        item["mail"]["tags"] = {tag: [tag]}
    put(folder, sent)
    sync(folder)
    with stored(folder) as store:
        rows = store.rows("SELECT subject, tags FROM history")
        for end in ("csv", "xlsx", "jsonl", "parquet", "sqlite"):
            export(store, EVERYTHING, folder / f"out.{end}", end, events=True, columns=["subject", "tags"])
    known = [(row["subject"], row["tags"]) for row in rows]
    with (folder / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        from_csv = [(row["subject"], json.loads(row["tags"])) for row in csv.DictReader(file)]
    assert from_csv == [(formula_safe(text), tags) for text, tags in known]
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_bytes().splitlines()]
    assert [(line["subject"], line["tags"]) for line in lines] == known
    assert duckdb.read_parquet(str(folder / "out.parquet")).fetchall() == known
    with closing(sqlite3.connect(folder / "out.sqlite")) as database:
        from_sqlite = database.execute("SELECT subject, tags FROM history").fetchall()
    assert [(text, json.loads(tags)) for text, tags in from_sqlite] == known
    assert len(sheet(folder / "out.xlsx")) == len(known) + 1


def test_a_message_that_names_no_recipient_is_a_line_too(folder: Path) -> None:
    put(folder, message("1", [], "send"))
    sync(folder)
    printed = io.StringIO()
    columns = ["message_id", "recipient", "status", "configuration_set"]
    with stored(folder) as store:
        export(store, EVERYTHING, printed, "csv", columns=columns)
        [row] = store.rows("SELECT configuration_set FROM history")
    assert printed.getvalue().splitlines()[1:] == [f"1,,sent,{row['configuration_set']}"]
