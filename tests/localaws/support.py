"""What the tests on AWS on this machine share: events, messages, and users with one policy."""

from datetime import UTC, datetime, timedelta
from typing import Any

from localaws.aws import LocalAws
from tests.contract.support import EVENTS

SEND = EVENTS["send"]


def send(aws: LocalAws, to: str, *, sender: str = "shop@dev.example.com", **how: str) -> str:
    """Send a message to an address of the mailbox simulator; return its id."""
    return aws.client("sesv2").send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [f"{to}@simulator.amazonses.com"]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}},
        **how,
    )["MessageId"]


def user(aws: LocalAws, policy: str) -> dict[str, str]:
    """The access key of a new user with this policy."""
    iam = aws.client("iam")
    iam.create_user(UserName="tester")
    iam.put_user_policy(UserName="tester", PolicyName="only", PolicyDocument=policy)
    return iam.create_access_key(UserName="tester")["AccessKey"]


def permissions(aws: LocalAws, role_arn: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The only policy of a role: the parameters that identify it, and its document."""
    iam = aws.client("iam")
    role = role_arn.rpartition("/")[2]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    named = {"RoleName": role, "PolicyName": name}
    return named, iam.get_role_policy(**named)["PolicyDocument"]


def default_set(aws: LocalAws, identity: str = "example.org") -> str | None:
    """The default configuration set of an identity."""
    return aws.client("sesv2").get_email_identity(EmailIdentity=identity).get("ConfigurationSetName")


def everything(aws: LocalAws) -> list[Any]:
    """All resources of the services that a history uses."""
    return [
        *aws.client("s3").list_buckets()["Buckets"],
        *aws.client("iam").list_roles()["Roles"],
        *aws.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        *aws.client("logs").describe_log_groups()["logGroups"],
        *aws.client("sesv2").list_configuration_sets()["ConfigurationSets"],
        *aws.client("sesv2").list_email_identities()["EmailIdentities"],
        *aws.client("cloudwatch").describe_alarms()["MetricAlarms"],
        *aws.client("cloudwatch").list_dashboards()["DashboardEntries"],
        *aws.client("glue").get_databases()["DatabaseList"],
        *(group for group in aws.client("athena").list_work_groups()["WorkGroups"] if group["Name"] != "primary"),
    ]


def metric(aws: LocalAws, namespace: str, name: str, statistic: str, **dimensions: str) -> float | None:
    """The statistic of a metric over the last hours, as GetMetricData returns it; None without a value."""
    now = datetime.now(UTC)
    named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    stat = {
        "Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": named},
        "Period": 86_400,
        "Stat": statistic,
    }
    response = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "asked", "MetricStat": stat}],
        StartTime=now - timedelta(hours=3),
        EndTime=now + timedelta(hours=1),
    )
    return next(iter(response["MetricDataResults"][0]["Values"]), None)
