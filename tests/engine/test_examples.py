"""The Python examples on the real engine: up, up again, events in the bucket, destroy."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pulumi_aws
import pytest
from pulumi import automation

from localaws import history
from localaws.aws import LocalAws
from localaws.ses import publish
from tests.engine.conftest import NewStack
from tests.engine.provider import Provider
from tests.engine.stack import Changes, Stack, project_of
from tests.examples.test_python import DKIM, EXAMPLES, PROGRAMS
from tests.localaws.support import SEND, default_set, everything, send

NewExample = Callable[[str], Stack]


@pytest.fixture
def example(provider: Provider, tmp_path: Path) -> NewExample:  # noqa: ARG001  its engine must run
    """Makes the stack `prod` of the unmodified program in a folder of the examples."""

    def new(program: str) -> Stack:
        folder = EXAMPLES / program
        return Stack(
            tmp_path / folder.name,
            project=project_of(folder),
            name="prod",
            program=lambda: runpy.run_path(str(folder / "__main__.py")),
        )

    return new


def up(stack: Stack, program: str) -> Changes:
    """Put the stack up as previewed, and find that nothing is left to do."""
    previewed = stack.preview()
    changes = stack.up()
    components_and_providers = {"SendingHistory", "EventPublisher", "aws"}
    assert changes.created == {named for named in PROGRAMS[program] if named[0] not in components_and_providers}
    assert previewed.created == changes.created
    assert not stack.up().any()
    assert not stack.refresh().any()
    return changes


def kept(aws: LocalAws, bucket: str, configuration_set: str) -> list[str]:
    """The keys of the bucket, once an event of this set is kept in an object of its own."""
    before = history.keys(aws, bucket)
    (outcome,) = publish(aws, [SEND], configuration_set=configuration_set)
    assert outcome.dropped_because is None
    (new,) = (events for key, events in history.events(aws, bucket, "events/") if key not in before)
    assert new == [SEND]
    return history.keys(aws, bucket)


def left(aws: LocalAws) -> list[str]:
    """What there is of what a destroy may keep; fails when there is anything else."""
    buckets = aws.client("s3").list_buckets()["Buckets"]
    identities = aws.client("sesv2").list_email_identities()["EmailIdentities"]
    names = [
        *("bucket" for _ in buckets),
        *aws.client("sesv2").list_configuration_sets()["ConfigurationSets"],
        *(each["IdentityName"] for each in identities),
    ]
    assert len(everything(aws)) == len(names)
    return sorted(names)


def dns(aws: LocalAws) -> dict[str, list[str]]:
    """The CNAME records of all zones, and what each points to."""
    route53 = aws.client("route53")
    return {
        record["Name"]: [value["Value"] for value in record["ResourceRecords"]]
        for zone in route53.list_hosted_zones()["HostedZones"]
        for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        if record["Type"] == "CNAME"
    }


def test_an_existing_account_is_kept_as_it_was(aws: LocalAws, example: NewExample) -> None:
    ses = aws.client("sesv2")
    for name in ("receipts", "news"):
        ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_email_identity(EmailIdentity="example.com")
    stack = example("python-existing-account")

    created = up(stack, "python-existing-account").created
    for name in ("receipts", "news"):
        kept(aws, stack.outputs["bucket_name"], name)
    sent = send(aws, "success", sender="shop@example.com")
    assert default_set(aws, "example.com") == "receipts"
    events = [event for _, lines in history.events(aws, stack.outputs["bucket_name"], "events/") for event in lines]
    assert [e["eventType"] for e in events if e["mail"]["messageId"] == sent] == ["Send", "Delivery"]

    assert stack.destroy().deleted == created
    assert left(aws) == ["bucket", "example.com", "news", "receipts"]
    assert default_set(aws, "example.com") is None


def test_a_team_sends_into_the_history_of_the_platform(aws: LocalAws, example: NewExample) -> None:
    platform = example("python-teams/platform")
    up(platform, "python-teams/platform")
    team = example("python-teams/team")
    created = up(team, "python-teams/team").created

    kept(aws, platform.outputs["bucket_name"], team.outputs["configuration_set_name"])

    assert team.destroy().deleted == created
    platform.destroy()
    assert left(aws) == ["bucket", "checkout"]


def test_a_team_without_the_stack_of_the_platform_is_told_which_is_missing(example: NewExample) -> None:
    with pytest.raises(automation.CommandError, match="organization/mail-platform/prod"):
        example("python-teams/team").preview()


def test_the_events_of_two_histories_lie_in_one_bucket(aws: LocalAws, example: NewExample) -> None:
    # All providers of this engine are of one region: what AWS does between two is not tried.
    stack = example("python-regions")
    created = up(stack, "python-regions").created

    outputs = stack.outputs
    assert (outputs["us-east-1"], outputs["eu-west-1"]) == (["mail-us-east-1"], ["mail-eu-west-1"])
    for name in ("mail-us-east-1", "mail-eu-west-1"):
        keys = kept(aws, outputs["bucket_name"], name)
    assert {key.rpartition("/")[2].partition("-delivery-")[0] for key in keys} == {"mail-us-east-1", "mail-eu-west-1"}

    assert stack.destroy().deleted == created
    assert left(aws) == ["bucket", "mail-eu-west-1", "mail-us-east-1"]


def test_a_new_domain_has_its_dkim_records_and_keeps_them(aws: LocalAws, example: NewExample) -> None:
    stack = example("python-route53")
    created = up(stack, "python-route53").created

    tokens = aws.client("sesv2").get_email_identity(EmailIdentity="mail.example.com")["DkimAttributes"]["Tokens"]
    records = {f"{token}._domainkey.mail.example.com.": [f"{token}.dkim.amazonses.com"] for token in tokens}
    assert len(records) == len(DKIM)
    assert dns(aws) == records
    assert stack.outputs["name_servers"]
    kept(aws, stack.outputs["bucket_name"], "mail")

    assert stack.destroy().deleted == created
    assert left(aws) == ["bucket", "mail", "mail.example.com"]
    assert dns(aws) == records


def test_a_record_that_was_changed_by_hand_is_mended_and_goes_before_its_zone(
    aws: LocalAws, stack_of: NewStack
) -> None:
    def domain() -> None:
        zone = pulumi_aws.route53.Zone("zone", name="example.com")
        pulumi_aws.route53.Record(
            "www", zone_id=zone.zone_id, name="www.example.com", type="CNAME", ttl=300, records=["example.net"]
        )

    stack = stack_of(domain)
    created = stack.up().created
    route53 = aws.client("route53")
    zone_id = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    moved = {"Name": "www.example.com", "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": "example.org"}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": moved}]}
    route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)

    assert stack.refresh().updated == {("Record", "www")}
    assert stack.up().updated == {("Record", "www")}
    assert dns(aws) == {"www.example.com.": ["example.net"]}
    assert stack.destroy().deleted == created
    assert route53.list_hosted_zones()["HostedZones"] == []


def test_a_set_of_ones_own_is_created_with_its_option_and_goes_with_the_stack(
    aws: LocalAws, example: NewExample
) -> None:
    stack = example("python-own-configuration-set")
    created = up(stack, "python-own-configuration-set").created

    described = aws.client("sesv2").get_configuration_set(ConfigurationSetName="login-codes")
    assert described["DeliveryOptions"]["MaxDeliverySeconds"] == 600
    kept(aws, stack.outputs["bucket_name"], "login-codes")

    assert stack.destroy().deleted == created
    assert left(aws) == ["bucket"]
