"""An S3 bucket that holds the objects of a history."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from time import sleep
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.session import Session

from ses_history.errors import SourceError, UnreadableError
from ses_history.sources import AT_ONCE, CHUNK, Object, holds_events

EVENTS_PREFIX: Final = "events/"
"""The prefix that SES sending history keeps events under."""

_ERRORS_PREFIX = "error/"
"""The prefix that it keeps under what Firehose could not deliver."""

_PAGE = 1000
"""How many keys S3 lists in an answer: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""

_RESUMED = 4
"""How often a body that breaks off is gone on with, while nothing more of it arrives."""

_PAUSE_SECONDS = 0.1
"""How long S3 is left alone before the first time; then twice as long each time."""

_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
"""The storage classes whose objects have to be restored before they can be read."""


@dataclass(frozen=True)
class Bucket:
    """The objects of an S3 bucket under a prefix."""

    bucket: str
    prefix: str
    client: Any
    """A boto3 client of S3."""

    @property
    def name(self) -> str:
        """The S3 URI of the prefix."""
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def root(self) -> str:
        """The S3 URI of the bucket."""
        return f"s3://{self.bucket}/"

    def objects(self, known: Iterable[str] = (), /, *, after: str | None = None) -> Iterator[Object]:
        """Every object under the prefix whose key follows `after`.

        Each page of a listing says where the next begins, so pages come one after the other. A listing that begins at
        a known key needs no page before it: these are made at once, while what follows the last known key is listed.
        """
        cuts = [after, *sorted(known)[_PAGE - 1 :: _PAGE]]
        with _explained(self), ThreadPoolExecutor(AT_ONCE) as pool:
            parts = [pool.submit(list, self._between(after, last)) for after, last in pairwise(cuts)]
            try:
                yield from self._between(cuts[-1], None)
                for part in parts:
                    yield from part.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _between(self, after: str | None, last: str | None) -> Iterator[Object]:
        """The objects whose keys follow `after`, up to `last`; None is no bound."""
        start: dict[str, str] = {} if after is None else {"StartAfter": after}
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix, OptionalObjectAttributes=["RestoreStatus"], **start
        )
        for page in pages:
            for item in page.get("Contents", []):
                in_range = last is None or item["Key"] <= last
                if in_range and holds_events(item["Key"], item["Size"], self.prefix):
                    yield Object(item["Key"], item["ETag"], item["Size"], _archived(item))
                if last is not None and item["Key"] >= last:
                    return

    def read(self, key: str, /) -> Iterator[bytes] | None:
        """The chunks of an object."""
        with _explained(self, key):
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=key)
            except self.client.exceptions.NoSuchKey:
                return None
            except ClientError as error:
                # Who may list the history alone, and not the whole bucket, is refused an object that has expired.
                if error.response["Error"].get("Code") == "AccessDenied" and not self._has(key):
                    return None
                raise
        return self._chunks(key, answer)

    def undelivered(self) -> "Bucket | None":
        """The prefix beside the events, where this may be the bucket of SES sending history."""
        return replace(self, prefix=_ERRORS_PREFIX) if self.prefix in ("", EVENTS_PREFIX) else None

    def _has(self, key: str) -> bool:
        page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        return any(item["Key"] == key for item in page.get("Contents", []))

    def _chunks(self, key: str, answer: dict[str, Any]) -> Iterator[bytes]:
        """The chunks of a body. One that breaks off is gone on with where it broke, of the same object."""
        body, done, resumed = answer["Body"], 0, 0
        while True:
            try:
                with closing(body):
                    while chunk := body.read(CHUNK):
                        yield chunk
                        done, resumed = done + len(chunk), 0
            except FlexibleChecksumError as error:
                raise UnreadableError(key, f"arrives damaged: sync again ({error})") from error
            except (HTTPClientError, IncompleteReadError) as error:
                if resumed == _RESUMED:
                    raise UnreadableError(key, f"breaks off after {done:,} bytes: sync again ({error})") from error
            else:
                return
            sleep(_PAUSE_SECONDS * 2**resumed)
            resumed += 1
            with _explained(self, key):
                rest = self.client.get_object(
                    Bucket=self.bucket, Key=key, Range=f"bytes={done}-", IfMatch=answer["ETag"]
                )
            body = rest["Body"]


