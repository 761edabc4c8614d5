"""What goes wrong with `ses-history --athena` is one clear error, with an exit code of its own."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from localaws.aws import LocalAws
from localaws.deploy import Stack
from tests.reader.support import message, put
from tests.trino.conftest import Ask, invoke, use

pytestmark = pytest.mark.usefixtures("credentials")

POLICY = "attach the policy that the stack's output athena_reader_policy_json holds"


@pytest.fixture(scope="module")
def stack(
    aws: LocalAws,
    tmp_path_factory: pytest.TempPathFactory,
    stack_of: Callable[[Path], Stack],
    queried: Callable[[Stack], Ask],
) -> Stack:
    """A history with an object that cannot be unpacked, and one of 11 MB, of which a query may scan 10."""
    folder = tmp_path_factory.mktemp("history")
    put(folder, message("m", ["a@example.com"], "send"), "events/day=2026-11-24/a.gz")
    put(folder, random.Random(0).randbytes(11_000_000), "events/day=2026-11-20/large.gz")  # noqa: S311
    put(folder, b"", "events/day=2026-10-01/broken.gz")
    (folder / "events/day=2026-10-01/broken.gz").write_bytes(b"no gzip at all")
    stack = stack_of(folder)
    queried(stack)
    aws.client("athena").update_work_group(
        WorkGroup=stack.outputs["workgroup_name"],
        ConfigurationUpdates={"BytesScannedCutoffPerQuery": 10_000_000},
    )
    return stack


def error(workgroup: str, *options: str) -> str:
    """The only line of an answer with exit code 3, but for what was scanned, and without the id of a query."""
    result = invoke("stats", "--athena", "--workgroup", workgroup, *options)
    assert (result.exit_code, result.stdout) == (3, "")
    [line] = [line for line in result.stderr.splitlines() if not line.startswith("Athena scanned ")]
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", line)


def test_within_the_limit_a_history_is_counted(stack: Stack) -> None:
    result = invoke("stats", "--athena", "--workgroup", stack.outputs["workgroup_name"], "--since", "2026-11-24")
    assert result.exit_code == 1
    assert "No message matches" in result.stderr


def test_a_query_that_would_scan_too_much_is_stopped_and_what_it_scanned_is_said(stack: Stack) -> None:
    workgroup = stack.outputs["workgroup_name"]
    assert error(workgroup, "--since", "2026-11-20") == (
        "Error: Athena stopped the query ID: it would scan more than the workgroup allows. Ask about fewer days with "
        "--since, or raise query_scan_limit_gb (Bytes scanned limit was exceeded)"
    )
    scanned = invoke("stats", "--athena", "--workgroup", workgroup, "--since", "2026-11-20").stderr
    assert "Athena scanned 22.0 MB, for about $0.00011" in scanned


def test_an_object_that_cannot_be_unpacked_fails_the_query(stack: Stack) -> None:
    line = error(stack.outputs["workgroup_name"], "--since", "2026-10-01")
    assert line.startswith("Error: The query ID is FAILED in Athena: HIVE_CANNOT_OPEN_SPLIT: ")
    assert "broken.gz" in line


def test_a_workgroup_that_is_not_there(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, aws, {"AccessKeyId": aws.account_id, "SecretAccessKey": "test"})
    assert error("nobodys") == (
        "Error: There is no workgroup nobodys: check its name and AWS_REGION, or let --stack find it"
    )


def test_a_workgroup_of_others(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, aws, {"AccessKeyId": aws.account_id, "SecretAccessKey": "test"})
    assert error("primary") == (
        "Error: The workgroup primary has no saved queries: it is none of ses-sending-history's"
    )


def test_credentials_that_may_not_ask(aws: LocalAws, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.client("iam").create_user(UserName="nobody")
    use(monkeypatch, aws, aws.client("iam").create_access_key(UserName="nobody")["AccessKey"])
    line = error(stack.outputs["workgroup_name"])
    assert line.startswith(f"Error: These credentials may not query: {POLICY} (")
    assert "athena:ListNamedQueries" in line


def test_credentials_that_may_ask_and_not_read(
    aws: LocalAws, stack_of: Callable[[Path], Stack], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Trino reads as the user of the other tests, who has no policy of this history.
    use(monkeypatch, aws, {"AccessKeyId": aws.account_id, "SecretAccessKey": "test"})
    line = error(stack_of(tmp_path).outputs["workgroup_name"])
    assert line.startswith(f"Error: The query ID lacks permissions: {POLICY} (")


def test_no_credentials(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(region_name="us-east-1"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert error(stack.outputs["workgroup_name"]) == ("Error: Athena cannot be asked: Unable to locate credentials")
