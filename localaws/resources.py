"""The resource types localaws can create, read, update and delete, each as the AWS API calls that do it."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from localaws.aws import LocalAws
from localaws.convert import Names, from_api, to_api

Inputs = dict[str, Any]
"""The inputs of a resource, as Pulumi hands them to the provider."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource that exists, with all that is known of it."""

    type: str
    logical_name: str
    inputs: Inputs
    """What it was made from, its name among them."""
    outputs: Inputs
    """Its inputs, its id and its ARN."""
    deleted_with: str = ""
    """The URN of the resource whose deletion deletes this one too, if there is one."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """How to read a resource."""

    operation: str
    described: Callable[[Any, Inputs], Any] = lambda answer, _: answer
    """Where the answer describes the resource, given its inputs; None when it does not."""
    at: str = ""
    """The path of that description's shape in the answer's, `*` for the items of a list."""
    of: str = ""
    """The input that is described, when it is not the resource as a whole."""


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """A type of the AWS provider, as operations of a boto3 client."""

    service: str
    create: tuple[str, ...]
    """The first makes the resource; the others run when there is an input for them beside the key."""
    read: tuple[Read, ...]
    update: tuple[str, ...]
    """Each runs when its parameters change."""
    untag: str = ""
    """Takes away tags, where `update` only adds them."""
    delete: str
    delete_with: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of `delete` beside the key, where it is a call that puts the default back."""
    key: tuple[str, ...]
    """The inputs that say which resource it is. The first is its id and, when it is not given, made up."""
    arn: str = ""
    names: Names = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters of an operation that no input stands for."""

    def make(
        self, aws: LocalAws, token: str, logical_name: str, inputs: Inputs, made: Callable[[Resource], None]
    ) -> Resource:
        """Create the resource, and tell `made` as soon as there is one to delete.

        LookupError names an input that no call takes, before there is.
        """
        asked_for = {name: value for name, value in inputs.items() if value != {}}
        inputs = {self.key[0]: _automatic_name(logical_name, inputs), **asked_for}
        client = aws.client(self.service)
        taken = {operation: self._taken(client, operation, inputs) for operation in self.create}
        if untold := {name for name in inputs if self.names.get(name) != ()}.difference(*taken.values()):
            raise LookupError(f"{token} {logical_name}: no API call takes {', '.join(sorted(untold))}")
        first, *others = self.create
        getattr(client, first)(**self._parameters(client, first, inputs))
        outputs = {**inputs, "id": inputs[self.key[0]]}
        if self.arn:
            outputs["arn"] = self.arn.format(region=aws.region, account=aws.account_id, **inputs)
        resource = Resource(type=token, logical_name=logical_name, inputs=inputs, outputs=outputs)
        made(resource)
        for operation in others:
            if taken[operation].difference(self.key):
                getattr(client, operation)(**self._parameters(client, operation, inputs))
        return resource

    def look(self, aws: LocalAws, resource: Resource) -> Inputs | None:
        """The inputs as AWS has them now, those it tells of; None when the resource is gone."""
        client = aws.client(self.service)
        found: Inputs = {}
        for read in self.read:
            try:
                answer = getattr(client, read.operation)(**self._key_parameters(client, read.operation, resource))
            except ClientError as error:
                if _is_gone(error):
                    return None
                raise
            described = read.described(answer, resource.inputs)
            if described is None:
                return None
            shape = _operation(client, read.operation).output_shape
            for part in filter(None, read.at.split(".")):
                shape = shape.member if part == "*" else shape.members[part]
            if read.of:
                found[read.of] = from_api(shape, resource.inputs[read.of], described, self.names, read.of)
            else:
                found |= from_api(shape, resource.inputs, described, self.names)
        return found

    def change(self, aws: LocalAws, resource: Resource, inputs: Inputs) -> Resource:
        """Update the resource to other inputs, by the calls whose parameters differ."""
        client = aws.client(self.service)
        outputs = {**resource.outputs, **inputs}
        for operation in self.update:
            parameters = self._parameters(client, operation, outputs)
            if parameters != self._parameters(client, operation, resource.outputs):
                self._send_update(client, operation, parameters)
        if self.untag and (gone := resource.inputs.get("tags", {}).keys() - inputs.get("tags", {}).keys()):
            getattr(client, self.untag)(**self._parameters(client, self.untag, {**outputs, "tags": sorted(gone)}))
        key = {name: resource.inputs[name] for name in self.key}
        return Resource(
            type=resource.type, logical_name=resource.logical_name, inputs={**key, **inputs}, outputs=outputs
        )

    def remove(self, aws: LocalAws, resource: Resource) -> None:
        """Delete the resource."""
        client = aws.client(self.service)
        getattr(client, self.delete)(**self._key_parameters(client, self.delete, resource), **self.delete_with)

    def _send_update(self, client: Any, operation: str, parameters: dict[str, Any]) -> None:
        getattr(client, operation)(**parameters)

    def _taken(self, client: Any, operation: str, inputs: Inputs) -> set[str]:
        return {
            name
            for name in inputs
            if to_api(_operation(client, operation).input_shape, {name: inputs[name]}, self.names)
        }

    def _parameters(self, client: Any, operation: str, inputs: Inputs) -> dict[str, Any]:
        return {
            **to_api(_operation(client, operation).input_shape, inputs, self.names),
            **self.constants.get(operation, {}),
        }

    def _key_parameters(self, client: Any, operation: str, resource: Resource) -> dict[str, Any]:
        key = [*self.key, "arn"] if "arn" in self.names else self.key
        return to_api(
            _operation(client, operation).input_shape, {name: resource.outputs[name] for name in key}, self.names
        )


class _Bucket(ResourceType):
    def remove(self, aws: LocalAws, resource: Resource) -> None:
        """Delete the bucket: with forceDestroy even when it holds objects."""
        if resource.inputs.get("forceDestroy"):
            s3 = aws.client("s3")
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=resource.outputs["id"]):
                for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    s3.delete_object(Bucket=resource.outputs["id"], Key=version["Key"], VersionId=version["VersionId"])
        super().remove(aws, resource)


class _BucketMetric(ResourceType):
    def _parameters(self, client: Any, operation: str, inputs: Inputs) -> dict[str, Any]:
        parameters = super()._parameters(client, operation, inputs)
        # The API wants the id twice.
        parameters["MetricsConfiguration"] = {"Id": parameters["Id"], **parameters.get("MetricsConfiguration", {})}
        return parameters


class _DeliveryStream(ResourceType):
    def _send_update(self, client: Any, operation: str, parameters: dict[str, Any]) -> None:
        if operation == "update_destination":
            name = parameters["DeliveryStreamName"]
            stream = client.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
            parameters["CurrentDeliveryStreamVersionId"] = stream["VersionId"]
            parameters["DestinationId"] = stream["Destinations"][0]["DestinationId"]
        super()._send_update(client, operation, parameters)


def _bucket_setting(
    setting: str, *, delete: str, delete_with: Inputs | None = None, names: Names | None = None, of: str = ""
) -> ResourceType:
    """A setting of a bucket, put and got by calls named after it; `of` is the input that alone is got."""
    return ResourceType(
        service="s3",
        create=(f"put_{setting}",),
        read=(Read(operation=f"get_{setting}", of=of),),
        update=(f"put_{setting}",),
        delete=delete,
        delete_with=delete_with or {},
        key=("bucket",),
        names=names or {},
    )


def _where(member: str, name: str) -> Callable[[Any, Inputs], Any]:
    """The item whose `member` is the input `name`, in the list of an answer."""

    def described(answer: Any, inputs: Inputs) -> Any:
        lists = [value for value in answer.values() if isinstance(value, list)]
        return next((item for items in lists for item in items if item.get(member) == inputs[name]), None)

    return described


def _operation(client: Any, operation: str) -> Any:
    """Botocore's model of what a method of the client calls."""
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])


