"""What can go wrong, each with a message that says what to do."""


class HistoryError(Exception):
    """Every error that this package raises on purpose."""


class QuestionError(HistoryError):
    """The question is wrong: an unknown event type or group, a time that is after another."""


class NothingFoundError(HistoryError):
    """Nothing in the history answers the question."""


class SourceError(HistoryError):
    """The bucket, stack or folder cannot be read: no credentials, no bucket, no permission."""


class UnreadableError(SourceError):
    """One object of a source cannot be read; others may be."""

    def __init__(self, key: str, reason: str) -> None:
        """`reason` goes on after the key: what is wrong with it, and what to do."""
        super().__init__(f"{key} {reason}")
        self.reason = reason


class StoreError(HistoryError):
    """The local store cannot be used."""


class StoreMissingError(StoreError):
    """There is no local store to read yet, or none of this version."""


class StoreBusyError(StoreError):
    """Another process is using the local store, and went on longer than it was waited for."""


class ExportError(HistoryError):
    """The file of an export cannot be written."""


class AccountError(HistoryError):
    """AWS refuses something that is asked of the account, or would refuse it."""
