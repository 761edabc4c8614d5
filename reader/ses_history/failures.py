"""What can go wrong for a person, each with a line that says what to do and an exit code of its own."""

import click


class NothingFoundError(click.ClickException):
    """Nothing in the history answers the question."""

    exit_code = 1


class SourceError(click.ClickException):
    """The history cannot be reached: no credentials, no bucket, no permission."""

    exit_code = 3


class StoreError(click.ClickException):
    """The local store cannot be used: another process has it, or it belongs to another history."""

    exit_code = 4


class NoStoreError(StoreError):
    """There is no local store yet, or one that a sync has only begun to make."""


class ExportError(click.ClickException):
    """The file of an export cannot be written."""

    exit_code = 5
