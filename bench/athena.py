"""`python -m bench.athena`: the same questions asked of the local store, of Trino over the tables, and of the bytes.

Trino is Athena's engine. Here it reads the component's tables on AWS of this machine: what it reads is what Athena
would scan, and so the price is Athena's. How many seconds Athena takes cannot be known from it.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import click
import pulumi
from rich.console import Console
from rich.progress import track
from rich.table import Table
from ses_history.athena.history import AthenaHistory
from ses_history.athena.statement import DIALECT, MAPS, statement
from ses_history.cli.athena import price
from ses_history.questions.engine import EVER, Dialect, Parameters, Reach
from ses_history.selection import Selection
from ses_sending_history import SendingHistory

from bench.corpus import DAYS, END, START, Corpus, make
from bench.measure import HISTORY, Figure, byte_search, figure, said
from localaws.aws import LocalAws
from localaws.deploy import Stack
from localaws.deploy import run as deploy
from localaws.emulator import running as running_aws
from tests.trino import server, toolchain

_DATABASE: Final = "bench"

_SINCE: Final = (END - timedelta(days=30)).replace(tzinfo=None)
"""Of a question about the last 30 days, and when the message was sent that is looked for."""

_COUNT_TYPES: Final = r'rg -o "\"eventType\":\"[A-Za-z ]+" | sort | uniq -c'
"""An object is a day of the corpus."""


@dataclass(frozen=True, kw_only=True)
class _Question:
    """A question, in the words of each who is asked."""

    what: str
    command: Sequence[str]
    """Of `ses-history`."""

    ask: Callable[[AthenaHistory], object]
    search: str
    """A command that reads the bytes of an object."""

    since: date | None = None
    """The first day whose objects are searched."""


@dataclass(frozen=True, kw_only=True)
class _Trino:
    """Trino in the place of Athena: it runs the same statements."""

    server: server.Trino
    dialect: Dialect = DIALECT
    scanned: list[int] = field(default_factory=list)
    """Bytes, of each statement."""

    def ask(
        self, tables: Mapping[str, str], sql: str, parameters: Parameters, reach: Reach = EVER
    ) -> Iterator[dict[str, Any]]:
        answer = self.server.query(statement(tables, sql, parameters, reach), database=_DATABASE)
        self.scanned.append(answer.bytes_read)
        for row in answer.rows:
            yield {name: json.loads(value) if name in MAPS and value else value for name, value in row.items()}


@click.command()
@click.option("--events", default=200_000, show_default=True, help="How many events the corpus has.")
@click.option("--times", default=3, show_default=True, help="How often each question is asked.")
def main(events: int, times: int) -> None:
    """Measure, and print a table. Trino needs Maven and a JDK."""
    table = Table("what", "with", "seconds", "scanned", "price")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        corpus = Corpus(folder=folder, events=events, large=DAYS, small=DAYS)
        for _ in track(make(corpus), f"Generating {events:,} events", total=DAYS):
            pass
        objects, store = corpus.layouts["large"], folder / "store.duckdb"
        where = ["--folder", str(objects), "--store", str(store)]
        synced = figure("first sync", "ses-history", [HISTORY, "sync", *where], creates=store, times=1)
        table.add_row(*_cells(synced))
        questions = _questions(objects)
        of_trino = _of_trino(objects, folder / "trino", questions, times)
        for question, cells in zip(questions, of_trino, strict=True):
            command = [HISTORY, *question.command, *where, "--utc"]
            table.add_row(*_cells(figure(question.what, "ses-history", command, times=times)))
            table.add_row(*cells)
            table.add_row(*_cells(byte_search(question.what, objects, question.search, question.since, times)))
    Console(soft_wrap=True).print(table)


def _questions(objects: Path) -> list[_Question]:
    """Questions about a message of the corpus, its recipient, and counts."""
    with gzip.open(next(objects.glob(f"events/day={_SINCE:%Y-%m-%d}/*.gz"))) as lines:
        mail = json.loads(next(iter(lines)))["mail"]
    message_id, address = mail["messageId"], mail["destination"][0]
    since = ["--since", f"{_SINCE:%Y-%m-%d}"]
    return [
        _Question(
            what="find an address",
            command=["find", address],
            ask=lambda history: history.find([address]),
            search=f"rg -F {address}",
        ),
        _Question(
            what="find an address, the last 30 days",
            command=["find", address, *since],
            ask=lambda history: history.find([address], Selection(since=_SINCE)),
            search=f"rg -F {address}",
            since=_SINCE.date(),
        ),
        _Question(
            what="show a message of 30 days ago",
            command=["show", message_id],
            ask=lambda history: history.show(message_id),
            search=f"rg -F {message_id}",
            since=_SINCE.date(),
        ),
        _Question(
            what="counts by day and type",
            command=["stats", "--by", "day"],
            ask=lambda history: history.stats(by="day"),
            search=_COUNT_TYPES,
        ),
        _Question(
            what="counts by day and type, the last 30 days",
            command=["stats", "--by", "day", *since],
            ask=lambda history: history.stats(Selection(since=_SINCE), by="day"),
            search=_COUNT_TYPES,
            since=_SINCE.date(),
        ),
    ]


def _of_trino(objects: Path, folder: Path, questions: Sequence[_Question], times: int) -> Iterator[Sequence[str]]:
    """The line of each question, asked of Trino; why there is none, where Trino cannot run."""
    tools = toolchain.find()
    if isinstance(tools, str):
        for question in questions:
            yield question.what, f"Trino: skipped, {tools}", "-", "-", "-"
        return
    tools.fetch()
    with running_aws() as aws:
        root = {"AccessKeyId": aws.account_id, "SecretAccessKey": "test"}
        with server.running(tools, aws, root, folder) as trino:
            _deploy(aws, objects)
            yield from (_of_question(question, trino, times) for question in questions)


def _of_question(question: _Question, trino: server.Trino, times: int) -> Sequence[str]:
    seconds, scanned = list[float](), list[int]()
    for _ in range(times):
        engine = _Trino(server=trino)
        started = perf_counter()
        question.ask(AthenaHistory(engine))
        seconds.append(perf_counter() - started)
        scanned = engine.scanned
    read = f"{sum(scanned) / 1e6:.1f} MB in {len(scanned)}"
    return question.what, "Trino", f"{median(seconds):.2f}", read, f"${price(scanned):.5f}"


def _deploy(aws: LocalAws, objects: Path) -> None:
    """Deploy the component, and put the objects of a folder into its bucket."""
    days = (datetime.now(END.tzinfo) - START).days + 1
    stack = Stack()

    def program() -> None:
        history = SendingHistory(_DATABASE, {"configuration_sets": [], "retention_days": days})
        pulumi.export("bucket", history.bucket_name)

    deploy(aws, stack, program)
    s3, bucket = aws.client("s3"), stack.outputs["bucket"]
    for path in sorted(objects.rglob("*.gz")):
        s3.put_object(Bucket=bucket, Key=path.relative_to(objects).as_posix(), Body=path.read_bytes())


def _cells(figure: Figure) -> Sequence[str]:
    return figure.what, figure.command, said(figure.seconds, "{:.2f}"), "-", "-"


if __name__ == "__main__":
    main()
