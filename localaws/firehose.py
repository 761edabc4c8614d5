"""What ministack's Firehose lacks: checks of the caller, the role, the bucket and the prefixes, and gzip."""

import base64
import gzip
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from localaws.aws import LocalAws
from localaws.iam import Action, denial, pass_role, require
from localaws.middleware import Request, Response, ServiceError, intercept

_SERVICE = "firehose.amazonaws.com"


def extended(aws: LocalAws) -> AbstractContextManager[None]:
    """Firehose with these checks and gzip, while the context lasts."""
    return intercept("firehose", _Firehose(aws).handle)


class _Firehose:
    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws

    async def handle(self, request: Request) -> Response:
        match request.headers.get("x-amz-target", "").partition(".")[2]:
            case "CreateDeliveryStream":
                return await self._create(request)
            case "UpdateDestination" if role := request.json["ExtendedS3DestinationUpdate"].get("RoleARN"):
                pass_role(request, role, _SERVICE)
            case "StartDeliveryStreamEncryption":
                self._check_grant(request)
            case "PutRecordBatch":
                return await self._put(request, request.json["Records"])
        return await request.forward()

    async def _create(self, request: Request) -> Response:
        destination = request.json["ExtendedS3DestinationConfiguration"]
        pass_role(request, destination["RoleARN"], _SERVICE)
        self._check_grant(request)
        _check_prefixes(destination)
        await request.run_blocking(self._check_bucket, destination["BucketARN"])
        if reason := await request.run_blocking(self._denial, destination):
            raise ServiceError("InvalidArgumentException", f"Firehose is unable to assume role: {reason}.")
        if destination.get("CompressionFormat") == "GZIP":
            destination.setdefault("FileExtension", ".gz")
        return await request.forward(request.json | {"ExtendedS3DestinationConfiguration": destination})

    def _check_grant(self, request: Request) -> None:
        """Check that the caller may grant Firehose the customer managed key of a stream.

        Source: https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeliveryStreamEncryptionConfigurationInput.html
        """
        if key_arn := request.json.get("DeliveryStreamEncryptionConfigurationInput", {}).get("KeyARN"):
            context = {"kms:ViaService": f"firehose.{self._aws.region}.amazonaws.com"}
            require(request, Action(name="kms:CreateGrant", resource=key_arn, context=context))

    def _check_bucket(self, bucket_arn: str) -> None:
        bucket = bucket_arn.rpartition(":")[2]
        if bucket not in {each["Name"] for each in self._aws.client("s3").list_buckets()["Buckets"]}:
            raise ServiceError("InvalidArgumentException", f"Bucket {bucket} does not exist.")

    def _denial(self, destination: dict[str, Any]) -> str | None:
        return denial(
            self._aws.client("iam"),
            destination["RoleARN"],
            service=_SERVICE,
            source={"sts:ExternalId": self._aws.account_id},
            actions=_actions(destination, self._aws.region),
        )

    async def _put(self, request: Request, records: list[dict[str, str]]) -> Response:
        """Deliver the records of a request as one object, as if they were a full buffer."""
        name = request.json["DeliveryStreamName"]
        destination = await request.run_blocking(self._destination, name)
        if reason := await request.run_blocking(self._denial, destination):
            await request.run_blocking(self._log, destination, reason)
            return _accepted(records)
        data = b"".join(base64.b64decode(record["Data"]) for record in records)
        if destination["CompressionFormat"] == "GZIP":
            data = gzip.compress(data)
        encoded = base64.b64encode(data).decode()
        response = await request.forward({"DeliveryStreamName": name, "Records": [{"Data": encoded}]})
        return response if response.json["FailedPutCount"] else _accepted(records)

    def _destination(self, name: str) -> dict[str, Any]:
        firehose = self._aws.client("firehose")
        try:
            stream = firehose.describe_delivery_stream(DeliveryStreamName=name)
        except firehose.exceptions.ResourceNotFoundException as error:
            raise ServiceError("ResourceNotFoundException", f"Delivery stream {name} does not exist.") from error
        return stream["DeliveryStreamDescription"]["Destinations"][0]["ExtendedS3DestinationDescription"]

    def _log(self, destination: dict[str, Any], reason: str) -> None:
        log = destination["CloudWatchLoggingOptions"]
        self._aws.client("logs").put_log_events(
            logGroupName=log["LogGroupName"],
            logStreamName=log["LogStreamName"],
            logEvents=[{"timestamp": int(time.time() * 1000), "message": f"S3.AccessDenied: {reason}"}],
        )


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


def _accepted(records: list[dict[str, str]]) -> Response:
    ids = [{"RecordId": f"{number:056d}"} for number, _ in enumerate(records)]
    return Response().with_json({"FailedPutCount": 0, "Encrypted": False, "RequestResponses": ids})
