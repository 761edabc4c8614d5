import gzip
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber
from click.testing import CliRunner, Result
from ses_history.cli import main
from ses_history.errors import SourceError
from ses_history.history import History
from ses_history.sources.bucket import Bucket

from localaws.aws import LocalAws
from localaws.deploy import PROGRAM, Stack
from localaws.ses import publish
from tests.contract.support import EVENTS
from tests.localaws.support import SEND, send, user
from tests.reader.support import event, lines


@pytest.fixture
def bucket(aws: LocalAws) -> str:
    aws.client("s3").create_bucket(Bucket="history")
    return "history"


def put_sends(aws: LocalAws, bucket: str, count: int) -> None:
    def put(number: int) -> None:
        body = gzip.compress(lines([event("send", messageId=f"{number:04}")]))
        aws.client("s3").put_object(Bucket=bucket, Key=f"events/day=2026-11-23/{number:04}.gz", Body=body)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(count)))


def test_who_has_only_the_reader_policy_finds_the_message(aws: LocalAws, dev: Stack, tmp_path: Path) -> None:
    message_id = send(aws, "bounce", ConfigurationSetName="dev-mail")
    client = aws.client_of("s3", user(aws, dev.outputs["reader_policy_json"]))
    source = Bucket(dev.outputs["bucket_name"], dev.outputs["events_prefix"], client)
    history = History(source, tmp_path / "store.duckdb")
    result = history.sync()
    events = history.show(message_id).events
    assert (result.listed, result.lines) == (1, 2)
    assert [(row.event_type, row.recipient, row.ts and row.ts.date()) for row in events] == [
        ("Send", "bounce@simulator.amazonses.com", events[0].day),
        ("Bounce", "bounce@simulator.amazonses.com", events[0].day),
    ]


def test_every_documented_event_arrives_as_a_row(aws: LocalAws, dev: Stack, tmp_path: Path) -> None:
    publish(aws, list(EVENTS.values()), configuration_set="dev-mail")
    source = Bucket(dev.outputs["bucket_name"], dev.outputs["events_prefix"], aws.client("s3"))
    history = History(source, tmp_path / "store.duckdb")
    assert history.sync().invalid_lines == ()
    assert {counts.group for counts in history.stats(by="type")} == {item["eventType"] for item in EVENTS.values()}


def test_a_listing_of_a_thousand_pages_is_read_whole(aws: LocalAws, bucket: str, tmp_path: Path) -> None:
    put_sends(aws, bucket, 1000)
    client = aws.client_of("s3")
    pages: list[str] = []

    def one_object_a_page(params: dict[str, Any], **_: object) -> None:
        pages.append(params.get("ContinuationToken", ""))
        params["MaxKeys"] = 1

    client.meta.events.register("provide-client-params.s3.ListObjectsV2", one_object_a_page)
    source = Bucket(bucket, "events/", client)
    history = History(source, tmp_path / "store.duckdb")
    result = history.sync()
    assert (len(set(pages)), result.listed, result.added, history.find("example").total) == (1000, 1000, 1000, 1000)


def test_objects_that_expire_while_the_bucket_is_listed_are_left_out(
    aws: LocalAws, bucket: str, tmp_path: Path
) -> None:
    put_sends(aws, bucket, 20)
    client = aws.client_of("s3")

    def expire(params: dict[str, Any], **_: object) -> None:
        params["MaxKeys"] = 5
        if "ContinuationToken" in params:
            for number in (1, 18):
                aws.client("s3").delete_object(Bucket=bucket, Key=f"events/day=2026-11-23/{number:04}.gz")

    client.meta.events.register("provide-client-params.s3.ListObjectsV2", expire)
    source = Bucket(bucket, "events/", client)
    history = History(source, tmp_path / "store.duckdb")
    result = history.sync()
    kept = {recipient.message_id for recipient in history.find("example").recipients}
    assert kept == {f"{number:04}" for number in range(20)} - {"0001", "0018"}
    assert result.added == 18


