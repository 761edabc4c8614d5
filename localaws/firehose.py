"""What ministack's Firehose lacks: checks of caller, role, bucket and prefixes, gzip, retries, metrics, error log."""

import asyncio
import base64
import gzip
import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from localaws import cloudwatch
from localaws.aws import LocalAws
from localaws.iam import Action, denial, pass_role, require
from localaws.middleware import Request, Response, ServiceError, intercept

_SERVICE = "firehose.amazonaws.com"

_FAILURES = {
    "S3.AccessDenied": (
        "Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to assume the role,"
        " and the access policy allows access to the S3 bucket."
    ),
    "S3.NoSuchBucket": (
        "The specified bucket does not exist. Create the bucket or use a different bucket that does exist."
    ),
}
"""What Firehose logs when S3 refuses an object.

Source: https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
"""


@contextmanager
def extended(aws: LocalAws) -> Generator[None]:
    """Firehose with all this, while the context lasts."""
    from ministack.services import firehose  # noqa: PLC0415  it reads its settings when imported

    with patch.object(firehose, "_put_s3_object", _put_object), intercept("firehose", _Firehose(aws).handle):
        yield


def _put_object(bucket: str, key: str, body: bytes) -> None:
    """Put an object as Firehose does: compressed ones carry Content-Encoding."""
    from ministack.services import s3  # noqa: PLC0415  it reads its settings when imported

    headers = {"content-type": "application/octet-stream", "content-length": str(len(body)), "host": "s3.localhost"}
    if body.startswith(b"\x1f\x8b"):
        headers["content-encoding"] = "gzip"
    asyncio.run(s3.handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True))


class _Firehose:
    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._undelivered: dict[str, list[tuple[float, bytes]]] = {}
        """The time of arrival and the data of each record that S3 refused, by stream: delivered with the next."""

    async def handle(self, request: Request) -> Response:
        match request.headers.get("x-amz-target", "").partition(".")[2]:
            case "CreateDeliveryStream":
                return await self._create(request)
            case "UpdateDestination":
                return await self._update(request)
            case "DeleteDeliveryStream":
                self._undelivered.pop(request.json["DeliveryStreamName"], None)
            case "StartDeliveryStreamEncryption":
                self._check_grant(request)
            case "PutRecordBatch":
                return await self._put(request, request.json["Records"])
            case "PutRecord":
                return await self._put(request, [request.json["Record"]])
        return await request.forward()

    async def _create(self, request: Request) -> Response:
        destination = request.json["ExtendedS3DestinationConfiguration"]
        pass_role(request, destination["RoleARN"], _SERVICE)
        self._check_grant(request)
        _check_prefixes(destination)
        bucket = _bucket(destination)
        if not await request.run_blocking(self._has_bucket, bucket):
            raise ServiceError("InvalidArgumentException", f"Bucket {bucket} does not exist.")
        if reason := await request.run_blocking(self._denial, destination):
            raise ServiceError("InvalidArgumentException", f"Firehose is unable to assume role: {reason}.")
        return await request.forward(
            request.json | {"ExtendedS3DestinationConfiguration": _with_extension(destination)}
        )

    async def _update(self, request: Request) -> Response:
        update = request.json["ExtendedS3DestinationUpdate"]
        if role := update.get("RoleARN"):
            pass_role(request, role, _SERVICE)
        return await request.forward(request.json | {"ExtendedS3DestinationUpdate": _with_extension(update)})

    def _check_grant(self, request: Request) -> None:
        """Check that the caller may grant Firehose the customer managed key of a stream.

        Source: https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeliveryStreamEncryptionConfigurationInput.html
        """
        if key_arn := request.json.get("DeliveryStreamEncryptionConfigurationInput", {}).get("KeyARN"):
            context = {"kms:ViaService": f"firehose.{self._aws.region}.amazonaws.com"}
            require(request, Action(name="kms:CreateGrant", resource=key_arn, context=context))

    def _has_bucket(self, bucket: str) -> bool:
        return bucket in {each["Name"] for each in self._aws.client("s3").list_buckets()["Buckets"]}

    def _denial(self, destination: dict[str, Any]) -> str | None:
        return denial(
            self._aws.client("iam"),
            destination["RoleARN"],
            service=_SERVICE,
            source={"sts:ExternalId": self._aws.account_id},
            actions=_actions(destination, self._aws.region),
        )

    async def _put(self, request: Request, records: list[dict[str, str]]) -> Response:
        """Accept the records of a request, and deliver all that the stream holds as one object, as a full buffer."""
        name = request.json["DeliveryStreamName"]
        stream = await request.run_blocking(self._describe, name)
        destination = stream["Destinations"][0]["ExtendedS3DestinationDescription"]
        now = time.time()
        data = [base64.b64decode(record["Data"]) for record in records]
        _measure(name, IncomingRecords=(len(data), "Count"), IncomingBytes=(sum(map(len, data)), "Bytes"))
        held = [*self._undelivered.pop(name, []), *((now, each) for each in data)]
        failure = await request.run_blocking(self._failure, destination)
        freshness = now - min(arrival for arrival, _ in held)
        _measure(
            name,
            **{"DeliveryToS3.Success": (not failure, "Count"), "DeliveryToS3.DataFreshness": (freshness, "Seconds")},
        )
        if failure:
            self._undelivered[name] = [*held, *self._undelivered.get(name, [])]
            await request.run_blocking(self._log, stream, destination, failure)
            return _accepted(request, records)
        body = b"".join(each for _, each in held)
        if destination["CompressionFormat"] == "GZIP":
            body = gzip.compress(body)
        record = {"Data": base64.b64encode(body).decode()}
        # PutRecord reads the one, PutRecordBatch the other.
        response = await request.forward({"DeliveryStreamName": name, "Record": record, "Records": [record]})
        failed = response.status != 200 or response.json.get("FailedPutCount")  # noqa: PLR2004
        return response if failed else _accepted(request, records)

    def _describe(self, name: str) -> dict[str, Any]:
        firehose = self._aws.client("firehose")
        try:
            return firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        except firehose.exceptions.ResourceNotFoundException as error:
            raise ServiceError("ResourceNotFoundException", f"Delivery stream {name} does not exist.") from error

    def _failure(self, destination: dict[str, Any]) -> str | None:
        """The code of the error with which S3 refuses an object; None when it takes it."""
        if self._denial(destination):
            return "S3.AccessDenied"
        return None if self._has_bucket(_bucket(destination)) else "S3.NoSuchBucket"

    def _log(self, stream: dict[str, Any], destination: dict[str, Any], failure: str) -> None:
        log = destination.get("CloudWatchLoggingOptions", {})
        if not log.get("Enabled"):
            return
        message = {
            "deliveryStreamARN": stream["DeliveryStreamARN"],
            "destination": destination["BucketARN"],
            "deliveryStreamVersionId": int(stream["VersionId"]),
            "message": _FAILURES[failure],
            "errorCode": failure,
        }
        self._aws.client("logs").put_log_events(
            logGroupName=log["LogGroupName"],
            logStreamName=log["LogStreamName"],
            logEvents=[{"timestamp": int(time.time() * 1000), "message": json.dumps(message)}],
        )


