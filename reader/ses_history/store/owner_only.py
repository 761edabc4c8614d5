"""Files for their owner alone: history names people."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def owner_only() -> Iterator[None]:
    """Files and folders created meanwhile can be read by nobody else."""
    mask = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(mask)
