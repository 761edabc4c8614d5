"""`ses-history doctor`: its lines, its JSON and its exit codes."""

import json

import pytest
from click.testing import CliRunner
from ses_history.account.doctor import doctor
from ses_history.account.doctor.links import Diagnosis, Finding, Link, State
from ses_history.cli import main

FINE = Finding(link=Link.ACCOUNT, subject="us-east-1", state=State.FINE, evidence="sending is enabled")
BROKEN = Finding(
    link=Link.ADDRESSES,
    subject="us-east-1",
    state=State.BROKEN,
    evidence="without a default set: ada.lovelace@example.com",
    remedy=("aws sesv2 mend --email-identity ada.lovelace@example.com --region us-east-1",),
)
UNSEEN = Finding(link=Link.KEY, subject="history", state=State.COULD_NOT_LOOK, evidence="kms is not allowed to you")
AFTER = Finding(link=Link.NEWEST, subject="history", state=State.NOT_LOOKED_AT, evidence="nothing can arrive")


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SES_HISTORY", raising=False)


def finds(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    def of_bucket(*_: object) -> Diagnosis:
        return Diagnosis(findings=findings)

    monkeypatch.setattr(doctor, "diagnosis_of_bucket", of_bucket)


@pytest.mark.parametrize(
    ("findings", "code"),
    [((FINE,), 0), ((FINE, BROKEN, UNSEEN, AFTER), 1), ((FINE, UNSEEN), 6), ((FINE, AFTER), 6)],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_exit_code_is_the_verdict(
    findings: tuple[Finding, ...], code: int, form: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finds(monkeypatch, *findings)
    assert CliRunner().invoke(main, ["doctor", "--bucket", "history", *form]).exit_code == code


def test_each_link_has_a_line_and_the_commands_that_mend_it_are_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, FINE, BROKEN, UNSEEN, AFTER)
    assert CliRunner().invoke(main, ["doctor", "--bucket", "history"]).stdout.splitlines() == [
        "fine            SES account us-east-1: sending is enabled",
        "broken          address identities us-east-1: without a default set: ada.lovelace@example.com",
        "                $ aws sesv2 mend --email-identity ada.lovelace@example.com --region us-east-1",
        "could not look  encryption key history: kms is not allowed to you",
        "not looked at   newest object history: nothing can arrive",
    ]


def test_json_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, FINE, BROKEN)
    answered = CliRunner().invoke(main, ["doctor", "--bucket", "history", "--json"]).stdout

    assert "lovelace" not in answered
    assert json.loads(answered) == {
        "state": "broken",
        "links": [
            {
                "link": "SES account",
                "subject": "us-east-1",
                "state": "fine",
                "evidence": "sending is enabled",
                "remedy": [],
            },
            {
                "link": "address identities",
                "subject": "us-east-1",
                "state": "broken",
                "evidence": "without a default set: a***@example.com",
                "remedy": ["aws sesv2 mend --email-identity a***@example.com --region us-east-1"],
            },
        ],
    }


def test_without_a_place_it_says_how_to_name_one() -> None:
    refused = CliRunner().invoke(main, ["doctor"])
    assert refused.exit_code == 2
    assert "Give --stack or --bucket, or set SES_HISTORY" in refused.stderr
