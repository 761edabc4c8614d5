"""SES of the account, as the credentials of the environment see it, and its errors in plain words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ses_history.errors import AccountError

_CREDENTIALS = "Sign in with `aws sso login` or set AWS_PROFILE, and see `aws sts get-caller-identity`"


def connect() -> Any:
    """A boto3 client of SES's API v2; raises AccountError."""
    try:
        # SES answers about one call a second, and refuses more.
        return boto3.client("sesv2", config=Config(retries={"mode": "adaptive", "max_attempts": 5}))
    except BotoCoreError as error:
        raise AccountError(f"The settings for AWS do not work: {error}. {_CREDENTIALS}") from error


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """What boto3 raises while something is done, as an error that says so."""
    try:
        yield
    except ClientError as error:
        answer: Any = error.response["Error"]
        if answer.get("Code") in ("AccessDenied", "AccessDeniedException"):
            raise AccountError(f"These credentials are not allowed {doing}: {answer.get('Message')}") from error
        raise AccountError(f"SES refused {doing}: {answer.get('Message') or error}") from error
    except BotoCoreError as error:
        raise AccountError(f"SES cannot be asked {doing}: {error}. {_CREDENTIALS}") from error


def found(call: Any, **arguments: str) -> dict[str, Any] | None:
    """What a call of SES answers; None where there is no such thing."""
    try:
        answer: dict[str, Any] = call(**arguments)
    except ClientError as error:
        code: Any = error.response["Error"].get("Code")
        if code == "NotFoundException":
            return None
        raise
    return answer