def _measure(stream: str, **values: tuple[float, str]) -> None:
    """Publish metrics of a delivery stream, each a value and its unit.

    Source: https://docs.aws.amazon.com/firehose/latest/dev/cloudwatch-metrics.html
    """
    for metric, (value, unit) in values.items():
        cloudwatch.record("AWS/Firehose", metric, value, unit, DeliveryStreamName=stream)


def _bucket(destination: dict[str, Any]) -> str:
    return destination["BucketARN"].rpartition(":")[2]


def _with_extension(destination: dict[str, Any]) -> dict[str, Any]:
    """The destination with the extension of its compression, unless it has one of its own."""
    if "CompressionFormat" not in destination:
        return destination
    return {"FileExtension": ".gz" if destination["CompressionFormat"] == "GZIP" else ""} | destination


def _actions(destination: dict[str, Any], region: str) -> Iterator[Action]:
    """The actions Firehose performs with its role to write an object."""
    bucket_arn = destination["BucketARN"]
    yield Action(name="s3:PutObject", resource=f"{bucket_arn}/{destination['Prefix'].partition('!{')[0]}object")
    if kms := destination.get("EncryptionConfiguration", {}).get("KMSEncryptionConfig"):
        context = {"kms:ViaService": f"s3.{region}.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": bucket_arn}
        yield Action(name="kms:GenerateDataKey", resource=kms["AWSKMSKeyARN"], context=context)


def _check_prefixes(destination: dict[str, Any]) -> None:
    """Raise ServiceError for prefixes that AWS rejects.

    Source: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
    """
    prefix, error_prefix = destination.get("Prefix", ""), destination.get("ErrorOutputPrefix", "")
    error_type = "!{firehose:error-output-type}"
    if error_type in prefix:
        raise ServiceError("InvalidArgumentException", f"Prefix {prefix!r} cannot contain {error_type}.")
    if "!{" in prefix and error_type not in error_prefix:
        raise ServiceError("InvalidArgumentException", f"ErrorOutputPrefix {error_prefix!r} must contain {error_type}.")


def _accepted(request: Request, records: list[dict[str, str]]) -> Response:
    """The response of PutRecord or PutRecordBatch to records that Firehose now keeps."""
    ids = [{"RecordId": f"{number:056d}"} for number, _ in enumerate(records)]
    if "Record" in request.json:
        return Response().with_json(ids[0] | {"Encrypted": False})
    return Response().with_json({"FailedPutCount": 0, "Encrypted": False, "RequestResponses": ids})
