"""New files for their owner alone, which are there whole or not at all: history names people."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ses_history.errors import ExportError


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A file to write, which gets its name `path` once it is whole; raises ExportError, also where that is taken."""
    taken = ExportError(f"{path} already exists: choose another name, or remove it")
    if os.path.lexists(path):
        raise taken
    try:
        # Whoever is killed here leaves this hidden folder, for its owner alone, and nothing under the name.
        with TemporaryDirectory(dir=path.parent, prefix=".ses-history-") as folder:
            file = Path(folder) / path.name
            file.touch(mode=0o600)
            yield file
            _name(file, path)
    except FileExistsError as error:
        raise taken from error
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error}") from error


def _name(file: Path, path: Path) -> None:
    """Give a file another name at once; raises FileExistsError where that is taken."""
    try:
        path.hardlink_to(file)
    except FileExistsError:
        raise
    except OSError:  # some file systems, such as FAT, know one name of a file alone
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        file.rename(path)
