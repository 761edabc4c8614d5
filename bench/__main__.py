"""`make bench`: each figure of `ses-history` beside its rivals, in the same run."""

import gzip
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.corpus import END, Corpus, make
from bench.measure import HISTORY, Figure, byte_search, figure, run, said

_SCAN = [sys.executable, "-m", "bench.duckdb_scan"]
_RECIPIENT = "ada.abel1@mail.example.com"
_BUCKET = "history"
_LIST = f"import boto3; list(boto3.client('s3').get_paginator('list_objects_v2').paginate(Bucket='{_BUCKET}'))"
_LISTED_DAYS = 365


@click.command()
@click.option("--events", default=5_000_000, show_default=True, help="How many events the corpus has.")
@click.option("--large", default=100, show_default=True, help="Over how many large objects.")
@click.option("--small", default=8_000, show_default=True, help="Over how many small objects.")
@click.option("--listed", default=105_000, show_default=True, help="How many objects there are where nothing is new.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the corpus here, and use the one that is there.  [default: a temporary one]",
)
def main(events: int, large: int, small: int, listed: int, folder: Path | None) -> None:
    """Measure, and print a table. The corpus of five million events takes 2 GB of disk."""
    with TemporaryDirectory() as temporary:
        temporary_folder = Path(temporary)
        corpus = Corpus(folder=folder or temporary_folder, events=events, large=large, small=small)
        if not corpus.layouts["small"].exists():
            for _ in track(make(corpus), f"Generating {events:,} events", total=large):
                pass
        table = Table("what", "with", "seconds", "memory")
        figures = _figures(corpus, temporary_folder)
        figures += _of_questions(corpus, temporary_folder) + _of_a_fifth(corpus, temporary_folder)
        figures += _of_nothing_new(listed, temporary_folder)
        for figure in figures:
            table.add_row(figure.what, figure.command, said(figure.seconds, "{:.2f}"), _megabytes(figure.memory))
        Console(soft_wrap=True).print(table)


def _figures(corpus: Corpus, temporary: Path) -> list[Figure]:
    figures = [figure("--help", "ses-history", [HISTORY, "--help"])]
    for layout, folder in corpus.layouts.items():
        store = temporary / f"{layout}.duckdb"
        where = ["--folder", str(folder), "--store", str(store)]
        figures += [
            figure(f"first sync, {layout} objects", "ses-history", [HISTORY, "sync", *where], creates=store),
            figure(f"first sync, {layout} objects", "DuckDB, a typed scan", [*_SCAN, str(folder)]),
            figure(f"sync, nothing new, {layout} objects", "ses-history", [HISTORY, "sync", *where]),
            figure(f"find, {layout} objects", "ses-history", [HISTORY, "find", _RECIPIENT, *where]),
            figure(f"find, {layout} objects", "DuckDB, the objects", [*_SCAN, str(folder), _RECIPIENT]),
            byte_search(f"find, {layout} objects", folder, f"rg -F {_RECIPIENT}"),
        ]
    return figures


def _of_questions(corpus: Corpus, temporary: Path) -> list[Figure]:
    """Questions about the store of the large objects, and the first one of who asks about a week alone."""
    folder = ["--folder", str(corpus.layouts["large"])]
    where = [*folder, "--store", str(temporary / "large.duckdb")]
    week = temporary / "week.duckdb"
    asked = [HISTORY, "find", "--since", f"{END - timedelta(days=7):%Y-%m-%d}", "--utc"]
    newest = [HISTORY, "find", "--limit", "1", "--json", *where]
    first = json.loads(subprocess.run(newest, capture_output=True, check=True).stdout)[0]  # noqa: S603
    return [
        figure("find a word of a subject", "ses-history", [HISTORY, "find", "summer", *where]),
        figure("show", "ses-history", [HISTORY, "show", first["message_id"], *where]),
        figure("health", "ses-history", [HISTORY, "health", *where]),
        figure("first find, a week", "ses-history", [*asked, *folder, "--store", str(week)], creates=week),
    ]


def _of_a_fifth(corpus: Corpus, temporary: Path) -> list[Figure]:
    """What memory a shorter history takes."""
    folder = temporary / "fifth"
    folder.mkdir()
    objects = sorted(corpus.layouts["large"].rglob("*.gz"))
    for path in objects[: len(objects) // 5]:
        (folder / path.name).symlink_to(path.resolve())
    store = temporary / "fifth.duckdb"
    where = ["--folder", str(folder), "--store", str(store)]
    what = "{}, a fifth of the large objects"
    files = [temporary / f"rows.{end}" for end in ("csv", "jsonl", "parquet", "sqlite")]
    return [
        figure(what.format("first sync"), "ses-history", [HISTORY, "sync", *where], creates=store),
        figure(what.format("find"), "ses-history", [HISTORY, "find", _RECIPIENT, *where]),
        figure(what.format("stats by tag"), "ses-history", [HISTORY, "stats", "--by", "tag:campaign", *where]),
        *(
            figure(
                what.format(f"export --events, {file.suffix}"),
                "ses-history",
                [HISTORY, "export", str(file), "--events", *where],
                creates=file,
            )
            for file in files
        ),
    ]


def _of_nothing_new(listed: int, temporary: Path) -> list[Figure]:
    """What a listing takes: of a folder, and of a bucket on AWS on this machine that holds the same."""
    folder = temporary / "listed"
    body = gzip.compress(b'{"eventType": "Send", "mail": {"messageId": "one"}}\n')
    for number in range(listed):
        day = f"{END - timedelta(days=number * _LISTED_DAYS // listed):%Y-%m-%d}"
        path = folder / f"events/day={day}/ses-history-1-{day}-08-00-00-{number:08}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    sync_folder = [HISTORY, "sync", "--folder", str(folder), "--store", str(temporary / "listed.duckdb")]
    run(sync_folder)
    what = "sync, nothing new, a {} of " + f"{listed:,} objects"
    return [figure(what.format("folder"), "ses-history", sync_folder), *_of_a_bucket(what.format("bucket"), folder)]


def _of_a_bucket(what: str, folder: Path) -> list[Figure]:
    where = ["--bucket", _BUCKET, "--store", str(folder.with_name("bucket.duckdb"))]
    sync, find = [HISTORY, "sync", *where], [HISTORY, "find", _RECIPIENT, *where]
    # In a process of its own: what a command takes of memory is counted from what the process that starts it has.
    serving = [sys.executable, "-m", "bench.bucket", _BUCKET, str(folder)]
    with subprocess.Popen(serving, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:  # noqa: S603
        assert server.stdin
        assert server.stdout
        with patch.dict(os.environ, json.loads(server.stdout.readline())):
            run(sync)
            figures = [
                figure(what, "ses-history", sync),
                figure(what.replace("sync", "find"), "ses-history", find),
                figure(what, "boto3, the listing alone", [sys.executable, "-c", _LIST]),
            ]
        server.stdin.close()
    return figures


def _megabytes(value: int | None) -> str:
    return "-" if value is None else f"{value / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
