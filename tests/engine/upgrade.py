"""States that earlier versions left: recorded once, kept as files, and brought back for today's program.

`git worktree add ../earlier efc9f40`, then `PYTHONPATH=../earlier/components .venv/bin/python -m tests.engine.upgrade
../earlier` records what that version leaves. For efc9f40 that was done at df45eb3: localaws refuses its delivery role's
trust since.
"""

import json
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

from pulumi import automation
from ses_sending_history import policies

from localaws.aws import LocalAws
from localaws.emulator import running
from localaws.resources import RESOURCE_TYPES
from tests.engine.provider import serving
from tests.engine.stack import Stack, config_of, environment, project_of

STATES = Path(__file__).parent / "states"


def record(program: Path, name: str) -> None:
    """Write the state that the program in this folder leaves of the stack `name`."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running() as aws,
        serving(aws) as provider,
        environment(provider, Path(folder) / "engine"),
    ):
        stack = Stack(
            Path(folder) / "project",
            project=project_of(program),
            name=name,
            program=lambda: runpy.run_path(str(program / "__main__.py")),
        )
        stack.up(config_of(program, name))
        state = stack.state
    deployment = state.deployment or {}
    for resource in deployment["resources"]:
        # They name files of the machine that recorded it.
        resource.pop("sourcePosition", None)
        resource.pop("stackTrace", None)
    recorded = {"version": state.version, "deployment": deployment}
    (STATES / f"{name}.json").write_text(json.dumps(recorded, indent=2) + "\n")


def recorded(name: str) -> automation.Deployment:
    """The recorded state of the stack `name`."""
    return automation.Deployment(**json.loads((STATES / f"{name}.json").read_text()))


def recreate(aws: LocalAws, state: automation.Deployment) -> None:
    """Create in this AWS what the state says there is."""
    trusts = dict[str, str]()
    # A state lists each resource after those it depends on.
    for resource in (state.deployment or {})["resources"]:
        if kind := RESOURCE_TYPES.get(resource["type"]):
            inputs = created_with(resource)
            trust = inputs.get("assumeRolePolicy", "")
            if "firehose.amazonaws.com" in trust:
                # Firehose made its streams with whatever trust it accepted then.
                inputs["assumeRolePolicy"] = json.dumps(policies.delivery_trust(account_id=aws.account_id))
                trusts[inputs["name"]] = trust
            kind.create(aws, resource["type"], resource["urn"], inputs, lambda _: None)
    for role, trust in trusts.items():
        aws.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=trust)


def created_with(resource: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a resource in a state, and the name that the provider made up."""
    key = RESOURCE_TYPES[resource["type"]].key
    named = {name: value for name, value in resource["outputs"].items() if name in key}
    return {**named, **{name: value for name, value in resource["inputs"].items() if name != "__defaults"}}


if __name__ == "__main__":
    for stack in ("dev", "prod"):
        record(Path(sys.argv[1]).resolve(), stack)
