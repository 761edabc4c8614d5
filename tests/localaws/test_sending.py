"""Every way to hand SES a message, and the events it publishes about it."""

import json
from email.message import EmailMessage
from typing import Any
from unittest.mock import ANY

import pytest
from botocore.exceptions import ClientError

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import Stack
from tests.localaws.support import metric

SHOP = "Shop <shop@dev.example.com>"
SUCCESS = "success@simulator.amazonses.com"
SIMPLE: dict[str, Any] = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}, "Html": {"Data": "<p>"}}}


def arrived(aws: LocalAws, stack: Stack) -> list[Any]:
    """The events in the bucket of the stack, by message and in the order in which they were published."""
    events = [event for _, found in history.events(aws, stack.outputs["bucket_name"], "") for event in found]
    return sorted(events, key=lambda event: event["mail"]["messageId"])


def mail(aws: LocalAws, stack: Stack) -> Any:
    """The `mail` section of the Send of the only message."""
    (sent,) = [event for event in arrived(aws, stack) if event["eventType"] == "Send"]
    return sent["mail"]


def headers(section: Any) -> dict[str, str]:
    """The headers in a `mail` section."""
    return {header["name"]: header["value"] for header in section["headers"]}


def raw(**written: str) -> bytes:
    """A message in MIME with these headers, `_` for `-`."""
    message = EmailMessage()
    for name, value in written.items():
        message[name.replace("_", "-")] = value
    message.set_content("Hello")
    return message.as_bytes()


def test_a_simple_message_is_published_with_its_headers_and_tags(aws: LocalAws, dev: Stack) -> None:
    message_id = aws.client("sesv2").send_email(
        FromEmailAddress=SHOP,
        Destination={
            "ToAddresses": ["Ada <success+ada@simulator.amazonses.com>", SUCCESS],
            "CcAddresses": ["success+cc@simulator.amazonses.com"],
            "BccAddresses": ["success+bcc@simulator.amazonses.com"],
        },
        ReplyToAddresses=["care@example.com", "help@example.com"],
        Content={"Simple": SIMPLE | {"Headers": [{"Name": "X-Order", "Value": "4711"}]}},
        EmailTags=[{"Name": "campaign", "Value": "spring"}],
    )["MessageId"]

    assert mail(aws, dev) == {
        "timestamp": ANY,
        "source": SHOP,
        "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/dev.example.com",
        "sendingAccountId": "123456789012",
        "messageId": message_id,
        "destination": [
            "success+ada@simulator.amazonses.com",
            SUCCESS,
            "success+cc@simulator.amazonses.com",
            "success+bcc@simulator.amazonses.com",
        ],
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": SHOP},
            {"name": "Reply-To", "value": "care@example.com, help@example.com"},
            {"name": "To", "value": f"Ada <success+ada@simulator.amazonses.com>, {SUCCESS}"},
            {"name": "Cc", "value": "success+cc@simulator.amazonses.com"},
            {"name": "Subject", "value": "Hello"},
            {"name": "MIME-Version", "value": "1.0"},
            {"name": "Content-Type", "value": 'multipart/alternative; boundary="----=_Part_1"'},
            {"name": "X-Order", "value": "4711"},
        ],
        "commonHeaders": {
            "from": [SHOP],
            "to": ["Ada <success+ada@simulator.amazonses.com>", SUCCESS],
            "cc": ["success+cc@simulator.amazonses.com"],
            "replyTo": ["care@example.com", "help@example.com"],
            "messageId": message_id,
            "subject": "Hello",
        },
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": ["dev-mail"],
            "ses:source-ip": ["192.0.2.0"],
            "ses:from-domain": ["dev.example.com"],
            "ses:caller-identity": ["root"],
            "campaign": ["spring"],
        },
    }


def test_a_delivery_has_the_tags_of_its_send_and_the_address_it_left_from(aws: LocalAws, dev: Stack) -> None:
    aws.client("sesv2").send_email(
        FromEmailAddress=SHOP, Destination={"ToAddresses": [SUCCESS]}, Content={"Simple": SIMPLE}
    )

    tags = {event["eventType"]: event["mail"]["tags"] for event in arrived(aws, dev)}
    assert tags == {"Send": ANY, "Delivery": tags["Send"] | {"ses:outgoing-ip": ["192.0.2.1"]}}


