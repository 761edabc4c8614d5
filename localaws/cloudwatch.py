"""What ministack's CloudWatch lacks: metrics of services, metric math in alarms, the resources requests name."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from localaws.iam import naming


@contextmanager
def extended() -> Generator[None]:
    """CloudWatch that describes an alarm with its metric queries, and IAM that knows alarms and dashboards by name.

    It is so while the context lasts.
    """
    from ministack.services import cloudwatch  # noqa: PLC0415  it reads its settings when imported

    service: Any = cloudwatch
    put = service._put_metric_alarm  # noqa: SLF001

    def put_metric_alarm(parameters: Any, content: dict[str, Any], *protocol: bool) -> Any:
        response = put(parameters, content, *protocol)
        if "Metrics" in content:
            service._alarms[content["AlarmName"]]["Metrics"] = content["Metrics"]  # noqa: SLF001
        return response

    with (
        patch.object(service, "_put_metric_alarm", put_metric_alarm),
        naming("monitoring", _named),
        naming("logs", _read),
    ):
        yield


def record(namespace: str, metric: str, value: float, unit: str, **dimensions: str) -> None:
    """Publish a value of a metric as a service does, in the account of the request being answered."""
    from ministack.services import cloudwatch  # noqa: PLC0415  it reads its settings when imported

    cloudwatch.record_metric(namespace, metric, value, unit, dimensions)


def _named(body: bytes, _query: Mapping[str, Any], region: str, account: str) -> str | None:
    """The ARN of the alarm or the dashboard that a request names; a list of names has one."""
    match json.loads(body or b"{}"):
        case {"ResourceARN": arn}:
            return arn
        case {"DashboardName": name} | {"DashboardNames": [name]}:
            return f"arn:aws:cloudwatch::{account}:dashboard/{name}"
        case {"AlarmName": name} | {"AlarmNames": [name]}:
            return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
    return None


def _read(body: bytes, _query: Mapping[str, Any], region: str, account: str) -> str | None:
    """The ARN of the log group whose events a request reads: with a star, for all of its streams.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    match json.loads(body or b"{}"):
        case {"logGroupName": name, "startTime": _}:
            return f"arn:aws:logs:{region}:{account}:log-group:{name}:*"
    return None
