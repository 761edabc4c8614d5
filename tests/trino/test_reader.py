"""`ses-history --athena` answers as it does from a local store of the same objects."""

import csv
import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import Result
from ses_history.athena.history import connect
from ses_history.athena.statement import MAPS
from ses_history.history import History
from ses_history.sample import write
from ses_history.selection import GROUPS
from ses_history.sources.folder import Folder

from localaws.deploy import Stack
from tests.reader.support import answer, put
from tests.trino.conftest import Ask, invoke
from tests.trino.server import Trino

ENDS = date(2026, 11, 25)

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen days of the shop, an object each, without what docs/athena.md says that Athena tells otherwise.

    Nobody has an internationalized domain, and no event is delivered twice on both sides of midnight.
    """
    sample, folder = tmp_path_factory.mktemp("sample"), tmp_path_factory.mktemp("history")
    assert write(sample, ENDS, days=16, messages_a_day=40, seed=4) > 2000
    for day in sample.iterdir():
        lines = b"".join(gzip.decompress(path.read_bytes()) for path in sorted(day.iterdir()))
        put(folder, lines.replace(b"xn--", b"xn-"), f"events/{day.name}/a.gz")
    return folder


@pytest.fixture(scope="module")
def stack(folder: Path, stack_of: Callable[[Path], Stack], queried: Callable[[Stack], Ask]) -> Stack:
    """A history of these objects, which the user may query."""
    stack = stack_of(folder)
    queried(stack)
    return stack


pytestmark = pytest.mark.usefixtures("credentials")


@pytest.fixture(scope="module")
def local(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The command on a local store."""
    store = tmp_path_factory.mktemp("local") / "store.duckdb"

    def local(command: str, *rest: str) -> Result:
        return invoke(command, "--folder", str(folder / "events"), "--store", str(store), *rest)

    return local


@pytest.fixture(scope="module")
def athena(stack: Stack) -> Run:
    """The command that asks Athena."""

    def athena(command: str, *rest: str) -> Result:
        return invoke(command, "--athena", "--workgroup", stack.outputs["workgroup_name"], *rest)

    return athena


def without_lines(found: Any) -> Any:
    """An answer without the numbers of lines, and with keys as they are in the bucket: Athena knows no lines."""
    match found:
        case dict():
            return {
                name: without_lines(value) for name, value in found.items() if name not in ("line_no", "object_key")
            }
        case list():
            return [without_lines(each) for each in found]
        case _:
            return found


QUESTIONS = [
    ("find", "--limit", "2000"),
    ("find", "ada@example.com"),
    ("find", "Ada@Example.com", "--exact"),
    ("find", "order", "wata"),
    ("find", "ご注文", "--since", "2026-11-20"),
    ("find", "--status", "bounced", "--status", "complained"),
    ("find", "--not-status", "arrived"),
    ("find", "--since", "2026-11-23", "--until", "2026-11-24T08:00"),
    ("find", "--happened-since", "2026-11-24", "--type", "bounce", "--type", "complaint"),
    ("find", "--tag", "campaign=come-back"),
    ("find", "--domain", ".co.jp", "--provider", "yahoo-japan", "--set", "shop-newsletter"),
    *(("stats", "--by", group) for group in (*GROUPS, "tag:campaign", "tag:it's")),
    ("stats", "--by", "hour", "--tz", "Asia/Tokyo", "--since", "2026-11-24"),
    ("stats", "--by", "week", "--tz", "America/New_York", "--type", "bounce"),
    ("stats", "--by", "set", "--since", "2026-11-20", "--until", "2026-11-22", "--compare"),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_the_answer_is_that_of_the_local_store(question: tuple[str, ...], athena: Run, local: Run) -> None:
    here, there = answer(local(*question, "--json")), answer(athena(*question, "--json"))
    assert here
    assert there == here


def test_a_message_is_shown_by_its_id_by_its_beginning_and_by_its_header(athena: Run, local: Run) -> None:
    [bounced, *_] = answer(local("find", "--status", "bounced:hard", "--json"))
    message_id = bounced["message_id"]
    here = answer(local("show", message_id, "--json"))
    [header, *_] = [event["mail_message_id"] for event in here["events"] if event["mail_message_id"]]

    assert len(here["events"]) > 1
    assert answer(athena("find", message_id, "--json")) == answer(local("find", message_id, "--json"))
    for text in (message_id, message_id[:30], header, f"<{message_id}@email.amazonses.com>"):
        assert without_lines(answer(athena("show", text, "--json"))) == without_lines(here)


def test_the_verdict_is_that_of_the_local_store(folder: Path, stack: Stack, tmp_path: Path) -> None:
    now = datetime.fromisoformat("2026-11-25T00:00")
    history = History(Folder(folder / "events"), tmp_path / "store.duckdb")
    history.sync()
    here = history.health(now)
    assert here.hard_bounces.count
    assert here.complaints.count
    assert here.without_news.count
    assert here.mailed_again.count
    assert here.reasons
    assert connect(stack.outputs["workgroup_name"], None).health(now) == here


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--status", "bounced", "--since", "2026-11-16"),
        ("--events",),
        ("--events", "--type", "click", "--happened-until", "2026-11-20"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("read", [pytest.param("csv", id="csv"), pytest.param("jsonl", id="jsonl")])
def test_an_export_has_the_rows_of_the_local_store(
    options: tuple[str, ...], read: str, athena: Run, local: Run, tmp_path: Path
) -> None:
    for run, name in ((local, "here"), (athena, "there")):
        result = run("export", str(tmp_path / f"{name}.{read}"), *options)
        assert result.exit_code == 0, result.output
    here, there = (exported(tmp_path / f"{name}.{read}") for name in ("here", "there"))
    assert here
    assert there == here


def exported(path: Path) -> list[str]:
    """The rows of a file without the places of lines, in an order that depends on nothing else."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [_read(row) for row in csv.DictReader(file)] if path.suffix == ".csv" else list(map(json.loads, file))
    return sorted(json.dumps(without_lines(row), sort_keys=True) for row in rows)


def _read(row: dict[str, str]) -> dict[str, Any]:
    """The row of a file of CSV with its maps as such."""
    return {name: json.loads(text) if name in MAPS and text else text for name, text in row.items()}


def test_what_was_scanned_and_about_its_price_are_on_standard_error(folder: Path, athena: Run) -> None:
    result = athena("stats", "--since", "2026-11-24", "--json")
    read = sum(path.stat().st_size for day in (23, 24) for path in folder.glob(f"events/day=2026-11-{day}/*"))
    assert result.stderr == f"Athena scanned {read / 1e6:.1f} MB, for about $0.00005\n"
    assert answer(result)["total"]["events"] > 0


def test_the_sql_is_shown_without_aws_and_is_what_athena_runs(
    athena: Run, stack: Stack, trino: Trino, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setattr(boto3, "client", None)
        shown = invoke("stats", "--by", "type", "--dry-run")
    assert (shown.exit_code, shown.stderr) == (0, "")
    found = trino.query(shown.stdout, database=stack.outputs["database_name"]).rows
    counted = answer(athena("stats", "--by", "type", "--json"))
    events = {row["group"]: row["events"] for row in found if not row["is_total"]}
    assert len(events) > 5
    assert events == {group["group"]: group["events"] for group in counted["groups"]}
