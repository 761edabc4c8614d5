"""`ses-history send-test` and `ses-history suppression`, on AWS of this machine."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ses_history.cli import main

from localaws.aws import LocalAws
from localaws.deploy import Stack
from localaws.history import keys

Run = Callable[..., Result]

SENDER = "shop@dev.example.com"


@pytest.fixture
def run(aws: LocalAws, dev: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command about the deployed stack, as the account's root user."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.tls_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.account_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", aws.region)
    where = ["--bucket", dev.outputs["bucket_name"], "--store", str(tmp_path / "store.duckdb")]

    def run(command: str, *arguments: str) -> Result:
        return CliRunner().invoke(main, [command, *(where if command == "send-test" else []), *arguments])

    return run


def answers(result: Result) -> list[dict[str, Any]]:
    return json.loads(result.stdout)["messages"]


def objects(aws: LocalAws, dev: Stack) -> int:
    """How many objects the history has."""
    return len(keys(aws, dev.outputs["bucket_name"]))


def test_each_recipient_of_the_simulator_gives_its_events_and_they_are_followed_into_the_bucket(run: Run) -> None:
    result = run("send-test", "--from", SENDER, "--to", "all", "--json")

    assert result.exit_code == 0, result.stderr
    assert [
        (each["recipient"].partition("@")[0], each["event_types"], each["missing"]) for each in answers(result)
    ] == [
        ("success", ["Send", "Delivery"], []),
        ("bounce", ["Send", "Bounce"], []),
        ("complaint", ["Send", "Delivery", "Complaint"], []),
        ("ooto", ["Send", "Delivery", "Bounce"], []),
        ("suppressionlist", ["Send", "Bounce"], []),
    ]


def test_a_message_is_told_hop_by_hop(run: Run) -> None:
    result = run("send-test", "--from", SENDER)

    first, second = result.stdout.splitlines()
    assert first.startswith("success@simulator.amazonses.com: accepted after 0.")
    told = r"success@simulator\.amazonses\.com: Send, Delivery in the bucket after \d+ s, as this recipient gives"
    assert re.fullmatch(told, second)
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--from", "shop@example.org"], "neither shop@example.org nor its domain is a verified identity here"),
        (["--from", SENDER, "--set", "none"], "there is no configuration set none in this region"),
    ],
)
def test_what_ses_would_refuse_is_told_and_nothing_is_sent(
    options: list[str], why: str, run: Run, aws: LocalAws, dev: Stack
) -> None:
    result = run("send-test", *options)

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"Error: The message is not sent: {why}")
    assert objects(aws, dev) == 0


def test_the_sandbox_takes_the_simulator_and_verified_recipients_alone(run: Run, aws: LocalAws, dev: Stack) -> None:
    aws.ses_account.production_access = False

    refused = run("send-test", "--from", SENDER, "--to", "ada@example.com")
    assert (refused.exit_code, objects(aws, dev)) == (3, 0)
    assert "the account is in the sandbox, and ada@example.com is not verified" in refused.stderr
    assert run("send-test", "--from", SENDER).exit_code == 0


def test_a_paused_account_is_told_before(run: Run, aws: LocalAws, dev: Stack) -> None:
    aws.ses_account.enforcement_status = "SHUTDOWN"

    result = run("send-test", "--from", SENDER)

    assert (result.exit_code, objects(aws, dev)) == (3, 0)
    assert "sending is paused in this region" in result.stderr


def test_a_set_that_is_turned_off_is_told_before(run: Run, aws: LocalAws, dev: Stack) -> None:
    aws.client("sesv2").put_configuration_set_sending_options(ConfigurationSetName="dev-mail", SendingEnabled=False)

    result = run("send-test", "--from", SENDER)

    assert result.exit_code == 3
    assert "sending with the configuration set dev-mail is turned off" in result.stderr
    assert objects(aws, dev) == 0


def test_an_event_that_does_not_arrive_in_time_is_exit_code_1_with_how_to_look_later(run: Run, aws: LocalAws) -> None:
    ses = aws.client("sesv2")
    [destination] = ses.get_configuration_set_event_destinations(ConfigurationSetName="dev-mail")["EventDestinations"]
    ses.update_configuration_set_event_destination(
        ConfigurationSetName="dev-mail",
        EventDestinationName=destination["Name"],
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND"],
            "KinesisFirehoseDestination": destination["KinesisFirehoseDestination"],
        },
    )

    result = run("send-test", "--from", SENDER, "--to", "bounce", "--timeout", "1", "--json")

    assert result.exit_code == 1
    [answer] = answers(result)
    assert (answer["event_types"], answer["missing"]) == (["Send"], ["Bounce"])
    broken = [link for link in json.loads(result.stdout)["doctor"]["links"] if link["state"] == "broken"]
    assert [(link["link"], link["subject"]) for link in broken] == [("event destination", "dev-mail (us-east-1)")]
    assert result.stderr.splitlines()[-2:] == [
        "Error: Not in the bucket after 1 s, of the message to bounce@simulator.amazonses.com: Bounce",
        f"To look later: ses-history show {answer['message_id']}",
    ]


@pytest.mark.parametrize("written", ["nobody", "Ada <ada@example.com>", "ada@localhost"])
def test_a_recipient_is_one_of_the_simulator_or_an_address(written: str, run: Run) -> None:
    result = run("send-test", "--from", SENDER, "--to", written)

    assert result.exit_code == 2
    assert repr(written) in result.stderr


def test_an_address_on_the_suppression_list_is_told_with_its_message_and_taken_off_after_a_question(
    run: Run, aws: LocalAws
) -> None:
    ses = aws.client("sesv2")
    ses.put_suppressed_destination(EmailAddress="ada@example.com", Reason="COMPLAINT")

    told = run("suppression", "ada@example.com", "--utc")
    assert told.stdout.startswith("ada@example.com is on the list since 20")
    assert told.stdout.endswith(" for a complaint, put there by hand\n")
    assert CliRunner().invoke(main, ["suppression", "ada@example.com", "--remove"], input="n\n").exit_code == 1
    assert json.loads(run("suppression", "ada@example.com", "--json").stdout)["reason"] == "COMPLAINT"
    removed = CliRunner().invoke(main, ["suppression", "ada@example.com", "--remove"], input="y\n")
    assert removed.exit_code == 0, removed.stderr
    gone = run("suppression", "ada@example.com")
    assert gone.exit_code == 1
    assert gone.stderr.startswith("Error: ada@example.com is not on the suppression list of the account in this region")
