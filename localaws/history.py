"""What a history bucket holds, read back as it was written."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from localaws.aws import LocalAws
from localaws.simulator import Record


def keys(aws: LocalAws, bucket: str, prefix: str = "") -> list[str]:
    """Every key under the prefix, in the order of S3's listing."""
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def events(aws: LocalAws, bucket: str, prefix: str) -> Iterator[tuple[str, list[Record]]]:
    """Each key under the prefix with the events its lines hold."""
    for key in keys(aws, bucket, prefix):
        body: Any = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
        yield key, [json.loads(line) for line in gzip.decompress(body.read()).splitlines()]
