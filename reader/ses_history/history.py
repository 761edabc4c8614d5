"""The history of a source: what the command asks, and any other program can.

What reads objects imports pyarrow, and is imported by the methods that read: a look-up with nothing new is quicker.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TextIO

from ses_history.errors import QuestionError, SourceError, StoreError, StoreMissingError
from ses_history.health import Health
from ses_history.progress import Listing, Rebuilding, Watch, unwatched
from ses_history.questions import ask
from ses_history.questions.health import health
from ses_history.results import Arrivals, Emptied, Exported, Found, InvalidLine, Message, Stats, Synced, Unread
from ses_history.selection import EVERYTHING, HEADER_OBJECTS, Header, Selection
from ses_history.sources import Object, Source
from ses_history.store.arrived import arrived
from ses_history.store.changes import changes
from ses_history.store.emptied import emptied
from ses_history.store.files import default_store, older_stores, remove, remove_unused, store_file
from ses_history.store.store import Listed, Store, opened

_LISTED = 1000
"""How many objects are listed between two notices to whoever watches."""

_A_DAY = timedelta(days=1)

_EARLY = timedelta(days=2)
"""How much earlier than its message an event may lie: under the day, in UTC, of the oldest event in its object."""

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
        return self._brought_up_to_date(everything=True, since=None)

    def catch_up(self, since: datetime | None = None) -> Synced:
        """Bring the store up to date for questions about messages sent since a time; in UTC, where it is naive.

        Only objects that may be new are listed, and once a day all of them; where keys do not sort by day, all of them
        each time. A new store reads only the objects from two days before on, and the rest when it is asked for more.
        """
        first = Selection(since=since).since
        return self._brought_up_to_date(everything=False, since=first.date() - _EARLY if first else None)

    def _brought_up_to_date(self, *, everything: bool, since: date | None) -> Synced:
        older = list(older_stores(self._store)) if self._store == self._default else []
        if older and not self._store.exists():
            self._watch(Rebuilding(store=self._store))
        synced = self._synced(everything=everything, since=since)
        for path in older:
            remove_unused(path)
        return synced

    def invalid_lines(self, limit: int) -> tuple[InvalidLine, ...]:
        """The first of the invalid lines that the last sync left, in order."""
        with self._opened(read_only=True) as store:
            return store.invalid_lines(limit)

    def undelivered(self) -> int:
        """How many events Firehose could not deliver, and left beside the history, as far as they can be read."""
        from ses_history.store.layouts import events_in

        beside, count = self.source.undelivered(), 0
        if beside:
            with suppress(SourceError):
                for item in beside.objects():
                    count += events_in(beside.read(item.key) or ())
        return count

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
        with self._asked(selection.since) as store:
            if header is None:
                return ask.find(store, asked, limit)
            places = ask.places(store, asked)
        objects = len({place.object_key for place in places})
        if read_at_most is not None and objects > read_at_most:
            raise QuestionError(
                f"a header is looked for in the objects, and {len(places):,} messages of {objects:,} objects match so "
                f"far: select fewer, by a time, a set or a type, or allow more than {read_at_most:,} objects with --yes"
            )
        from ses_history.store.by_header import having

        found = having(self.source, places, header, self._watch)
        with self._asked(selection.since) as store:
            answer = ask.find(store, asked, limit, found.message_ids)
        return replace(answer, looked_through=len(places), truncated=found.truncated, unread=found.unread)

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
        with self._asked(selection.since) as store:
            return emptied(store, asked)

    def show(self, message_id: str) -> Message:
        """The message with this id, the beginning of it, or this Message-ID header; raises NothingFoundError."""
        with self._asked(ask.sent_at(message_id)) as store:
            return ask.show(store, message_id)

    def raw(self, message: Message) -> Iterator[bytes]:
        """The events of a message as SES wrote them, a line of JSON each; raises SourceError where one is gone."""
        from ses_history.store.layouts import events_on_lines

        places = dict.fromkeys((event.object_key, event.line_no) for event in message.events if event.line_no)
        read = dict[str, dict[int, list[bytes]]]()
        for key, line_no in places:
            if key not in read:
                read[key] = {line: list[bytes]() for other, line in places if other == key}
                for line, event in events_on_lines(self.source.read(key) or (), read[key].keys()):
                    if _message_id(event) == message.events[0].message_id:
                        read[key][line].append(event)
            events = read[key].pop(line_no)
            if not events:
                raise SourceError(
                    f"{key} was deleted from {self.source.name}, or changed, since the last sync: sync again"
                )
            yield from events

    def stats(self, selection: Selection = EVERYTHING, *, by: str = "day", zone: str = "UTC") -> Stats:
        """Counts and rates of the selected rows by one of `selection.GROUPS`, or by the tag NAME for `tag:NAME`.

        Hours, days, weeks and months are those of the time zone, a name of the IANA database.
        """
        with self._asked(selection.since) as store:
            return ask.stats(store, selection, by, zone)

    def arrivals(self, selection: Selection = EVERYTHING, *, after: int | None = None) -> Arrivals:
        """The selected rows that syncs have added after an answer of this method, by its `last`; at first none."""
        with self._asked(selection.since) as store:
            last = store.last_object()
            rows = () if after is None or after == last else arrived(store, selection, after)
            return Arrivals(rows=rows, last=last)

    def health(self, now: datetime | None = None) -> Health:
        """The verdict on the sending until now, or until a time that is naive and in UTC.

        Raises NothingFoundError without an event.
        """
        with self._asked(None) as store:
            return health(store, now or _now())

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
        """Write the selected recipients with their statuses to a new file, in one of `selection.FORMATS`.

        A row is a message and a recipient who has one of the `statuses`, or else with `events` an event and recipient;
        `columns` are some of `STATUS_COLUMNS` or `EVENT_COLUMNS`, both of `ses_history.columns`. A stream takes csv
        and jsonl. Only its owner can read the file. Raises ExportError, and leaves no file then.
        """
        from ses_history.store.export import export

        with self._asked(selection.since) as store:
            return export(store, selection, file, file_format, events=events, columns=columns, statuses=statuses)

    def _synced(self, *, everything: bool, since: date | None) -> Synced:
        task = self._task(everything=everything, since=since)
        objects, left_out = self._listed(task)
        changed = changes(task.known, objects)
        if task.is_noted and not changed.new and not changed.removed:
            return Synced(
                listed=task.settled + len(objects) + left_out,
                added=0,
                removed=0,
                lines=0,
                invalid_lines=task.invalid_lines,
                unread=task.unread + changed.unread,
            )
        from ses_history.store.sync import sync

        with self._opened() as store:
            known = store.objects(task.after)
            if known != task.known:  # another process synced meanwhile, and may have seen more
                objects, left_out = self._listed(replace(task, known=known))
            synced = sync(self.source, objects, store, self._watch, after=task.after)
            self._check(store, synced, objects)
            if task.after is None:
                store.note(Listed(at=_now(), since=task.since))
        return replace(synced, listed=synced.listed + left_out)

    def _task(self, *, everything: bool, since: date | None) -> "_Task":
        """What is to be listed: only what may be new, if everything was listed less than a day ago."""
        with suppress(StoreMissingError), self._opened(read_only=True) as store:
            listed = store.listed()
            if listed.at:
                first_day = min(since, listed.since) if since and listed.since else None
                is_noted = _now() - listed.at < _A_DAY and first_day == listed.since
                after = store.last_settled() if is_noted and not everything else None
                known = store.objects(after)
                return _Task(
                    after=after,
                    since=first_day,
                    known=known,
                    is_noted=is_noted,
                    settled=store.object_count() - len(known),
                    invalid_lines=store.invalid_count(),
                    unread=store.unread(until=after) if after else (),
                )
        return _Task(since=since)

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

    @contextmanager
    def _asked(self, since: datetime | None) -> Iterator[Store]:
        """The store, for a question about messages sent since then; raises StoreError where it has only later ones."""
        with self._opened(read_only=True) as store:
            first_day = store.listed().since
            if first_day and (since is None or since.date() - _EARLY < first_day):
                raise StoreError(
                    f"The store {self._store} has only what was sent since {first_day + _EARLY}: sync, or ask for less"
                )
            yield store

    def _opened(self, *, read_only: bool = False) -> AbstractContextManager[Store]:
        return opened(self._store, self.source.name, read_only=read_only, watch=self._watch)

    def _listed(self, task: "_Task") -> tuple[dict[str, Object], int]:
        """The objects of the source that the task is about, by their keys, and how many it leaves out."""
        objects, left_out = dict[str, Object](), 0
        self._watch(Listing(source=self.source.name, objects=0))
        for item in self.source.objects(task.known, after=task.after):
            if task.since is None or item.day is None or item.day >= task.since:
                objects[item.key] = item
            else:
                left_out += 1
            if len(objects) % _LISTED == 0:
                self._watch(Listing(source=self.source.name, objects=len(objects)))
        return objects, left_out


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What a sync lists, and what the store has of it."""

    after: str | None = None
    """Only keys that follow it."""

    since: date | None = None
    """Only objects of this day on, as far as their keys tell."""

    known: Mapping[str, str] = field(default_factory=dict[str, str])
    is_noted: bool = False
    """Whether the store knows already what it covers."""

    settled: int = 0
    """How many objects there are beside."""

    invalid_lines: int = 0
    unread: tuple[Unread, ...] = ()
    """Those beside."""


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _several(texts: str | Sequence[str]) -> Sequence[str]:
    return [texts] if isinstance(texts, str) else texts


def _message_id(event: bytes) -> str | None:
    """The message id of an event as the store has it, which is text whatever somebody wrote there."""
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        written = json.loads(event.decode(errors="replace"))["mail"]["messageId"]
        text = written if isinstance(written, str) else json.dumps(written, ensure_ascii=False, separators=(",", ":"))
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    return None
