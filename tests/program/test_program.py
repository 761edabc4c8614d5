"""The whole program, for each environment, as an update and as a preview."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ses_sending_history import EVENT_TYPES, SendingHistory, SendingHistoryArgs

from localaws.deploy import PROGRAM, stack_config
from tests.recording import Recording, record

PROJECT: dict[str, Any] = yaml.safe_load((PROGRAM / "Pulumi.yaml").read_text())
STACKS = ["dev", "prod"]
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"


def run(stack: str, *, preview: bool = False, folder: Path = PROGRAM, region: str = "us-east-1") -> Recording:
    return record(
        lambda: runpy.run_path(str(PROGRAM / "__main__.py")),
        stack=stack,
        project=PROJECT["name"],
        config=stack_config(folder, stack),
        preview=preview,
        region=region,
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

    assert (rule(dev)["expiration"], rule(prod)["expiration"]) == ({"days": 30}, {"days": 730})
    assert (len(dev.all("MetricAlarm")), len(prod.all("MetricAlarm"))) == (0, 6)
    assert (dev.one("Bucket").inputs["forceDestroy"], prod.one("Bucket").inputs["forceDestroy"]) == (True, False)
    assert dev.one("Bucket").tags == {"environment": "dev"}


def test_every_argument_is_a_typed_described_key_with_a_default() -> None:
    def camel_case(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(word.title() for word in rest)

    arguments = {camel_case(name) for name in SendingHistoryArgs.__annotations__}
    assert PROJECT["config"].keys() == arguments | {"existingIdentities"}
    for key, declared in PROJECT["config"].items():
        # Pulumi has no type for a number with a fraction.
        kinds = {None} if key == "queryScanLimitGb" else {"string", "integer", "boolean", "array"}
        assert declared.get("type") in kinds, key
        assert len(declared["description"]) > 20, key
        # A key without a default would be asked for in every stack file.
        assert "default" in declared, key


CHOSEN: dict[str, tuple[Any, SendingHistoryArgs]] = {
    "configurationSets": (["other"], {"configuration_sets": ["other"]}),
    "existingConfigurationSets": (["legacy"], {"existing_configuration_sets": ["legacy"]}),
    "identities": (["example.org"], {"identities": ["example.org"]}),
    "eventTypes": (["BOUNCE"], {"event_types": ["BOUNCE"]}),
    "bucket": ("existing", {"bucket": "existing"}),
    "kmsKeyArn": (KEY, {"kms_key_arn": KEY}),
    "retentionDays": (7, {"retention_days": 7}),
    "archiveAfterDays": (7, {"archive_after_days": 7}),
    "accessLogBucket": ("logs-of-example", {"access_log_bucket": "logs-of-example"}),
    "bufferSeconds": (0, {"buffer_seconds": 0}),
    "bufferMegabytes": (1, {"buffer_megabytes": 1}),
    "alarms": (True, {"alarms": True}),
    "forceDestroy": (True, {"force_destroy": True}),
    "previousKmsKeyArns": ([KEY], {"previous_kms_key_arns": [KEY]}),
    "protect": (True, {"protect": True}),
    "tlsRequired": (True, {"tls_required": True}),
    "trackingDomain": ("click.example.com", {"tracking_domain": "click.example.com"}),
    "suppressedReasons": (["COMPLAINT"], {"suppressed_reasons": ["COMPLAINT"]}),
    "reputationMetrics": (True, {"reputation_metrics": True}),
    "permissionsBoundaryArn": (BOUNDARY, {"permissions_boundary_arn": BOUNDARY}),
    "query": (False, {"query": False}),
    "athenaResultsBucket": ("results-of-example", {"athena_results_bucket": "results-of-example"}),
    "queryScanLimitGb": (0.5, {"query_scan_limit_gb": 0.5}),
    "tags": (["team=mail", "empty=", "a=b=c"], {"tags": {"team": "mail", "empty": "", "a": "b=c"}}),
}


def run_with(tmp_path: Path, config: dict[str, Any], *, region: str = "us-east-1") -> Recording:
    (tmp_path / "Pulumi.yaml").write_text(json.dumps(PROJECT))
    chosen = {f"{PROJECT['name']}:{key}": value for key, value in config.items()}
    (tmp_path / "Pulumi.test.yaml").write_text(json.dumps({"config": chosen}))
    return run("test", folder=tmp_path, region=region)


@pytest.mark.parametrize("key", CHOSEN)
def test_a_key_is_the_argument_it_is_named_after(key: str, tmp_path: Path) -> None:
    value, args = CHOSEN[key]
    asked: SendingHistoryArgs = {"configuration_sets": ["ses-history"], **args}

    expected = record(lambda: SendingHistory("ses-history-test", asked)).inputs()
    assert run_with(tmp_path, {key: value}).inputs() == expected


def test_topics_and_existing_identities_are_keys_too(tmp_path: Path) -> None:
    assert PROJECT["config"].keys() - CHOSEN.keys() == {"alarmTopicArns", "existingIdentities"}
    topic = "arn:aws:sns:us-east-1:123456789012:mail"
    config = {
        "alarms": True,
        "alarmTopicArns": [topic],
        "configurationSets": ["first", "second"],
        "existingConfigurationSets": ["third"],
        "existingIdentities": ["example.com"],
    }

    recorded = run_with(tmp_path, config, region="eu-west-1")

    assert recorded.inputs()["MetricAlarm", "ses-history-test-alarms-late"]["alarmActions"] == [topic]
    default = recorded.one("DefaultConfigurationSet").inputs
    assert (default["identity"], default["configuration_set"], default["region"]) == (
        "example.com",
        "first",
        "eu-west-1",
    )
    assert (default["account_id"], "profile" in default) == ("123456789012", False)


def test_all_that_is_wrong_is_told_by_the_names_of_the_keys(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        run_with(tmp_path, {"eventTypes": ["Bounce"], "retentionDays": -1})

    assert str(refused.value).splitlines() == [
        "The configuration of this stack is invalid:",
        f"  eventTypes[0] must be one of {' '.join(EVENT_TYPES)}; did you mean BOUNCE? (it is 'Bounce')",
        "  retentionDays must be a whole number of days; 0 keeps the history forever (it is -1)",
    ]


def test_what_the_program_itself_checks_is_told_with_the_rest(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        run_with(
            tmp_path,
            {
                "retentionDays": 30,
                "archiveAfterDays": 90,
                "identities": ["example.com"],
                "existingIdentities": ["example.org", "example.com"],
                "tags": ["environment=test", "team"],
            },
        )

    assert str(refused.value).splitlines()[1:] == [
        "  archiveAfterDays must be fewer days than retentionDays, which is 30 (it is 90)",
        "  tags[1] must be name=value (it is 'team')",
        "  existingIdentities[1] is also in identities: list it in one of them (it is 'example.com')",
    ]


def test_the_statements_of_the_docs_admit_who_they_are_for_and_no_one_else() -> None:
    page = (PROGRAM / "docs" / "existing-resources.md").read_text()
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    role, stranger = (f"arn:aws:iam::123456789012:role/{name}" for name in ("delivery", "stranger"))
    bucket, key = (
        json.loads(block.replace("DELIVERY_ROLE_ARN", role).replace("REGION", "eu-west-1")) for block in blocks
    )

    def admits(statements: Any, principal: str, action: str, resource: str, via: str = "") -> bool:
        request = EvalContext(
            principal_arn=principal,
            principal_type="AssumedRole",
            principal_account="123456789012",
            action=action,
            resource_arn=resource,
            region="eu-west-1",
            service_context={"kms:viaservice": via},
        )
        return evaluate_resource_policy({"Statement": statements}, request).decision == "Allow"

    for prefix in ("events/", "error/"):
        assert admits([bucket], role, "s3:PutObject", f"arn:aws:s3:::BUCKET/{prefix}a")
        assert not admits([bucket], stranger, "s3:PutObject", f"arn:aws:s3:::BUCKET/{prefix}a")
    assert not admits([bucket], role, "s3:PutObject", "arn:aws:s3:::BUCKET/other")
    assert not admits([bucket], role, "s3:DeleteObject", "arn:aws:s3:::BUCKET/events/a")
    assert not admits([bucket], role, "s3:GetObject", "arn:aws:s3:::BUCKET/other")
    assert admits(key, role, "kms:GenerateDataKey", "*", "s3.eu-west-1.amazonaws.com")
    assert not admits(key, role, "kms:GenerateDataKey", "*", "ec2.eu-west-1.amazonaws.com")
    assert not admits(key, stranger, "kms:GenerateDataKey", "*", "s3.eu-west-1.amazonaws.com")


def test_a_misspelt_key_is_an_error_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        run_with(tmp_path, {"retentionDay": 7, "configurationsets": ["news"]})

    assert str(refused.value).splitlines() == [
        "The configuration of this stack is invalid:",
        "  configurationsets is no key: did you mean configurationSets?",
        "  retentionDay is no key: did you mean retentionDays?",
    ]


def test_existing_identities_need_a_set(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError, match="existingIdentities need a default set: name one in configurationSets"):
        run_with(tmp_path, {"configurationSets": [], "existingIdentities": ["example.com"]})


def test_a_value_of_another_kind_is_told_with_all_else_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        run_with(
            tmp_path,
            {
                "alarms": "yes please",
                "eventTypes": "BOUNCE",
                "retentionDays": "long",
                "queryScanLimitGb": "little",
                "bufferSeconds": -1,
            },
        )

    assert str(refused.value).splitlines() == [
        "The configuration of this stack is invalid:",
        "  eventTypes must be a list (it is 'BOUNCE')",
        "  retentionDays must be a whole number (it is 'long')",
        "  alarms must be true or false (it is 'yes please')",
        "  queryScanLimitGb must be a number (it is 'little')",
        "  bufferSeconds must be a whole number of seconds, 0 to 900 (it is -1)",
    ]


def test_existing_identities_are_called_for_with_the_profile_of_the_provider(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(json.dumps(PROJECT))
    chosen = {"aws:profile": "mail", f"{PROJECT['name']}:existingIdentities": ["example.com"]}
    (tmp_path / "Pulumi.test.yaml").write_text(json.dumps({"config": chosen}))

    assert run("test", folder=tmp_path).one("DefaultConfigurationSet").inputs["profile"] == "mail"
