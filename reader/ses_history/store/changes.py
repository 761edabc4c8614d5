"""What a source has otherwise than a store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ses_history.results import Unread
from ses_history.sources import Object


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a source has otherwise than a store."""

    removed: Sequence[str]
    """Keys in the store of what is deleted or changed there."""

    new: Sequence[Object]
    unread: tuple[Unread, ...]
    """What is new, too, but cannot be read, as the listing tells."""


def changes(known: Mapping[str, str], objects: Mapping[str, Object]) -> Changes:
    """The changes from what a store has, etags by their keys, to the objects of the source, by theirs."""
    new = [item for item in objects.values() if known.get(item.key) != item.etag]
    unread = tuple(Unread(object_key=item.key, reason=item.unreadable) for item in new if item.unreadable)
    # What was read of these before is still right, as far as anybody can tell.
    kept = {item.object_key for item in unread}
    folders = tuple(key for key in kept if key.endswith("/"))
    removed = [key for key, etag in known.items() if key not in objects or objects[key].etag != etag]
    return Changes(
        removed=[key for key in removed if key not in kept and not key.startswith(folders)],
        new=[item for item in new if not item.unreadable],
        unread=unread,
    )
