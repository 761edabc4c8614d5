"""Alarms on what loses history or harms the sender's reputation, and a dashboard that shows both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws

_FIVE_MINUTES = 300
_QUARTER_HOUR = 900
_HOUR = 3600

_SILENT_PERIODS = 2
"""A single message may be sent at the end of one period, and recorded in the next."""


@dataclass(frozen=True, kw_only=True)
class _Alarm:
    name: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    period: int
    """Seconds."""
    comparison: str
    threshold: float
    when_missing: str = "notBreaching"
    """What no data means: that no mail was sent, and nothing is wrong."""


def create_alarms(
    name: str,
    *,
    delivery_stream_name: pulumi.Input[str],
    buffer_seconds: int,
    watch_silence: bool,
    region: pulumi.Input[str],
    topic_arns: pulumi.Input[Sequence[pulumi.Input[str]]],
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]],
    opts: pulumi.ResourceOptions,
) -> None:
    """Alarms that notify the topics, and a dashboard.

    Silence is watched only where every message has an event, that of being sent.
    """
    for alarm in [*_delivery_alarms(delivery_stream_name, buffer_seconds), *_REPUTATION_ALARMS]:
        aws.cloudwatch.MetricAlarm(
            f"{name}-{alarm.name}",
            alarm_description=alarm.description,
            namespace=alarm.namespace,
            metric_name=alarm.metric,
            dimensions=alarm.dimensions,
            statistic=alarm.statistic,
            period=alarm.period,
            evaluation_periods=1,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            treat_missing_data=alarm.when_missing,
            alarm_actions=topic_arns,
            ok_actions=topic_arns,
            tags=tags,
            opts=opts,
        )
    if watch_silence:
        aws.cloudwatch.MetricAlarm(
            f"{name}-silence",
            alarm_description=(
                "The account sends, and no event reaches the history: are messages sent without its configuration "
                "sets, or does SES not get into the role or the stream?"
            ),
            metric_queries=_silence(delivery_stream_name),
            evaluation_periods=_SILENT_PERIODS,
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=1,
            treat_missing_data="notBreaching",
            alarm_actions=topic_arns,
            ok_actions=topic_arns,
            tags=tags,
            opts=opts,
        )
    aws.cloudwatch.Dashboard(
        name,
        # Dashboards are not of a region: the same stack in another region has one too.
        dashboard_name=pulumi.Output.concat(name, "-", region),
        dashboard_body=pulumi.Output.json_dumps(_dashboard(delivery_stream_name, region)),
        opts=opts,
    )


def _silence(delivery_stream_name: pulumi.Input[str]) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]:
    """1 for a period in which SES accepted mail and the stream took no record in, else 0.

    Sources: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-cloudwatch.html
    and https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """

    def sum_of(name: str, namespace: str, dimensions: dict[str, pulumi.Input[str]]) -> Any:
        metric = {"namespace": namespace, "metric_name": name, "dimensions": dimensions}
        return {"id": name.lower(), "metric": {**metric, "stat": "Sum", "period": _QUARTER_HOUR}, "return_data": False}

    return [
        sum_of("Send", "AWS/SES", {}),
        sum_of("IncomingRecords", "AWS/Firehose", {"DeliveryStreamName": delivery_stream_name}),
        {
            "id": "silence",
            "label": "SES sends, and nothing arrives",
            "expression": "IF(FILL(send, 0) > 0 AND FILL(incomingrecords, 0) == 0, 1, 0)",
            "return_data": True,
        },
    ]


def _delivery_alarms(delivery_stream_name: pulumi.Input[str], buffer_seconds: int) -> Iterator[_Alarm]:
    """What keeps events from the archive.

    Source: https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
    """
    of_stream = partial(
        _Alarm, namespace="AWS/Firehose", dimensions={"DeliveryStreamName": delivery_stream_name}, period=_FIVE_MINUTES
    )
    yield of_stream(
        name="late",
        description="Events wait longer in Firehose than its buffer explains: is S3 refusing them?",
        metric="DeliveryToS3.DataFreshness",
        statistic="Maximum",
        comparison="GreaterThanThreshold",
        # The oldest record is as old as the buffer in the best case; ten minutes more is a few failed attempts.
        threshold=buffer_seconds + 600,
    )
    yield of_stream(
        name="failed",
        description="Firehose could not write events to S3. Its error log says why.",
        metric="DeliveryToS3.Success",
        statistic="Average",
        comparison="LessThanThreshold",
        # The share of attempts that succeeded: any failure is worth a look, as Firehose retries for a day only.
        threshold=1,
    )
    yield of_stream(
        name="throttled",
        description="SES puts events faster than the quota of the delivery stream: ask AWS to raise it.",
        metric="ThrottledRecords",
        statistic="Sum",
        comparison="GreaterThanThreshold",
        # SES does not say how long it retries, so a throttled event may be a lost one.
        threshold=0,
    )


_of_account = partial(
    _Alarm,
    namespace="AWS/SES",
    dimensions={},
    statistic="Average",
    period=_HOUR,
    comparison="GreaterThanOrEqualToThreshold",
    # A rate stays what it was while no mail is sent, as when AWS has paused the account.
    when_missing="ignore",
)

_REPUTATION_ALARMS = [
    _of_account(
        name="bounces",
        description="The bounce rate of the account puts its sending under review.",
        metric="Reputation.BounceRate",
        # AWS reviews an account from 5 % hard bounces, and may pause it at 10 %.
        threshold=0.05,
    ),
    _of_account(
        name="complaints",
        description="The complaint rate of the account puts its sending under review.",
        metric="Reputation.ComplaintRate",
        # AWS reviews an account from 0.1 % complaints, and may pause it at 0.5 %.
        threshold=0.001,
    ),
]
"""Source of the thresholds: https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html"""


def _dashboard(delivery_stream_name: pulumi.Input[str], region: pulumi.Input[str]) -> dict[str, Any]:
    def graph(title: str, metrics: list[list[pulumi.Input[str]]], stat: str, column: int) -> dict[str, Any]:
        return {
            "type": "metric",
            "x": column * 12 % 24,
            "y": column * 12 // 24 * 6,
            "width": 12,
            "height": 6,
            "properties": {"title": title, "metrics": metrics, "stat": stat, "region": region, "period": _FIVE_MINUTES},
        }

    firehose: list[pulumi.Input[str]] = ["DeliveryStreamName", delivery_stream_name]
    return {
        "widgets": [
            graph("Mail", [["AWS/SES", "Send"], ["AWS/SES", "Delivery"]], "Sum", 0),
            graph("Bounces and complaints", [["AWS/SES", "Bounce"], ["AWS/SES", "Complaint"]], "Sum", 1),
            graph(
                "Reputation of the account",
                [["AWS/SES", "Reputation.BounceRate"], ["AWS/SES", "Reputation.ComplaintRate"]],
                "Average",
                2,
            ),
            graph(
                "Delivery freshness (seconds)",
                [["AWS/Firehose", "DeliveryToS3.DataFreshness", *firehose]],
                "Maximum",
                3,
            ),
        ]
    }