def test_a_subject_beyond_ascii_is_encoded_in_its_charset(aws: LocalAws, dev: Stack) -> None:
    subject = {"Data": "ご注文", "Charset": "ISO-2022-JP"}
    aws.client("sesv2").send_email(
        FromEmailAddress=SHOP,
        Destination={"ToAddresses": [SUCCESS]},
        Content={"Simple": SIMPLE | {"Subject": subject, "Body": {"Html": {"Data": "<p>"}}}},
    )

    found = headers(mail(aws, dev))
    assert found["Subject"] == "=?iso-2022-jp?b?GyRCJDRDbUo4GyhC?="
    assert found["Content-Type"] == "text/html; charset=UTF-8"


def test_a_raw_message_alone_says_who_sends_it_to_whom_by_which_set(aws: LocalAws, dev: Stack) -> None:
    data = raw(
        From=SHOP,
        To=f'"Lovelace, Ada" <success+ada@simulator.amazonses.com>, {SUCCESS}',
        Bcc="success+bcc@simulator.amazonses.com",
        Subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
        Message_ID="<order-4711@app.example.com>",
        X_SES_CONFIGURATION_SET="dev-mail",
        X_SES_MESSAGE_TAGS="order=4711, campaign=spring",
    )
    aws.client("sesv2").put_email_identity_configuration_set_attributes(EmailIdentity="dev.example.com")
    aws.client("sesv2").send_email(Content={"Raw": {"Data": data}})

    sent = mail(aws, dev)
    assert sent["source"] == SHOP
    assert sent["destination"] == [
        "success+ada@simulator.amazonses.com",
        SUCCESS,
        "success+bcc@simulator.amazonses.com",
    ]
    assert sent["commonHeaders"] == {
        "from": [SHOP],
        "to": ['"Lovelace, Ada" <success+ada@simulator.amazonses.com>', SUCCESS],
        "messageId": sent["messageId"],
        "subject": "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
    }
    assert list(headers(sent)) == [
        "From",
        "To",
        "Subject",
        "Message-ID",
        "X-SES-CONFIGURATION-SET",
        "X-SES-MESSAGE-TAGS",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    ]
    assert headers(sent)["Message-ID"] == "<order-4711@app.example.com>"
    assert sent["tags"]["order"] == ["4711"]
    assert sent["tags"]["campaign"] == ["spring"]
    assert sent["tags"]["ses:configuration-set"] == ["dev-mail"]


def test_what_a_request_says_of_a_raw_message_goes_before_its_headers(aws: LocalAws, dev: Stack) -> None:
    data = raw(From="x@example.com", To="y@example.com", Subject="Hi", X_SES_MESSAGE_TAGS="order=1")
    aws.client("sesv2").send_email(
        FromEmailAddress=SHOP,
        Destination={"ToAddresses": [SUCCESS]},
        Content={"Raw": {"Data": data}},
        EmailTags=[{"Name": "order", "Value": "2"}],
    )

    sent = mail(aws, dev)
    assert (sent["source"], sent["destination"], sent["tags"]["order"]) == (SHOP, [SUCCESS], ["2"])
    assert sent["commonHeaders"]["to"] == ["y@example.com"]


@pytest.fixture
def template(aws: LocalAws) -> dict[str, str]:
    """A template of the account, as SendEmail names it."""
    content = {"Subject": "Order {{order.number}}", "Text": "Dear {{name}}", "Html": "<p>Dear {{ name }}</p>"}
    aws.client("sesv2").create_email_template(TemplateName="shipped", TemplateContent=content)
    return {"TemplateName": "shipped"}


def data(**attributes: Any) -> str:
    """The data of a template."""
    return json.dumps(attributes)


