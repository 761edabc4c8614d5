"""What a destroy, or an edit of the config, keeps in AWS, and how it is taken up again."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi import automation
from ses_sending_history import SendingHistory, SendingHistoryArgs

from localaws.aws import LocalAws
from localaws.ses import publish
from tests.engine.conftest import NewStack
from tests.engine.provider import Provider, error
from tests.engine.stack import Stack
from tests.localaws.support import SEND, default_set, everything

FORCED: SendingHistoryArgs = {"force_destroy": True}
SETTINGS = [
    "get_public_access_block",
    "get_bucket_ownership_controls",
    "get_bucket_encryption",
    "get_bucket_versioning",
    "get_bucket_policy",
    "get_bucket_lifecycle_configuration",
]


@pytest.fixture
def news(program: Callable[[str], Stack]) -> Stack:
    """A stack that may not force a destroy: one set, one identity, and a bucket."""
    stack = program("dev")
    stack.up({**stack.config, "configurationSets": ["news"], "identities": ["example.org"], "forceDestroy": False})
    return stack


def kept(aws: LocalAws) -> dict[str, list[str]]:
    """What there is of the things that a destroy keeps, and of those that it does not."""
    sesv2 = aws.client("sesv2")
    return {
        "buckets": [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]],
        "sets": sesv2.list_configuration_sets()["ConfigurationSets"],
        "identities": [each["IdentityName"] for each in sesv2.list_email_identities()["EmailIdentities"]],
        "streams": aws.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
    }


def settings(aws: LocalAws, bucket: str) -> dict[str, Any]:
    """The settings of a bucket; fails when one is missing."""
    answers = {name: getattr(aws.client("s3"), name)(Bucket=bucket) for name in SETTINGS}
    return {name: {key: answer[key] for key in answer if key != "ResponseMetadata"} for name, answer in answers.items()}


def destinations(aws: LocalAws, name: str) -> list[str]:
    found = aws.client("sesv2").get_configuration_set_event_destinations(ConfigurationSetName=name)
    return [each["Name"] for each in found.get("EventDestinations", [])]


def test_a_destroy_removes_the_pipeline_and_keeps_bucket_sets_and_identities(aws: LocalAws, news: Stack) -> None:
    bucket = news.outputs["bucket_name"]
    publish(aws, [SEND], configuration_set="news")
    before = settings(aws, bucket)

    output = news.destroy().output

    assert kept(aws) == {"buckets": [bucket], "sets": ["news"], "identities": ["example.org"], "streams": []}
    assert {line.split()[2] for line in output.splitlines() if "deleted" in line and "[retain]" in line} == {
        "ses-history-dev-archive",
        "ses-history-dev-news",
        "ses-history-dev-example.org",
    }
    assert settings(aws, bucket) == before
    assert aws.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert destinations(aws, "news") == []


def test_with_force_destroy_nothing_is_kept(aws: LocalAws, news: Stack) -> None:
    publish(aws, [SEND], configuration_set="news")
    news.up({**news.config, "forceDestroy": True})
    news.destroy()
    assert kept(aws) == {"buckets": [], "sets": [], "identities": [], "streams": []}


def test_what_a_destroy_kept_is_taken_up_again_by_the_argument_that_the_error_names(aws: LocalAws, news: Stack) -> None:
    bucket = news.outputs["bucket_name"]
    news.destroy()

    with pytest.raises(automation.CommandError) as refused:
        news.up()
    said = " ".join(str(refused.value).split())
    assert "news exists already in this account and region: name it as an existing configuration set" in said

    taken_up = {"existingConfigurationSets": ["news"], "existingIdentities": ["example.org"], "bucket": bucket}
    without: dict[str, Any] = {"retentionDays": 365, "configurationSets": [], "identities": []}
    news.up({**news.config, **without, **taken_up})
    # The up that was refused had made another bucket, which is kept as well.
    assert len(kept(aws)["buckets"]) == 2
    assert destinations(aws, "news") == ["ses-history-dev-news"]
    assert default_set(aws, "example.org") == "news"
    publish(aws, [SEND], configuration_set="news")
    assert aws.client("s3").list_objects_v2(Bucket=bucket, Prefix="events/")["KeyCount"] == 1


def test_a_set_and_an_identity_move_from_created_to_existing_by_editing_the_config(aws: LocalAws, news: Stack) -> None:
    moved: dict[str, list[str]] = {"configurationSets": [], "existingConfigurationSets": ["news"]}
    moved |= {"identities": list[str](), "existingIdentities": ["example.org"]}

    changes = news.up({**news.config, **moved})

    assert changes.deleted == {
        ("ConfigurationSet", "ses-history-dev-news"),
        ("EmailIdentity", "ses-history-dev-example.org"),
    }
    assert changes.replaced == set()
    assert (kept(aws)["sets"], kept(aws)["identities"]) == (["news"], ["example.org"])
    assert destinations(aws, "news") == ["ses-history-dev-news"]
    assert default_set(aws, "example.org") == "news"
    assert not news.up().any()


def test_a_bucket_given_later_leaves_the_first_one_as_closed_as_it_was(aws: LocalAws, news: Stack) -> None:
    first = news.outputs["bucket_name"]
    publish(aws, [SEND], configuration_set="news")
    before = settings(aws, first)
    aws.client("s3").create_bucket(Bucket="second-bucket")

    news.up({**news.config, "bucket": "second-bucket", "retentionDays": 365})

    assert sorted(kept(aws)["buckets"]) == sorted([first, "second-bucket"])
    assert settings(aws, first) == before
    publish(aws, [SEND], configuration_set="news")
    assert aws.client("s3").list_objects_v2(Bucket="second-bucket", Prefix="events/")["KeyCount"] == 1


def test_a_protected_bucket_and_its_settings_stay_until_protection_is_taken_off(aws: LocalAws, news: Stack) -> None:
    bucket = news.outputs["bucket_name"]
    news.up({**news.config, "protect": True, "forceDestroy": True})
    assert not news.up().any()
    before = settings(aws, bucket)

    with pytest.raises(automation.CommandError, match="protected"):
        news.destroy()
    news.destroy(exclude_protected=True)
    assert kept(aws) == {"buckets": [bucket], "sets": [], "identities": [], "streams": []}
    assert settings(aws, bucket) == before

    news.up({**news.config, "protect": False})
    news.destroy()
    assert kept(aws)["buckets"] == []


def test_an_access_log_bucket_that_is_taken_out_is_logged_to_no_more(aws: LocalAws, news: Stack) -> None:
    aws.client("s3").create_bucket(Bucket="logs-of-example")
    bucket = news.outputs["bucket_name"]
    news.up({**news.config, "accessLogBucket": "logs-of-example"})
    assert aws.client("s3").get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"] == "logs-of-example"

    changes = news.up({key: value for key, value in news.config.items() if key != "accessLogBucket"})

    assert changes.deleted == {("BucketLogging", "ses-history-dev-archive")}
    assert "LoggingEnabled" not in aws.client("s3").get_bucket_logging(Bucket=bucket)


def test_an_identity_stays_where_it_is_until_the_events_of_its_next_set_are_recorded(
    aws: LocalAws, provider: Provider, news: Stack
) -> None:
    provider.fail("ConfigurationSetEventDestination", operation="create", error=error("BadRequestException"))
    with pytest.raises(automation.CommandError):
        news.up({**news.config, "configurationSets": ["other", "news"]})
    assert default_set(aws, "example.org") == "news"
    assert destinations(aws, "news") == ["ses-history-dev-news"]

    provider.heal()
    provider.operations.clear()
    news.up()
    order = [(operation.kind, operation.type) for operation in provider.operations]
    assert order.index(("create", "ConfigurationSetEventDestination")) < order.index(("update", "EmailIdentity"))
    assert default_set(aws, "example.org") == "other"


def test_an_old_destination_goes_only_after_the_identity_has_left_its_set(
    aws: LocalAws, provider: Provider, news: Stack
) -> None:
    provider.operations.clear()
    news.up({**news.config, "configurationSets": ["other"]})
    order = [(operation.kind, operation.type) for operation in provider.operations]
    assert order.index(("update", "EmailIdentity")) < order.index(("delete", "ConfigurationSetEventDestination"))
    assert default_set(aws, "example.org") == "other"


def test_a_component_with_the_option_protect_is_not_destroyed(aws: LocalAws, stack_of: NewStack) -> None:
    stack = stack_of(lambda: SendingHistory("mail", FORCED, pulumi.ResourceOptions(protect=True)))
    created = stack.up().created
    exists = everything(aws)

    with pytest.raises(automation.CommandError, match="protected"):
        stack.destroy()

    assert everything(aws) == exists
    stack.program = lambda: SendingHistory("mail", FORCED)
    stack.up()
    assert stack.destroy().deleted == created
    assert everything(aws) == []


def test_transforms_reach_every_child(aws: LocalAws, stack_of: NewStack) -> None:
    def shorter_log(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ != "aws:cloudwatch/logGroup:LogGroup":
            return None
        return pulumi.ResourceTransformResult({**args.props, "retentionInDays": 30}, args.opts)

    def run() -> None:
        SendingHistory("mail", {"force_destroy": True}, pulumi.ResourceOptions(transforms=[shorter_log]))

    stack_of(run).up()
    groups = aws.client("logs").describe_log_groups()["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [30]
