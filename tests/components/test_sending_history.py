"""SendingHistory, by the requests it sends to the engine."""

import json
from collections import Counter
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from ses_sending_history import EVENT_TYPES, SendingHistory, SendingHistoryArgs

from tests.recording import ACCOUNT_ID, Recording, record

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/11111111-2222-3333-4444-555555555555"
OLDER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/66666666-7777-8888-9999-000000000000"
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
BUCKET = "mail-archive-0000000"
STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT_ID}:deliverystream/mail-delivery-0000000"
EVERY_ARGUMENT: SendingHistoryArgs = {
    "configuration_sets": ["receipts", "news"],
    "existing_configuration_sets": ["legacy"],
    "identities": ["example.com", "shop@example.org"],
    "event_types": ["SEND", "BOUNCE"],
    "kms_key_arn": KEY,
    "retention_days": 730,
    "archive_after_days": 90,
    "access_log_bucket": "logs-of-example",
    "buffer_seconds": 60,
    "buffer_megabytes": 8,
    "alarms": True,
    "alarm_topic_arns": [f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:mail"],
    "force_destroy": True,
    "previous_kms_key_arns": [OLDER_KEY],
    "protect": True,
    "tls_required": True,
    "tracking_domain": "click.example.com",
    "suppressed_reasons": ["BOUNCE"],
    "reputation_metrics": True,
    "permissions_boundary_arn": BOUNDARY,
    "query": True,
    "athena_results_bucket": "results-of-example",
    "query_scan_limit_gb": 10,
    "tags": {"team": "mail"},
}


PLURAL = {"publishers", "identities"}


def history(args: SendingHistoryArgs | None = None, **options: Any) -> Recording:
    return record(lambda: SendingHistory("mail", args or {}), **options)


def test_without_queries_every_resource_is_registered_with_exactly_these_inputs() -> None:
    recorded = history({"query": False})

    bucket = {"bucket": BUCKET}
    policies = {
        key: inputs.pop(name)
        for key, inputs in recorded.inputs().items()
        for name in ("policy", "assumeRolePolicy")
        if name in inputs
    }
    assert recorded.inputs() == {
        ("Bucket", "mail-archive"): {"forceDestroy": False, "tags": {}},
        ("BucketPublicAccessBlock", "mail-archive"): bucket
        | {
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        ("BucketOwnershipControls", "mail-archive"): bucket | {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        ("BucketServerSideEncryptionConfiguration", "mail-archive"): bucket
        | {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        ("BucketVersioning", "mail-archive"): bucket | {"versioningConfiguration": {"status": "Enabled"}},
        ("BucketPolicy", "mail-archive"): bucket,
        ("BucketLifecycleConfiguration", "mail-archive"): bucket
        | {
            "rules": [
                {
                    "id": "retention",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                    "expiration": {"days": 365},
                    "noncurrentVersionExpiration": {"noncurrentDays": 30},
                }
            ]
        },
        ("LogGroup", "mail-delivery"): {"retentionInDays": 365, "tags": {}},
        ("LogStream", "mail-delivery"): {"logGroupName": "mail-delivery-0000000"},
        ("Role", "mail-delivery"): {
            "description": "Lets Amazon Data Firehose write SES sending history to its bucket",
            "tags": {},
        },
        ("RolePolicy", "mail-delivery"): {"role": "mail-delivery-0000000"},
        ("FirehoseDeliveryStream", "mail-delivery"): {
            "destination": "extended_s3",
            "extendedS3Configuration": {
                "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/mail-delivery-0000000",
                "bucketArn": f"arn:aws:s3:::{BUCKET}",
                "prefix": "events/day=!{timestamp:yyyy-MM-dd}/",
                "errorOutputPrefix": "error/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/",
                "compressionFormat": "GZIP",
                "bufferingInterval": 300,
                "bufferingSize": 64,
                "cloudwatchLoggingOptions": {
                    "enabled": True,
                    "logGroupName": "mail-delivery-0000000",
                    "logStreamName": "mail-delivery-0000000",
                },
            },
            "serverSideEncryption": {"enabled": True, "keyType": "AWS_OWNED_CMK"},
            "tags": {},
        },
        ("ConfigurationSet", "mail-mail"): {
            "configurationSetName": "mail",
            "reputationOptions": {"reputationMetricsEnabled": False},
            "tags": {},
        },
        ("Role", "mail-mail"): {
            "namePrefix": "mail-mail-",
            "description": "Lets Amazon SES publish the events of a configuration set to a delivery stream",
            "tags": {},
        },
        ("RolePolicy", "mail-mail"): {"role": "mail-mail-0000000"},
        ("ConfigurationSetEventDestination", "mail-mail"): {
            "configurationSetName": "mail",
            "eventDestinationName": "mail-mail",
            "eventDestination": {
                "enabled": True,
                "matchingEventTypes": list(EVENT_TYPES),
                "kinesisFirehoseDestination": {
                    "deliveryStreamArn": STREAM,
                    "iamRoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/mail-mail-0000000",
                },
            },
        },
    }
    assert set(policies) == {
        ("BucketPolicy", "mail-archive"),
        ("Role", "mail-delivery"),
        ("RolePolicy", "mail-delivery"),
        ("Role", "mail-mail"),
        ("RolePolicy", "mail-mail"),
    }


def test_the_policies_are_exactly_these_documents() -> None:
    inputs = history({"kms_key_arn": KEY}).inputs()

    def policy(token: str, name: str, of: str = "policy") -> Any:
        return json.loads(inputs[token, name][of])["Statement"]

    assert policy("Role", "mail-mail", "assumeRolePolicy") == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ses.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {
                    "aws:SourceAccount": ACCOUNT_ID,
                    "aws:SourceArn": f"arn:aws:ses:us-east-1:{ACCOUNT_ID}:configuration-set/mail",
                }
            },
        }
    ]
    assert policy("RolePolicy", "mail-mail") == [
        {"Effect": "Allow", "Action": "firehose:PutRecordBatch", "Resource": STREAM}
    ]
    assert policy("Role", "mail-delivery", "assumeRolePolicy") == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "firehose.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": ACCOUNT_ID}},
        }
    ]
    bucket = f"arn:aws:s3:::{BUCKET}"
    log_stream = "log-group:mail-delivery-0000000:log-stream:mail-delivery-0000000"
    without_key = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": bucket,
        },
        {
            "Effect": "Allow",
            "Action": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            "Resource": [f"{bucket}/events/*", f"{bucket}/error/*"],
        },
        {
            "Effect": "Allow",
            "Action": "logs:PutLogEvents",
            "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:{log_stream}",
        },
    ]
    assert policy("RolePolicy", "mail-delivery") == [
        *without_key,
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": [KEY],
            "Condition": {
                "StringEquals": {"kms:ViaService": ["s3.us-east-1.amazonaws.com"]},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/events/*", f"{bucket}/error/*"]},
            },
        },
    ]
    assert policy("BucketPolicy", "mail-archive") == [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, f"{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
    keyless = history().inputs()["RolePolicy", "mail-delivery"]["policy"]
    assert json.loads(keyless) == {"Version": "2012-10-17", "Statement": without_key}


def test_every_document_is_of_the_current_version_of_the_policy_language() -> None:
    recorded = history(EVERY_ARGUMENT)
    outputs = recorded.component_outputs[recorded.one("SendingHistory").urn]
    given = [r.inputs[name] for r in recorded.resources for name in ("policy", "assumeRolePolicy") if name in r.inputs]

    assert len(given) == 1 + 2 * 4
    of_outputs = [outputs[name] for name in outputs if name.endswith("_policy_json")]
    assert len(of_outputs) == 3
    for document in [*given, *of_outputs]:
        assert json.loads(document).keys() == {"Version", "Statement"}
        assert json.loads(document)["Version"] == "2012-10-17"


def test_a_key_encrypts_the_bucket_the_objects_and_the_stream() -> None:
    inputs = history({"kms_key_arn": KEY}).inputs()

    assert inputs["BucketServerSideEncryptionConfiguration", "mail-archive"]["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
            "bucketKeyEnabled": True,
        }
    ]
    stream = inputs["FirehoseDeliveryStream", "mail-delivery"]
    assert stream["extendedS3Configuration"]["kmsKeyArn"] == KEY
    assert stream["serverSideEncryption"] == {"enabled": True, "keyType": "CUSTOMER_MANAGED_CMK", "keyArn": KEY}


def test_every_set_gets_its_own_role_and_only_new_sets_are_created() -> None:
    recorded = history(EVERY_ARGUMENT)

    assert {r.inputs["configurationSetName"] for r in recorded.all("ConfigurationSet")} == {"receipts", "news"}
    destinations = {
        r.inputs["configurationSetName"]: r.inputs["eventDestination"]["kinesisFirehoseDestination"]["iamRoleArn"]
        for r in recorded.all("ConfigurationSetEventDestination")
    }
    assert destinations == {
        name: f"arn:aws:iam::{ACCOUNT_ID}:role/mail-{name}-0000000" for name in ("receipts", "news", "legacy")
    }
    for name in destinations:
        trust = json.loads(recorded.inputs()["Role", f"mail-{name}"]["assumeRolePolicy"])
        assert trust["Statement"][0]["Condition"]["StringEquals"]["aws:SourceArn"].endswith(f"configuration-set/{name}")


def test_the_default_set_of_an_identity_is_the_first() -> None:
    identities = {r.inputs["emailIdentity"]: r.inputs for r in history(EVERY_ARGUMENT).all("EmailIdentity")}

    assert {name: inputs["configurationSetName"] for name, inputs in identities.items()} == {
        "example.com": "receipts",
        "shop@example.org": "receipts",
    }
    only_existing = history(
        {"configuration_sets": [], "existing_configuration_sets": ["legacy"], "identities": ["example.com"]}
    )
    assert only_existing.one("EmailIdentity").inputs["configurationSetName"] == "legacy"
    assert only_existing.all("ConfigurationSet") == []


def test_an_existing_bucket_is_written_to_and_left_as_it_is() -> None:
    recorded = history({"bucket": "existing-bucket"})

    assert not any(r.type.startswith("aws:s3/") for r in recorded.resources)
    stream = recorded.one("FirehoseDeliveryStream").inputs
    assert stream["extendedS3Configuration"]["bucketArn"] == "arn:aws:s3:::existing-bucket"
    permissions = json.loads(recorded.inputs()["RolePolicy", "mail-delivery"]["policy"])["Statement"]
    assert permissions[1]["Action"] == ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"]
    assert "arn:aws:s3:::existing-bucket/events/*" in recorded.inputs()["RolePolicy", "mail-delivery"]["policy"]


def test_retention_zero_keeps_everything_and_archiving_keeps_it_readable() -> None:
    def rule(args: SendingHistoryArgs) -> dict[str, Any]:
        (rule,) = history({**args, "query": False}).one("BucketLifecycleConfiguration").inputs["rules"]
        return rule

    assert "expiration" not in rule({"retention_days": 0})
    assert rule({"retention_days": 0})["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert rule({"retention_days": 0, "archive_after_days": 90})["transitions"] == [
        {"days": 90, "storageClass": "GLACIER_IR"}
    ]
    assert rule({"retention_days": 7})["noncurrentVersionExpiration"] == {"noncurrentDays": 7}


def test_every_resource_is_a_child_of_its_component() -> None:
    recorded = history(EVERY_ARGUMENT)
    component = recorded.one("SendingHistory")
    publishers = {publisher.name: publisher.urn for publisher in recorded.all("EventPublisher")}

    assert component.parent.endswith("pulumi:pulumi:Stack::test-test")
    assert publishers.keys() == {"mail-receipts", "mail-news", "mail-legacy"}
    for resource in recorded.resources:
        if resource is not component:
            own = publishers.get(resource.name) if resource.type.startswith("aws:") else None
            assert resource.parent == (own or component.urn), resource.urn


def test_what_uses_a_role_waits_for_the_policy_of_the_role() -> None:
    recorded = history(EVERY_ARGUMENT)
    policies = {policy.name: policy.urn for policy in recorded.all("RolePolicy")}

    waiting = [*recorded.all("ConfigurationSetEventDestination"), recorded.one("FirehoseDeliveryStream")]
    assert len(waiting) == 4
    for resource in waiting:
        assert policies[resource.name] in resource.dependencies, resource.urn


def test_no_urn_is_registered_twice() -> None:
    recorded = history(EVERY_ARGUMENT | {"configuration_sets": [f"set-{n}" for n in range(50)]})

    assert len(recorded.all("ConfigurationSet")) == 50
    assert [urn for urn, times in Counter(r.urn for r in recorded.resources).items() if times > 1] == []


def test_every_declared_output_is_set() -> None:
    recorded = history(EVERY_ARGUMENT)

    outputs = recorded.component_outputs[recorded.one("SendingHistory").urn]
    assert outputs.keys() == SendingHistory.__annotations__.keys()
    assert outputs == {
        "bucket_name": BUCKET,
        "bucket_arn": f"arn:aws:s3:::{BUCKET}",
        "events_prefix": "events/",
        "errors_prefix": "error/",
        "delivery_stream_name": "mail-delivery-0000000",
        "delivery_stream_arn": STREAM,
        "delivery_role_arn": f"arn:aws:iam::{ACCOUNT_ID}:role/mail-delivery-0000000",
        "configuration_set_names": ["receipts", "news", "legacy"],
        "configuration_set_arns": [
            f"arn:aws:ses:us-east-1:{ACCOUNT_ID}:configuration-set/{name}" for name in ("receipts", "news", "legacy")
        ],
        "dkim_records": {
            f"{token}._domainkey.example.com": f"{token}.dkim.amazonses.com" for token in ("one", "two", "three")
        },
        "publisher_role_arns": [
            f"arn:aws:iam::{ACCOUNT_ID}:role/mail-{name}-0000000" for name in ("receipts", "news", "legacy")
        ],
        "reader_policy_json": outputs["reader_policy_json"],
        "doctor_policy_json": outputs["doctor_policy_json"],
        "database_name": "mail",
        "table_name": "history",
        "workgroup_name": "mail",
        "athena_reader_policy_json": outputs["athena_reader_policy_json"],
    }


def test_the_policy_of_a_reader_is_exactly_this_document() -> None:
    recorded = history({"kms_key_arn": KEY, "previous_kms_key_arns": [OLDER_KEY]})
    outputs = recorded.component_outputs[recorded.one("SendingHistory").urn]

    bucket = f"arn:aws:s3:::{BUCKET}"
    assert json.loads(outputs["reader_policy_json"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": ["events/*", "error/*"]}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [f"{bucket}/events/*", f"{bucket}/error/*"]},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [KEY, OLDER_KEY],
            "Condition": {
                "StringEquals": {"kms:ViaService": ["s3.us-east-1.amazonaws.com"]},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/events/*", f"{bucket}/error/*"]},
            },
        },
    ]


def test_every_taggable_child_is_tagged() -> None:
    recorded = history(EVERY_ARGUMENT)

    def is_taggable(token: str) -> bool:
        module, _, name = token.removeprefix("aws:").partition("/")
        return hasattr(getattr(getattr(aws, module), name.partition(":")[2]), "tags")

    tagged = {r.type for r in recorded.resources if r.tags == {"team": "mail"}}
    assert tagged == {r.type for r in recorded.resources if r.type.startswith("aws:") and is_taggable(r.type)}
    assert len(tagged) == 9


def test_the_provider_of_the_caller_serves_every_child_and_every_question() -> None:
    def program() -> None:
        elsewhere = aws.Provider("elsewhere", region="eu-west-1")
        SendingHistory("mail", EVERY_ARGUMENT, pulumi.ResourceOptions(provider=elsewhere))

    recorded = record(program)
    children = [r for r in recorded.resources if r.type.startswith("aws:")]
    providers = {r.provider for r in children}
    assert len(children) > 20
    assert len(providers) == 1
    assert providers.pop().startswith(recorded.one("aws").urn)
    assert set(recorded.invoke_providers) == {children[0].provider}


@pytest.mark.parametrize(
    ("partition", "region"), [("aws", "eu-west-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
)
def test_every_arn_is_of_the_partition_and_region_in_use(partition: str, region: str) -> None:
    without_arns: Any = {name: value for name, value in EVERY_ARGUMENT.items() if "arn" not in name}
    existing: SendingHistoryArgs = {"bucket": "existing-bucket"}
    recordings = [history(args, partition=partition, region=region) for args in (without_arns, existing)]

    for recorded in recordings:
        text = json.dumps(list(recorded.inputs().values()))
        assert text.count("arn:") == text.count(f"arn:{partition}:") >= 10
        assert f"arn:{partition}:ses:{region}:{ACCOUNT_ID}:configuration-set/" in text


@pytest.mark.parametrize(
    ("partition", "region", "services"),
    [
        ("aws", "eu-west-1", ["s3.eu-west-1.amazonaws.com"]),
        ("aws-cn", "cn-north-1", ["s3.cn-north-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn"]),
        ("aws-us-gov", "us-gov-west-1", ["s3.us-gov-west-1.amazonaws.com"]),
    ],
)
def test_a_key_is_used_through_s3_of_the_region_in_use_alone(partition: str, region: str, services: list[str]) -> None:
    key = f"arn:{partition}:kms:{region}:{ACCOUNT_ID}:key/1234abcd"
    recorded = history({"kms_key_arn": key}, partition=partition, region=region)

    outputs = recorded.component_outputs[recorded.one("SendingHistory").urn]
    for document in (recorded.inputs()["RolePolicy", "mail-delivery"]["policy"], outputs["reader_policy_json"]):
        (statement,) = (s for s in json.loads(document)["Statement"] if "kms:Decrypt" in s["Action"])
        assert statement["Resource"] == [key]
        assert statement["Condition"]["StringEquals"] == {"kms:ViaService": services}
        assert (
            f"arn:{partition}:s3:::{BUCKET}/events/*"
            in (statement["Condition"]["StringLike"]["kms:EncryptionContext:aws:s3:arn"])
        )


CHANGES: dict[str, tuple[Any, set[tuple[str, str]]]] = {
    "configuration_sets": (
        ["mail", "news"],
        {(token, "mail-news") for token in ("ConfigurationSet", "Role", "RolePolicy")}
        | {("ConfigurationSetEventDestination", "mail-news")},
    ),
    "existing_configuration_sets": (
        ["legacy"],
        {(token, "mail-legacy") for token in ("Role", "RolePolicy", "ConfigurationSetEventDestination")},
    ),
    "identities": (["example.com"], {("EmailIdentity", "mail-example.com")}),
    "event_types": (["BOUNCE"], {("ConfigurationSetEventDestination", "mail-mail")}),
    "kms_key_arn": (
        KEY,
        {
            ("BucketServerSideEncryptionConfiguration", "mail-archive"),
            ("FirehoseDeliveryStream", "mail-delivery"),
            ("RolePolicy", "mail-delivery"),
            ("Workgroup", "mail-catalog"),
        },
    ),
    "retention_days": (
        30,
        {("BucketLifecycleConfiguration", "mail-archive")}
        | {("CatalogTable", f"mail-catalog-{table}") for table in ("lines", "undelivered")},
    ),
    "archive_after_days": (30, {("BucketLifecycleConfiguration", "mail-archive")}),
    "access_log_bucket": ("logs-of-example", {("BucketLogging", "mail-archive")}),
    "buffer_seconds": (0, {("FirehoseDeliveryStream", "mail-delivery")}),
    "buffer_megabytes": (1, {("FirehoseDeliveryStream", "mail-delivery")}),
    "alarms": (
        True,
        {("Dashboard", "mail-alarms")}
        | {
            ("MetricAlarm", f"mail-alarms-{name}")
            for name in ("late", "failed", "throttled", "silence", "bounces", "complaints")
        },
    ),
    "force_destroy": (True, {("Bucket", "mail-archive")}),
    "previous_kms_key_arns": ([OLDER_KEY], set()),
    "protect": (True, set()),
    "tls_required": (True, {("ConfigurationSet", "mail-mail")}),
    "tracking_domain": ("click.example.com", {("ConfigurationSet", "mail-mail")}),
    "suppressed_reasons": (["BOUNCE", "COMPLAINT"], {("ConfigurationSet", "mail-mail")}),
    "reputation_metrics": (True, {("ConfigurationSet", "mail-mail")}),
    "permissions_boundary_arn": (BOUNDARY, {("Role", "mail-delivery"), ("Role", "mail-mail")}),
    "athena_results_bucket": (
        "results-of-example",
        {("BucketLifecycleConfiguration", "mail-archive"), ("Workgroup", "mail-catalog")},
    ),
    "query_scan_limit_gb": (10, {("Workgroup", "mail-catalog")}),
    "tags": (
        {"team": "mail"},
        {
            ("Bucket", "mail-archive"),
            ("CatalogDatabase", "mail-catalog"),
            ("ConfigurationSet", "mail-mail"),
            ("FirehoseDeliveryStream", "mail-delivery"),
            ("LogGroup", "mail-delivery"),
            ("Role", "mail-delivery"),
            ("Role", "mail-mail"),
            ("Workgroup", "mail-catalog"),
        },
    ),
}


def test_there_is_a_change_of_every_argument_that_stands_alone_or_adds_something() -> None:
    assert CHANGES.keys() == SendingHistoryArgs.__annotations__.keys() - {"bucket", "alarm_topic_arns", "query"}


@pytest.mark.parametrize("argument", CHANGES)
def test_a_change_of_one_argument_changes_only_what_it_should(argument: str) -> None:
    value, expected = CHANGES[argument]
    args: Any = {argument: value}
    before, after = history().inputs(), history(args).inputs()

    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed == expected
    assert before.keys() <= after.keys()
    replaced_by = {"bucket", "bucketPrefix", "name", "namePrefix"}
    for kept in (("Bucket", "mail-archive"), ("FirehoseDeliveryStream", "mail-delivery")):
        assert not replaced_by & after[kept].keys()


def test_arguments_may_be_outputs_of_other_resources() -> None:
    def program() -> None:
        key = aws.kms.Key("key")
        elsewhere = aws.s3.Bucket("elsewhere")
        SendingHistory("mail", {"bucket": elsewhere.bucket, "kms_key_arn": pulumi.Output.from_input(KEY), "tags": {}})
        SendingHistory("logged", {"access_log_bucket": elsewhere.bucket, "tags": {"key": key.id}})

    inputs = record(program).inputs()
    stream = inputs["FirehoseDeliveryStream", "mail-delivery"]["extendedS3Configuration"]
    assert (stream["bucketArn"], stream["kmsKeyArn"]) == ("arn:aws:s3:::elsewhere-0000000", KEY)
    assert inputs["BucketLogging", "logged-archive"] == {
        "bucket": "logged-archive-0000000",
        "targetBucket": "elsewhere-0000000",
        "targetPrefix": "logged-archive-0000000/",
    }
    assert inputs["Bucket", "logged-archive"]["tags"] == {"key": "key-id"}


def test_what_names_a_configuration_set_waits_until_its_events_are_published() -> None:
    recorded = history(EVERY_ARGUMENT)
    sets = {created.inputs["configurationSetName"]: created.urn for created in recorded.all("ConfigurationSet")}
    destinations = {
        made.inputs["configurationSetName"]: made for made in recorded.all("ConfigurationSetEventDestination")
    }

    assert destinations.keys() == {"receipts", "news", "legacy"}
    for name, destination in destinations.items():
        assert name == "legacy" or sets[name] in destination.dependencies
    assert len(recorded.all("EmailIdentity")) == 2
    for identity in recorded.all("EmailIdentity"):
        assert destinations["receipts"].urn in identity.property_dependencies["configurationSetName"]


def test_fifty_sets_wait_for_the_stream_and_not_for_each_other() -> None:
    def longest_chain(recorded: Recording) -> int:
        dependencies = {resource.urn: resource.dependencies for resource in recorded.resources}

        def length(urn: str) -> int:
            return 1 + max((length(dependency) for dependency in dependencies[urn]), default=0)

        return max(length(urn) for urn in dependencies)

    fifty: SendingHistoryArgs = {"configuration_sets": [f"set-{n}" for n in range(50)]}
    assert longest_chain(history(fifty)) == longest_chain(history()) == 6


def test_of_the_options_of_the_caller_children_inherit_protection_and_nothing_else() -> None:
    def program() -> None:
        first = aws.sns.Topic("first")
        SendingHistory(
            "mail",
            EVERY_ARGUMENT,
            pulumi.ResourceOptions(
                protect=True, retain_on_delete=True, aliases=[pulumi.Alias(name="old")], depends_on=[first]
            ),
        )

    recorded = record(program)
    (topic,) = recorded.all("Topic")
    for resource in recorded.resources:
        if resource.type.startswith("aws:") and resource is not topic:
            assert (resource.protect, resource.retain_on_delete) == (True, True), resource.urn
            assert topic.urn not in resource.dependencies, resource.urn


def test_a_destroy_keeps_what_mail_and_history_depend_on_unless_it_is_forced() -> None:
    def kept(args: SendingHistoryArgs) -> set[tuple[str, str]]:
        recorded = history({**args, "configuration_sets": ["news"], "identities": ["example.com"]})
        return {(r.type.rpartition(":")[2], r.name) for r in recorded.resources if r.retain_on_delete}

    assert kept({}) == {
        ("Bucket", "mail-archive"),
        ("ConfigurationSet", "mail-news"),
        ("EmailIdentity", "mail-example.com"),
    }
    assert kept({"bucket": "existing-bucket"}) == {
        ("ConfigurationSet", "mail-news"),
        ("EmailIdentity", "mail-example.com"),
    }
    assert kept({"force_destroy": True}) == kept({"force_destroy": True, "bucket": "existing-bucket"}) == set()


def test_every_setting_of_the_bucket_is_deleted_with_it() -> None:
    recorded = history(EVERY_ARGUMENT)
    bucket = recorded.one("Bucket")

    settings = [r for r in recorded.resources if r.type.startswith("aws:s3/") and r is not bucket]
    assert len(settings) == 7
    assert {setting.deleted_with for setting in settings} == {bucket.urn}


def test_protection_is_of_the_bucket_and_its_settings_alone() -> None:
    recorded = history(EVERY_ARGUMENT)

    # Logs of access can be taken out again.
    protected = {r.urn for r in recorded.resources if r.protect}
    settings = {r.urn for r in recorded.resources if r.type.startswith("aws:s3/")}
    assert protected == settings - {recorded.one("BucketLogging").urn}
    assert len(protected) == 7
    assert not any(r.protect for r in history().resources)


def test_the_options_of_created_sets_are_those_that_are_asked_for() -> None:
    recorded = history(EVERY_ARGUMENT)

    assert len(recorded.all("ConfigurationSet")) == 2
    for configuration_set in recorded.all("ConfigurationSet"):
        assert configuration_set.inputs == {
            "configurationSetName": configuration_set.name.removeprefix("mail-"),
            "deliveryOptions": {"tlsPolicy": "REQUIRE"},
            "trackingOptions": {"customRedirectDomain": "click.example.com", "httpsPolicy": "REQUIRE"},
            "suppressionOptions": {"suppressedReasons": ["BOUNCE"]},
            "reputationOptions": {"reputationMetricsEnabled": True},
            "tags": {"team": "mail"},
        }
    nobody = history({"suppressed_reasons": []}).one("ConfigurationSet").inputs
    assert nobody["suppressionOptions"] == {"suppressedReasons": []}


def test_a_history_for_publishers_elsewhere_has_a_bucket_and_a_stream_and_no_set() -> None:
    recorded = history({"configuration_sets": []})

    assert not any(r.type.startswith("aws:sesv2/") for r in recorded.resources)
    outputs = recorded.component_outputs[recorded.one("SendingHistory").urn]
    assert (outputs["configuration_set_names"], outputs["dkim_records"]) == ([], {})
    assert outputs["delivery_stream_arn"] == STREAM


def test_the_children_are_properties() -> None:
    def program() -> None:
        history = SendingHistory("mail", {**EVERY_ARGUMENT, "configuration_sets": ["receipts"]})
        assert history.bucket
        pulumi.export("bucket", history.bucket.urn)
        pulumi.export("stream", history.delivery_stream.urn)
        pulumi.export("publishers", [publisher.urn for publisher in history.publishers])
        pulumi.export("identities", [identity.urn for identity in history.identities])
        pulumi.export("none", SendingHistory("other", {"bucket": "existing-bucket"}).bucket)

    recorded = record(program)
    names = {
        name: [urn.rpartition("::")[2] for urn in urns] for name, urns in recorded.exports.items() if name in PLURAL
    }
    assert names == {
        "publishers": ["mail-receipts", "mail-legacy"],
        "identities": ["mail-example.com", "mail-shop@example.org"],
    }
    assert recorded.exports["bucket"].endswith("$aws:s3/bucket:Bucket::mail-archive")
    assert recorded.exports["stream"].endswith("FirehoseDeliveryStream::mail-delivery")
    assert recorded.exports["none"] is None


def test_alarms_watch_deliveries_and_reputation_and_tell_the_topics() -> None:
    recorded = history(EVERY_ARGUMENT)
    alarms = {alarm.name.removeprefix("mail-alarms-"): alarm.inputs for alarm in recorded.all("MetricAlarm")}
    topics = EVERY_ARGUMENT["alarm_topic_arns"]
    described = {name: alarm.pop("alarmDescription") for name, alarm in alarms.items()}

    def alarm(namespace: str, metric: str, dimensions: dict[str, str], *watch: Any) -> dict[str, Any]:
        statistic, period, comparison, threshold, missing = watch
        return {
            "namespace": namespace,
            "metricName": metric,
            "dimensions": dimensions,
            "statistic": statistic,
            "period": period,
            "evaluationPeriods": 1,
            "comparisonOperator": comparison,
            "threshold": threshold,
            "treatMissingData": missing,
            "alarmActions": topics,
            "okActions": topics,
            "tags": {"team": "mail"},
        }

    stream = {"DeliveryStreamName": "mail-delivery-0000000"}
    above, none = "GreaterThanThreshold", "notBreaching"
    reached = ("GreaterThanOrEqualToThreshold",)
    assert alarms == {
        "late": alarm("AWS/Firehose", "DeliveryToS3.DataFreshness", stream, "Maximum", 300, above, 660, none),
        "failed": alarm("AWS/Firehose", "DeliveryToS3.Success", stream, "Average", 300, "LessThanThreshold", 1, none),
        "throttled": alarm("AWS/Firehose", "ThrottledRecords", stream, "Sum", 300, above, 0, none),
        "bounces": alarm("AWS/SES", "Reputation.BounceRate", {}, "Average", 3600, *reached, 0.05, "ignore"),
        "complaints": alarm("AWS/SES", "Reputation.ComplaintRate", {}, "Average", 3600, *reached, 0.001, "ignore"),
        "silence": {
            "metricQueries": [
                {
                    "id": "send",
                    "metric": {
                        "namespace": "AWS/SES",
                        "metricName": "Send",
                        "dimensions": {},
                        "stat": "Sum",
                        "period": 900,
                    },
                    "returnData": False,
                },
                {
                    "id": "incomingrecords",
                    "metric": {
                        "namespace": "AWS/Firehose",
                        "metricName": "IncomingRecords",
                        "dimensions": stream,
                        "stat": "Sum",
                        "period": 900,
                    },
                    "returnData": False,
                },
                {
                    "id": "silence",
                    "label": "SES sends, and nothing arrives",
                    "expression": "IF(FILL(send, 0) > 0 AND FILL(incomingrecords, 0) == 0, 1, 0)",
                    "returnData": True,
                },
            ],
            "evaluationPeriods": 2,
            "comparisonOperator": "GreaterThanOrEqualToThreshold",
            "threshold": 1,
            "treatMissingData": "notBreaching",
            "alarmActions": topics,
            "okActions": topics,
            "tags": {"team": "mail"},
        },
    }
    assert all(described.values())


def test_silence_is_watched_only_where_every_message_has_an_event() -> None:
    names = {alarm.name for alarm in history({"alarms": True, "event_types": ["BOUNCE"]}).all("MetricAlarm")}

    assert names == {f"mail-alarms-{name}" for name in ("late", "failed", "throttled", "bounces", "complaints")}


@pytest.mark.parametrize(
    ("region", "zone"),
    [
        ("us-east-1", "dkim.amazonses.com"),
        ("eu-west-1", "dkim.amazonses.com"),
        ("eu-south-1", "dkim.eu-south-1.amazonses.com"),
        ("af-south-1", "dkim.af-south-1.amazonses.com"),
    ],
)
def test_dkim_records_end_in_the_domain_of_the_region(region: str, zone: str) -> None:
    recorded = history({"identities": ["example.com"]}, region=region)

    outputs = recorded.component_outputs[recorded.one("SendingHistory").urn]
    assert outputs["dkim_records"]["one._domainkey.example.com"] == f"one.{zone}"


def test_a_reader_decrypts_with_keys_that_are_used_no_more() -> None:
    recorded = history({"previous_kms_key_arns": [KEY]})

    outputs = recorded.component_outputs[recorded.one("SendingHistory").urn]
    (statement,) = (s for s in json.loads(outputs["reader_policy_json"])["Statement"] if "kms:Decrypt" in s["Action"])
    assert statement["Resource"] == [KEY]


def test_the_doctor_may_look_at_the_key_and_at_the_roles_of_this_history_alone() -> None:
    recorded = history({"kms_key_arn": KEY, "configuration_sets": ["news"]})
    outputs = recorded.component_outputs[recorded.one("SendingHistory").urn]
    statements = json.loads(outputs["doctor_policy_json"])["Statement"]
    on = {str(statement["Action"]): statement["Resource"] for statement in statements}

    roles = [f"arn:aws:iam::{ACCOUNT_ID}:role/mail-{name}-0000000" for name in ("news", "delivery")]
    assert on["kms:DescribeKey"] == KEY
    assert on["['iam:GetRole', 'iam:SimulatePrincipalPolicy']"] == roles
    assert on["['kms:Decrypt']"] == [KEY]


def test_the_dashboard_shows_mail_reputation_and_freshness() -> None:
    dashboard = history(EVERY_ARGUMENT).one("Dashboard").inputs
    widgets = json.loads(dashboard["dashboardBody"])["widgets"]

    assert dashboard["dashboardName"] == "mail-alarms-us-east-1"
    stream = ["DeliveryStreamName", "mail-delivery-0000000"]
    shown = [(w["x"], w["y"], w["properties"]["stat"], w["properties"]["metrics"]) for w in widgets]
    assert shown == [
        (0, 0, "Sum", [["AWS/SES", "Send"], ["AWS/SES", "Delivery"]]),
        (12, 0, "Sum", [["AWS/SES", "Bounce"], ["AWS/SES", "Complaint"]]),
        (0, 6, "Average", [["AWS/SES", "Reputation.BounceRate"], ["AWS/SES", "Reputation.ComplaintRate"]]),
        (12, 6, "Maximum", [["AWS/Firehose", "DeliveryToS3.DataFreshness", *stream]]),
    ]
    assert {w["properties"]["region"] for w in widgets} == {"us-east-1"}
    assert {w["properties"]["period"] for w in widgets} == {300}


def test_the_dashboard_is_of_the_region_in_use() -> None:
    dashboard = history({"alarms": True}, region="eu-west-1").one("Dashboard").inputs

    assert dashboard["dashboardName"] == "mail-alarms-eu-west-1"
    widgets = json.loads(dashboard["dashboardBody"])["widgets"]
    assert {w["properties"]["region"] for w in widgets} == {"eu-west-1"}


def test_none_stands_for_an_argument_left_out() -> None:
    nothing: Any = dict.fromkeys(SendingHistoryArgs.__annotations__)

    assert history(nothing).inputs() == record(lambda: SendingHistory("mail")).inputs() == history().inputs()
