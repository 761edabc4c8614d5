"""What a policy says to one request."""

from typing import Any

import pytest
from ses_history.account.doctor.documents import UnclearError, applies

CONTEXT = {"aws:sourceaccount": "123456789012", "aws:sourcearn": "arn:aws:ses:us-east-1:123456789012:set/a"}
STATEMENT: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "ses.amazonaws.com"},
    "Action": "sts:AssumeRole",
    "Resource": "arn:aws:s3:::history/events/*",
}


def about(**changes: Any) -> bool:
    statement = {name: value for name, value in (STATEMENT | changes).items() if value is not None}
    return applies(
        statement,
        principals={"ses.amazonaws.com", "*"},
        action="sts:AssumeRole",
        resource="arn:aws:s3:::history/events/object",
        context=CONTEXT,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Principal": "*"},
        {"Principal": {"Service": ["sns.amazonaws.com", "ses.amazonaws.com"]}},
        {"Principal": None, "NotPrincipal": {"Service": "sns.amazonaws.com"}},
        {"Action": ["sts:assume*"]},
        {"Action": None, "NotAction": "sts:TagSession"},
        {"Resource": "*"},
        {"Condition": {"StringEquals": {"AWS:SourceAccount": ["1", "123456789012"]}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:ses:*:123456789012:set/?"}}},
        {"Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}}},
        {"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}},
    ],
)
def test_a_statement_is_about_a_request(changes: dict[str, Any]) -> None:
    assert about(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Principal": None, "NotPrincipal": {"Service": "ses.amazonaws.com"}},
        {"Action": "sts:TagSession"},
        {"Action": None, "NotAction": "sts:*"},
        {"Resource": "arn:aws:s3:::history/error/*"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}},
        {"Condition": {"StringLike": {"aws:SourceArn": "arn:aws:ses:[a-z]*"}}},
        {"Condition": {"StringNotLike": {"aws:SourceArn": "arn:aws:ses:*"}}},
        {"Condition": {"StringEqualsIgnoreCase": {"aws:SourceArn": "b"}}},
    ],
)
def test_a_statement_is_about_another_request(changes: dict[str, Any]) -> None:
    assert not about(**changes)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"DateGreaterThan": {"aws:SourceAccount": "2026-01-01"}},
    ],
)
def test_a_condition_that_only_aws_can_judge_is_unclear(condition: dict[str, Any]) -> None:
    with pytest.raises(UnclearError, match="only AWS can judge"):
        about(Condition=condition)
