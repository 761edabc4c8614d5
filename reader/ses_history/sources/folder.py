"""A folder that holds the objects of a history, such as `aws s3 sync` makes of a bucket."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from ses_history.errors import SourceError, UnreadableError
from ses_history.sources import CHUNK, Object, holds_events


@dataclass(frozen=True)
class Folder:
    """The files of a folder and its subfolders."""

    path: Path

    def __post_init__(self) -> None:
        # A program may well name it by its text.
        object.__setattr__(self, "path", Path(self.path))

    @property
    def name(self) -> str:
        """The folder's absolute path."""
        return str(self.path.resolve())

    @property
    def root(self) -> str:
        """The folder's absolute path, with a slash after it."""
        return f"{self.path.resolve()}/"

    def objects(self, _known: Iterable[str] = (), /, *, after: str | None = None) -> Iterator[Object]:
        """Every file whose key follows `after`; a changed file has another etag."""
        try:
            os.scandir(self.path).close()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise SourceError(f"{self.path} is not a folder: name one that holds objects of the history") from error
        except OSError as error:
            raise SourceError(f"{self.path} {_reason(error)}") from error
        closed = list[OSError]()
        walked = {self.path.resolve()}
        for folder, folders, names in os.walk(self.path, onerror=closed.append, followlinks=True):
            folders[:] = [name for name in sorted(folders) if not _again(Path(folder, name), walked)]
            for name in sorted(names):
                if self._key(Path(folder, name)) > (after or ""):
                    yield from self._object(Path(folder, name))
        for error in closed:
            yield from self._unreadable(error, Path(error.filename), end="/")

    def _object(self, file: Path) -> Iterator[Object]:
        """The file, if it is one and may hold events."""
        try:
            found = file.stat()
        except OSError as error:
            yield from self._unreadable(error, file)
            return
        key = self._key(file)
        if S_ISREG(found.st_mode) and holds_events(key, found.st_size):
            if key.isprintable():
                yield Object(key, f"{found.st_mtime_ns}-{found.st_size}", found.st_size)
            else:
                yield Object(key.encode("unicode_escape").decode(), "", 0, "has a name that is no text: rename it")

    def _key(self, file: Path) -> str:
        return file.relative_to(self.path).as_posix()

    def _unreadable(self, error: OSError, path: Path, end: str = "") -> Iterator[Object]:
        """It with the reason, unless it vanished since it was listed."""
        if not isinstance(error, FileNotFoundError):
            yield Object(self._key(path) + end, "", 0, _reason(error))

    def read(self, key: str, /) -> Iterator[bytes] | None:
        """The chunks of a file."""
        try:
            return _chunks(key, (self.path / key).open("rb"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreadableError(key, _reason(error)) from error

    def undelivered(self) -> None:
        """A folder does not tell."""


def _again(folder: Path, walked: set[Path]) -> bool:
    """Whether a folder was walked already, by another link to it: a link may lead round in a circle."""
    real = folder.resolve()
    is_known = real in walked
    walked.add(real)
    return is_known


def _chunks(key: str, file: BinaryIO) -> Iterator[bytes]:
    try:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise UnreadableError(key, _reason(error)) from error


def _reason(error: OSError) -> str:
    return f"cannot be read ({error.strerror}): mend that, and sync again"
