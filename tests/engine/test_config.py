"""What a change of each config key does: which resources are created, updated and deleted. Nothing is ever replaced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from localaws.aws import LocalAws
from tests.engine.provider import FORCE_NEW, Named, Provider
from tests.engine.stack import PROGRAM, Changes, Stack, config_of, project_of

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"

PUBLISHER = ("Role", "RolePolicy", "ConfigurationSetEventDestination")
SETTINGS = (
    "BucketPublicAccessBlock",
    "BucketOwnershipControls",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
    "BucketPolicy",
    "BucketLifecycleConfiguration",
)
ALARMS = tuple(f"alarms-{name}" for name in ("late", "failed", "throttled", "silence", "bounces", "complaints"))

QUERIES = ("counts", "failures", "message", "rates", "recipient", "slowest_domains", "undelivered")


def of(types: tuple[str, ...], *names: str) -> set[Named]:
    """Resources of each of these types with each of these names, without the name of the history before it."""
    return {(kind, name) for kind in types for name in names}


CATALOG = (
    of(("CatalogDatabase", "Workgroup"), "catalog")
    | of(("CatalogTable",), "catalog-lines", "catalog-undelivered", "catalog-history")
    | of(("NamedQuery",), *(f"catalog-{name}" for name in QUERIES))
    | of(("PreparedStatement",), "catalog-message", "catalog-recipient")
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A value of a config key, and what it does to a stack."""

    key: str
    value: Any
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Other keys that this value requires, whose values do nothing on their own."""
    created: set[Named] = field(default_factory=set)
    updated: set[Named] = field(default_factory=set)
    deleted: set[Named] = field(default_factory=set)


def changes(sets: list[str], identity: str) -> list[Change]:
    """The changes that do the same to each stack."""
    return [
        Change(
            key="configurationSets", value=[*sets, "alerts"], created=of(("ConfigurationSet", *PUBLISHER), "alerts")
        ),
        Change(
            key="configurationSets",
            value=["alerts", *sets[1:]],
            created=of(("ConfigurationSet", *PUBLISHER), "alerts"),
            updated=of(("EmailIdentity",), identity),
            deleted=of(("ConfigurationSet", *PUBLISHER), sets[0]),
        ),
        Change(key="existingConfigurationSets", value=["old"], created=of(PUBLISHER, "old")),
        Change(key="identities", value=[identity, "me@example.net"], created=of(("EmailIdentity",), "me@example.net")),
        Change(key="identities", value=[], deleted=of(("EmailIdentity",), identity)),
        Change(
            key="existingIdentities", value=["example.org"], created=of(("DefaultConfigurationSet",), "example.org")
        ),
        Change(key="eventTypes", value=["BOUNCE", "SEND"], updated=of(("ConfigurationSetEventDestination",), *sets)),
        Change(
            key="kmsKeyArn",
            value=KEY,
            updated=of(("BucketServerSideEncryptionConfiguration",), "archive")
            | of(("RolePolicy", "FirehoseDeliveryStream"), "delivery")
            | of(("Workgroup",), "catalog"),
        ),
        Change(
            key="retentionDays",
            value=90,
            updated=of(("BucketLifecycleConfiguration",), "archive")
            | of(("CatalogTable",), "catalog-lines", "catalog-undelivered"),
        ),
        Change(key="archiveAfterDays", value=20, updated=of(("BucketLifecycleConfiguration",), "archive")),
        Change(key="accessLogBucket", value="existing", created=of(("BucketLogging",), "archive")),
        Change(key="bufferMegabytes", value=128, updated=of(("FirehoseDeliveryStream",), "delivery")),
        Change(key="previousKmsKeyArns", value=[KEY]),
        Change(key="protect", value=True),
        Change(key="tlsRequired", value=True, updated=of(("ConfigurationSet",), *sets)),
        Change(key="trackingDomain", value="click.example.com", updated=of(("ConfigurationSet",), *sets)),
        Change(key="suppressedReasons", value=["BOUNCE"], updated=of(("ConfigurationSet",), *sets)),
        Change(key="reputationMetrics", value=True, updated=of(("ConfigurationSet",), *sets)),
        Change(
            key="query",
            value=False,
            deleted=CATALOG,
            updated=of(("BucketLifecycleConfiguration",), "archive"),
        ),
        Change(
            key="athenaResultsBucket",
            value="existing",
            updated=of(("BucketLifecycleConfiguration",), "archive") | of(("Workgroup",), "catalog"),
        ),
        Change(key="queryScanLimitGb", value=0.5, updated=of(("Workgroup",), "catalog")),
        Change(key="permissionsBoundaryArn", value=BOUNDARY, updated=of(("Role",), "delivery", *sets)),
    ]


TAGGED = (
    of(("Bucket",), "archive")
    | of(("LogGroup", "Role", "FirehoseDeliveryStream"), "delivery")
    | of(("CatalogDatabase", "Workgroup"), "catalog")
)
ARCHIVE = of(("Bucket", *SETTINGS), "archive")

CHANGES = {
    "dev": [
        *changes(["dev-mail"], "dev.example.com"),
        Change(
            key="bucket",
            value="existing",
            beside={"retentionDays": 365},
            updated=of(("RolePolicy", "FirehoseDeliveryStream"), "delivery"),
            deleted=ARCHIVE | CATALOG,
        ),
        Change(key="bufferSeconds", value=0, updated=of(("FirehoseDeliveryStream",), "delivery")),
        Change(
            key="alarms",
            value=True,
            created=of(("Dashboard",), "alarms") | of(("MetricAlarm",), *ALARMS),
        ),
        Change(
            key="alarmTopicArns",
            value=[TOPIC],
            beside={"alarms": True},
            created=of(("Dashboard",), "alarms") | of(("MetricAlarm",), *ALARMS),
        ),
        Change(key="forceDestroy", value=False, updated=of(("Bucket",), "archive")),
        Change(
            key="tags",
            value=[],
            updated=TAGGED | of(("ConfigurationSet", "Role"), "dev-mail") | of(("EmailIdentity",), "dev.example.com"),
        ),
    ],
    "prod": [
        *changes(["transactional", "newsletter"], "example.com"),
        Change(
            key="bucket",
            value="existing",
            beside={"retentionDays": 365},
            updated=of(("RolePolicy", "FirehoseDeliveryStream"), "delivery"),
            deleted=ARCHIVE | CATALOG,
        ),
        Change(
            key="bufferSeconds",
            value=60,
            updated=of(("FirehoseDeliveryStream",), "delivery") | of(("MetricAlarm",), "alarms-late"),
        ),
        Change(
            key="alarms",
            value=False,
            deleted=of(("Dashboard",), "alarms") | of(("MetricAlarm",), *ALARMS),
        ),
        Change(key="alarmTopicArns", value=[TOPIC], updated=of(("MetricAlarm",), *ALARMS)),
        Change(key="forceDestroy", value=True, updated=of(("Bucket",), "archive")),
        Change(
            key="tags",
            value=["team=mail"],
            updated=TAGGED
            | of(("ConfigurationSet", "Role"), "transactional", "newsletter")
            | of(("EmailIdentity",), "example.com")
            | of(("MetricAlarm",), *ALARMS),
        ),
    ],
}

SHARES = 3
"""How many stacks take the changes of each stack file between them."""


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_key_changes_what_it_says_and_its_old_value_brings_back_what_was(
    aws: LocalAws, program: Callable[[str], Stack], name: str, share: int
) -> None:
    prepare(aws)
    stack = program(name)
    stack.up()

    for change in CHANGES[name][share::SHARES]:
        config = {**config_of(PROGRAM, name), **change.beside, change.key: change.value}
        changed = stack.up(config)
        assert_changes(name, changed, change)
        if name == "prod":
            delete_kept(aws, changed.deleted)
        back = replace(change, created=change.deleted, deleted=change.created)
        assert_changes(name, stack.up(config_of(PROGRAM, name)), back)


@pytest.mark.parametrize("name", CHANGES)
def test_there_is_a_change_of_every_key(name: str) -> None:
    keys = {key.rpartition(":")[2] for key in project_of(PROGRAM)["config"]}
    assert {change.key for change in CHANGES[name]} == keys


@pytest.mark.parametrize(
    ("token", "path", "change"),
    [
        (
            "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
            "extendedS3Configuration.bufferingInterval",
            {"bufferSeconds": 120},
        ),
        ("aws:s3/bucket:Bucket", "tags", {"tags": ["team=mail"]}),
    ],
)
def test_an_input_more_that_forces_a_new_resource_is_seen_as_a_replacement(
    provider: Provider, program: Callable[[str], Stack], token: str, path: str, change: Mapping[str, Any]
) -> None:
    stack = program("dev")
    stack.up()
    provider.force_new = {**FORCE_NEW, token: [*FORCE_NEW[token], path]}

    replaced = stack.preview({**stack.config, **change}).replaced

    assert token.rpartition(":")[2] in {kind for kind, _ in replaced}


def prepare(aws: LocalAws) -> None:
    """Create what the changes name as existing."""
    aws.client("s3").create_bucket(Bucket="existing")
    aws.client("sesv2").create_configuration_set(ConfigurationSetName="old")
    aws.client("sesv2").create_email_identity(EmailIdentity="example.org")


def delete_kept(aws: LocalAws, deleted: set[Named]) -> None:
    """Delete by hand the sets and identities that left the stack and were kept in AWS, so that it can create them."""
    for kind, name in deleted:
        if kind == "ConfigurationSet":
            named = name.removeprefix("ses-history-prod-")
            aws.client("sesv2").delete_configuration_set(ConfigurationSetName=named)
        if kind == "EmailIdentity":
            aws.client("sesv2").delete_email_identity(EmailIdentity=name.removeprefix("ses-history-prod-"))


def assert_changes(name: str, changes: Changes, expected: Change) -> None:
    """Fail, naming the key, unless exactly this was changed and nothing replaced."""

    def short(resources: set[Named]) -> set[Named]:
        return {(kind, each.removeprefix(f"ses-history-{name}-")) for kind, each in resources}

    assert (
        short(changes.created),
        short(changes.updated),
        short(changes.deleted),
        changes.replaced,
    ) == (expected.created, expected.updated, expected.deleted, set()), expected.key
