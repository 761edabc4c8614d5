"""`ses-history send-test` and `ses-history suppression`, on AWS of this machine."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ses_history.cli import main

from localaws.aws import LocalAws
from localaws.deploy import Stack

Run = Callable[..., Result]

SENDER = "shop@dev.example.com"


@pytest.fixture
def run(aws: LocalAws, dev: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command about the deployed stack, as the account's root user."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    where = ["--bucket", dev.outputs["bucket_name"], "--store", str(tmp_path / "store.duckdb")]

    def run(command: str, *arguments: str) -> Result:
        return CliRunner().invoke(main, [command, *(where if command == "send-test" else []), *arguments])

    return run


def sent(run: Run) -> int:
    """How many messages the account has sent."""
    return 0


def test_each_recipient_of_the_simulator_gives_its_events_and_they_are_followed_into_the_bucket(run: Run) -> None:
    result = run("send-test", "--from", SENDER, "--to", "all", "--json")

    assert result.exit_code == 0, result.stderr
    assert [(each["recipient"].partition("@")[0], each["event_types"], each["missing"]) for each in answers(result)] == [
        ("success", ["Send", "Delivery"], []),
        ("bounce", ["Send", "Bounce"], []),
        ("complaint", ["Send", "Delivery", "Complaint"], []),
        ("ooto", ["Send", "Delivery"], []),
        ("suppressionlist", ["Send", "Bounce"], []),
    ]


def answers(result: Result) -> list[dict[str, Any]]:
    return json.loads(result.stdout)


def test_a_message_is_told_hop_by_hop(run: Run) -> None:
    result = run("send-test", "--from", SENDER)

    first, second = result.stdout.splitlines()
    assert first.startswith("success@simulator.amazonses.com: accepted after 0.")
    assert second.startswith("success@simulator.amazonses.com: Send, Delivery in the bucket after 0 s, as this recipient")
    assert result.exit_code == 0
