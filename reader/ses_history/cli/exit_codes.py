"""The exit codes of the command, and which error has which."""

from enum import IntEnum
from typing import Final

from ses_history.errors import (
    AccountError,
    ExportError,
    HistoryError,
    NothingFoundError,
    QuestionError,
    SourceError,
    StoreError,
)


class ExitCode(IntEnum):
    """What a script can tell the outcomes apart by."""

    FOUND = 0
    NOTHING_FOUND = 1
    BROKEN = 1
    USAGE = 2
    SOURCE = 3
    STORE = 4
    EXPORT = 5
    COULD_NOT_TELL = 6
    INTERRUPTED = 130


_OF_ERRORS: Final = {
    QuestionError: ExitCode.USAGE,
    NothingFoundError: ExitCode.NOTHING_FOUND,
    SourceError: ExitCode.SOURCE,
    AccountError: ExitCode.SOURCE,
    StoreError: ExitCode.STORE,
    ExportError: ExitCode.EXPORT,
}


def exit_code(error: HistoryError) -> ExitCode:
    """The exit code of an error."""
    return next(code for kind, code in _OF_ERRORS.items() if isinstance(error, kind))
