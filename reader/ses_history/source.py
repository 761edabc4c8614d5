"""Where the history is: an S3 bucket, or a folder that holds what such a bucket holds."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from stat import S_ISREG
from typing import Any, Protocol

from ses_history.failures import SourceError

AT_ONCE = 16
"""How many requests a source is asked at once: what S3 answers takes longer on its way than to make."""

_DAY = re.compile(r"(?:^|/)day=(\d{4}-\d{2}-\d{2})/")

_PAGE = 1000
"""How many keys S3 lists in an answer: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""


@dataclass(frozen=True)
class Object:
    """An object of the history as a listing tells it; `size` in bytes."""

    key: str
    etag: str
    size: int

    @property
    def day(self) -> date | None:
        """The day in its key, which is that of arrival."""
        if found := _DAY.search(self.key):
            try:
                return date.fromisoformat(found[1])
            except ValueError:
                return None
        return None


class Source(Protocol):
    """A place the history is kept in."""

    @property
    def name(self) -> str:
        """What tells this place from every other."""
        ...

    def objects(self, known: Iterable[str] = (), /) -> Iterator[Object]:
        """Every object there is; raises SourceError. Keys `known` from before may make it faster."""
        ...

    def read(self, key: str) -> bytes | None:
        """The bytes of an object, or None when it is not there any more; raises SourceError."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder of objects, such as `aws s3 sync` makes of a bucket."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's absolute path."""
        return str(self.path.resolve())

    def objects(self, _known: Iterable[str] = (), /) -> Iterator[Object]:
        """Every file in the folder and its folders, in the order of their names; a changed file has another etag."""
        if not self.path.is_dir():
            raise SourceError(f"{self.path} is not a folder: --folder names one that holds objects of the history")
        for folder, folders, names in os.walk(self.path, onerror=_not_read):
            folders.sort()
            inside = Path(folder).relative_to(self.path)
            for name in sorted(names):
                try:
                    file = Path(folder, name).stat()
                except OSError as error:
                    _not_read(error)
                    continue
                if S_ISREG(file.st_mode):
                    key = (inside / name).as_posix()
                    if not key.isprintable():
                        raise SourceError(f"A file in {self.path} has a name that is no text: rename {key!r}")
                    yield Object(key, f"{file.st_mtime_ns}-{file.st_size}", file.st_size)

    def read(self, key: str) -> bytes | None:
        """The bytes of a file."""
        try:
            return (self.path / key).read_bytes()
        except OSError as error:
            return _not_read(error)


def _not_read(error: OSError) -> None:
    """Nothing, when it vanished after it was listed."""
    if not isinstance(error, FileNotFoundError):
        raise SourceError(f"{error.filename} cannot be read: {error.strerror}") from error


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

        An answer of S3 tells where the next begins, so they come one after the other. Where they begin among the known
        keys is known beforehand: these are asked for at once, while what follows them is listed.
        """
        cuts = [None, *sorted(known)[_PAGE - 1 :: _PAGE]]
        with _told(self), ThreadPoolExecutor(AT_ONCE) as pool:
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
        with _told(self):
            try:
                return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except self.client.exceptions.NoSuchKey:
                return None


@contextmanager
def _told(source: Bucket) -> Iterator[None]:
    """What boto3 raises, as a line that says what to do."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError  # noqa: PLC0415

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
            return f"There is no bucket {source.bucket}: check --bucket, or name your stack with --stack"
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


def connect(bucket: str, prefix: str) -> Bucket:
    """The bucket as the credentials of the environment see it."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    session = get_session()
    # As the AWS CLI does: nobody asks for the times in a listing, and reading them is most of the work of reading it.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    try:
        client: Any = boto3.Session(botocore_session=session).client("s3", config=Config(max_pool_connections=AT_ONCE))
    except BotoCoreError as error:
        raise SourceError(f"The settings for AWS do not work: {error}. {_CREDENTIALS}") from error
    return Bucket(bucket, prefix, client)


def of_stack(name: str) -> tuple[str, str]:
    """The bucket and prefix that a Pulumi stack of the current folder's project tells; raises SourceError."""
    command = ["pulumi", "stack", "output", "--json", "--stack", name]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
        outputs = json.loads(told)
        return outputs["bucket_name"], outputs["events_prefix"]
    except FileNotFoundError as error:
        raise SourceError("--stack asks the Pulumi CLI, which is not installed: use --bucket BUCKET instead") from error
    except subprocess.CalledProcessError as error:
        raise SourceError(f"`{' '.join(command)}` failed: {error.stderr.strip()}") from error
    except KeyError as error:
        raise SourceError(f"The stack {name} has no output {error}: is it one of ses-sending-history?") from error
