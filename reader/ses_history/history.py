"""The history of a source: what the command asks, and any other program can."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from functools import cache
from pathlib import Path

from ses_history.errors import SourceError, StoreMissingError
from ses_history.progress import Listing, Rebuilding, Watch, unwatched
from ses_history.results import Counts, Found, InvalidLine, Message, Synced
from ses_history.selection import EVERYTHING, Selection
from ses_history.sources import Object, Source
from ses_history.store import ask
from ses_history.store.export import export
from ses_history.store.files import default_store, older_stores, remove_unused
from ses_history.store.records import line
from ses_history.store.store import Store, opened
from ses_history.store.sync import sync

_LISTED = 1000
"""How many objects are listed between two notices to whoever watches."""


class History:
    """The history in a source, answered from a store on this machine: `sync` brings it up to date.

    Every method opens the store and closes it, so that other processes can use it meanwhile. All raise StoreError, and
    those that read the source SourceError.
    """

    def __init__(self, source: Source, store: Path | None = None, watch: Watch = unwatched) -> None:
        """`store` is a file of the cache folder by default, one for each source; `watch` is called during long work."""
        self.source = source
        self._default = default_store(source.name)
        self._store = store or self._default
        self._watch = watch

    def sync(self) -> Synced:
        """Bring the store up to date with the source. With nothing new it is only read, and others may read it too."""
        older = list(older_stores(self._store)) if self._store == self._default else []
        if older and not self._store.exists():
            self._watch(Rebuilding(store=self._store))
        for path in older:
            remove_unused(path)
        known, invalid_lines = dict[str, str](), tuple[InvalidLine, ...]()
        with suppress(StoreMissingError), self._opened(read_only=True) as store:
            known, invalid_lines = store.objects(), store.invalid_lines()
        objects = self._listed(known)
        if known == {key: item.etag for key, item in objects.items()}:
            return Synced(listed=len(objects), added=0, removed=0, lines=0, invalid_lines=invalid_lines)
        with self._opened() as store:
            if store.objects() != known:  # another process synced meanwhile, and may have seen more
                objects = self._listed(known)
            return sync(self.source, objects, store, self._watch)

    def find(self, text: str, selection: Selection = EVERYTHING, *, limit: int = 50) -> Found:
        """The newest messages with a selected row that has the text in its recipient, sender, subject or id.

        A Message-ID header and the first 16 characters of an id find a message, too.
        """
        with self._opened(read_only=True) as store:
            return ask.find(store, text, selection, limit)

    def show(self, message_id: str) -> Message:
        """The message with this id, the beginning of it, or this Message-ID header; raises NothingFoundError."""
        with self._opened(read_only=True) as store:
            return ask.show(store, message_id)

    def raw(self, message: Message) -> Iterator[bytes]:
        """The events of a message as SES wrote them, a line of JSON each; raises SourceError where one is gone."""
        read = cache(self.source.read)
        for key, line_no in dict.fromkeys((event.object_key, event.line_no) for event in message.events):
            try:
                text = line(read(key) or b"", line_no)
            except IndexError:
                text = b""
            if f'"{message.events[0].message_id}"'.encode() not in text:
                raise SourceError(
                    f"{key} was deleted from {self.source.name}, or changed, since the last sync: sync again"
                )
            yield text

    def stats(self, selection: Selection = EVERYTHING, *, by: str = "day") -> tuple[Counts, ...]:
        """Counts and rates of the selected rows by one of `selection.GROUPS`, or by the tag NAME for `tag:NAME`."""
        with self._opened(read_only=True) as store:
            return ask.stats(store, selection, by)

    def export(self, file: Path, file_format: str, selection: Selection = EVERYTHING) -> int:
        """Write the selected rows to a new file, in one of `selection.FORMATS`; the number of rows.

        Only its owner can read it. Raises ExportError, and leaves no file then.
        """
        with self._opened(read_only=True) as store:
            return export(store, selection, file, file_format)

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
