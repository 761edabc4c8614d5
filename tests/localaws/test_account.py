"""Who may send by SES and to whom: the account, its identities, sets and suppression list."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from unittest.mock import ANY

import pytest
from botocore.exceptions import ClientError

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import Stack
from tests.localaws.support import default_set, send


def arrived(aws: LocalAws, stack: Stack) -> list[Any]:
    """The events in the bucket of the stack but for Sends."""
    events = [event for _, found in history.events(aws, stack.outputs["bucket_name"], "") for event in found]
    return [event for event in events if event["eventType"] != "Send"]


def send_to(aws: LocalAws, *addresses: str, sender: str = "shop@dev.example.com") -> None:
    """Send a message to addresses that are not the simulator's."""
    aws.client("sesv2").send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": list(addresses)},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}},
    )


def test_a_new_account_out_of_the_sandbox_is_healthy_and_suppresses(aws: LocalAws) -> None:
    account = aws.client("sesv2").get_account()
    del account["ResponseMetadata"]
    assert account == {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": True,
        "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0},
        "SendingEnabled": True,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def test_the_sandbox_takes_mail_for_verified_recipients_and_the_simulator_only(aws: LocalAws, dev: Stack) -> None:
    aws.ses_account.production_access = False
    ses = aws.client("sesv2")
    ses.create_email_identity(EmailIdentity="ada@example.net")

    send(aws, "success")
    send_to(aws, "Ada <ada@example.net>", "someone@mail.dev.example.com")
    with pytest.raises(ClientError) as refused:
        send_to(aws, "ada@example.net", "Bob <bob@example.net>", "eve@example.com")

    assert refused.value.response["Error"] == {
        "Code": "MessageRejected",
        "Message": "Email address is not verified. The following identities failed the check in region US-EAST-1:"
        " bob@example.net, eve@example.com",
    }
    assert len(arrived(aws, dev)) == 3
    account = ses.get_account()
    assert account["ProductionAccessEnabled"] is False
    assert account["SendQuota"] == {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 3.0}
    with pytest.raises(ses.exceptions.BadRequestException):
        ses.put_suppressed_destination(EmailAddress="ada@example.net", Reason="BOUNCE")


def test_bulk_mail_in_the_sandbox_is_rejected_by_entry(aws: LocalAws, dev: Stack) -> None:
    aws.ses_account.production_access = False
    content = {"Subject": "Hello", "Text": "Hello"}
    addresses = ["success@simulator.amazonses.com", "eve@example.com"]
    results = aws.client("sesv2").send_bulk_email(
        FromEmailAddress="shop@dev.example.com",
        DefaultContent={"Template": {"TemplateContent": content, "TemplateData": "{}"}},
        BulkEmailEntries=[{"Destination": {"ToAddresses": [address]}} for address in addresses],
    )["BulkEmailEntryResults"]

    assert [(each["Status"], "MessageId" in each) for each in results] == [
        ("SUCCESS", True),
        ("MESSAGE_REJECTED", False),
    ]
    assert results[1]["Error"].endswith("US-EAST-1: eve@example.com")
    assert len(arrived(aws, dev)) == 1


def test_bulk_mail_of_an_unverified_sender_is_refused_as_a_whole(aws: LocalAws, dev: Stack) -> None:
    with pytest.raises(ClientError, match=r"MessageRejected.*US-EAST-1: shop@example.org"):
        aws.client("sesv2").send_bulk_email(
            FromEmailAddress="shop@example.org",
            DefaultContent={"Template": {"TemplateContent": {"Subject": "Hello"}, "TemplateData": "{}"}},
            BulkEmailEntries=[{"Destination": {"ToAddresses": ["success@simulator.amazonses.com"]}}],
        )
    assert arrived(aws, dev) == []


@pytest.mark.parametrize(("status", "sends"), [("HEALTHY", True), ("PROBATION", True), ("SHUTDOWN", False)])
def test_an_account_that_aws_shut_down_sends_nothing(
    aws: LocalAws, dev: Stack, status: Literal["HEALTHY", "PROBATION", "SHUTDOWN"], *, sends: bool
) -> None:
    aws.ses_account.enforcement_status = status

    account = aws.client("sesv2").get_account()
    assert (account["EnforcementStatus"], account["SendingEnabled"]) == (status, sends)
    if sends:
        send(aws, "success")
    else:
        with pytest.raises(aws.client("sesv2").exceptions.SendingPausedException, match="Account is paused"):
            send(aws, "success")
    assert len(arrived(aws, dev)) == sends


def test_an_account_pauses_and_goes_on(aws: LocalAws, dev: Stack) -> None:
    ses = aws.client("sesv2")
    ses.put_account_sending_attributes(SendingEnabled=False)
    assert ses.get_account()["SendingEnabled"] is False
    with pytest.raises(ses.exceptions.SendingPausedException, match="Account is paused"):
        send(aws, "success")

    ses.put_account_sending_attributes(SendingEnabled=True)
    assert ses.get_account()["SendingEnabled"] is True
    send(aws, "success")
    assert len(arrived(aws, dev)) == 1


def test_a_paused_set_refuses_whoever_names_it_or_has_it_by_default(aws: LocalAws, dev: Stack) -> None:
    ses = aws.client("sesv2")
    ses.put_configuration_set_sending_options(ConfigurationSetName="dev-mail", SendingEnabled=False)

    ways: list[dict[str, str]] = [{}, {"ConfigurationSetName": "dev-mail"}]
    for how in ways:
        with pytest.raises(ses.exceptions.SendingPausedException, match="disabled for the configuration set"):
            send(aws, "success", **how)

    ses.put_configuration_set_sending_options(ConfigurationSetName="dev-mail", SendingEnabled=True)
    send(aws, "success")
    assert len(arrived(aws, dev)) == 1


def test_an_unverified_sender_is_refused_by_name(aws: LocalAws, dev: Stack) -> None:
    with pytest.raises(ClientError) as refused:
        send(aws, "success", sender="Shop <shop@example.org>")

    assert refused.value.response["Error"] == {
        "Code": "MessageRejected",
        "Message": "Email address is not verified. The following identities failed the check in region US-EAST-1:"
        " Shop <shop@example.org>",
    }
    assert arrived(aws, dev) == []


def test_an_identity_that_is_pending_sends_nothing_and_says_so(aws: LocalAws, dev: Stack) -> None:
    ses = aws.client("sesv2")

    def told() -> list[Any]:
        described = ses.get_email_identity(EmailIdentity="dev.example.com")
        (listed,) = ses.list_email_identities()["EmailIdentities"]
        return [
            described["VerifiedForSendingStatus"],
            described["VerificationStatus"],
            listed["SendingEnabled"],
            listed["VerificationStatus"],
        ]

    assert told() == [True, "SUCCESS", True, "SUCCESS"]
    aws.ses_account.pending_identities.add("dev.example.com")
    assert told() == [False, "PENDING", False, "PENDING"]
    with pytest.raises(ses.exceptions.MessageRejected):
        send(aws, "success")

    aws.ses_account.pending_identities.clear()
    send(aws, "success")
    assert len(arrived(aws, dev)) == 1


def test_the_default_set_is_that_of_the_most_specific_identity(aws: LocalAws, dev: Stack) -> None:
    ses = aws.client("sesv2")
    ses.create_configuration_set(ConfigurationSetName="another")
    ses.create_email_identity(EmailIdentity="news@dev.example.com", ConfigurationSetName="another")
    ses.create_email_identity(EmailIdentity="plain@dev.example.com")
    ses.create_email_identity(EmailIdentity="sub.dev.example.com")
    assert [default_set(aws, name) for name in ("news@dev.example.com", "plain@dev.example.com")] == ["another", None]

    for sender in ("news@dev.example.com", "plain@dev.example.com", "a@sub.dev.example.com", "a@b.dev.example.com"):
        send(aws, "success", sender=sender)

    # The address without a set of its own and the subdomain do not fall back to the domain's.
    assert [event["mail"]["sourceArn"].rpartition("/")[2] for event in arrived(aws, dev)] == ["dev.example.com"]
    assert aws.publications[0].configuration_set == "another"


DIAGNOSTIC_CODE = (
    "Amazon SES did not send the message to this address because it is on the suppression list for your account. For"
    " more information about removing addresses from the suppression list, see the Amazon SES Developer Guide at"
    " https://docs.aws.amazon.com/ses/latest/DeveloperGuide/sending-email-suppression-list.html"
)


def test_the_suppression_list_keeps_addresses(aws: LocalAws) -> None:
    ses = aws.client("sesv2")
    reasons = {"ada+news@example.com": "BOUNCE", "bob@example.com": "COMPLAINT", "eve@example.com": "BOUNCE"}
    for address, reason in reasons.items():
        ses.put_suppressed_destination(EmailAddress=address, Reason=reason)

    found = ses.get_suppressed_destination(EmailAddress="ada+news@example.com")["SuppressedDestination"]
    assert abs(found.pop("LastUpdateTime") - datetime.now(UTC)) < timedelta(minutes=1)
    assert found == {"EmailAddress": "ada+news@example.com", "Reason": "BOUNCE"}
    first = ses.list_suppressed_destinations(PageSize=2)
    second = ses.list_suppressed_destinations(PageSize=2, NextToken=first["NextToken"])
    listed = [[each["EmailAddress"] for each in page["SuppressedDestinationSummaries"]] for page in (first, second)]
    assert listed == [["ada+news@example.com", "bob@example.com"], ["eve@example.com"]]
    assert "NextToken" not in second
    only = ses.list_suppressed_destinations(Reasons=["COMPLAINT"])["SuppressedDestinationSummaries"]
    assert [each["EmailAddress"] for each in only] == ["bob@example.com"]

    ses.delete_suppressed_destination(EmailAddress="ada+news@example.com")
    for call in (ses.get_suppressed_destination, ses.delete_suppressed_destination):
        with pytest.raises(ses.exceptions.NotFoundException, match="does not exist on your suppression list"):
            call(EmailAddress="ada+news@example.com")


def test_mail_to_a_suppressed_address_is_accepted_and_told_as_suppressed(aws: LocalAws, dev: Stack) -> None:
    ses = aws.client("sesv2")
    ses.put_suppressed_destination(EmailAddress="ada@example.com", Reason="BOUNCE")
    ses.put_suppressed_destination(EmailAddress="bob@example.com", Reason="COMPLAINT")

    send_to(aws, "Ada@example.com", "bob@example.com", "eve@example.com")

    bounce, complaint, delivery = arrived(aws, dev)
    assert bounce["eventType"] == "Bounce"
    assert (bounce["bounce"]["bounceType"], bounce["bounce"]["bounceSubType"]) == (
        "Permanent",
        "OnAccountSuppressionList",
    )
    assert bounce["bounce"]["bouncedRecipients"] == [
        {
            "emailAddress": "Ada@example.com",
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": DIAGNOSTIC_CODE,
        }
    ]
    assert complaint["complaint"]["complaintSubType"] == "OnAccountSuppressionList"
    assert complaint["complaint"]["complainedRecipients"] == [{"emailAddress": "bob@example.com"}]
    assert delivery["delivery"]["recipients"] == ["eve@example.com"]
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 3


@pytest.mark.parametrize(
    ("of_the_account", "of_the_set", "event"),
    [
        (["BOUNCE"], None, "Bounce"),
        (["COMPLAINT"], None, "Delivery"),
        ([], None, "Delivery"),
        (["BOUNCE"], [], "Delivery"),
        (["BOUNCE"], ["COMPLAINT"], "Delivery"),
        ([], ["BOUNCE"], "Bounce"),
    ],
)
def test_a_set_suppresses_for_its_own_reasons_or_else_for_those_of_the_account(
    aws: LocalAws, dev: Stack, of_the_account: list[str], of_the_set: list[str] | None, event: str
) -> None:
    ses = aws.client("sesv2")
    ses.put_suppressed_destination(EmailAddress="ada@example.com", Reason="BOUNCE")
    ses.put_account_suppression_attributes(SuppressedReasons=of_the_account)
    assert ses.get_account()["SuppressionAttributes"] == {"SuppressedReasons": of_the_account}
    if of_the_set is not None:
        ses.put_configuration_set_suppression_options(ConfigurationSetName="dev-mail", SuppressedReasons=of_the_set)

    send_to(aws, "ada@example.com")

    assert [each["eventType"] for each in arrived(aws, dev)] == [event]


def test_who_is_not_at_the_simulator_gets_the_mail_whatever_the_name(aws: LocalAws, dev: Stack) -> None:
    send_to(aws, "bounce@example.com")

    assert [each["eventType"] for each in arrived(aws, dev)] == ["Delivery"]


def test_an_automatic_reply_is_told_as_a_bounce_without_a_report(aws: LocalAws, dev: Stack) -> None:
    send(aws, "ooto")

    delivery, reply = arrived(aws, dev)
    assert delivery["eventType"] == "Delivery"
    assert (reply["eventType"], reply["bounce"]) == (
        "Bounce",
        {
            "bounceType": "Transient",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "ooto@simulator.amazonses.com"}],
            "timestamp": ANY,
            "feedbackId": ANY,
        },
    )
