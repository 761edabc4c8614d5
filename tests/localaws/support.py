"""What the tests on the local AWS share: events, mail, and users that try what a policy allows."""

from typing import Any

from localaws.aws import LocalAws
from tests.contract.support import EVENTS

SEND = EVENTS["send"]


def send(aws: LocalAws, to: str, *, sender: str = "shop@dev.example.com", **how: str) -> str:
    """Send a mail to an address of the mailbox simulator; its message id."""
    return aws.client("sesv2").send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [f"{to}@simulator.amazonses.com"]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}},
        **how,
    )["MessageId"]


def user(aws: LocalAws, policy: str) -> dict[str, str]:
    """An access key of a user who may do what the policy says."""
    iam = aws.client("iam")
    iam.create_user(UserName="tester")
    iam.put_user_policy(UserName="tester", PolicyName="only", PolicyDocument=policy)
    return iam.create_access_key(UserName="tester")["AccessKey"]


def permissions(aws: LocalAws, role_arn: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The only policy of a role: what IAM names it by, and its document."""
    iam = aws.client("iam")
    role = role_arn.rpartition("/")[2]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    named = {"RoleName": role, "PolicyName": name}
    return named, iam.get_role_policy(**named)["PolicyDocument"]
