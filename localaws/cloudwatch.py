"""What ministack's CloudWatch lacks: alarms on the result of metric math keep their queries."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


@contextmanager
def extended() -> Generator[None]:
    """CloudWatch that describes an alarm with its metric queries, while the context lasts."""
    from ministack.services import cloudwatch  # noqa: PLC0415  it reads its settings when imported

    service: Any = cloudwatch
    put = service._put_metric_alarm  # noqa: SLF001

    def put_metric_alarm(parameters: Any, content: dict[str, Any], *protocol: bool) -> Any:
        response = put(parameters, content, *protocol)
        if "Metrics" in content:
            service._alarms[content["AlarmName"]]["Metrics"] = content["Metrics"]  # noqa: SLF001
        return response

    with patch.object(service, "_put_metric_alarm", put_metric_alarm):
        yield
