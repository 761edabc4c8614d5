"""The whole program, for each environment, as an update and as a preview."""

import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from ses_sending_history import SendingHistory, SendingHistoryArgs

from localaws.deploy import PROGRAM, stack_config
from tests.recording import Recording, record

PROJECT: dict[str, Any] = yaml.safe_load((PROGRAM / "Pulumi.yaml").read_text())
STACKS = ["dev", "prod"]


def run(stack: str, *, preview: bool = False, folder: Path = PROGRAM) -> Recording:
    return record(
        lambda: runpy.run_path(str(PROGRAM / "__main__.py")),
        stack=stack,
        project=PROJECT["name"],
        config=stack_config(folder, stack),
        preview=preview,
    )


@pytest.mark.parametrize("stack", STACKS)
def test_an_update_makes_one_history_and_exports_each_of_its_outputs(stack: str) -> None:
    recorded = run(stack)

    history = recorded.one("SendingHistory")
    assert history.name == f"ses-history-{stack}"
    assert recorded.exports == recorded.component_outputs[history.urn]
    assert recorded.exports.keys() == SendingHistory.__annotations__.keys()


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_registers_what_the_update_does_with_what_is_unknown_left_open(stack: str) -> None:
    previewed, updated = run(stack, preview=True), run(stack)

    assert {r.urn for r in previewed.resources} == {r.urn for r in updated.resources}
    assert previewed.exports["events_prefix"] == "events/"
    assert isinstance(
        previewed.component_outputs[previewed.one("SendingHistory").urn]["bucket_arn"], pulumi.output.Unknown
    )
    destination = previewed.all("ConfigurationSetEventDestination")[0].inputs["eventDestination"]
    assert isinstance(destination["kinesisFirehoseDestination"]["iamRoleArn"], pulumi.output.Unknown)
    assert "StringEquals" in previewed.all("Role")[0].inputs["assumeRolePolicy"]


def test_the_environments_differ_as_their_files_say() -> None:
    dev, prod = run("dev"), run("prod")

    assert dev.exports["configuration_set_names"] == ["dev-mail"]
    assert prod.exports["configuration_set_names"] == ["transactional", "newsletter"]

    def rule(recorded: Recording) -> Any:
        return recorded.one("BucketLifecycleConfiguration").inputs["rules"][0]

    assert (rule(dev)["expiration"], "transitions" in rule(dev)) == ({"days": 30}, False)
    assert rule(prod)["expiration"] == {"days": 730}
    assert rule(prod)["transitions"] == [{"days": 90, "storageClass": "GLACIER_IR"}]
    assert (dev.one("Bucket").inputs["forceDestroy"], prod.one("Bucket").inputs["forceDestroy"]) == (True, False)
    assert dev.one("Bucket").tags == {"environment": "dev"}


def test_every_argument_is_a_typed_described_key_with_a_default() -> None:
    def camel_case(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(word.title() for word in rest)

    assert PROJECT["config"].keys() == {camel_case(name) for name in SendingHistoryArgs.__annotations__}
    for key, declared in PROJECT["config"].items():
        assert declared["type"] in {"string", "integer", "boolean", "array"}, key
        assert len(declared["description"]) > 20, key
        # A key without a default would be asked for in every stack file.
        assert "default" in declared, key


@pytest.mark.parametrize("key", PROJECT["config"])
def test_every_key_reaches_the_component(key: str, tmp_path: Path) -> None:
    chosen = {
        "configurationSets": ["other"],
        "existingConfigurationSets": ["legacy"],
        "identities": ["example.org"],
        "eventTypes": ["BOUNCE"],
        "bucket": "made-elsewhere",
        "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd",
        "retentionDays": 7,
        "archiveAfterDays": 7,
        "accessLogBucket": "logs-of-example",
        "bufferSeconds": 0,
        "bufferMegabytes": 1,
        "forceDestroy": True,
        "tags": ["team=mail", "plain"],
    }
    (tmp_path / "Pulumi.yaml").write_text(json.dumps(PROJECT))

    def inputs(config: dict[str, Any]) -> Any:
        (tmp_path / "Pulumi.test.yaml").write_text(json.dumps({"config": config}))
        return run("test", folder=tmp_path).inputs()

    assert inputs({f"{PROJECT['name']}:{key}": chosen[key]}) != inputs({})


def test_tags_are_written_as_names_and_values() -> None:
    assert run("prod").one("Bucket").tags == {"environment": "prod"}