def test_a_listing_begins_at_several_known_keys_at_once_and_misses_nothing(
    aws: LocalAws, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_sends(aws, bucket, 35)
    client = aws.client_of("s3")
    asked: list[str | None] = []

    def ten_objects_a_page(params: dict[str, Any], **_: object) -> None:
        params["MaxKeys"] = 10
        asked.append("the next" if "ContinuationToken" in params else params.get("StartAfter"))

    client.meta.events.register("provide-client-params.s3.ListObjectsV2", ten_objects_a_page)
    monkeypatch.setattr("ses_history.sources.bucket._PAGE", 10)
    source = Bucket(bucket, "events/", client)
    known = [f"events/day=2026-11-23/{number:04}.gz" for number in range(35)]
    assert [item.key for item in source.objects()] == known
    assert asked == [None, "the next", "the next", "the next"]

    asked.clear()
    put_sends(aws, bucket, 47)
    aws.client("s3").put_object(Bucket=bucket, Key="events/day=2026-11-23/0012-late.gz", Body=b"")
    gone = {known[number] for number in (0, 9, 18, 29)}
    for key in gone:
        aws.client("s3").delete_object(Bucket=bucket, Key=key)
    there = [item["Key"] for item in aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert len(there) == 44
    assert sorted(item.key for item in source.objects(reversed(known))) == there
    assert set(asked) == {None, known[9], known[19], known[29], "the next"}
    assert len(asked) == 5


def pulumi_with(outputs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Pulumi CLI that knows the stack dev alone."""
    pulumi = tmp_path / "bin/pulumi"
    pulumi.parent.mkdir()
    pulumi.write_text(f'#!/bin/sh\ntest "$*" = "stack output --json --stack dev" && echo \'{json.dumps(outputs)}\'\n')
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", str(pulumi.parent), prepend=":")


def command(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--store", str(tmp_path / "store.duckdb")])


@pytest.fixture
def credentials(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's own way to the bucket: the environment's."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", aws.region)


@pytest.mark.usefixtures("credentials")
def test_the_command_reads_the_bucket_of_its_option(aws: LocalAws, bucket: str, tmp_path: Path) -> None:
    put_sends(aws, bucket, 3)
    result = command(tmp_path, "find", "0002", "--bucket", bucket, "--json")
    assert [row["message_id"] for row in json.loads(result.stdout)] == ["0002"]


@pytest.mark.usefixtures("credentials")
def test_the_prefix_is_that_of_the_option_then_of_the_uri_then_of_the_stack_or_events(
    aws: LocalAws, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for prefix in ("events/", "old/", "stack/"):
        body = gzip.compress(lines([event("send", messageId=prefix)]))
        aws.client("s3").put_object(Bucket=bucket, Key=f"{prefix}one.gz", Body=body)
    pulumi_with({"bucket_name": bucket, "events_prefix": "stack/"}, tmp_path, monkeypatch)

    def found(name: str, *where: str) -> list[str]:
        store = ("--store", str(tmp_path / f"{name}.duckdb"))
        result = CliRunner().invoke(main, ["find", "example", "--json", *where, *store])
        return [row["message_id"] for row in json.loads(result.stdout)]

    assert found("1", "--bucket", bucket) == ["events/"]
    assert found("2", "--bucket", f"s3://{bucket}/old/") == ["old/"]
    assert found("3", "--bucket", bucket, "--prefix", "old/") == ["old/"]
    assert found("4", "--stack", "dev") == ["stack/"]
    assert found("5", "--stack", "dev", "--prefix", "old/") == ["old/"]
    monkeypatch.setenv("SES_HISTORY", f"s3://{bucket}/old/")
    assert found("6") == ["old/"]
    monkeypatch.setenv("SES_HISTORY", f"s3://{bucket}")
    assert found("7") == ["events/"]
    assert found("8", "--bucket", bucket, "--prefix", "stack/") == ["stack/"]


@pytest.mark.usefixtures("credentials")
def test_a_missing_bucket_is_an_error(tmp_path: Path) -> None:
    result = command(tmp_path, "find", "a", "--bucket", "no-such-bucket")
    assert result.exit_code == 3
    assert result.stderr.strip() == ("Error: There is no bucket no-such-bucket: check its name, or let --stack find it")


@pytest.mark.usefixtures("credentials")
def test_an_empty_bucket_is_an_error(bucket: str, tmp_path: Path) -> None:
    result = command(tmp_path, "stats", "--bucket", bucket)
    assert (result.exit_code, "s3://history/events/ is empty: send a message" in result.stderr) == (1, True)


@pytest.mark.usefixtures("credentials")
def test_missing_permission_is_an_error_with_the_policy_that_gives_it(
    aws: LocalAws, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    key = user(aws, json.dumps(nothing))
    # From a file: the emulator, in this process, takes the environment's key for root's.
    file = tmp_path / "credentials"
    file.write_text(
        f"[default]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = command(tmp_path, "find", "a", "--bucket", bucket)
    assert result.exit_code == 3, result.output
    assert "may not read s3://history/events/: attach the policy that the stack's output reader_policy_json" in (
        result.stderr
    )


def test_missing_credentials_are_an_error(
    aws: LocalAws, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aws.region
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    result = command(tmp_path, "find", "a", "--bucket", bucket)
    assert result.exit_code == 3
    assert "Unable to locate credentials. Sign in with `aws sso login` or set AWS_PROFILE" in result.stderr


@pytest.mark.parametrize(
    ("code", "headers", "advice"),
    [
        ("PermanentRedirect", {"x-amz-bucket-region": "eu-west-1"}, "is in another region: set AWS_REGION=eu-west-1"),
        ("ExpiredToken", {}, "AWS does not accept these credentials: .* Sign in with `aws sso login`"),
        ("SlowDown", {}, r"s3://history/events/ cannot be read: .*\(SlowDown\)"),
    ],
)
def test_what_the_emulator_never_answers_is_an_error_with_advice(
    code: str, headers: dict[str, str], advice: str, aws: LocalAws
) -> None:
    client = aws.client_of("s3")
    stub = Stubber(client)
    stub.add_client_error("list_objects_v2", code, http_status_code=400, response_meta={"HTTPHeaders": headers})
    with stub, pytest.raises(SourceError, match=advice):
        list(Bucket("history", "events/", client).objects())


def test_the_bucket_of_a_stack_comes_from_the_pulumi_cli(
    aws: LocalAws, dev: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", aws.region)
    message_id = send(aws, "success", ConfigurationSetName="dev-mail")
    pulumi_with({name: dev.outputs[name] for name in ("bucket_name", "events_prefix")}, tmp_path, monkeypatch)
    found = command(tmp_path, "find", "success@", "--stack", "dev", "--json")
    assert [row["message_id"] for row in json.loads(found.stdout)] == [message_id]
    other = command(tmp_path, "find", "success@", "--stack", "prod")
    assert (other.exit_code, "`pulumi stack output --json --stack prod` failed" in other.stderr) == (3, True)


def test_without_the_pulumi_cli_a_stack_is_refused_with_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = command(tmp_path, "find", "a", "--stack", "dev")
    assert (result.exit_code, "name its bucket instead" in result.stderr) == (3, True)


@pytest.mark.usefixtures("credentials")
def test_the_python_program_of_the_docs_prints_what_became_of_a_message(
    bucket: str, aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    to = ["ada@example.com"]
    events = [event("send", destination=to), event("open", destination=to, messageId=SEND["mail"]["messageId"])]
    aws.client("s3").put_object(Bucket=bucket, Key="events/day=2026-11-23/a", Body=lines(events))
    [program] = re.findall(r"```python\n(.*?)```", (PROGRAM / "docs/look-up.md").read_text(), re.DOTALL)
    exec(program.replace("BUCKET", bucket), {})  # noqa: S102  that it runs is what is tested
    assert capsys.readouterr().out == "2026-03-01 08:06:49.927000 ada@example.com opened\n"


@pytest.mark.parametrize("listed", [[], [{"Key": "events/ab"}]])
def test_an_object_that_expired_is_gone_though_s3_refuses_it_to_who_may_not_list_the_bucket(
    listed: list[dict[str, str]], aws: LocalAws
) -> None:
    # S3 does not say that a key is missing to whoever may not list the bucket: the emulator does.
    client = aws.client_of("s3")
    stub = Stubber(client)
    stub.add_client_error("get_object", "AccessDenied", http_status_code=403)
    stub.add_response(
        "list_objects_v2", {"Contents": listed}, {"Bucket": "history", "Prefix": "events/a", "MaxKeys": 1}
    )
    with stub:
        assert Bucket("history", "events/", client).read("events/a") is None
    stub.assert_no_pending_responses()


def test_an_object_that_is_there_and_refused_is_an_error(aws: LocalAws) -> None:
    client = aws.client_of("s3")
    stub = Stubber(client)
    stub.add_client_error("get_object", "AccessDenied", http_status_code=403)
    stub.add_response("list_objects_v2", {"Contents": [{"Key": "events/a"}]})
    with stub, pytest.raises(SourceError, match="may not read s3://history/events/"):
        Bucket("history", "events/", client).read("events/a")
