"""What rows of Athena and of the local reader share: all columns but those that only the local reader can tell."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.contract.support import COLUMNS

_SHARED = [name for name, column in COLUMNS.items() if not column.get("local_only")]


def shared(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The values of each row in these columns, in an order that depends on nothing else."""
    return sorted(
        json.dumps({name: row[name] for name in _SHARED}, sort_keys=True, ensure_ascii=False, default=str)
        for row in rows
    )
