"""The history of a source: what the command asks, and any other program can."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ses_history.errors import QuestionError, SourceError, StoreMissingError
from ses_history.health import Health
from ses_history.progress import Listing, Rebuilding, Watch, unwatched
from ses_history.results import Emptied, Found, InvalidLine, Message, Stats, Synced
from ses_history.selection import EVERYTHING, HEADER_OBJECTS, Header, Selection
from ses_history.sources import Object, Source
from ses_history.store import ask
from ses_history.store.by_header import having
from ses_history.store.emptied import emptied
from ses_history.store.export import export
from ses_history.store.files import default_store, older_stores, remove, remove_unused, store_file
from ses_history.store.health import health
from ses_history.store.records import events_on_line
from ses_history.store.store import Store, opened
from ses_history.store.sync import changes, sync

_LISTED = 1000
"""How many objects are listed between two notices to whoever watches."""


_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character, which JSON can name and no text has."""


class History:
    """The history in a source, answered from a store on this machine: `sync` brings it up to date.

    Every method opens the store and closes it, so that other processes can use it meanwhile. All raise StoreError,
    those that read the source SourceError, and those that are asked for something unknown QuestionError.
    """

    def __init__(self, source: Source, store: Path | str | None = None, watch: Watch = unwatched) -> None:
        """`store` is a file of the cache folder by default, one for each source; `watch` is called during long work."""
        self.source = source
        self._default = default_store(source.name)
        self._store = store_file(store) if store is not None else self._default
        self._watch = watch

    def sync(self) -> Synced:
        """Bring the store up to date with the source. With nothing new it is only read, and others may read it too."""
        older = list(older_stores(self._store)) if self._store == self._default else []
        if older and not self._store.exists():
            self._watch(Rebuilding(store=self._store))
        synced = self._synced()
        for path in older:
            remove_unused(path)
        return synced

    def invalid_lines(self, limit: int) -> tuple[InvalidLine, ...]:
        """The first of the invalid lines that the last sync left, in order."""
        with self._opened(read_only=True) as store:
            return store.invalid_lines(limit)

    def find(
        self,
        texts: str | Sequence[str] = (),
        selection: Selection = EVERYTHING,
        *,
        any_of: Sequence[str] = (),
        exact: bool | None = None,
        statuses: Sequence[str] = (),
        limit: int = 50,
        header: Header | None = None,
        read_at_most: int | None = HEADER_OBJECTS,
    ) -> Found:
        """The newest messages that have the texts, with a selected row for a recipient who has one of the statuses.

        An address, a message id or a Message-ID header is looked for whole, as a recipient, sender or id: several find
        the messages of any of them, and so do those in `any_of`. Of other texts all words are looked for, in
        recipients, senders, subjects and ids, in any order. `exact` takes all texts whole, or with False all in words.
        Without texts all selected messages are found, and without `statuses`, which are those of
        contract/statuses.toml, those that stand anywhere.

        With a `header` those messages that have it: their objects are read, and QuestionError is raised when these are
        more than `read_at_most`; None is no limit.
        """
        asked = ask.question(_several(texts), any_of, selection, statuses, exact=exact)
        with self._opened(read_only=True) as store:
            if header is None:
                return ask.find(store, asked, limit)
            places = ask.places(store, asked)
        objects = len({place.object_key for place in places})
        if read_at_most is not None and objects > read_at_most:
            raise QuestionError(
                f"a header is looked for in the objects, and {len(places):,} messages of {objects:,} objects match so "
                f"far: select fewer, by a time, a set or a type, or allow more than {read_at_most:,} objects with --yes"
            )
        found = having(self.source, places, header, self._watch)
        with self._opened(read_only=True) as store:
            answer = ask.find(store, asked, limit, found.message_ids)
        return replace(answer, looked_through=len(places), truncated=found.truncated)

    def emptied(
        self,
        texts: str | Sequence[str] = (),
        selection: Selection = EVERYTHING,
        *,
        any_of: Sequence[str] = (),
        exact: bool | None = None,
        statuses: Sequence[str] = (),
    ) -> tuple[Emptied, ...]:
        """Why `find` finds nothing: unknown names, or else the conditions each of which alone leaves nothing."""
        asked = ask.question(_several(texts), any_of, selection, statuses, exact=exact)
        with self._opened(read_only=True) as store:
            return emptied(store, asked)

    def show(self, message_id: str) -> Message:
        """The message with this id, the beginning of it, or this Message-ID header; raises NothingFoundError."""
        with self._opened(read_only=True) as store:
            return ask.show(store, message_id)

    def raw(self, message: Message) -> Iterator[bytes]:
        """The events of a message as SES wrote them, a line of JSON each; raises SourceError where one is gone."""

        @cache
        def chunks(key: str) -> Sequence[bytes]:
            return list(self.source.read(key) or ())

        for key, line_no in dict.fromkeys((event.object_key, event.line_no) for event in message.events):
            events = [
                event
                for event in events_on_line(chunks(key), line_no)
                if _message_id(event) == message.events[0].message_id
            ]
            if not events:
                raise SourceError(
                    f"{key} was deleted from {self.source.name}, or changed, since the last sync: sync again"
                )
            yield from events

    def stats(self, selection: Selection = EVERYTHING, *, by: str = "day", zone: str = "UTC") -> Stats:
        """Counts and rates of the selected rows by one of `selection.GROUPS`, or by the tag NAME for `tag:NAME`.

        Hours, days, weeks and months are those of the time zone, a name of the IANA database.
        """
        with self._opened(read_only=True) as store:
            return ask.stats(store, selection, by, zone)

    def health(self, now: datetime | None = None) -> Health:
        """The verdict on the sending until now, or until a time that is naive and in UTC.

        Raises NothingFoundError without an event.
        """
        with self._opened(read_only=True) as store:
            return health(store, now or datetime.now(UTC).replace(tzinfo=None))

    def export(self, file: Path, file_format: str, selection: Selection = EVERYTHING) -> int:
        """Write the selected rows to a new file, in one of `selection.FORMATS`; the number of rows.

        Only its owner can read it. Raises ExportError, and leaves no file then.
        """
        with self._opened(read_only=True) as store:
            return export(store, selection, file, file_format)

    def _synced(self) -> Synced:
        known, invalid_lines = dict[str, str](), 0
        with suppress(StoreMissingError), self._opened(read_only=True) as store:
            known, invalid_lines = store.objects(), store.invalid_count()
        objects = self._listed(known)
        changed = changes(known, objects)
        if known and not changed.new and not changed.removed:
            return Synced(
                listed=len(objects), added=0, removed=0, lines=0, invalid_lines=invalid_lines, unread=changed.unread
            )
        with self._opened() as store:
            now = store.objects()
            if now != known:  # another process synced meanwhile, and may have seen more
                objects = self._listed(now)
            synced = sync(self.source, objects, store, self._watch)
            self._check(store, synced, objects)
        return synced

    def _check(self, store: Store, synced: Synced, objects: dict[str, Object]) -> None:
        """Raise SourceError, and keep no store, where nothing looks like a history: neither a line nor a key."""
        is_history = any(item.day for item in objects.values()) or store.rows("SELECT 1 FROM history LIMIT 1")
        if synced.invalid_lines and not is_history:
            [first] = store.invalid_lines(1)
            remove(self._store)
            raise SourceError(
                f"{self.source.name} holds no history: there is no event in it ({first.object_key} line "
                f"{first.line_no}: {first.reason}). Name the folder, or the bucket and prefix, that events are kept in"
            )

    def _opened(self, *, read_only: bool = False) -> AbstractContextManager[Store]:
        return opened(self._store, self.source.name, read_only=read_only, watch=self._watch)

    def _listed(self, known: dict[str, str]) -> dict[str, Object]:
        """Every object of the source, by its key."""
        objects = dict[str, Object]()
        self._watch(Listing(source=self.source.name, objects=0))
        for item in self.source.objects(known):
            objects[item.key] = item
            if len(objects) % _LISTED == 0:
                self._watch(Listing(source=self.source.name, objects=len(objects)))
        return objects


def _several(texts: str | Sequence[str]) -> Sequence[str]:
    return [texts] if isinstance(texts, str) else texts


def _message_id(event: bytes) -> str | None:
    """The message id of an event as the store has it, which is text whatever somebody wrote there."""
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        written = json.loads(event.decode(errors="replace"))["mail"]["messageId"]
        text = written if isinstance(written, str) else json.dumps(written, ensure_ascii=False, separators=(",", ":"))
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    return None
