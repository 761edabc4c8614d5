"""The config of the program and the tables of the component's docs, made of what the component says of itself."""

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pulumi
import yaml
from pulumi.provider.experimental.analyzer import Analyzer, ComponentDefinition, PropertyDefinition, PropertyType
from ses_sending_history import EVENT_TYPES, SendingHistory
from ses_sending_history.args import DEFAULTS

EXAMPLES: Final = Path(__file__).parents[2] / "examples"

_PROGRAM_SET: Final = "ses-history"
"""The configuration set of a stack that names none: a component has one named after itself."""

_CONFIG_TYPES: Final[Mapping[PropertyType | None, str]] = {
    PropertyType.STRING: "string",
    PropertyType.NUMBER: "integer",
    PropertyType.BOOLEAN: "boolean",
    PropertyType.ARRAY: "array",
    PropertyType.OBJECT: "array",  # the config of a project has no maps
}

_WITH_FRACTIONS: Final = ("query_scan_limit_gb",)
"""The numbers that need not be whole: the config of a project has no type for them, so they are declared without."""

_IN_WORDS: Final[Mapping[PropertyType | None, str]] = {
    PropertyType.STRING: "text",
    PropertyType.NUMBER: "number",
    PropertyType.INTEGER: "number",
    PropertyType.BOOLEAN: "true or false",
    PropertyType.ARRAY: "list",
    PropertyType.OBJECT: "map",
}


def config_block() -> str:
    """The keys of Pulumi.yaml that are arguments of a SendingHistory, as YAML."""
    history = _definition(SendingHistory)
    return "".join(_config_key(key, history.inputs_mapping[key], given) for key, given in history.inputs.items())


def config_table(project: Path) -> str:
    """A Markdown table of every key of a Pulumi.yaml."""
    config: dict[str, dict[str, Any]] = yaml.safe_load(project.read_text())["config"]
    return _table(
        ["key", "type", "default", "meaning"],
        (
            [
                f"`{key}`",
                _IN_WORDS[PropertyType(declared.get("type", "number"))],
                _default(declared["default"], json.dumps),
                declared["description"],
            ]
            for key, declared in config.items()
        ),
    )


def arguments_table(component: type[pulumi.ComponentResource]) -> str:
    """A Markdown table of the arguments of a component, as Python spells them."""
    definition = _definition(component)
    return _table(
        ["argument", "type", "default", "meaning"],
        (
            [
                f"`{definition.inputs_mapping[key]}`",
                _IN_WORDS[given.type] if given.plain else f"{_IN_WORDS[given.type]} or an Output",
                _default(DEFAULTS.get(definition.inputs_mapping[key]), repr) if given.optional else "required",
                given.description or "",
            ]
            for key, given in definition.inputs.items()
        ),
    )


def outputs_table(component: type[pulumi.ComponentResource]) -> str:
    """A Markdown table of the outputs of a component, as Python spells them."""
    definition = _definition(component)
    return _table(
        ["output", "type", "meaning"],
        (
            [f"`{definition.outputs_mapping[key]}`", _IN_WORDS[declared.type], declared.description or ""]
            for key, declared in definition.outputs.items()
        ),
    )


def example(path: str, language: str) -> str:
    """The program of an example, as a code block without its first comment."""
    lines = (EXAMPLES / path).read_text().splitlines()
    begin = next(i for i, line in enumerate(lines) if line and not line.startswith(("//", "#")))
    return "\n".join([f"```{language}", *lines[begin:], "```", ""])


def _definition(component: type[pulumi.ComponentResource]) -> ComponentDefinition:
    """What SDKs of other languages get to know of the component."""
    return Analyzer("ses-sending-history").analyze_component(component)


def _config_key(key: str, argument: str, given: PropertyDefinition) -> str:
    """The key as Pulumi.yaml declares it. One without a default would be asked for in every stack file."""
    description = (given.description or "").replace("named after the component", f"named {_PROGRAM_SET}")
    nothing: Any = [] if given.type is PropertyType.ARRAY else ""
    default: Any = [_PROGRAM_SET] if argument == "configuration_sets" else DEFAULTS.get(argument, nothing)
    if given.type is PropertyType.OBJECT:
        description += " Each is name=value."
        default = [f"{name}={value}" for name, value in default.items()]
    kind = None if argument in _WITH_FRACTIONS else _CONFIG_TYPES[given.type]
    return "\n".join(
        [
            f"{key}:",
            *([f"  type: {kind}"] if kind else []),
            *(["  items:", "    type: string"] if kind == "array" else []),
            f"  default: {json.dumps(default)}",
            "  description: >-",
            textwrap.fill(description, 110, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False),
            "",
        ]
    )


def _default(value: Any, spelled: Callable[[Any], str]) -> str:
    if value == list(EVENT_TYPES):
        return "all ten"
    return "" if value in (None, "", [], {}) else f"`{spelled(value)}`"


def _table(columns: list[str], rows: Iterable[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
