"""The history as Athena has it: the questions of `History`, without a store."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from ses_history.errors import QuestionError
from ses_history.health import Health
from ses_history.progress import Watch, unwatched
from ses_history.questions import ask
from ses_history.questions.engine import Engine
from ses_history.questions.health import health
from ses_history.results import Emptied, Exported, Found, Message, Stats
from ses_history.selection import EVERYTHING, Header, Selection

MOST: Final = 2000
"""How many messages `find` lists at most: a second question names them all, and Athena takes 256 KB."""


class AthenaHistory:
    """The history in tables of AWS. Its methods are those of `ses_history.history.History`, and raise the same."""

    def __init__(self, engine: Engine) -> None:
        """`engine` is an `Athena`, or anything else that has the tables."""
        self._engine = engine

    def find(
        self,
        texts: Sequence[str] = (),
        selection: Selection = EVERYTHING,
        *,
        any_of: Sequence[str] = (),
        exact: bool | None = None,
        statuses: Sequence[str] = (),
        limit: int = 50,
        header: Header | None = None,
        read_at_most: int | None = None,  # noqa: ARG002  of a header
    ) -> Found:
        """The newest messages that have the texts; `limit` is `MOST` at most, and a header is refused."""
        if header:
            raise QuestionError("Athena does not look for any header: leave --athena or --header out")
        if limit > MOST:
            raise QuestionError(f"invalid limit {limit}: Athena lists {MOST} messages at most; export has all")
        return ask.find(self._engine, ask.question(texts, any_of, selection, statuses, exact=exact), limit)

    def emptied(self, *_: object, **__: object) -> tuple[Emptied, ...]:
        """Nothing: to find out why nothing is found, each condition would be another scan."""
        return ()

    def show(self, message_id: str) -> Message:
        """The message with this id, the beginning of it, or this Message-ID header; raises NothingFoundError."""
        return ask.show(self._engine, message_id)

    def raw(self, message: Message) -> Iterator[bytes]:
        """Raises QuestionError: Athena knows no lines of objects."""
        raise QuestionError(
            f"Athena does not give the events of {message.recipients[0].message_id} as they are in their objects: "
            "leave --athena or --raw out"
        )

    def stats(self, selection: Selection = EVERYTHING, *, by: str = "day", zone: str = "UTC") -> Stats:
        """Counts and rates of the selected rows."""
        return ask.stats(self._engine, selection, by, zone)

    def health(self, now: datetime | None = None) -> Health:
        """The verdict on the sending until now, or until a time that is naive and in UTC."""
        return health(self._engine, now or datetime.now(UTC).replace(tzinfo=None))

    def export(
        self,
        file: Path | TextIO,
        file_format: str,
        selection: Selection = EVERYTHING,
        *,
        events: bool = False,
        columns: Sequence[str] = (),
        statuses: Sequence[str] = (),
    ) -> Exported:
        """Write the selected recipients with their statuses, or events, to a new file."""
        from ses_history.store.export import export
        from ses_history.store.store import in_memory

        with in_memory() as store:
            return export(
                store,
                selection,
                file,
                file_format,
                events=events,
                columns=columns,
                statuses=statuses,
                engine=self._engine,
            )


def connect(workgroup: str, database: str | None, watch: Watch = unwatched) -> AthenaHistory:
    """The history of a workgroup, as the credentials of the environment see it; raises SourceError.

    Without a `database` it is that of the workgroup's saved queries. `watch` is told what queries scan.
    """
    from ses_history.athena import engine

    return AthenaHistory(engine.connect(workgroup, database, watch))
