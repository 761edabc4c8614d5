"""The objects and events of a history bucket."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from localaws.aws import LocalAws
from localaws.simulator import Record


def keys(aws: LocalAws, bucket: str, prefix: str = "") -> list[str]:
    """Every key with the prefix, in the order of S3's listing."""
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def events(aws: LocalAws, bucket: str, prefix: str) -> Iterator[tuple[str, list[Record]]]:
    """Each key with the prefix, and the events of its object, one from each line."""
    for key in keys(aws, bucket, prefix):
        body: Any = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
        yield key, [json.loads(line) for line in gzip.decompress(body.read()).splitlines()]
