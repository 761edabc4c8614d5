"""components/schema.json: what the engine and the SDKs of other languages know of the components.

`python -m docs.generate.schema` writes it, and `--check` fails when it is not what the code says. When that is done it
prints what is new, gone or changed since the last release, and what of it breaks programs.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ses_sending_history.plugin import Plugin

COMPONENTS: Final = Path(__file__).parents[2] / "components"
SCHEMA: Final = COMPONENTS / "schema.json"


def schema() -> str:
    """The schema of this code, as JSON."""
    project = tomllib.loads((COMPONENTS / "pyproject.toml").read_text())["project"]
    described: Any = Plugin(project["version"]).schema
    return json.dumps(json.loads(described), indent=2) + "\n"


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What a schema has that an older one had not, or had otherwise, and what it has no more: a line each.

    Breaking is what programs that were right may have to be changed for.
    """
    before, after = dict(_declared(old)), dict(_declared(new))
    lines = list[str]()
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if now is None:
            lines.append(f"breaking: {name} is gone")
        elif was is None:
            required = now.startswith("required") and name.partition("'")[0] in before
            lines.append(f"breaking: {name} is new and required" if required else f"{name} is new")
        elif was == f"required {now}":
            lines.append(f"{name} is optional now")
        elif was != now:
            lines.append(f"breaking: {name} was {was} and is {now}")
    return lines


def _declared(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each component, argument and output, and what programs rely on: its type, and whether it must be given."""
    for token, component in schema["resources"].items():
        name = token.rpartition(":")[2]
        yield name, "a component"
        for key, declared in component["inputProperties"].items():
            required = "required " * (key in component["requiredInputs"])
            yield f"{name}'s argument {key}", f"{required}{_type(declared)}"
        for key, declared in component["properties"].items():
            yield f"{name}'s output {key}", _type(declared)


def _type(declared: Mapping[str, Any]) -> str:
    """`plain string[]` is a list of text that can be no Output."""
    match declared:
        case {"items": items}:
            kind = f"{_type(items)}[]"
        case {"additionalProperties": values}:
            kind = f"map of {_type(values)}"
        case _:
            kind = declared["type"]
    return f"plain {kind}" if declared.get("plain") else kind


def _of_last_release() -> dict[str, Any] | None:
    """The schema of the newest release, as the tags of this clone know it; None when they know of none."""
    tag = _git("describe", "--tags", "--abbrev=0", "--match", "v*").strip()
    released = tag and _git("show", f"{tag}:components/{SCHEMA.name}")
    return json.loads(released) if released else None


def _git(*arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=COMPONENTS, check=False, capture_output=True, text=True)  # noqa: S603, S607
    return ran.stdout


def main(*, check: bool) -> int:
    """Write the schema or check it, and print its changes. The exit code: 1 when a check fails."""
    current = schema()
    if not check:
        SCHEMA.write_text(current)
    elif SCHEMA.read_text() != current:
        print(f"{SCHEMA.name} is not what the code says. Run: make generate", file=sys.stderr)  # noqa: T201
        return 1
    released = _of_last_release()
    print("components/schema.json since the last release:")  # noqa: T201
    for line in (
        changes(released, json.loads(current)) or ["no changes"] if released else ["this clone knows of no release"]
    ):
        print(f"  {line}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
