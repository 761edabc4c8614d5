"""EventPublisher by itself, as another project uses it."""

import json
from typing import Any

import pulumi
import pytest
from ses_sending_history import EVENT_TYPES, EventPublisher, EventPublisherArgs

from tests.recording import ACCOUNT_ID, Recording, record

STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT_ID}:deliverystream/history"
ARGS: EventPublisherArgs = {"configuration_set": "alerts", "delivery_stream_arn": STREAM}


def publisher(name: str = "alerts", **args: Any) -> Recording:
    given: Any = {**ARGS, **args}
    return record(lambda: EventPublisher(name, given))


def test_it_creates_the_set_the_role_and_an_enabled_destination_for_every_event_type() -> None:
    recorded = publisher(tags={"team": "ops"})
    inputs = recorded.inputs()

    assert inputs.keys() == {
        (token, "alerts") for token in ("ConfigurationSet", "Role", "RolePolicy", "ConfigurationSetEventDestination")
    }
    assert inputs["ConfigurationSet", "alerts"] == {
        "configurationSetName": "alerts",
        "reputationOptions": {"reputationMetricsEnabled": False},
        "tags": {"team": "ops"},
    }
    assert inputs["ConfigurationSetEventDestination", "alerts"]["eventDestination"] == {
        "enabled": True,
        "matchingEventTypes": list(EVENT_TYPES),
        "kinesisFirehoseDestination": {
            "deliveryStreamArn": STREAM,
            "iamRoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/alerts-0000000",
        },
    }
    assert json.loads(inputs["RolePolicy", "alerts"]["policy"])["Statement"][0]["Resource"] == STREAM
    outputs = recorded.component_outputs[recorded.one("EventPublisher").urn]
    assert outputs == {
        "configuration_set_name": "alerts",
        "configuration_set_arn": f"arn:aws:ses:us-east-1:{ACCOUNT_ID}:configuration-set/alerts",
        "role_arn": f"arn:aws:iam::{ACCOUNT_ID}:role/alerts-0000000",
        "event_destination_name": "alerts",
    }
    assert EventPublisher.__annotations__.keys() == outputs.keys()


def test_an_existing_set_is_only_attached_to() -> None:
    inputs = publisher(create_configuration_set=False, event_types=["OPEN", "CLICK"]).inputs()

    assert ("ConfigurationSet", "alerts") not in inputs
    destination = inputs["ConfigurationSetEventDestination", "alerts"]
    assert destination["configurationSetName"] == "alerts"
    assert destination["eventDestination"]["matchingEventTypes"] == ["OPEN", "CLICK"]


def test_set_and_stream_may_be_outputs() -> None:
    inputs = publisher(
        configuration_set=pulumi.Output.from_input("alerts"), delivery_stream_arn=pulumi.Output.from_input(STREAM)
    ).inputs()

    trust = json.loads(inputs["Role", "alerts"]["assumeRolePolicy"])["Statement"][0]
    assert trust["Condition"]["StringEquals"]["aws:SourceArn"].endswith(":configuration-set/alerts")
    assert inputs["ConfigurationSet", "alerts"]["configurationSetName"] == "alerts"


def test_a_long_name_still_fits_what_aws_takes() -> None:
    name = "a" * 120
    inputs = publisher(name).inputs()

    assert len(inputs["Role", name]["namePrefix"]) == 38
    assert len(inputs["ConfigurationSetEventDestination", name]["eventDestinationName"]) == 64


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_the_trusted_set_is_of_the_partition_and_region_in_use(region: str) -> None:
    partition = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}[region]
    recorded = record(lambda: EventPublisher("alerts", ARGS), partition=partition, region=region)

    trust = json.loads(recorded.one("Role").inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Condition"]["StringEquals"]["aws:SourceArn"] == (
        f"arn:{partition}:ses:{region}:{ACCOUNT_ID}:configuration-set/alerts"
    )
