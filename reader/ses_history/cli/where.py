"""Where the history is: the source that the options or the environment name."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ses_history.sources import Source


def source_of(*, bucket: Sequence[str], prefix: str | None, stack: Sequence[str], folder: Sequence[str]) -> "Source":
    """The source of these options, or of SES_HISTORY; raises click.UsageError, SourceError and QuestionError."""
    named = [("bucket", place) for place in bucket] + [("stack", name) for name in stack]
    named += [("folder", path) for path in folder]
    if not named:
        named = [_of_environment()]
    if empty := [option for option, value in named if not value]:
        raise click.UsageError(f"--{empty[0]} is empty")
    if prefix is not None and any(option == "folder" for option, _ in named):
        raise click.UsageError("--prefix is for a bucket: a folder is read whole")
    sources = [_source(option, value, prefix) for option, value in named]
    if len(sources) == 1:
        return sources[0]
    from ses_history.sources.several import Several

    return Several(sources)


def _of_environment() -> tuple[str, str]:
    place = os.environ.get("SES_HISTORY")
    if not place:
        raise click.UsageError("Where is the history? Give --bucket, --stack or --folder, or set SES_HISTORY")
    return ("bucket" if place.startswith("s3://") else "folder"), place


def _source(option: str, value: str, prefix: str | None) -> "Source":
    if option == "folder":
        from ses_history.sources.folder import Folder

        return Folder(Path(value))
    from ses_history.sources.bucket import EVENTS_PREFIX, connect

    if option == "stack":
        from ses_history.sources.stack import of_stack

        name, events_prefix = of_stack(value)
        return connect(name, events_prefix if prefix is None else prefix)
    profile, name, path = bucket_named(value)
    return connect(name, (path or EVENTS_PREFIX) if prefix is None else prefix, profile)


def bucket_named(value: str) -> tuple[str | None, str, str]:
    """The profile, the name and the prefix in BUCKET, s3://BUCKET/PREFIX or PROFILE@BUCKET; raises click.UsageError."""
    profile, at, place = value.rpartition("@")
    name, _, path = place.removeprefix("s3://").partition("/")
    if not name or (at and not profile):
        raise click.UsageError(f"{value!r} names no bucket: use BUCKET, s3://BUCKET/PREFIX or PROFILE@BUCKET")
    return profile or None, name, path
