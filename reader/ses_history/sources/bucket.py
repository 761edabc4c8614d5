"""An S3 bucket that holds the objects of a history."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.session import get_session

from ses_history.errors import SourceError
from ses_history.sources import AT_ONCE, Object

EVENTS_PREFIX: Final = "events/"
"""The prefix that SES sending history keeps events under."""

_PAGE = 1000
"""How many keys S3 lists in an answer: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""


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

    def objects(self, known: Iterable[str] = (), /) -> Iterator[Object]:
        """Every object under the prefix.

        Each page of a listing says where the next begins, so pages come one after the other. A listing that begins at
        a known key needs no page before it: these are made at once, while what follows the last known key is listed.
        """
        cuts = [None, *sorted(known)[_PAGE - 1 :: _PAGE]]
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
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix, **start)
        for page in pages:
            for item in page.get("Contents", []):
                if last is None or item["Key"] <= last:
                    yield Object(item["Key"], item["ETag"], item["Size"])
                if last is not None and item["Key"] >= last:
                    return

    def read(self, key: str) -> bytes | None:
        """The bytes of an object."""
        with _explained(self):
            try:
                return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except self.client.exceptions.NoSuchKey:
                return None
            except ClientError as error:
                # Who may list the history alone, and not the whole bucket, is refused an object that has expired.
                if error.response["Error"].get("Code") == "AccessDenied" and not self._has(key):
                    return None
                raise

    def _has(self, key: str) -> bool:
        page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        return any(item["Key"] == key for item in page.get("Contents", []))


@contextmanager
def _explained(source: Bucket) -> Iterator[None]:
    """What boto3 raises, as a SourceError that says what to do."""
    try:
        yield
    except ClientError as error:
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
            return (
                f"These credentials may not read {source.name}: attach the policy that the stack's output "
                f"reader_policy_json holds ({answer['Error'].get('Message')})"
            )
        case "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException":
            return f"The bucket {source.bucket} is in another region: set AWS_REGION={region or 'to it'}"
        case "ExpiredToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken":
            return f"AWS does not accept these credentials: {error}. {_CREDENTIALS}"
        case _:
            return f"{source.name} cannot be read: {error}"


_CREDENTIALS = "Sign in with `aws sso login` or set AWS_PROFILE, and see `aws sts get-caller-identity`"


def connect(bucket: str, prefix: str = EVENTS_PREFIX) -> Bucket:
    """The bucket as the credentials of the environment see it; raises SourceError."""
    session = get_session()
    # As the AWS CLI does: the times in a listing are not used, and parsing them is most of the work of parsing it.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    try:
        client: Any = boto3.Session(botocore_session=session).client("s3", config=Config(max_pool_connections=AT_ONCE))
    except BotoCoreError as error:
        raise SourceError(f"The settings for AWS do not work: {error}. {_CREDENTIALS}") from error
    return Bucket(bucket, prefix, client)
