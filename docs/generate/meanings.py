"""What codes mean, as the saved query of failures has it in Athena, from contract/meanings.toml."""

import tomllib
from pathlib import Path
from typing import Final

_MEANINGS: Final = Path(__file__).parent.parent.parent / "contract" / "meanings.toml"


def values() -> str:
    """A row of SQL for each code, `('smtp 5.1.1', meaning, what to do)`, with a comma between them."""
    tables: dict[str, dict[str, dict[str, str]]] = tomllib.loads(_MEANINGS.read_text())
    return ",\n".join(
        f"({_text(f'{table} {code}')}, {_text(entry['meaning'])}, {_text(entry['do'])})"
        for table, entries in tables.items()
        for code, entry in entries.items()
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
