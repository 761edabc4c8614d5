"""What Glue is told of the history: the table of lines and the view over it, as `TableInput`s of its API."""

import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

from localaws.aws import LocalAws
from tests.contract.support import COLUMNS
from tests.trino.server import CATALOG

VIEW_SQL = (
    Path(__file__).parent.parent.parent / "components" / "ses_sending_history" / "athena" / "history.sql"
).read_text()

TRINO_TYPES = {
    "timestamp": "timestamp(3)",
    "date": "date",
    "string": "varchar",
    "integer": "integer",
    "bigint": "bigint",
    "boolean": "boolean",
    "map<string,array<string>>": "map(varchar, array(varchar))",
    "map<string,string>": "map(varchar, varchar)",
}
"""The types of contract/columns.toml, as Trino has them."""


def lines(bucket: str, first_day: date) -> dict[str, Any]:
    """The objects as they are: a row for each line of text, in a partition for each day."""
    location = f"s3://{bucket}/events/"
    return {
        "Name": "lines",
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": {
            "Columns": [{"Name": "line", "Type": "string"}],
            "Location": location,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "Parameters": {"serialization.format": "1"},  # fields end at \x01, which JSON does not have
            },
        },
        "Parameters": {
            "EXTERNAL": "TRUE",
            "projection.enabled": "true",
            "projection.day.type": "date",
            "projection.day.format": "yyyy-MM-dd",
            "projection.day.range": f"{first_day},NOW",
            "projection.day.interval": "1",
            "projection.day.interval.unit": "DAYS",
            "storage.location.template": f"{location}day=${{day}}/",
        },
    }


def view(database: str) -> dict[str, Any]:
    """The view `history`, as Athena keeps one: its SQL and the types of its columns, as JSON in a comment."""
    definition = {
        "originalSql": VIEW_SQL,
        "catalog": CATALOG,
        "schema": database,
        "columns": [{"name": name, "type": TRINO_TYPES[column["type"]]} for name, column in COLUMNS.items()],
    }
    encoded = base64.b64encode(json.dumps(definition).encode()).decode()
    return {
        "Name": "history",
        "Owner": "hadoop",
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "StorageDescriptor": {
            "Columns": [
                {"Name": name, "Type": "int" if column["type"] == "integer" else column["type"]}
                for name, column in COLUMNS.items()
            ],
            "SerdeInfo": {"Name": "-", "SerializationLibrary": "-"},
        },
        "ViewOriginalText": f"/* Presto View: {encoded} */",
        "ViewExpandedText": "/* Presto View */",
    }


def create(aws: LocalAws, name: str, folder: Path, first_day: date) -> None:
    """Make a bucket with the objects of a folder, and a database of the same name with the table and the view."""
    s3, glue = aws.client("s3"), aws.client("glue")
    s3.create_bucket(Bucket=name)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        s3.put_object(Bucket=name, Key=str(path.relative_to(folder)), Body=path.read_bytes())
    glue.create_database(DatabaseInput={"Name": name})
    for table in (lines(name, first_day), view(name)):
        glue.create_table(DatabaseName=name, TableInput=table)
