"""The environments deployed to AWS on this machine: created, used by readers, and destroyed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import PROGRAM, Stack, deploy, destroy, stack_config
from localaws.ses import publish
from tests.localaws.support import SEND, default_set, everything, user


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_each_environment_deploys_and_destroying_it_leaves_what_mail_and_history_depend_on(
    aws: LocalAws, name: str
) -> None:
    stack = Stack()
    deploy(aws, stack, name=name)
    assert len(stack.resources) == {"dev": 31, "prod": 42}[name]
    assert len(everything(aws)) == {"dev": 9, "prod": 18}[name]

    destroy(aws, stack)

    # The bucket, both sets and the identity of prod; dev says forceDestroy.
    assert len(everything(aws)) == {"dev": 0, "prod": 4}[name]
    assert stack.resources == []


def test_a_bucket_with_history_is_deleted_by_force_only_and_stays_closed_otherwise(aws: LocalAws) -> None:
    dev, prod = Stack(), Stack()
    deploy(aws, dev, name="dev")
    deploy(aws, prod, name="prod")
    publish(aws, [SEND], configuration_set="dev-mail")
    publish(aws, [SEND], configuration_set="newsletter")

    destroy(aws, dev)
    destroy(aws, prod)
    assert [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]] == [prod.outputs["bucket_name"]]

    s3, bucket = aws.client("s3"), {"Bucket": prod.outputs["bucket_name"]}
    assert len(history.keys(aws, bucket["Bucket"])) == 1
    assert all(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values())
    assert "aws:SecureTransport" in s3.get_bucket_policy(**bucket)["Policy"]
    assert s3.get_bucket_lifecycle_configuration(**bucket)["Rules"][0]["Expiration"] == {"Days": 730}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"


def test_the_program_sets_the_default_of_existing_identities(aws: LocalAws, tmp_path: Any) -> None:
    aws.client("sesv2").create_email_identity(EmailIdentity="example.org")
    config = stack_config(PROGRAM, "dev") | {"ses-sending-history:existingIdentities": '["example.org"]'}
    for name in ("Pulumi.yaml", "__main__.py"):
        (tmp_path / name).write_text((PROGRAM / name).read_text())
    (tmp_path / "Pulumi.test.yaml").write_text(json.dumps({"config": config}))

    stack = Stack()
    deploy(aws, stack, name="test", folder=tmp_path)
    assert default_set(aws) == "dev-mail"

    destroy(aws, stack)
    assert default_set(aws) is None


def test_a_reader_lists_and_gets_events_and_what_failed_and_can_do_nothing_else(aws: LocalAws, dev: Stack) -> None:
    publish(aws, [SEND], configuration_set="dev-mail")
    bucket = dev.outputs["bucket_name"]
    (key,) = history.keys(aws, bucket, "events/")
    aws.client("s3").put_object(Bucket=bucket, Key="error/failed", Body=b"raw")
    aws.client("s3").put_object(Bucket=bucket, Key="other/secret", Body=b"raw")
    access_key = user(aws, dev.outputs["reader_policy_json"])
    s3 = aws.client_of("s3", access_key)

    assert s3.list_objects_v2(Bucket=bucket, Prefix="events/")["KeyCount"] == 1
    assert s3.list_objects_v2(Bucket=bucket, Prefix="events/day=")["KeyCount"] == 1
    assert s3.list_objects_v2(Bucket=bucket, Prefix="error/")["KeyCount"] == 1
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert s3.get_object(Bucket=bucket, Key="error/failed")["Body"].read() == b"raw"
    denied: list[Callable[[], object]] = [
        lambda: s3.list_objects_v2(Bucket=bucket),
        lambda: s3.list_objects_v2(Bucket=bucket, Prefix="athena/"),
        lambda: s3.get_object(Bucket=bucket, Key="other/secret"),
        lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"forged"),
        lambda: s3.delete_object(Bucket=bucket, Key=key),
        lambda: s3.get_bucket_policy(Bucket=bucket),
        lambda: s3.list_object_versions(Bucket=bucket, Prefix="events/"),
        s3.list_buckets,
        aws.client_of("firehose", access_key).list_delivery_streams,
        aws.client_of("sesv2", access_key).list_configuration_sets,
        aws.client_of("iam", access_key).list_roles,
    ]
    for attempt in denied:
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client_of("s3", access_key, tls=False).get_object(Bucket=bucket, Key=key)


def test_who_queries_finds_the_tables_and_saved_queries_writes_results_and_changes_nothing(
    aws: LocalAws, dev: Stack
) -> None:
    outputs = dev.outputs
    access_key = user(aws, outputs["athena_reader_policy_json"])
    athena, glue, s3 = (aws.client_of(service, access_key) for service in ("athena", "glue", "s3"))
    workgroup, database = {"WorkGroup": outputs["workgroup_name"]}, {"DatabaseName": outputs["database_name"]}
    bucket = {"Bucket": outputs["bucket_name"]}

    assert glue.get_table(**database, Name=outputs["table_name"])["Table"]["TableType"] == "VIRTUAL_VIEW"
    assert {each["Name"] for each in glue.get_tables(**database)["TableList"]} == {"lines", "undelivered", "history"}
    ids = athena.list_named_queries(**workgroup)["NamedQueryIds"]
    assert len(athena.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]) == 7
    assert athena.get_prepared_statement(**workgroup, StatementName="message")["PreparedStatement"]
    assert athena.get_work_group(**workgroup)["WorkGroup"]["Configuration"]["EnforceWorkGroupConfiguration"]
    s3.put_object(**bucket, Key="athena/result.csv", Body=b"1")
    assert s3.get_object(**bucket, Key="athena/result.csv")["Body"].read() == b"1"
    denied: list[Callable[[], object]] = [
        lambda: athena.delete_work_group(**workgroup),
        lambda: athena.update_work_group(**workgroup, ConfigurationUpdates={"EnforceWorkGroupConfiguration": False}),
        lambda: athena.get_work_group(WorkGroup="primary"),
        lambda: athena.start_query_execution(WorkGroup="primary", QueryString="SELECT 1"),
        lambda: athena.delete_named_query(NamedQueryId=ids[0]),
        lambda: athena.delete_prepared_statement(**workgroup, StatementName="message"),
        lambda: glue.delete_table(**database, Name="lines"),
        lambda: glue.get_tables(DatabaseName="other"),
        lambda: s3.put_object(**bucket, Key="events/forged", Body=b"forged"),
        lambda: s3.delete_object(**bucket, Key="athena/result.csv"),
        lambda: s3.get_object(**bucket, Key="other/secret"),
    ]
    for attempt in denied:
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()


def test_what_was_overwritten_or_deleted_can_be_restored(aws: LocalAws, dev: Stack) -> None:
    publish(aws, [SEND], configuration_set="dev-mail")
    bucket = dev.outputs["bucket_name"]
    (key,) = history.keys(aws, bucket, "events/")
    s3 = aws.client("s3")
    kept = s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    s3.put_object(Bucket=bucket, Key=key, Body=b"overwritten")
    s3.delete_object(Bucket=bucket, Key=key)

    versions = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    bodies = [
        s3.get_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])["Body"].read() for version in versions
    ]
    assert sorted(bodies) == sorted([kept, b"overwritten"])
