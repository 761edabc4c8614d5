"""Where the history is: the source that the options or the environment name."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ses_history.sources import Source


def source_of(*, bucket: str | None, prefix: str | None, stack: str | None, folder: str | None) -> "Source":
    """The source of these options, or of SES_HISTORY; raises click.UsageError and SourceError."""
    from ses_history.sources.folder import Folder

    options = {"bucket": bucket, "stack": stack, "folder": folder}
    given = [name for name, value in options.items() if value is not None]
    if empty := [name for name in given if not options[name]]:
        raise click.UsageError(f"--{empty[0]} is empty")
    if len(given) > 1:
        raise click.UsageError(f"--{given[0]} and --{given[1]} both say where the history is: give one of them")
    if folder:
        if prefix is not None:
            raise click.UsageError("--prefix is for a bucket: a folder is read whole")
        return Folder(Path(folder))
    if stack:
        from ses_history.sources.bucket import connect
        from ses_history.sources.stack import of_stack

        name, events_prefix = of_stack(stack)
        return connect(name, events_prefix if prefix is None else prefix)
    place = bucket or os.environ.get("SES_HISTORY")
    if not place:
        raise click.UsageError("Where is the history? Give --bucket, --stack or --folder, or set SES_HISTORY")
    if not bucket and not place.startswith("s3://"):
        if prefix is not None:
            raise click.UsageError("--prefix is for a bucket: the folder in SES_HISTORY is read whole")
        return Folder(Path(place))
    return _bucket(place, prefix)


def _bucket(place: str, prefix: str | None) -> "Source":
    from ses_history.sources.bucket import EVENTS_PREFIX, connect

    bucket, _, path = place.removeprefix("s3://").partition("/")
    if not bucket:
        raise click.UsageError(f"{place!r} names no bucket: use s3://BUCKET/PREFIX")
    return connect(bucket, (path or EVENTS_PREFIX) if prefix is None else prefix)
