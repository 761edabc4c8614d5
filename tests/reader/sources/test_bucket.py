import base64
import gzip
import io
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from click.testing import CliRunner, Result
from ses_history.cli import main
from ses_history.errors import SourceError, UnreadableError
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
    assert history.sync().invalid_lines == 0
    assert {counts.group for counts in history.stats(by="type").groups} == {
        item["eventType"] for item in EVENTS.values()
    }


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
    aws.client("s3").put_object(Bucket=bucket, Key="events/day=2026-11-23/0012-late.gz", Body=b"late")
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
    assert (result.exit_code, "s3://history/events/ is empty: check the name" in result.stderr) == (1, True)


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


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        ("AccessDenied", "no", r"may not be read: attach the policy .* reader_policy_json holds \(no\)"),
        ("AccessDenied", "not authorized to perform: kms:Decrypt", "is encrypted with a key .*: allow kms:Decrypt"),
        ("KMS.DisabledException", "the key is disabled", r"is encrypted with a key .* \(the key is disabled\)"),
        ("InvalidObjectState", "no", "is archived: restore it with `aws s3api restore-object`, and sync again"),
        ("InvalidRequest", "stored with a key of yours", r"cannot be read: .*\(InvalidRequest\).*stored with a key"),
    ],
)
def test_an_object_that_s3_refuses_is_told_with_what_to_do(code: str, message: str, reason: str, aws: LocalAws) -> None:
    client = aws.client_of("s3")
    stub = Stubber(client)
    stub.add_client_error("get_object", code, message, http_status_code=403)
    if code == "AccessDenied":
        stub.add_response("list_objects_v2", {"Contents": [{"Key": "events/a"}]})
    with stub, pytest.raises(UnreadableError, match=f"^events/a {reason}"):
        Bucket("history", "events/", client).read("events/a")
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["ExpiredToken", "NoSuchBucket", "PermanentRedirect"])
def test_what_s3_would_answer_of_every_object_is_an_error_of_the_source(code: str, aws: LocalAws) -> None:
    client = aws.client_of("s3")
    stub = Stubber(client)
    stub.add_client_error("get_object", code, http_status_code=400)
    with stub, pytest.raises(SourceError) as raised:
        Bucket("history", "events/", client).read("events/a")
    assert not isinstance(raised.value, UnreadableError)


