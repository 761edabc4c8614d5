"""A stack on the real engine: what a test does with it, and what each command changed."""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from pulumi import automation
from pulumi.automation import events

from tests.engine import cli
from tests.engine.provider import Named, Provider

PROGRAM = Path(__file__).parents[2]
"""The folder of the Pulumi program that keeps SES sending history."""

Config = Mapping[str, Any]

_PLUGINS = {
    "pulumi-resource-pulumi-python": "-u -m pulumi.dynamic",
    "pulumi-resource-ses-sending-history": str(PROGRAM / "components"),
}
"""The plugins the engine finds on the PATH, each with what Python runs for it."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What one command did, or a preview would do. Components and providers are not in it."""

    created: set[Named] = field(default_factory=set)
    updated: set[Named] = field(default_factory=set)
    replaced: set[Named] = field(default_factory=set)
    deleted: set[Named] = field(default_factory=set)
    same: set[Named] = field(default_factory=set)
    output: str = ""
    """What the CLI printed."""

    def any(self) -> bool:
        """Whether anything is not as it was."""
        return bool(self.created or self.updated or self.replaced or self.deleted)


@contextmanager
def environment(provider: Provider, folder: Path) -> Iterator[None]:
    """The environment of an engine that has nothing but this folder and this provider, while the context lasts."""
    plugins = folder / "plugins"
    for empty in (plugins, folder / "home", folder / "backend"):
        empty.mkdir(parents=True)
    for plugin, runs in _PLUGINS.items():
        (plugins / plugin).write_text(f'#!/bin/sh\nexec {sys.executable} {runs} "$@"\n')
        (plugins / plugin).chmod(0o755)
    pulumi = cli.find()
    assert pulumi is not None, cli.MISSING
    with patch.dict(
        os.environ,
        {
            "PATH": os.pathsep.join([str(plugins), str(pulumi.parent), os.environ["PATH"]]),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            # The engine asks here instead of starting pulumi-resource-aws.
            "PULUMI_DEBUG_PROVIDERS": f"aws:{provider.port}",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
    ):
        yield


_OF_THE_PROGRAM_BEFORE = ("Resource monitor has terminated", "Exception calling application: <_InactiveRpcError")
"""What an engine says that is gone. All programs run in this process, and requests of one that failed outlive it."""

_ATTEMPTS = 3


class Stack:
    """One stack of a project, whose program runs in this process, or is what the project says."""

    def __init__(
        self, folder: Path, *, project: Mapping[str, Any], name: str, program: Callable[[], object] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(dict(project)))
        self.name = name
        self.folder = folder
        self.program = program
        self._project = project["name"]
        self._config_file = folder / f"Pulumi.{name}.yaml"
        workspace = automation.LocalWorkspace(
            work_dir=str(folder),
            program=None if program is None else self._run,
            pulumi_command=_command(os.environ["PATH"]),
        )
        self._stack = _Stack.create(name, workspace)

    def up(self, config: Config | None = None, **options: Any) -> Changes:
        """`pulumi up`, with other config from now on.

        Raises automation.CommandError when it fails, as all of these do.
        """
        self.configure(config)
        return self._changes(self._stack.up, **options)

    def preview(self, config: Config | None = None, **options: Any) -> Changes:
        """`pulumi preview`, with other config from now on."""
        self.configure(config)
        return self._changes(self._stack.preview, **options)

    def refresh(self, **options: Any) -> Changes:
        """`pulumi refresh`: `updated` and `deleted` are what is no longer as the state has it."""
        return self._changes(self._stack.refresh, **options)

    def destroy(self, **options: Any) -> Changes:
        """`pulumi destroy`."""
        return self._changes(self._stack.destroy, **options)

    def configure(self, config: Config | None) -> None:
        """Make this the config of the stack. Keys without a colon are the project's."""
        if config is None:
            return
        kept = yaml.safe_load(self._config_file.read_text()) if self._config_file.exists() else {}
        keys = {key if ":" in key else f"{self._project}:{key}": value for key, value in config.items()}
        self._config_file.write_text(yaml.safe_dump({**(kept or {}), "config": keys}))

    @property
    def config(self) -> dict[str, Any]:
        """The config of the stack, the project's keys without a colon."""
        config = yaml.safe_load(self._config_file.read_text())["config"]
        return {key.removeprefix(f"{self._project}:"): value for key, value in config.items()}

    @property
    def state(self) -> automation.Deployment:
        """The state, as `pulumi stack export` gives it."""
        return self._stack.export_stack()

    def import_state(self, state: automation.Deployment) -> None:
        """Make this the state, as `pulumi stack import` does."""
        self._stack.import_stack(state)

    @property
    def resources(self) -> dict[Named, dict[str, Any]]:
        """The resources in the state, those of components and providers included."""
        return {named(each["urn"]): each for each in (self.state.deployment or {}).get("resources", [])}

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs of the stack."""
        return {name: output.value for name, output in self._stack.workspace.stack_outputs(self.name).items()}

    def pulumi(self, *arguments: str) -> str:
        """What another command of the CLI prints, such as `state protect`."""
        workspace = self._stack.workspace
        return workspace.pulumi_command.run([*arguments, "--stack", self.name], workspace.work_dir, {}).stdout

    def _run(self) -> None:
        assert self.program is not None
        self.program()

    def _changes(self, command: Callable[..., Any], **options: Any) -> Changes:
        for attempt in range(_ATTEMPTS):
            seen = _Events()
            try:
                result = command(on_event=seen.add, color="never", **options)
            except automation.CommandError as error:
                left_over = any(said in str(error) for said in _OF_THE_PROGRAM_BEFORE)
                # Once the engine got to a resource, the error is this command's own.
                if not left_over or seen.any() or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return seen.changes(result.stdout + result.stderr)
        raise AssertionError


class _Stack(automation.Stack):
    """A stack that does not ask for its outputs and its history after each command: that is three commands more."""

    def outputs(self) -> automation.OutputMap:
        return automation.OutputMap()

    def info(self, show_secrets: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002
        return None


class _Events:
    def __init__(self) -> None:
        self._steps: dict[Named, str] = {}
        self._lock = threading.Lock()

    def add(self, event: events.EngineEvent) -> None:
        happened = event.resource_pre_event or event.res_outputs_event
        if happened is None:
            return
        step = happened.metadata
        state = step.new or step.old
        if step.type.startswith("pulumi:") or state is None or not state.custom:
            return
        with self._lock:
            # A refresh is known to have changed something only afterwards, and a replacement has several steps.
            if self._steps.get(named(step.urn)) != "replace":
                self._steps[named(step.urn)] = step.op.value

    def any(self) -> bool:
        """Whether the engine got to any resource."""
        return bool(self._steps)

    def changes(self, output: str) -> Changes:
        def having(*kinds: str) -> set[Named]:
            return {of for of, kind in self._steps.items() if kind in kinds}

        return Changes(
            created=having("create"),
            updated=having("update"),
            replaced=having("replace", "create-replacement", "delete-replaced"),
            deleted=having("delete", "discard"),
            same=having("same", "refresh"),
            output=output,
        )


def named(urn: str) -> Named:
    """The short type and the name of a resource: `Bucket` for `aws:s3/bucket:Bucket`."""
    _, _, types, name = urn.split("::", 3)
    return types.rpartition("$")[2].rpartition(":")[2], name


@cache
def _command(_path: str) -> automation.PulumiCommand:
    return automation.PulumiCommand()


def project_of(folder: Path) -> dict[str, Any]:
    """The Pulumi.yaml of a folder, for an engine that asks this process for the program."""
    return yaml.safe_load((folder / "Pulumi.yaml").read_text())


def config_of(folder: Path, name: str) -> dict[str, Any]:
    """The config of a stack file."""
    return yaml.safe_load((folder / f"Pulumi.{name}.yaml").read_text())["config"]
