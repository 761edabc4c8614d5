"""What the components tell SDKs of other languages about themselves, and what stands for an argument left out."""

import re
from typing import Any

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from ses_sending_history import (
    EVENT_TYPES,
    EventPublisher,
    EventPublisherArgs,
    SendingHistory,
    SendingHistoryArgs,
    validation,
)
from ses_sending_history.args import DEFAULTS

from tests.recording import ACCOUNT_ID, record

COMPONENTS: list[type[pulumi.ComponentResource]] = [SendingHistory, EventPublisher]
STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT_ID}:deliverystream/history"
OTHER: dict[str, Any] = {
    "existing_configuration_sets": ["legacy"],
    "identities": ["example.com"],
    "event_types": ["BOUNCE"],
    "retention_days": 30,
    "archive_after_days": 7,
    "buffer_seconds": 0,
    "buffer_megabytes": 1,
    "alarms": True,
    "alarm_topic_arns": [f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:mail"],
    "force_destroy": True,
    "previous_kms_key_arns": [f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/1234abcd"],
    "protect": True,
    "tls_required": True,
    "reputation_metrics": True,
    "query": False,
    "query_scan_limit_gb": 10,
    "create_configuration_set": False,
    "tags": {"team": "mail"},
}
"""Another value of every argument that has a default."""


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_argument_and_output_has_a_description_that_needs_no_python(
    component: type[pulumi.ComponentResource],
) -> None:
    definition = Analyzer("ses-sending-history").analyze_component(component)

    for name, declared in {**definition.inputs, **definition.outputs}.items():
        described = declared.description or ""
        assert re.fullmatch(r"[A-Z][^\n]{20,}[.]", described), name
        assert not re.search(r"[a-z]_[a-z]|above|below", described), name


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_description_says_the_default_of_a_number_or_a_choice(component: type[pulumi.ComponentResource]) -> None:
    definition = Analyzer("ses-sending-history").analyze_component(component)

    for key, declared in definition.inputs.items():
        match DEFAULTS.get(definition.inputs_mapping[key]):
            case bool(choice):
                said = rf"\b{choice} by default"
            case int(number):
                said = rf"\b{number}(, the| by) default"
            case [] | {}:
                said = "None by default"
            case _:
                said = "[Bb]y default" if declared.optional else ""
        assert re.search(said, declared.description or ""), key


def test_only_what_is_required_or_has_no_value_when_left_out_has_no_default() -> None:
    arguments = SendingHistoryArgs.__annotations__.keys() | EventPublisherArgs.__annotations__.keys()

    assert arguments - DEFAULTS.keys() == {
        "configuration_sets",  # a set with the component's name
        "bucket",
        "kms_key_arn",
        "access_log_bucket",
        "tracking_domain",
        "suppressed_reasons",
        "permissions_boundary_arn",
        "athena_results_bucket",
        "configuration_set",
        "delivery_stream_arn",
    }
    assert DEFAULTS.keys() - arguments == set()


def test_the_defaults_are_those_that_stacks_were_deployed_with() -> None:
    assert {
        "existing_configuration_sets": [],
        "identities": [],
        "event_types": list(EVENT_TYPES),
        "retention_days": 365,
        "archive_after_days": 0,
        "buffer_seconds": 300,
        "buffer_megabytes": 64,
        "alarms": False,
        "alarm_topic_arns": [],
        "force_destroy": False,
        "previous_kms_key_arns": [],
        "protect": False,
        "tls_required": False,
        "reputation_metrics": False,
        "query": True,
        "query_scan_limit_gb": 100,
        "create_configuration_set": True,
        "tags": {},
    } == DEFAULTS


@pytest.mark.parametrize("argument", sorted(DEFAULTS.keys() & SendingHistoryArgs.__annotations__.keys()))
def test_a_history_without_an_argument_is_one_with_its_default(argument: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Topics are only for a history with alarms.
    others: Any = {"alarms": True} if argument == "alarm_topic_arns" else {}
    assert argument in OTHER, "add another value of it to OTHER"
    given: Any = {**others, argument: OTHER[argument]}
    expected = record(lambda: SendingHistory("mail", given)).inputs()

    monkeypatch.setattr(validation, "DEFAULTS", {**DEFAULTS, argument: OTHER[argument]})
    assert record(lambda: SendingHistory("mail", others)).inputs() == expected


@pytest.mark.parametrize("argument", sorted(DEFAULTS.keys() & EventPublisherArgs.__annotations__.keys()))
def test_a_publisher_without_an_argument_is_one_with_its_default(
    argument: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    args: Any = {"configuration_set": "alerts", "delivery_stream_arn": STREAM}
    given: Any = {**args, argument: OTHER[argument]}
    expected = record(lambda: EventPublisher("alerts", given)).inputs()

    monkeypatch.setattr(validation, "DEFAULTS", {**DEFAULTS, argument: OTHER[argument]})
    assert record(lambda: EventPublisher("alerts", args)).inputs() == expected


def test_what_arguments_are_checked_against_is_the_default_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "DEFAULTS", {**DEFAULTS, "retention_days": 30, "force_destroy": True})

    with pytest.raises(pulumi.InputPropertiesError, match="archive_after_days = 60"):
        record(lambda: SendingHistory("mail", {"archive_after_days": 60}))
    record(lambda: SendingHistory("mail", {"bucket": "existing", "retention_days": 30, "force_destroy": True}))
