"""A folder that holds the objects of a history, such as `aws s3 sync` makes of a bucket."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from ses_history.errors import SourceError
from ses_history.sources import Object


@dataclass(frozen=True)
class Folder:
    """The files of a folder and its subfolders."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's absolute path."""
        return str(self.path.resolve())

    def objects(self, _known: Iterable[str] = (), /) -> Iterator[Object]:
        """Every file, in the order of their names; a changed file has another etag."""
        if not self.path.is_dir():
            raise SourceError(f"{self.path} is not a folder: name one that holds objects of the history")
        for folder, folders, names in os.walk(self.path, onerror=_unreadable):
            folders.sort()
            inside = Path(folder).relative_to(self.path)
            for name in sorted(names):
                try:
                    file = Path(folder, name).stat()
                except OSError as error:
                    _unreadable(error)
                    continue
                if S_ISREG(file.st_mode):
                    key = (inside / name).as_posix()
                    if not key.isprintable():
                        raise SourceError(f"A file in {self.path} has an invalid name ({key!r}): rename it")
                    yield Object(key, f"{file.st_mtime_ns}-{file.st_size}", file.st_size)

    def read(self, key: str) -> bytes | None:
        """The bytes of a file."""
        try:
            return (self.path / key).read_bytes()
        except OSError as error:
            return _unreadable(error)


def _unreadable(error: OSError) -> None:
    """Nothing, when it vanished after it was listed."""
    if not isinstance(error, FileNotFoundError):
        raise SourceError(f"{error.filename} cannot be read: {error.strerror}") from error