@pytest.mark.parametrize("inline", [False, True])
def test_a_template_is_rendered_into_the_subject(
    aws: LocalAws, dev: Stack, template: dict[str, str], *, inline: bool
) -> None:
    content = {"TemplateContent": {"Subject": "Order {{order.number}}", "Text": "Dear {{name}}"}}
    aws.client("sesv2").send_email(
        FromEmailAddress=SHOP,
        Destination={"ToAddresses": [SUCCESS]},
        Content={
            "Template": (content if inline else template)
            | {"TemplateData": data(name="Ada", order={"number": 4711}), "Headers": [{"Name": "X-A", "Value": "b"}]}
        },
    )

    sent = mail(aws, dev)
    assert sent["commonHeaders"]["subject"] == headers(sent)["Subject"] == "Order 4711"
    assert headers(sent)["X-A"] == "b"


def test_a_missing_attribute_is_a_rendering_failure_and_nothing_else(
    aws: LocalAws, dev: Stack, template: dict[str, str]
) -> None:
    message_id = aws.client("sesv2").send_email(
        FromEmailAddress=SHOP,
        Destination={"ToAddresses": [SUCCESS]},
        Content={"Template": template | {"TemplateData": data(order={"number": 4711})}},
    )["MessageId"]

    assert arrived(aws, dev) == [
        {
            "eventType": "Rendering Failure",
            "mail": {
                "timestamp": ANY,
                "source": SHOP,
                "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/dev.example.com",
                "sendingAccountId": "123456789012",
                "messageId": message_id,
                "destination": [SUCCESS],
                "headersTruncated": False,
                "tags": {"ses:configuration-set": ["dev-mail"]},
            },
            "failure": {
                "errorMessage": "Attribute 'name' is not present in the rendering data.",
                "templateName": "shipped",
            },
        }
    ]
    assert aws.client("sesv2").get_account()["SendQuota"]["SentLast24Hours"] == 0
    assert metric(aws, "AWS/SES", "Send", "Sum") is None


def test_a_template_that_does_not_exist_is_refused(aws: LocalAws, dev: Stack) -> None:
    with pytest.raises(ClientError, match=r"NotFoundException.*Template nothing does not exist"):
        aws.client("sesv2").send_email(
            FromEmailAddress=SHOP,
            Destination={"ToAddresses": [SUCCESS]},
            Content={"Template": {"TemplateName": "nothing", "TemplateData": "{}"}},
        )
    assert arrived(aws, dev) == []


def test_bulk_mail_is_a_message_for_each_entry(aws: LocalAws, dev: Stack, template: dict[str, str]) -> None:
    replaced = {"ReplacementTemplate": {"ReplacementTemplateData": data(name="Bob", order={"number": 2})}}
    results = aws.client("sesv2").send_bulk_email(
        FromEmailAddress=SHOP,
        DefaultEmailTags=[{"Name": "campaign", "Value": "spring"}],
        DefaultContent={"Template": template | {"TemplateData": data(name="Ada", order={"number": 1})}},
        BulkEmailEntries=[
            {"Destination": {"ToAddresses": [SUCCESS]}},
            {
                "Destination": {"ToAddresses": ["bounce@simulator.amazonses.com"]},
                "ReplacementTags": [{"Name": "campaign", "Value": "autumn"}],
                "ReplacementEmailContent": replaced,
                "ReplacementHeaders": [{"Name": "X-A", "Value": "b"}],
            },
        ],
    )["BulkEmailEntryResults"]

    assert [result["Status"] for result in results] == ["SUCCESS", "SUCCESS"]
    found = [
        (
            event["eventType"],
            event["mail"]["messageId"],
            event["mail"]["commonHeaders"]["subject"],
            event["mail"]["tags"]["campaign"],
            headers(event["mail"]).get("X-A"),
        )
        for event in arrived(aws, dev)
    ]
    first, second = (result["MessageId"] for result in results)
    assert sorted(found) == sorted(
        [
            ("Send", first, "Order 1", ["spring"], None),
            ("Delivery", first, "Order 1", ["spring"], None),
            ("Send", second, "Order 2", ["autumn"], "b"),
            ("Bounce", second, "Order 2", ["autumn"], "b"),
        ]
    )