def _archived(item: dict[str, Any]) -> str | None:
    """Why an object of a listing cannot be read before it is restored; None when it can."""
    storage = item.get("StorageClass")
    # Absent while nobody has asked for it, and true until it is done.
    if storage not in _ARCHIVED or item.get("RestoreStatus", {}).get("IsRestoreInProgress") is False:
        return None
    return f"is archived ({storage}): {_RESTORE}"


@contextmanager
def _explained(source: Bucket, key: str | None = None) -> Iterator[None]:
    """What boto3 raises, as an error that says what to do: about the object of the key, or about all."""
    try:
        yield
    except ClientError as error:
        if key and error.response["Error"].get("Code") not in _OF_ALL:
            raise UnreadableError(key, _reason(error)) from error
        raise SourceError(_advice(source, error)) from error
    except HTTPClientError as error:
        raise SourceError(f"{source.name} cannot be reached: {error}") from error
    except BotoCoreError as error:
        raise SourceError(f"{source.name} cannot be read: {error}. {_CREDENTIALS}") from error


def _advice(source: Bucket, error: Any) -> str:
    answer = error.response
    region = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-amz-bucket-region")
    match answer["Error"].get("Code"):
        case "NoSuchBucket":
            return f"There is no bucket {source.bucket}: check its name, or let --stack find it"
        case "AccessDenied" | "AllAccessDisabled" | "403":
            return f"These credentials may not read {source.name}: {_POLICY} ({answer['Error'].get('Message')})"
        case "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException":
            return f"The bucket {source.bucket} is in another region: set AWS_REGION={region or 'to it'}"
        case "ExpiredToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken":
            return f"AWS does not accept these credentials: {error}. {_CREDENTIALS}"
        case _:
            return f"{source.name} cannot be read: {error}"


def _reason(error: Any) -> str:
    """What is wrong with one object."""
    code, message = (error.response["Error"].get(name) or "" for name in ("Code", "Message"))
    if code.startswith("KMS.") or (code == "AccessDenied" and "kms:" in message.lower()):
        return f"is encrypted with a key that cannot be used: allow kms:Decrypt with it ({message})"
    match code:
        case "AccessDenied":
            return f"may not be read: {_POLICY} ({message})"
        case "InvalidObjectState":
            return f"is archived: {_RESTORE}"
        case "NoSuchKey" | "PreconditionFailed":
            return "was changed or deleted while it was read: sync again"
        case _:
            return f"cannot be read: {error}"


_OF_ALL = (
    "NoSuchBucket",
    "AllAccessDisabled",
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "RequestTimeTooSkewed",
)
"""What S3 answers when it is not about the object that was asked for: with any other it would answer the same."""

_CREDENTIALS = "Sign in with `aws sso login` or set AWS_PROFILE, and see `aws sts get-caller-identity`"

_POLICY = "attach the policy that the stack's output reader_policy_json holds"

_RESTORE = "restore it with `aws s3api restore-object`, and sync again"


def connect(bucket: str, prefix: str = EVENTS_PREFIX, profile: str | None = None) -> Bucket:
    """The bucket as the credentials of the environment, or of a profile, see it; raises SourceError."""
    session = Session(profile=profile)
    # As the AWS CLI does: the times in a listing are not used, and parsing them is most of the work of parsing it.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    try:
        client: Any = boto3.Session(botocore_session=session).client("s3", config=Config(max_pool_connections=AT_ONCE))
    except BotoCoreError as error:
        raise SourceError(f"The settings for AWS do not work: {error}. {_CREDENTIALS}") from error
    return Bucket(bucket, prefix, client)
