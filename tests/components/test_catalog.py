"""The history as a table: what Glue and Athena are told, and the SQL of the package."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from ses_sending_history import SendingHistory, SendingHistoryArgs, catalog
from sqlglot import TokenType
from sqlglot.dialects import Athena

from docs.generate.meanings import values
from localaws.deploy import PROGRAM
from tests.components.test_sending_history import BUCKET, EVERY_ARGUMENT, KEY, OLDER_KEY, history
from tests.recording import ACCOUNT_ID, Recording, record

SQL = PROGRAM / "components" / "ses_sending_history" / "athena"
FILES = sorted(SQL.rglob("*.sql"))
FUNCTIONS = set((Path(__file__).parent / "athena_functions.txt").read_text().partition("\n\n")[2].split())
"""The functions that Athena engine version 3 documents."""

SAVED = {"counts", "failures", "message", "rates", "recipient", "slowest_domains", "undelivered"}
PREPARED = {"message", "recipient"}
QUERY_TYPES = {"CatalogDatabase", "CatalogTable", "Workgroup", "NamedQuery", "PreparedStatement"}
LINES = {
    "columns": [{"name": "line", "type": "string"}],
    "inputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "outputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "serDeInfo": {
        "serializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "parameters": {"serialization.format": "1"},
    },
}
DAYS = {
    "EXTERNAL": "TRUE",
    "projection.enabled": "true",
    "projection.day.type": "date",
    "projection.day.format": "yyyy-MM-dd",
    "projection.day.range": "NOW-365DAYS,NOW",
    "projection.day.interval": "1",
    "projection.day.interval.unit": "DAYS",
}


def of_queries(recorded: Recording) -> dict[tuple[str, str], dict[str, Any]]:
    """The inputs of what only queries need, by type and name."""
    return {key: inputs for key, inputs in recorded.inputs().items() if key[0] in QUERY_TYPES}


def outputs(recorded: Recording) -> dict[str, Any]:
    return recorded.component_outputs[recorded.one("SendingHistory").urn]


def test_the_database_the_tables_the_view_and_the_workgroup_have_exactly_these_inputs() -> None:
    inputs = of_queries(history())

    view = inputs["CatalogTable", "mail-catalog-history"].pop("viewOriginalText")
    assert base64.b64decode(view.removeprefix("/* Presto View: ").removesuffix(" */"), validate=True)
    assert {key: each for key, each in inputs.items() if key[0] not in {"NamedQuery", "PreparedStatement"}} == {
        ("CatalogDatabase", "mail-catalog"): {"name": "mail", "tags": {}},
        ("CatalogTable", "mail-catalog-lines"): {
            "name": "lines",
            "databaseName": "mail",
            "tableType": "EXTERNAL_TABLE",
            "partitionKeys": [{"name": "day", "type": "string"}],
            "storageDescriptor": {**LINES, "location": f"s3://{BUCKET}/events/"},
            "parameters": {**DAYS, "storage.location.template": f"s3://{BUCKET}/events/day=${{day}}/"},
        },
        ("CatalogTable", "mail-catalog-undelivered"): {
            "name": "undelivered",
            "databaseName": "mail",
            "tableType": "EXTERNAL_TABLE",
            "partitionKeys": [{"name": "error_type", "type": "string"}, {"name": "day", "type": "string"}],
            "storageDescriptor": {**LINES, "location": f"s3://{BUCKET}/error/"},
            "parameters": {
                **DAYS,
                "projection.error_type.type": "enum",
                "projection.error_type.values": "processing-failed,format-conversion-failed",
                "storage.location.template": f"s3://{BUCKET}/error/${{error_type}}/day=${{day}}/",
            },
        },
        ("CatalogTable", "mail-catalog-history"): {
            "name": "history",
            "databaseName": "mail",
            "owner": "hadoop",
            "tableType": "VIRTUAL_VIEW",
            "parameters": {"presto_view": "true", "comment": "Presto View"},
            "storageDescriptor": {
                "columns": [{"name": name, "type": hive(kind)} for name, kind in catalog.COLUMNS.items()],
                "serDeInfo": {"name": "-", "serializationLibrary": "-"},
            },
            "viewExpandedText": "/* Presto View */",
        },
        ("Workgroup", "mail-catalog"): {
            "name": "mail",
            "description": "Queries of the SES sending history",
            "configuration": {
                "enforceWorkgroupConfiguration": True,
                "publishCloudwatchMetricsEnabled": True,
                "bytesScannedCutoffPerQuery": 100_000_000_000,
                "resultConfiguration": {
                    "outputLocation": f"s3://{BUCKET}/athena/",
                    "encryptionConfiguration": {"encryptionOption": "SSE_S3"},
                },
            },
            "forceDestroy": True,
            "tags": {},
        },
    }


def hive(kind: str) -> str:
    """A type of Trino as Hive spells it."""
    spelled = kind.replace("varchar", "string").replace("(3)", "").replace("(", "<").replace(")", ">")
    return {"integer": "int"}.get(spelled, spelled)


def test_the_view_is_the_sql_of_the_package_in_its_database_with_every_column_and_type() -> None:
    recorded = record(lambda: SendingHistory("mail-of-shop", {}))

    view = recorded.inputs()["CatalogTable", "mail-of-shop-catalog-history"]["viewOriginalText"]
    definition = json.loads(base64.b64decode(view.removeprefix("/* Presto View: ").removesuffix(" */")))
    assert view.startswith("/* Presto View: ")
    assert view.endswith(" */")
    assert definition == {
        "originalSql": (SQL / "history.sql").read_text(),
        "catalog": "awsdatacatalog",
        "schema": "mail_of_shop",
        "columns": [{"name": name, "type": kind} for name, kind in catalog.COLUMNS.items()],
    }


def test_every_file_is_a_saved_query_and_those_with_parameters_are_prepared_as_well() -> None:
    inputs = of_queries(history())

    named = {key: each for key, each in inputs.items() if key[0] == "NamedQuery"}
    assert {path.stem for path in (SQL / "queries").iterdir()} == SAVED
    assert named == {
        ("NamedQuery", f"mail-catalog-{name}"): {
            "name": name,
            "description": text(name).splitlines()[0].removeprefix("-- "),
            "workgroup": "mail",
            "database": "mail",
            "query": text(name),
        }
        for name in SAVED
    }
    prepared = {key: each for key, each in inputs.items() if key[0] == "PreparedStatement"}
    assert prepared == {
        ("PreparedStatement", f"mail-catalog-{name}"): {
            "name": name,
            "description": text(name).splitlines()[0].removeprefix("-- "),
            "workgroup": "mail",
            "queryStatement": text(name),
        }
        for name in PREPARED
    }


def text(name: str) -> str:
    return (SQL / "queries" / f"{name}.sql").read_text()


@pytest.mark.parametrize("name", sorted(SAVED))
def test_a_saved_query_says_in_its_first_line_what_it_answers(name: str) -> None:
    first = text(name).splitlines()[0]

    assert first.startswith("-- ")
    assert first.endswith(".")


def test_without_queries_exactly_the_other_resources_are_made() -> None:
    everything, others = history(), history({"query": False})

    assert not of_queries(others)
    changed = {key: inputs for key, inputs in everything.inputs().items() if others.inputs().get(key) != inputs}
    assert changed.keys() - of_queries(everything).keys() == {("BucketLifecycleConfiguration", "mail-archive")}
    assert others.inputs().keys() == everything.inputs().keys() - of_queries(everything).keys()
    names = {"database_name", "table_name", "workgroup_name", "athena_reader_policy_json"}
    assert not names & outputs(others).keys()
    assert {name: value for name, value in outputs(everything).items() if name not in names} == outputs(others)


def test_results_in_the_bucket_of_the_history_are_gone_after_a_week_and_no_version_stays() -> None:
    _, results = history().one("BucketLifecycleConfiguration").inputs["rules"]

    assert results == {
        "id": "query-results",
        "status": "Enabled",
        "filter": {"prefix": "athena/"},
        "expiration": {"days": 7},
        "noncurrentVersionExpiration": {"noncurrentDays": 1},
    }


def test_results_in_another_bucket_have_a_folder_of_the_history_and_are_its_owners_to_expire() -> None:
    recorded = history({"athena_results_bucket": "results-of-example"})

    result = recorded.one("Workgroup").inputs["configuration"]["resultConfiguration"]
    assert result["outputLocation"] == "s3://results-of-example/athena/mail/"
    (rule,) = recorded.one("BucketLifecycleConfiguration").inputs["rules"]
    assert rule["id"] == "retention"


def test_an_existing_bucket_is_queried_with_a_bucket_for_the_results_and_as_far_back_as_ten_years() -> None:
    recorded = history({"bucket": "existing-bucket", "athena_results_bucket": "results-of-example"})

    inputs = recorded.inputs()
    table = inputs["CatalogTable", "mail-catalog-lines"]
    assert table["storageDescriptor"]["location"] == "s3://existing-bucket/events/"
    assert table["parameters"]["projection.day.range"] == "NOW-3650DAYS,NOW"
    assert not any(r.type.startswith("aws:s3/") for r in recorded.resources)


def test_without_one_its_queries_stay_off_and_that_is_said_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        recorded = history({"bucket": "existing-bucket"})
        said = [each.message for each in caplog.records if "athena_results_bucket" in each.message]
        caplog.clear()
        history({"bucket": "existing-bucket", "query": False})
        history({"bucket": "existing-bucket", "athena_results_bucket": "results-of-example"})
        history()

    assert not of_queries(recorded)
    assert said == ["An existing bucket is not queried: Athena needs athena_results_bucket for that."]
    assert not [each for each in caplog.records if "athena_results_bucket" in each.message]


@pytest.mark.parametrize(("days", "range_"), [(0, "NOW-3650DAYS,NOW"), (30, "NOW-30DAYS,NOW")])
def test_days_are_looked_for_as_far_back_as_objects_are_kept(days: int, range_: str) -> None:
    inputs = history({"retention_days": days}).inputs()

    for table in ("lines", "undelivered"):
        assert inputs["CatalogTable", f"mail-catalog-{table}"]["parameters"]["projection.day.range"] == range_


@pytest.mark.parametrize(("gigabytes", "limit"), [(0.0105, 10_500_000), (0.29, 290_000_000), (5.0, 5_000_000_000)])
def test_a_limit_with_a_fraction_is_a_whole_number_of_bytes(gigabytes: float, limit: int) -> None:
    configuration = history({"query_scan_limit_gb": gigabytes}).one("Workgroup").inputs["configuration"]

    assert configuration["bytesScannedCutoffPerQuery"] == limit


def test_a_key_encrypts_the_results_and_the_limit_is_in_gigabytes() -> None:
    configuration = history(EVERY_ARGUMENT).one("Workgroup").inputs["configuration"]

    assert configuration["bytesScannedCutoffPerQuery"] == 10_000_000_000
    assert configuration["resultConfiguration"]["encryptionConfiguration"] == {
        "encryptionOption": "SSE_KMS",
        "kmsKeyArn": KEY,
    }


WORKGROUP_ACTIONS = [
    "athena:BatchGetNamedQuery",
    "athena:BatchGetQueryExecution",
    "athena:GetNamedQuery",
    "athena:GetPreparedStatement",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetQueryResultsStream",
    "athena:GetWorkGroup",
    "athena:ListNamedQueries",
    "athena:ListPreparedStatements",
    "athena:ListQueryExecutions",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
]


@pytest.mark.parametrize(
    ("partition", "region", "s3"),
    [
        ("aws", "eu-west-1", ["s3.eu-west-1.amazonaws.com"]),
        ("aws-cn", "cn-north-1", ["s3.cn-north-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn"]),
        ("aws-us-gov", "us-gov-west-1", ["s3.us-gov-west-1.amazonaws.com"]),
    ],
)
def test_the_policy_of_who_queries_is_exactly_this_document(partition: str, region: str, s3: list[str]) -> None:
    args: SendingHistoryArgs = {
        "kms_key_arn": KEY,
        "previous_kms_key_arns": [OLDER_KEY],
        "athena_results_bucket": "results-of-example",
    }
    recorded = history(args, partition=partition, region=region)

    bucket, results = f"arn:{partition}:s3:::{BUCKET}", f"arn:{partition}:s3:::results-of-example"
    athena, glue = (f"arn:{partition}:{service}:{region}:{ACCOUNT_ID}" for service in ("athena", "glue"))
    objects = [f"{bucket}/events/*", f"{bucket}/error/*"]
    assert json.loads(outputs(recorded)["athena_reader_policy_json"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": ["events/*", "error/*"]}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [KEY, OLDER_KEY],
            "Condition": {
                "StringEquals": {"kms:ViaService": s3},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, *objects]},
            },
        },
        {"Effect": "Allow", "Action": WORKGROUP_ACTIONS, "Resource": f"{athena}:workgroup/mail"},
        {
            "Effect": "Allow",
            "Action": [
                "athena:GetDataCatalog",
                "athena:GetDatabase",
                "athena:GetTableMetadata",
                "athena:ListDatabases",
                "athena:ListTableMetadata",
            ],
            "Resource": f"{athena}:datacatalog/AwsDataCatalog",
        },
        {"Effect": "Allow", "Action": ["athena:ListDataCatalogs", "athena:ListWorkGroups"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": [
                "glue:BatchGetPartition",
                "glue:GetDatabase",
                "glue:GetDatabases",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:GetTable",
                "glue:GetTables",
            ],
            "Resource": [f"{glue}:catalog", f"{glue}:database/mail", f"{glue}:table/mail/*"],
        },
        {"Effect": "Allow", "Action": "glue:GetDatabase", "Resource": [f"{glue}:catalog", f"{glue}:database/default"]},
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": [bucket, results]},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": results,
            "Condition": {"StringLike": {"s3:prefix": "athena/mail/*"}},
        },
        {"Effect": "Allow", "Action": "s3:ListBucketMultipartUploads", "Resource": results},
        {
            "Effect": "Allow",
            "Action": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            "Resource": f"{results}/athena/mail/*",
        },
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": [KEY],
            "Condition": {
                "StringEquals": {"kms:ViaService": s3},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": [results, f"{results}/athena/mail/*"]},
            },
        },
    ]


def test_who_queries_reads_the_events_and_writes_the_results_alone_of_the_bucket_of_the_history() -> None:
    statements = json.loads(outputs(history())["athena_reader_policy_json"])["Statement"]

    bucket = f"arn:aws:s3:::{BUCKET}"
    writes = [each["Resource"] for each in statements if "s3:PutObject" in each["Action"]]
    assert writes == [f"{bucket}/athena/*"]
    assert not any("kms:" in json.dumps(each) for each in statements)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_sql_is_one_query_that_athena_parses_with_functions_that_it_documents(path: Path) -> None:
    sql = path.read_text()

    (query,) = sqlglot.parse(sql, read="athena")
    assert isinstance(query, sqlglot.exp.Query)
    assert called(sql)
    assert called(sql) - FUNCTIONS == set()


def test_a_function_that_athena_does_not_document_is_seen() -> None:
    assert called("SELECT list_contains(tags, 'x'), lower(any_value(a)) FROM history") - FUNCTIONS == {
        "list_contains",
        "any_value",
    }


NO_FUNCTIONS = {
    "and",
    "array",
    "as",
    "between",
    "by",
    "from",
    "in",
    "join",
    "not",
    "on",
    "or",
    "over",
    "then",
    "values",
}
NO_FUNCTIONS |= {"when", "where", "case", "union", "all", "select", "using", "else", "having", "exists"}
NO_FUNCTIONS |= {"varchar", "timestamp", "row", "decimal", "unnest"}
NO_FUNCTIONS |= {"intersect", "grouping"}  # the latter tells GROUPING SETS apart


def called(sql: str) -> set[str]:
    """The names before a parenthesis, but for keywords, types, and the columns of a table that is named there."""
    tokens = Athena().tokenize(sql)
    names = set[str]()
    for before, name, opening in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (
            opening.token_type is TokenType.L_PAREN
            and name.text.isidentifier()
            and before.token_type != TokenType.ALIAS
        ):
            names.add(name.text.lower())
    return names - NO_FUNCTIONS


def test_the_view_selects_the_columns_that_glue_is_told() -> None:
    view = sqlglot.parse_one((SQL / "history.sql").read_text(), read="athena")

    assert isinstance(view, sqlglot.exp.Query)
    assert view.named_selects == list(catalog.COLUMNS)


@pytest.mark.parametrize("name", sorted(SAVED - {"undelivered"}))
def test_a_saved_query_asks_the_view_for_some_days_only(name: str) -> None:
    query = sqlglot.parse_one(text(name), read="athena")

    assert "history" in {table.name for table in query.find_all(sqlglot.exp.Table)}
    (of_view,) = (
        table.find_ancestor(sqlglot.exp.Select)
        for table in query.find_all(sqlglot.exp.Table)
        if table.name == "history"
    )
    assert of_view is not None
    assert "day" in {column.name for column in of_view.args["where"].find_all(sqlglot.exp.Column)}


def test_the_query_of_failures_knows_every_meaning_of_the_contract() -> None:
    lines = [line.strip() for line in text("failures").splitlines()]

    assert values().splitlines() == [line for line in lines if line.startswith("('")]
    assert len(values().splitlines()) > 100
