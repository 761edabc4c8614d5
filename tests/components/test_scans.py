"""What the scanners of others say of a deployed history, and of one that was weakened on purpose."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ses_sending_history import SendingHistoryArgs, policies

from localaws.deploy import PROGRAM
from tests.components.test_sending_history import EVERY_ARGUMENT, history
from tests.recording import Recording
from tests.terraform_plan import terraform_plan

SCANNERS = PROGRAM / ".venv-scan" / "bin"
EXCEPTIONS: dict[str, str] = yaml.safe_load((Path(__file__).parent.parent / "scan_exceptions.yaml").read_text())
ONLY_WHEN_NOT_ASKED_FOR = {"CKV_AWS_145", "CKV_AWS_241", "CKV_AWS_18"}


def checkov(recording: Recording, folder: Path) -> set[str]:
    """The checks that fail, after a look that Checkov read every resource."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps(terraform_plan(recording)))
    scan = [SCANNERS / "python", "-W", "ignore", SCANNERS / "checkov", "--framework", "terraform_plan"]
    ran = subprocess.run(
        [*scan, "--file", plan, "--output", "json", "--compact", "--quiet", "--skip-download"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(ran.stdout)
    assert report["summary"]["resource_count"] == len(recording.inputs())
    assert report["summary"]["parsing_errors"] == 0
    return {check["check_id"] for check in report["results"]["failed_checks"]}


def parliament(document: str) -> list[str]:
    """What parliament finds in a policy document."""
    ran = subprocess.run(
        [SCANNERS / "python", "-W", "ignore", SCANNERS / "parliament", "--json", "--string", document],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert ran.returncode == bool(ran.stdout), ran.stderr
    return [json.loads(line)["issue"] for line in ran.stdout.splitlines()]


def documents(recording: Recording) -> list[str]:
    """The permissions, the bucket's policy and those of readers: parliament does not read trust policies."""
    outputs = recording.component_outputs[recording.one("SendingHistory").urn]
    return [inputs["policy"] for inputs in recording.inputs().values() if "policy" in inputs] + [
        outputs["reader_policy_json"],
        outputs["athena_reader_policy_json"],
        outputs["doctor_policy_json"],
    ]


def weakened(monkeypatch: pytest.MonkeyPatch) -> Recording:
    """A history whose bucket is public, whose publisher may do anything, and whose role anyone may assume."""

    def weaken(policy: str, statement: dict[str, Any]) -> None:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}

        def weak(**_: object) -> policies.PolicyDocument:
            return document

        monkeypatch.setattr(policies, policy, weak)

    weaken("publisher_permissions", {"Action": "firehose:*", "Resource": "*"})
    weaken("publisher_trust", {"Action": "sts:AssumeRole", "Principal": {"AWS": "*"}})
    weaken("tls_only", {"Action": "s3:GetObject", "Principal": "*", "Resource": "*"})
    recording = history(EVERY_ARGUMENT)
    access = recording.one("BucketPublicAccessBlock").inputs
    access.update({name: False for name in access if name != "bucket"})
    return recording


def test_checkov_finds_nothing_in_a_history_with_every_argument_but_what_is_excepted(tmp_path: Path) -> None:
    assert checkov(history(EVERY_ARGUMENT), tmp_path) == EXCEPTIONS.keys() - ONLY_WHEN_NOT_ASKED_FOR


def test_checkov_finds_no_more_in_a_history_without_arguments(tmp_path: Path) -> None:
    assert checkov(history(), tmp_path) == EXCEPTIONS.keys()


def test_checkov_sees_what_was_weakened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkov(weakened(monkeypatch), tmp_path) - EXCEPTIONS.keys() == {
        "CKV_AWS_53",  # public ACLs are not blocked
        "CKV_AWS_54",  # nor public policies
        "CKV_AWS_55",  # nor are they ignored
        "CKV_AWS_56",  # nor is the bucket restricted
        "CKV2_AWS_6",  # so the bucket is not blocked from the public
        "CKV_AWS_70",  # and its policy admits any principal
        "CKV_AWS_60",  # anyone may assume the role
        "CKV_AWS_290",  # which may write
        "CKV_AWS_355",  # to any resource
    }


@pytest.mark.parametrize("args", [{}, EVERY_ARGUMENT])
def test_parliament_finds_nothing(args: SendingHistoryArgs) -> None:
    scanned = documents(history(args))

    assert len(scanned) >= 4
    assert [issue for document in scanned for issue in parliament(document)] == []


def test_parliament_sees_what_was_weakened(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = [document for document in documents(weakened(monkeypatch)) if '"firehose:*"' in document]

    assert len(weak) == 3
    for document in weak:
        assert parliament(document) == ["RESOURCE_STAR"]
