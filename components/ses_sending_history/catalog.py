"""The catalog: the history as tables in Glue, and an Athena workgroup with saved queries over them."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import pulumi
import pulumi_aws as aws

from ses_sending_history.layout import ERRORS_PREFIX, EVENTS_PREFIX

COLUMNS: Final[Mapping[str, str]] = {
    "ts": "timestamp(3)",
    "day": "date",
    "event_type": "varchar",
    "message_id": "varchar",
    "sent_at": "timestamp(3)",
    "recipient": "varchar",
    "recipient_domain": "varchar",
    "recipient_no": "integer",
    "recipient_count": "integer",
    "source": "varchar",
    "subject": "varchar",
    "cc": "varchar",
    "reply_to": "varchar",
    "mail_message_id": "varchar",
    "configuration_set": "varchar",
    "from_domain": "varchar",
    "tenant": "varchar",
    "source_arn": "varchar",
    "account_id": "varchar",
    "tags": "map(varchar,array(varchar))",
    "bounce_type": "varchar",
    "bounce_sub_type": "varchar",
    "action": "varchar",
    "smtp_status": "varchar",
    "smtp_response": "varchar",
    "reporting_mta": "varchar",
    "remote_mta_ip": "varchar",
    "processing_ms": "bigint",
    "delay_type": "varchar",
    "delay_expires_at": "timestamp(3)",
    "complaint_type": "varchar",
    "complaint_sub_type": "varchar",
    "arrival_date": "timestamp(3)",
    "feedback_id": "varchar",
    "user_agent": "varchar",
    "ip": "varchar",
    "is_bot": "boolean",
    "link": "varchar",
    "link_tags": "map(varchar,array(varchar))",
    "reason": "varchar",
    "template_name": "varchar",
    "contact_list": "varchar",
    "subscription_source": "varchar",
    "unsubscribed": "boolean",
    "topics": "map(varchar,varchar)",
    "is_test": "boolean",
    "provider": "varchar",
    "object_key": "varchar",
    "line_no": "integer",
    "event_key": "bigint",
}
"""The columns of the view in order, each with its type in Athena, as contract/columns.toml has them."""

_HIVE_TYPES: Final = {
    "varchar": "string",
    "timestamp(3)": "timestamp",
    "date": "date",
    "boolean": "boolean",
    "integer": "int",
    "bigint": "bigint",
    "map(varchar,array(varchar))": "map<string,array<string>>",
    "map(varchar,varchar)": "map<string,string>",
}
"""These types as Glue spells them."""

_FOREVER_DAYS: Final = 3650
"""How far back a query looks for days where it is not known when objects expire: each is a request to S3."""

_ERROR_TYPES: Final = "processing-failed,format-conversion-failed"
"""The folders under error/ of a stream to S3.