def _is_gone(error: ClientError) -> bool:
    code = error.response["Error"]["Code"]
    return code == "404" or "NoSuch" in code or "NotFound" in code


def _automatic_name(logical_name: str, inputs: Inputs) -> str:
    """A name as the provider makes it up: the logical name, or a prefix asked for, and random hexadecimals."""
    if prefix := inputs.get("namePrefix"):
        return f"{prefix}{secrets.token_hex(13)}"
    return f"{logical_name}-{secrets.token_hex(4)[:7]}"


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws:s3/bucket:Bucket": _Bucket(
        service="s3",
        create=("create_bucket", "put_bucket_tagging"),
        read=(
            Read(operation="list_buckets", described=_where("Name", "bucket"), at="Buckets.*"),
            Read(operation="get_bucket_tagging"),
        ),
        update=("put_bucket_tagging",),
        delete="delete_bucket",
        key=("bucket",),
        arn="arn:aws:s3:::{bucket}",
        names={"bucket": ("Bucket", "Name"), "tags": ("Tagging.TagSet", "TagSet"), "forceDestroy": ()},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket_setting(
        "public_access_block",
        delete="delete_public_access_block",
        names={
            name: (f"PublicAccessBlockConfiguration.{name}",)
            for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        },
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _bucket_setting(
        "bucket_ownership_controls",
        delete="delete_bucket_ownership_controls",
        names={"rule": ("OwnershipControls.Rules",)},
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _bucket_setting(
        "bucket_encryption",
        delete="delete_bucket_encryption",
        names={"rules": ("ServerSideEncryptionConfiguration.Rules",)},
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _bucket_setting(
        "bucket_versioning",
        delete="put_bucket_versioning",
        delete_with={"VersioningConfiguration": {"Status": "Suspended"}},
        of="versioningConfiguration",
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_setting("bucket_policy", delete="delete_bucket_policy"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket_setting(
        "bucket_lifecycle_configuration",
        delete="delete_bucket_lifecycle",
        names={"rules": ("LifecycleConfiguration.Rules", "Rules")},
    ),
    "aws:s3/bucketLogging:BucketLogging": _bucket_setting(
        "bucket_logging",
        delete="put_bucket_logging",
        delete_with={"BucketLoggingStatus": {}},
        names={
            name: (f"BucketLoggingStatus.LoggingEnabled.{name}", f"LoggingEnabled.{name}")
            for name in ("targetBucket", "targetPrefix")
        },
    ),
    "aws:s3/bucketMetric:BucketMetric": _BucketMetric(
        service="s3",
        create=("put_bucket_metrics_configuration",),
        read=(
            Read(
                operation="get_bucket_metrics_configuration",
                described=lambda answer, _: answer["MetricsConfiguration"],
                at="MetricsConfiguration",
            ),
        ),
        update=("put_bucket_metrics_configuration",),
        delete="delete_bucket_metrics_configuration",
        key=("name", "bucket"),
        names={"name": ("Id",), "filter": ("MetricsConfiguration.Filter", "Filter")},
    ),
    "aws:iam/role:Role": ResourceType(
        service="iam",
        create=("create_role",),
        read=(Read(operation="get_role", described=lambda answer, _: answer["Role"], at="Role"),),
        update=("update_assume_role_policy", "update_role", "tag_role"),
        untag="untag_role",
        delete="delete_role",
        key=("name",),
        arn="arn:aws:iam::{account}:role/{name}",
        names={
            "name": ("RoleName",),
            "namePrefix": (),
            "assumeRolePolicy": ("AssumeRolePolicyDocument", "PolicyDocument"),
            "tags": ("Tags", "TagKeys"),
        },
    ),
    "aws:iam/rolePolicy:RolePolicy": ResourceType(
        service="iam",
        create=("put_role_policy",),
        read=(Read(operation="get_role_policy"),),
        update=("put_role_policy",),
        delete="delete_role_policy",
        key=("name", "role"),
        names={"name": ("PolicyName",), "role": ("RoleName",), "policy": ("PolicyDocument",)},
    ),
    "aws:cloudwatch/logGroup:LogGroup": ResourceType(
        service="logs",
        create=("create_log_group", "put_retention_policy"),
        read=(
            Read(operation="describe_log_groups", described=_where("logGroupName", "name"), at="logGroups.*"),
            Read(operation="list_tags_log_group"),
        ),
        update=("put_retention_policy", "tag_log_group"),
        untag="untag_log_group",
        delete="delete_log_group",
        key=("name",),
        arn="arn:aws:logs:{region}:{account}:log-group:{name}",
        names={"name": ("logGroupName", "logGroupNamePrefix")},
    ),
    "aws:cloudwatch/logStream:LogStream": ResourceType(
        service="logs",
        create=("create_log_stream",),
        read=(Read(operation="describe_log_streams", described=_where("logStreamName", "name"), at="logStreams.*"),),
        update=(),
        delete="delete_log_stream",
        key=("name", "logGroupName"),
        arn="arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{name}",
        names={"name": ("logStreamName", "logStreamNamePrefix")},
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ResourceType(
        service="cloudwatch",
        create=("put_metric_alarm",),
        read=(
            Read(operation="describe_alarms", described=_where("AlarmName", "name"), at="MetricAlarms.*"),
            Read(operation="list_tags_for_resource"),
        ),
        update=("put_metric_alarm", "tag_resource"),
        untag="untag_resource",
        delete="delete_alarms",
        key=("name",),
        arn="arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
        names={"name": ("AlarmName", "AlarmNames"), "arn": ("ResourceARN",), "tags": ("Tags", "TagKeys")},
    ),
    "aws:cloudwatch/dashboard:Dashboard": ResourceType(
        service="cloudwatch",
        create=("put_dashboard",),
        read=(Read(operation="get_dashboard"),),
        update=("put_dashboard",),
        delete="delete_dashboards",
        key=("dashboardName",),
        names={"dashboardName": ("DashboardName", "DashboardNames")},
    ),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _DeliveryStream(
        service="firehose",
        create=("create_delivery_stream",),
        read=(
            Read(
                operation="describe_delivery_stream",
                described=lambda answer, _: answer["DeliveryStreamDescription"],
                at="DeliveryStreamDescription",
            ),
            Read(
                operation="describe_delivery_stream",
                described=lambda answer, _: answer["DeliveryStreamDescription"]["Destinations"][0],
                at="DeliveryStreamDescription.Destinations.*",
            ),
            Read(operation="list_tags_for_delivery_stream"),
        ),
        update=("update_destination", "start_delivery_stream_encryption", "tag_delivery_stream"),
        untag="untag_delivery_stream",
        delete="delete_delivery_stream",
        key=("name",),
        arn="arn:aws:firehose:{region}:{account}:deliverystream/{name}",
        names={
            "name": ("DeliveryStreamName",),
            "destination": (),
            "extendedS3Configuration": (
                "ExtendedS3DestinationConfiguration",
                "ExtendedS3DestinationUpdate",
                "ExtendedS3DestinationDescription",
            ),
            "extendedS3Configuration.bufferingInterval": ("BufferingHints.IntervalInSeconds",),
            "extendedS3Configuration.bufferingSize": ("BufferingHints.SizeInMBs",),
            "extendedS3Configuration.kmsKeyArn": ("EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN",),
            "serverSideEncryption": (
                "DeliveryStreamEncryptionConfigurationInput",
                "DeliveryStreamEncryptionConfiguration",
            ),
            "serverSideEncryption.enabled": (),
            "tags": ("Tags", "TagKeys"),
        },
        constants={"create_delivery_stream": {"DeliveryStreamType": "DirectPut"}},
    ),
    "aws:sesv2/configurationSet:ConfigurationSet": ResourceType(
        service="sesv2",
        create=("create_configuration_set",),
        read=(Read(operation="get_configuration_set"),),
        update=("tag_resource",),
        untag="untag_resource",
        delete="delete_configuration_set",
        key=("configurationSetName",),
        arn="arn:aws:ses:{region}:{account}:configuration-set/{configurationSetName}",
        names={"arn": ("ResourceArn",), "tags": ("Tags", "TagKeys")},
    ),
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": ResourceType(
        service="sesv2",
        create=("create_configuration_set_event_destination",),
        read=(
            Read(
                operation="get_configuration_set_event_destinations",
                described=_where("Name", "eventDestinationName"),
                at="EventDestinations.*",
                of="eventDestination",
            ),
        ),
        update=("update_configuration_set_event_destination",),
        delete="delete_configuration_set_event_destination",
        key=("eventDestinationName", "configurationSetName"),
    ),
    "aws:sesv2/emailIdentity:EmailIdentity": ResourceType(
        service="sesv2",
        create=("create_email_identity",),
        read=(Read(operation="get_email_identity"),),
        update=("put_email_identity_configuration_set_attributes", "tag_resource"),
        untag="untag_resource",
        delete="delete_email_identity",
        key=("emailIdentity",),
        arn="arn:aws:ses:{region}:{account}:identity/{emailIdentity}",
        names={"arn": ("ResourceArn",), "tags": ("Tags", "TagKeys")},
    ),
}
"""The types by their tokens, under every name the API does not share with Pulumi."""
