"""What contract/ says, for the tests of all who agree on it."""

import json
import tomllib
from pathlib import Path
from typing import Any

CONTRACT = Path(__file__).parent.parent.parent / "contract"

COLUMNS: dict[str, dict[str, Any]] = tomllib.loads((CONTRACT / "columns.toml").read_text())
EVENT_TYPES: dict[str, dict[str, str]] = tomllib.loads((CONTRACT / "event_types.toml").read_text())
PROVIDERS: dict[str, dict[str, Any]] = tomllib.loads((CONTRACT / "providers.toml").read_text())
STATUSES: dict[str, dict[str, str]] = tomllib.loads((CONTRACT / "statuses.toml").read_text())

EVENTS: dict[str, Any] = {path.stem: json.loads(path.read_text()) for path in (CONTRACT / "events").glob("*.json")}
"""An event of each type and kind, by the name of its file."""

ROWS: dict[str, list[dict[str, Any]]] = {
    path.stem: json.loads(path.read_text()) for path in (CONTRACT / "rows").glob("*.json")
}
"""The rows that each of these events must become, without the columns that are NULL. Times are in UTC."""

LOCAL_ONLY: dict[str, list[str]] = tomllib.loads((CONTRACT / "local_only.toml").read_text())
"""The columns of these rows that are other in Athena, by the name of the event's file."""
