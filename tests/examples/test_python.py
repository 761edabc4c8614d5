"""The Python examples under mocks: what each registers in an update and in a preview, and how its parts fit."""

import ast
import json
import runpy
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import pytest
import yaml

from tests.recording import Recording, Registered, record

EXAMPLES = Path(__file__).parents[2] / "examples"

SCREEN = 45
"""How many lines of a program one screen shows."""

Named = tuple[str, str]
"""The type of a resource, without package and module, and its name."""

BUCKET = (
    "Bucket",
    "BucketLifecycleConfiguration",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
)
SAVED_QUERIES = ("counts", "failures", "message", "rates", "recipient", "slowest_domains", "undelivered")
STREAM = ("FirehoseDeliveryStream", "LogGroup", "LogStream", "Role", "RolePolicy")
PUBLISHER = ("EventPublisher", "ConfigurationSetEventDestination", "Role", "RolePolicy")
PUBLISHER_WITH_A_SET = (*PUBLISHER, "ConfigurationSet")

DKIM = [f"mail.example.com-dkim-{n}" for n in (1, 2, 3)]

STREAM_ARN = "arn:aws:firehose:us-east-1:123456789012:deliverystream/mail-delivery-0000000"


def each(types: tuple[str, ...], name: str) -> set[Named]:
    """A resource of each type, all of this name."""
    return {(type_, name) for type_ in types}


def catalog(name: str) -> set[Named]:
    """The history as a table."""
    return {
        *each(("CatalogDatabase", "Workgroup"), f"{name}-catalog"),
        *(("CatalogTable", f"{name}-catalog-{table}") for table in ("history", "lines", "undelivered")),
        *(("NamedQuery", f"{name}-catalog-{query}") for query in SAVED_QUERIES),
        *(("PreparedStatement", f"{name}-catalog-{query}") for query in ("message", "recipient")),
    }


def history(name: str) -> set[Named]:
    """A history with a bucket of its own and without configuration sets."""
    parts = {*each(BUCKET, f"{name}-archive"), *each(STREAM, f"{name}-delivery"), *catalog(name)}
    return {("SendingHistory", name), *parts}


PROGRAMS: dict[str, set[Named]] = {
    "python-existing-account": {
        *history("mail"),
        *each(PUBLISHER, "mail-receipts"),
        *each(PUBLISHER, "mail-news"),
        ("DefaultConfigurationSet", "example.com"),
    },
    "python-own-configuration-set": {
        *history("mail"),
        *each(PUBLISHER, "login-codes"),
        ("ConfigurationSet", "login-codes"),
    },
    "python-regions": {
        ("aws", "us-east-1"),
        *history("mail-us-east-1"),
        *each(PUBLISHER_WITH_A_SET, "mail-us-east-1-mail-us-east-1"),
        ("aws", "eu-west-1"),
        *history("mail-eu-west-1") - each(BUCKET, "mail-eu-west-1-archive") - catalog("mail-eu-west-1"),
        *each(PUBLISHER_WITH_A_SET, "mail-eu-west-1-mail-eu-west-1"),
    },
    "python-route53": {
        *history("mail"),
        *each(PUBLISHER_WITH_A_SET, "mail-mail"),
        ("EmailIdentity", "mail-mail.example.com"),
        ("Zone", "mail.example.com"),
        *(("Record", name) for name in DKIM),
    },
    "python-teams/platform": history("mail"),
    "python-teams/team": each(PUBLISHER_WITH_A_SET, "checkout"),
}
"""Everything that a program registers: in each folder of a Python example that has a Pulumi.yaml."""


@pytest.fixture(autouse=True)
def platform() -> Iterator[list[str]]:
    """The stack that exports what the program in python-teams/platform does; the names of the stacks referred to."""
    referred_to: list[str] = []

    def require_output(stack: pulumi.StackReference, name: str) -> pulumi.Output[Any]:
        exported = {"bucket_name": "mail-archive-0000000", "delivery_stream_arn": STREAM_ARN}
        return stack.name.apply(referred_to.append).apply(lambda _: exported[name])

    with (
        patch.object(pulumi, "get_organization", lambda: "acme"),
        patch.object(pulumi.StackReference, "require_output", require_output),
    ):
        yield referred_to


def run(program: str, *, preview: bool = False) -> Recording:
    """What the program of an example asks of the engine."""
    return record(partial(runpy.run_path, str(EXAMPLES / program / "__main__.py")), preview=preview, stack="prod")


def named(resource: Registered) -> Named:
    return resource.type.rpartition(":")[2], resource.name


def one(recording: Recording, type_: str, name: str) -> Registered:
    """The resource of this type and name."""
    (found,) = (resource for resource in recording.resources if named(resource) == (type_, name))
    return found


def test_every_python_example_is_tested() -> None:
    projects = {
        str(project.parent.relative_to(EXAMPLES))
        for folder in EXAMPLES.glob("python-*")
        for project in folder.rglob("Pulumi.yaml")
    }
    assert projects == PROGRAMS.keys()
    assert {folder.name for folder in EXAMPLES.glob("python-*")} == {name.partition("/")[0] for name in PROGRAMS}


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_example_says_in_its_first_line_what_it_is_and_fits_on_a_screen(program: str) -> None:
    source = (EXAMPLES / program / "__main__.py").read_text()
    said = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    assert said.endswith(".")
    assert said.count(". ") == 0
    assert len(source.splitlines()) <= SCREEN


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_example_is_a_project_of_the_python_runtime(program: str) -> None:
    project = yaml.safe_load((EXAMPLES / program / "Pulumi.yaml").read_text())
    assert project["runtime"] == "python"
    assert project.keys() == {"name", "description", "runtime"}


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_an_example_registers_these_resources_and_no_other(program: str, *, preview: bool) -> None:
    registered = Counter(map(named, run(program, preview=preview).resources))
    assert registered == Counter(PROGRAMS[program])


