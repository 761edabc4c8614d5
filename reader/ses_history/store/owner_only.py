"""Files for their owner alone: history names people."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_entered = 0
_mask = 0


@contextmanager
def owner_only() -> Iterator[None]:
    """Files and folders created meanwhile, by any thread of this process, can be read by nobody else."""
    global _entered, _mask  # noqa: PLW0603  the mask is one for the process: the last to leave restores it
    with _lock:
        if not _entered:
            _mask = os.umask(0o077)
        _entered += 1
    try:
        yield
    finally:
        with _lock:
            _entered -= 1
            if not _entered:
                os.umask(_mask)