Source: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
"""

_GIGABYTE: Final = 10**9

_COMMENTS_AND_TEXTS: Final = re.compile(r"--.*|'[^']*'")

_ATHENA: Final = files("ses_sending_history") / "athena"


@dataclass(frozen=True, kw_only=True)
class SavedQuery:
    """A query of the package: its name, what it answers in a sentence, and its SQL."""

    name: str
    answers: str
    sql: str

    @property
    def has_parameters(self) -> bool:
        """Whether whoever runs it gives it values."""
        return "?" in _COMMENTS_AND_TEXTS.sub("", self.sql)


def saved_queries() -> list[SavedQuery]:
    """The queries in athena/queries/: the first line of each is a comment that says what it answers."""
    queries = sorted((_ATHENA / "queries").iterdir(), key=lambda query: query.name)
    texts = {query.name.removesuffix(".sql"): query.read_text(encoding="utf-8") for query in queries}
    return [
        SavedQuery(name=name, answers=sql.partition("\n")[0].removeprefix("-- "), sql=sql)
        for name, sql in texts.items()
    ]


def view_text(sql: str, *, database_name: str) -> str:
    """The text of a view of these columns, as Athena and Trino keep it in Glue: JSON, in Base64, in a comment."""
    definition = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database_name,
        "columns": [{"name": name, "type": kind} for name, kind in COLUMNS.items()],
    }
    return f"/* Presto View: {base64.b64encode(json.dumps(definition).encode()).decode()} */"


def create_catalog(
    name: str,
    *,
    database_name: str,
    workgroup_name: str,
    bucket_name: pulumi.Input[str],
    retention_days: int,
    results: pulumi.Input[str],
    scan_limit_gb: float,
    kms_key_arn: pulumi.Input[str] | None,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]],
    opts: pulumi.ResourceOptions,
) -> tuple[aws.glue.CatalogTable, aws.athena.Workgroup]:
    """The view `history`, and the workgroup to query it in.

    Days older than `retention_days` (0: ten years) are not looked for. `results` is where results are written, as
    s3://BUCKET/PREFIX, and a query may scan `scan_limit_gb` gigabytes.
    """
    database = aws.glue.CatalogDatabase(name, name=database_name, tags=tags, opts=opts)
    days = {
        "type": "date",
        "format": "yyyy-MM-dd",
        "range": f"NOW-{retention_days or _FOREVER_DAYS}DAYS,NOW",
        "interval": "1",
        "interval.unit": "DAYS",
    }
    _table_of_lines(
        f"{name}-lines",
        database_name=database.name,
        table_name="lines",
        location=pulumi.Output.format("s3://{0}/{1}", bucket_name, EVENTS_PREFIX),
        folders="day=${day}/",
        partitions={"day": days},
        opts=opts,
    )
    _table_of_lines(
        f"{name}-undelivered",
        database_name=database.name,
        table_name="undelivered",
        location=pulumi.Output.format("s3://{0}/{1}", bucket_name, ERRORS_PREFIX),
        folders="${error_type}/day=${day}/",
        partitions={"error_type": {"type": "enum", "values": _ERROR_TYPES}, "day": days},
        opts=opts,
    )
    history = aws.glue.CatalogTable(
        f"{name}-history",
        name="history",
        database_name=database.name,
        owner="hadoop",  # Athena's own views have it, and Trino reads none without an owner
        table_type="VIRTUAL_VIEW",
        parameters={"presto_view": "true", "comment": "Presto View"},
        storage_descriptor={
            "columns": [{"name": column, "type": _HIVE_TYPES[kind]} for column, kind in COLUMNS.items()],
            # The provider does not send an empty block, and Athena refuses a view without one:
            # https://github.com/hashicorp/terraform-provider-aws/issues/28517
            "ser_de_info": {"name": "-", "serialization_library": "-"},
        },
        view_original_text=database.name.apply(
            lambda known: view_text((_ATHENA / "history.sql").read_text(encoding="utf-8"), database_name=known)
        ),
        view_expanded_text="/* Presto View */",
        opts=opts,
    )

    workgroup = aws.athena.Workgroup(
        name,
        name=workgroup_name,
        description="Queries of the SES sending history",
        configuration={
            "enforce_workgroup_configuration": True,
            "publish_cloudwatch_metrics_enabled": True,
            "bytes_scanned_cutoff_per_query": round(scan_limit_gb * _GIGABYTE),
            "result_configuration": {
                "output_location": results,
                "encryption_configuration": _results_encryption(kms_key_arn),
            },
        },
        # One in which a query ran is not deleted otherwise.
        force_destroy=True,
        tags=tags,
        opts=opts,
    )
    for query in saved_queries():
        aws.athena.NamedQuery(
            f"{name}-{query.name}",
            name=query.name,
            description=query.answers,
            workgroup=workgroup.name,
            database=database.name,
            query=query.sql,
            opts=opts,
        )
        if query.has_parameters:
            aws.athena.PreparedStatement(
                f"{name}-{query.name}",
                name=query.name,
                description=query.answers,
                workgroup=workgroup.name,
                query_statement=query.sql,
                opts=opts,
            )
    return history, workgroup


def _table_of_lines(
    name: str,
    *,
    database_name: pulumi.Input[str],
    table_name: str,
    location: pulumi.Output[str],
    folders: str,
    partitions: Mapping[str, Mapping[str, str]],
    opts: pulumi.ResourceOptions,
) -> aws.glue.CatalogTable:
    """A table of the lines of text in the objects, with partitions that are known without being added to it.

    Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
    """
    return aws.glue.CatalogTable(
        name,
        name=table_name,
        database_name=database_name,
        table_type="EXTERNAL_TABLE",
        partition_keys=[{"name": column, "type": "string"} for column in partitions],
        storage_descriptor={
            "columns": [{"name": "line", "type": "string"}],
            "location": location,
            "input_format": "org.apache.hadoop.mapred.TextInputFormat",
            "output_format": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "ser_de_info": {
                "serialization_library": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                # Fields end at the byte 1 then, which JSON has nowhere: the whole line is one field.
                "parameters": {"serialization.format": "1"},
            },
        },
        parameters={
            "EXTERNAL": "TRUE",
            "projection.enabled": "true",
            **{
                f"projection.{column}.{setting}": value
                for column, settings in partitions.items()
                for setting, value in settings.items()
            },
            "storage.location.template": location.apply(lambda known: f"{known}{folders}"),
        },
        opts=opts,
    )


def _results_encryption(
    kms_key_arn: pulumi.Input[str] | None,
) -> aws.athena.WorkgroupConfigurationResultConfigurationEncryptionConfigurationArgsDict:
    if kms_key_arn is None:
        return {"encryption_option": "SSE_S3"}
    return {"encryption_option": "SSE_KMS", "kms_key_arn": kms_key_arn}
