"""Read-only calls of AWS: each made once, with 3 seconds to answer, until the time of the whole is over."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from time import monotonic, sleep
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from ses_history.errors import SourceError

SECONDS: Final = 9.0
"""How long all calls may take: whoever waits for the answer has it within ten seconds."""

_CALL_SECONDS = 3
_PAUSE_SECONDS = 1.0
"""SES takes about one call a second: https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""

_AT_ONCE = 32

_NOT_ALLOWED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "NotAuthorized"}
_THROTTLED = {"TooManyRequestsException", "Throttling", "ThrottlingException", "LimitExceededException", "SlowDown"}
_MISSING = {
    "404",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NoSuchEntity",
    "NotFoundException",
    "ResourceNotFoundException",
    "ServerSideEncryptionConfigurationNotFoundError",
}

_ACTIONS = {
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "ListObjectsV2": "s3:ListBucket",
}
"""The actions that are not called as the operation is."""

Clients = Callable[[str, str], Any]
"""The boto3 client of a service in a region."""


class UnseenError(Exception):
    """AWS did not let us look, or did not answer in time: why."""


class MissingError(Exception):
    """There is no such thing in AWS."""


class LateError(Exception):
    """The time of the whole was over."""


class Calls:
    """Calls of AWS with the credentials of the caller. A call that was made is not made again."""

    def __init__(self, clients: Clients, seconds: float = SECONDS) -> None:
        self._clients = clients
        self._ends = monotonic() + seconds
        self._answers = dict[str, Future[dict[str, Any]]]()
        self._lock = threading.Lock()

    @property
    def seconds_left(self) -> float:
        """Seconds until the time of the whole is over."""
        return max(0.0, self._ends - monotonic())

    def ask(self, service: str, region: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer of AWS to an operation; raises UnseenError, MissingError and LateError."""
        key = json.dumps([service, region, operation, parameters], sort_keys=True, default=str)
        with self._lock:
            is_first = key not in self._answers
            answer = self._answers.setdefault(key, Future())
        if is_first:
            try:
                answer.set_result(self._call(service, region, operation, parameters))
            except Exception as error:  # noqa: BLE001  whoever asks the same gets the same error
                answer.set_exception(error)
        return answer.result()

    def _call(self, service: str, region: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            call = partial(getattr(self._clients(service, region), operation), **parameters)
        while self.seconds_left:
            try:
                return call()
            except ClientError as error:
                code = error.response["Error"].get("Code", "")
                if code not in _THROTTLED:
                    raise _explained(service, error) from error
            except HTTPClientError as error:
                raise UnseenError(f"{service} in {region} gives no answer within {_CALL_SECONDS} s") from error
            except BotoCoreError as error:
                raise UnseenError(str(error)) from error
            sleep(min(_PAUSE_SECONDS, self.seconds_left))
        raise LateError


def _explained(service: str, error: ClientError) -> Exception:
    code, name = error.response["Error"].get("Code", ""), error.operation_name
    if code in _MISSING:
        return MissingError(code)
    if code in _NOT_ALLOWED:
        action = _ACTIONS.get(name) or f"{service.removesuffix('v2')}:{name}"
        return UnseenError(f"{action} is not allowed to you")
    return UnseenError(str(error))


def connect(profile: str | None = None) -> tuple[Clients, str | None]:
    """The clients of the credentials in the environment or of a profile, and its region; raises SourceError."""
    config = Config(
        connect_timeout=_CALL_SECONDS,
        read_timeout=_CALL_SECONDS,
        retries={"total_max_attempts": 1},
        max_pool_connections=_AT_ONCE,
    )
    made = dict[tuple[str, str], Any]()
    try:
        session = boto3.Session(profile_name=profile)
    except BotoCoreError as error:
        raise SourceError(f"The settings for AWS do not work: {error}. Set AWS_PROFILE") from error

    def clients(service: str, region: str) -> Any:
        if (service, region) not in made:
            create: Any = session.client
            made[service, region] = create(service, region_name=region, config=config)
        return made[service, region]

    return clients, session.region_name