def first_version(aws: LocalAws, operation: str) -> list[str]:
    """The ids of what an operation of the first version of the API sent to the simulator, about order 4711."""
    ses = aws.client("ses")
    tags = [{"Name": "campaign", "Value": "spring"}]
    destination = {"ToAddresses": [SUCCESS]}
    order = data(name="Ada & Bob", order={"number": 4711})
    match operation:
        case "SendEmail":
            message = SIMPLE | {"Subject": {"Data": "Order 4711"}}
            return [ses.send_email(Source=SHOP, Destination=destination, Message=message, Tags=tags)["MessageId"]]
        case "SendRawEmail":
            message = {"Data": raw(From=SHOP, To=SUCCESS, Subject="Order 4711")}
            return [ses.send_raw_email(RawMessage=message, Tags=tags)["MessageId"]]
        case "SendTemplatedEmail":
            sent = ses.send_templated_email(
                Source=SHOP, Destination=destination, Template="shipped", TemplateData=order, Tags=tags
            )
            return [sent["MessageId"]]
    sent = ses.send_bulk_templated_email(
        Source=SHOP,
        Template="shipped",
        DefaultTemplateData="{}",
        DefaultTags=tags,
        Destinations=[{"Destination": destination, "ReplacementTemplateData": order}],
    )
    assert [each["Status"] for each in sent["Status"]] == ["Success"]
    return [each["MessageId"] for each in sent["Status"]]


OPERATIONS = ["SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail"]


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_first_version_of_the_api_publishes_as_the_second(aws: LocalAws, dev: Stack, operation: str) -> None:
    (message_id,) = first_version(aws, operation)

    assert sorted(event["eventType"] for event in arrived(aws, dev)) == ["Delivery", "Send"]
    sent = mail(aws, dev)
    assert (sent["source"], sent["destination"], sent["messageId"]) == (SHOP, [SUCCESS], message_id)
    assert sent["commonHeaders"]["subject"] == "Order 4711"
    assert (sent["tags"]["campaign"], sent["tags"]["ses:operation"]) == (["spring"], [operation])


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_first_version_refuses_by_codes_of_its_own(aws: LocalAws, dev: Stack, operation: str) -> None:
    ses = aws.client("sesv2")
    ses.put_configuration_set_sending_options(ConfigurationSetName="dev-mail", SendingEnabled=False)
    with pytest.raises(ClientError) as of_the_set:
        first_version(aws, operation)
    ses.put_account_sending_attributes(SendingEnabled=False)
    with pytest.raises(ClientError) as of_the_account:
        first_version(aws, operation)

    assert of_the_set.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ConfigurationSetSendingPausedException",
        "Message": "Email sending is disabled for the configuration set.",
    }
    assert of_the_account.value.response["Error"]["Code"] == "AccountSendingPausedException"
    assert arrived(aws, dev) == []


def test_the_first_version_names_what_does_not_exist(aws: LocalAws, dev: Stack) -> None:
    ses = aws.client("ses")
    destination = {"ToAddresses": [SUCCESS]}
    with pytest.raises(ses.exceptions.ConfigurationSetDoesNotExistException, match="<nowhere> does not exist"):
        ses.send_email(Source=SHOP, Destination=destination, Message=SIMPLE, ConfigurationSetName="nowhere")
    with pytest.raises(ses.exceptions.TemplateDoesNotExistException, match="Template nothing does not exist"):
        ses.send_templated_email(Source=SHOP, Destination=destination, Template="nothing", TemplateData="{}")
    with pytest.raises(ses.exceptions.MessageRejected, match=r"US-EAST-1: shop@example\.org"):
        ses.send_email(Source="shop@example.org", Destination=destination, Message=SIMPLE)
    assert arrived(aws, dev) == []


def test_every_message_counts_whether_it_has_a_set_or_not(aws: LocalAws, dev: Stack) -> None:
    ses = aws.client("sesv2")
    ses.put_email_identity_configuration_set_attributes(EmailIdentity="dev.example.com")
    recipients = {"ToAddresses": [SUCCESS, "bounce@simulator.amazonses.com"]}
    ses.send_email(FromEmailAddress=SHOP, Destination=recipients, Content={"Simple": SIMPLE})

    assert arrived(aws, dev) == []
    counted = {name: metric(aws, "AWS/SES", name, "Sum") for name in ("Send", "Delivery", "Bounce", "Complaint")}
    assert counted == {"Send": 1, "Delivery": 1, "Bounce": 1, "Complaint": None}
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 2