def cut(client: Any, key: str, size: int, times: int) -> list[tuple[str | None, str | None]]:
    """So many bodies of an object break off after a number of bytes; the Range and the If-Match of each request."""
    asked = list[tuple[str | None, str | None]]()

    def before(params: dict[str, Any], **_: object) -> None:
        if params["Key"] == key:
            asked.append((params.get("Range"), params.get("IfMatch")))

    def after(parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        if context["key"] == key and len(asked) <= times:
            whole = parsed["Body"].read()
            parsed["Body"] = StreamingBody(io.BytesIO(whole[:size]), len(whole))

    def remember(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        context["key"] = params["Key"]

    client.meta.events.register("provide-client-params.s3.GetObject", before)
    client.meta.events.register("before-parameter-build.s3.GetObject", remember)
    client.meta.events.register("after-call.s3.GetObject", after)
    return asked


def test_a_body_that_breaks_off_is_gone_on_with_where_it_broke(
    aws: LocalAws, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ses_history.sources.bucket.CHUNK", 4)
    monkeypatch.setattr("ses_history.sources.bucket._PAUSE_SECONDS", 0)
    etag = aws.client("s3").put_object(Bucket=bucket, Key="events/a", Body=b"0123456789abcdefghij")["ETag"]
    client = aws.client_of("s3")
    asked = cut(client, "events/a", 8, 2)
    chunks = Bucket(bucket, "events/", client).read("events/a")
    assert chunks
    assert b"".join(chunks) == b"0123456789abcdefghij"
    assert asked == [(None, None), ("bytes=8-", etag), ("bytes=16-", etag)]


def test_a_body_of_an_object_that_was_written_anew_meanwhile_is_not_gone_on_with(
    aws: LocalAws, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ses_history.sources.bucket._PAUSE_SECONDS", 0)
    aws.client("s3").put_object(Bucket=bucket, Key="events/a", Body=b"0123456789")
    client = aws.client_of("s3")
    cut(client, "events/a", 4, 1)
    chunks = Bucket(bucket, "events/", client).read("events/a")
    aws.client("s3").put_object(Bucket=bucket, Key="events/a", Body=b"9876543210")
    assert chunks
    with pytest.raises(UnreadableError, match="was changed or deleted while it was read: sync again"):
        list(chunks)


def test_an_object_whose_body_keeps_breaking_off_is_named_and_the_others_are_kept(
    aws: LocalAws, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ses_history.sources.bucket._PAUSE_SECONDS", 0)
    put_sends(aws, bucket, 3)
    broken = "events/day=2026-11-23/0001.gz"
    client = aws.client_of("s3")
    asked = cut(client, broken, 0, 5)
    history = History(Bucket(bucket, "events/", client), tmp_path / "store.duckdb")
    first = history.sync()
    assert (first.listed, first.added, len(asked)) == (3, 2, 5)
    assert [unread.object_key for unread in first.unread] == [broken]
    assert first.unread[0].reason.startswith("breaks off after 0 bytes: sync again (")
    assert history.find("example").total == 2
    second = history.sync()
    assert (second.added, second.unread, history.find("example").total) == (1, (), 3)


def reader(aws: LocalAws, bucket: str, *, but: str = "nothing", prefix: str = "events/") -> Any:
    """A client of S3 that may list and read what is under the prefix, but not what is under another."""
    where = f"arn:aws:s3:::{bucket}"
    listing = {"StringLike": {"s3:prefix": f"{prefix}*"}}
    statements = [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": where, "Condition": listing},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{where}/{prefix}*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"{where}/{but}*"},
    ]
    return aws.client_of("s3", user(aws, json.dumps({"Version": "2012-10-17", "Statement": statements})))


def test_an_object_that_may_not_be_read_is_named_and_the_others_are_kept(
    aws: LocalAws, bucket: str, tmp_path: Path
) -> None:
    put_sends(aws, bucket, 3)
    client = reader(aws, bucket, but="events/day=2026-11-23/0001")
    history = History(Bucket(bucket, "events/", client), tmp_path / "store.duckdb")
    for added in (2, 0):
        synced = history.sync()
        assert (synced.added, [unread.object_key for unread in synced.unread]) == (
            added,
            ["events/day=2026-11-23/0001.gz"],
        )
        assert synced.unread[0].reason.startswith("may not be read: attach the policy")
    assert history.find("example").total == 2


def test_a_bucket_of_which_nothing_may_be_read_is_an_error(aws: LocalAws, bucket: str, tmp_path: Path) -> None:
    put_sends(aws, bucket, 3)
    history = History(Bucket(bucket, "events/", reader(aws, bucket, but="events/")), tmp_path / "store.duckdb")
    for _ in range(2):
        with pytest.raises(
            SourceError, match=r"^Nothing in s3://history/events/ can be read: events/.*0000.gz may not"
        ):
            history.sync()


def test_an_archived_object_is_named_without_asking_for_it_until_it_is_restored(
    aws: LocalAws, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ministack.services.s3._RESTORE_DELAY_SECONDS", 0)
    put_sends(aws, bucket, 1)
    for number, storage in enumerate(("GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"), start=1):
        body = gzip.compress(lines([event("send", messageId=f"{number:04}")]))
        key = f"events/day=2026-11-23/{number:04}.gz"
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body, StorageClass=storage)
    client = aws.client_of("s3")
    asked = cut(client, "events/day=2026-11-23/0001.gz", 0, 0)
    history = History(Bucket(bucket, "events/", client), tmp_path / "store.duckdb")
    for added in (2, 0):
        synced = history.sync()
        assert (synced.listed, synced.added, asked) == (4, added, [])
        assert [(unread.object_key[-7:], unread.reason) for unread in synced.unread] == [
            ("0001.gz", "is archived (GLACIER): restore it with `aws s3api restore-object`, and sync again"),
            ("0002.gz", "is archived (DEEP_ARCHIVE): restore it with `aws s3api restore-object`, and sync again"),
        ]

    in_progress = True

    def restored(parsed: dict[str, Any], **_: object) -> None:  # the emulator does not tell it in a listing
        parsed["Contents"][1]["RestoreStatus"] = {"IsRestoreInProgress": in_progress}

    client.meta.events.register("after-call.s3.ListObjectsV2", restored)
    assert (history.sync().added, asked) == (0, [])
    in_progress = False
    aws.client("s3").restore_object(
        Bucket=bucket,
        Key="events/day=2026-11-23/0001.gz",
        RestoreRequest={"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}},
    )
    synced = history.sync()
    assert (synced.added, len(synced.unread), history.find("example").total) == (1, 1, 3)


def test_an_object_that_was_read_before_it_was_archived_is_no_problem(
    aws: LocalAws, bucket: str, tmp_path: Path
) -> None:
    body = gzip.compress(lines([event("send")]))
    history = History(Bucket(bucket, "events/", aws.client("s3")), tmp_path / "store.duckdb")
    for storage in ("STANDARD", "DEEP_ARCHIVE"):
        aws.client("s3").put_object(Bucket=bucket, Key="events/day=2026-11-23/a", Body=body, StorageClass=storage)
        assert history.sync().unread == ()
    assert history.find("example").total == 1


@pytest.mark.usefixtures("credentials")
def test_with_an_empty_prefix_all_is_read_but_errors_answers_of_athena_and_markers_of_folders(
    aws: LocalAws, bucket: str, tmp_path: Path
) -> None:
    for key in ("2026/11/23/08/a", "b", "error/format/c", "athena/d", "errors/e", "theirs/error/f"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=lines([event("send", messageId=key)]))
    for key in ("events/", "2026/", "empty"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"marker" if key == "2026/" else b"")

    def found(*prefix: str) -> set[str]:
        store = ("--store", str(tmp_path / f"{len(list(tmp_path.iterdir()))}.duckdb"))
        result = CliRunner().invoke(main, ["find", "example", "--json", "--bucket", bucket, *prefix, *store])
        assert result.stderr == ""
        return {row["message_id"] for row in json.loads(result.stdout)}

    assert found("--prefix", "") == {"2026/11/23/08/a", "b", "errors/e", "theirs/error/f"}
    assert found("--prefix", "error/") == {"error/format/c"}
    assert found("--prefix", "athena/d") == {"athena/d"}
    assert found("--prefix", "e") == {"errors/e"}
    without = command(tmp_path, "find", "example", "--bucket", f"s3://{bucket}")
    assert (without.exit_code, "s3://history/events/ is empty" in without.stderr) == (1, True)


def test_sync_says_how_many_events_firehose_could_not_deliver_where_it_may_read_them(
    aws: LocalAws, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", aws.region)
    put_sends(aws, bucket, 1)
    raw = base64.b64encode(json.dumps(EVENTS["send"]).encode()).decode()
    failed = json.dumps({"attemptsMade": 4, "errorCode": "Lambda.FunctionError", "rawData": raw})
    for name, body in (("a", f"{failed}\n{failed}\n"), ("b", f"{failed}\nx")):
        aws.client("s3").put_object(Bucket=bucket, Key=f"error/format/{name}", Body=body.encode())
    says = "3 events under error/, which Firehose could not deliver: read them with --prefix error/\n"
    assert command(tmp_path, "sync", "--bucket", bucket).stdout.endswith(says)
    assert json.loads(command(tmp_path, "sync", "--bucket", bucket, "--json").stdout)["undelivered"] == 3
    for source in (Bucket(bucket, "theirs/", aws.client("s3")), Bucket(bucket, "events/", reader(aws, bucket))):
        assert History(source, tmp_path / "other.duckdb").undelivered() == 0


_READ = """
import tracemalloc
from ses_history.sources.bucket import connect
chunks = connect("history").read("events/a")
tracemalloc.start()
print(sum(len(chunk) for chunk in chunks), tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.usefixtures("credentials")
def test_an_object_of_megabytes_is_read_in_flat_memory(aws: LocalAws, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="events/a", Body=bytes(64 << 20))
    # In a process of its own: the emulator, in this one, holds the object.
    answer = subprocess.run([sys.executable, "-c", _READ], capture_output=True, text=True, check=True).stdout
    size, most = map(int, answer.split())
    assert size == 64 << 20
    assert most < 8 << 20


@pytest.mark.parametrize(
    ("place", "code", "says"),
    [
        ("missing@history", 3, "The settings for AWS do not work: The config profile (missing) could not be found."),
        ("@history", 2, "'@history' names no bucket: use BUCKET, s3://BUCKET/PREFIX or PROFILE@BUCKET"),
    ],
)
def test_a_profile_that_is_missing_or_empty_is_an_error(place: str, code: int, says: str, tmp_path: Path) -> None:
    result = command(tmp_path, "find", "a", "--bucket", place)
    assert (result.exit_code, says in result.stderr) == (code, True)


def test_a_bucket_is_read_with_the_profile_before_it(
    aws: LocalAws, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_sends(aws, bucket, 1)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    profiles = tmp_path / "credentials"
    profiles.write_text(f"[archive]\naws_access_key_id = {aws.account_id}\naws_secret_access_key = test\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profiles))
    monkeypatch.setenv("AWS_DEFAULT_REGION", aws.region)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = command(tmp_path, "find", "example", "--bucket", f"archive@s3://{bucket}/", "--json")
    assert [row["message_id"] for row in json.loads(found.stdout)] == ["0000"]
    assert command(tmp_path, "find", "example", "--bucket", bucket).exit_code == 3