def test_existing_sets_are_published_and_the_existing_identity_sends_with_the_first() -> None:
    recording = run("python-existing-account")

    destinations = recording.all("ConfigurationSetEventDestination")
    assert {each.inputs["configurationSetName"] for each in destinations} == {"receipts", "news"}
    default = recording.one("DefaultConfigurationSet").inputs
    assert {name: value for name, value in default.items() if name != "__provider" and value is not None} == {
        "identity": "example.com",
        "configuration_set": "receipts",
        "region": "us-east-1",
        "account_id": "123456789012",
    }


def test_the_default_set_of_an_existing_identity_waits_for_its_event_destination() -> None:
    recording = run("python-existing-account")
    destination = one(recording, "ConfigurationSetEventDestination", "mail-receipts")
    assert destination.urn in recording.one("DefaultConfigurationSet").property_dependencies["configuration_set"]


def test_a_team_publishes_to_the_stream_that_the_platform_exports(platform: list[str]) -> None:
    exported = run("python-teams/platform").exports
    assert exported["delivery_stream_arn"] == STREAM_ARN

    team = run("python-teams/team")

    project = yaml.safe_load((EXAMPLES / "python-teams/platform/Pulumi.yaml").read_text())["name"]
    assert platform == [f"acme/{project}/prod"]
    destination = team.one("ConfigurationSetEventDestination").inputs["eventDestination"]
    assert destination["kinesisFirehoseDestination"]["deliveryStreamArn"] == STREAM_ARN
    assert team.exports == {"configuration_set_name": "checkout"}


def test_each_region_has_a_provider_that_creates_all_of_its_history() -> None:
    recording = run("python-regions")
    providers = {each.urn: each for each in recording.resources if each.type == "pulumi:providers:aws"}
    assert {each.name: each.inputs["region"] for each in providers.values()} == {
        "us-east-1": "us-east-1",
        "eu-west-1": "eu-west-1",
    }

    for resource in recording.resources:
        if resource.type.startswith("aws:"):
            provider = providers[resource.provider.rpartition("::")[0]]
            assert resource.name.startswith(f"mail-{provider.name}-"), resource.urn
    asked = {providers[provider.rpartition("::")[0]].name for provider in recording.invoke_providers}
    assert asked == {"us-east-1", "eu-west-1"}


def test_both_regions_deliver_into_the_bucket_of_the_first_under_names_of_their_own() -> None:
    recording = run("python-regions")

    bucket = "arn:aws:s3:::mail-us-east-1-archive-0000000"
    streams = recording.all("FirehoseDeliveryStream")
    delivered = [each.inputs["extendedS3Configuration"] for each in streams]
    assert [each["bucketArn"] for each in delivered] == [bucket, bucket]
    assert len({each["prefix"] for each in delivered}) == 1
    # The engine's name for a stream starts with the resource's, and so does every key.
    assert {each.name for each in streams} == {"mail-us-east-1-delivery", "mail-eu-west-1-delivery"}
    assert "name" not in streams[0].inputs | streams[1].inputs

    policy = json.loads(one(recording, "RolePolicy", "mail-eu-west-1-delivery").inputs["policy"])
    (writes,) = (each for each in policy["Statement"] if "s3:PutObject" in each["Action"])
    assert f"{bucket}/events/*" in writes["Resource"]


def test_each_dkim_record_points_to_the_key_of_its_own_token() -> None:
    recording = run("python-route53")

    records = {each.inputs["name"]: each.inputs["records"] for each in recording.all("Record")}
    assert records == {
        f"{token}._domainkey.mail.example.com": [f"{token}.dkim.amazonses.com"] for token in ("one", "two", "three")
    }
    assert {each.inputs["type"] for each in recording.all("Record")} == {"CNAME"}
    zone = recording.one("Zone")
    for each_record in recording.all("Record"):
        assert zone.urn in each_record.property_dependencies["zoneId"]


def test_the_dkim_records_of_a_preview_are_not_known() -> None:
    recording = run("python-route53", preview=True)
    for each_record in recording.all("Record"):
        assert isinstance(each_record.inputs["name"], pulumi.output.Unknown)


def test_what_verifies_the_identity_is_kept_as_long_as_the_identity() -> None:
    recording = run("python-route53")
    for kept in (recording.one("EmailIdentity"), recording.one("Zone"), *recording.all("Record")):
        assert kept.retain_on_delete, kept.urn


def test_a_set_of_ones_own_has_its_option_and_an_event_destination() -> None:
    recording = run("python-own-configuration-set")

    own = recording.one("ConfigurationSet")
    assert own.parent.endswith("::pulumi:pulumi:Stack::test-prod")
    assert own.inputs == {
        "configurationSetName": "login-codes",
        "deliveryOptions": {"maxDeliverySeconds": 600},
    }
    destination = recording.one("ConfigurationSetEventDestination")
    assert destination.inputs["configurationSetName"] == "login-codes"
    assert own.urn in destination.property_dependencies["configurationSetName"]
