"""The resource types localaws creates, reads, updates and deletes, each as operations of the AWS API."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from localaws.aws import LocalAws
from localaws.convert import Names, from_api, returned_inputs, to_api

Inputs = dict[str, Any]
"""The inputs of a resource, as Pulumi passes them to the provider."""

_NO_TAGS: Mapping[str, list[Any]] = {"TagSet": []}
"""What S3 answers with an error for a bucket without tags."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource that exists, and its state."""

    type: str
    logical_name: str
    inputs: Inputs
    """The inputs it was created with, its name included."""
    outputs: Inputs
    """Its inputs, its id and its ARN."""
    deleted_with: str = ""
    """The URN of the resource that is deleted together with this one; empty for none."""
    retained: bool = False
    """Whether a destroy keeps it."""


@dataclass(frozen=True, kw_only=True)
class ReadOperation:
    """An operation that reads a resource."""

    name: str
    find: Callable[[Any, Inputs], Any] = lambda response, _: response
    """Returns the part of the response that describes the resource with these inputs; None when there is none."""
    shape_path: str = ""
    """The path of that part's shape in the response's shape, `*` for the items of a list."""
    input: str = ""
    """The input that it describes, when it does not describe the whole resource."""


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """A resource type of the AWS provider, as operations of a boto3 client."""

    service: str
    create_operations: tuple[str, ...]
    """The first creates the resource; each other runs when it takes an input that is not in the key."""
    read_operations: tuple[ReadOperation, ...]
    update_operations: tuple[str, ...]
    """Each runs when its parameters change."""
    untag_operation: str = ""
    """Removes tags, where `update_operations` only add them."""
    delete_operation: str
    delete_parameters: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of `delete_operation` beside the key, where it restores a default instead."""
    key: tuple[str, ...]
    """The inputs that identify the resource. The first is its id, and is generated when it is not given."""
    arn: str = ""
    names: Names = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters of an operation that come from no input."""
    computed: Callable[[Any, Inputs], Inputs] = lambda _client, _inputs: {}
    """Returns the outputs that AWS makes up, beside the id and the ARN."""

    def create(
        self, aws: LocalAws, token: str, logical_name: str, inputs: Inputs, on_created: Callable[[Resource], None]
    ) -> Resource:
        """Create the resource, and pass it to `on_created` as soon as it exists.

        Raises LookupError, before anything is created, for inputs that no operation takes.
        """
        given = {name: value for name, value in inputs.items() if value != {}}
        inputs = {self.key[0]: generated_name(logical_name, inputs), **given}
        client = aws.client(self.service)
        taken = {operation: self._taken(client, operation, inputs) for operation in self.create_operations}
        if unused := {name for name in inputs if self.names.get(name) != ()}.difference(*taken.values()):
            raise LookupError(
                f"{token} {logical_name}: no operation takes {', '.join(sorted(unused))}: map it in RESOURCE_TYPES"
            )
        first, *others = self.create_operations
        getattr(client, first)(**self._parameters(client, first, inputs))
        outputs = {**inputs, "id": inputs[self.key[0]]}
        if self.arn:
            outputs["arn"] = self.arn.format(region=aws.region, account=aws.account_id, **inputs)
        outputs |= self.computed(client, inputs)
        resource = Resource(type=token, logical_name=logical_name, inputs=inputs, outputs=outputs)
        on_created(resource)
        for operation in others:
            if taken[operation].difference(self.key):
                getattr(client, operation)(**self._parameters(client, operation, inputs))
        return resource

    def read(self, aws: LocalAws, resource: Resource) -> Inputs | None:
        """The inputs as AWS has them now, and those it never returns as they are; None when the resource is gone."""
        client = aws.client(self.service)
        found: Inputs = {}
        returned: set[str] = set()
        for operation in self.read_operations:
            try:
                response = getattr(client, operation.name)(**self._key_parameters(client, operation.name, resource))
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchTagSet":
                    response = _NO_TAGS  # the bucket is there
                elif _is_gone(error):
                    return None
                else:
                    raise
            described = operation.find(response, resource.inputs)
            if described is None:
                return None
            shape = _operation(client, operation.name).output_shape
            for part in filter(None, operation.shape_path.split(".")):
                shape = shape.member if part == "*" else shape.members[part]
            if name := operation.input:
                found[name] = from_api(shape, resource.inputs[name], described, self.names, name)
                returned.add(name)
            else:
                found |= from_api(shape, resource.inputs, described, self.names)
                returned |= returned_inputs(shape, resource.inputs, self.names)
        return {name: value for name, value in resource.inputs.items() if name not in returned} | found

    def update(self, aws: LocalAws, resource: Resource, inputs: Inputs) -> Resource:
        """Update the resource to other inputs, by the calls whose parameters differ."""
        client = aws.client(self.service)
        removed = resource.inputs.keys() - inputs.keys() - {*self.key}
        outputs = {name: value for name, value in resource.outputs.items() if name not in removed} | inputs
        for operation in self.update_operations:
            if operation.startswith("tag_") and not outputs.get("tags"):
                continue  # it only adds tags, and takes no empty list of them
            parameters = self._parameters(client, operation, outputs)
            if parameters != self._parameters(client, operation, resource.outputs):
                self._send_update(client, operation, parameters)
        if self.untag_operation and (gone := resource.inputs.get("tags", {}).keys() - inputs.get("tags", {}).keys()):
            parameters = self._parameters(client, self.untag_operation, {**outputs, "tags": sorted(gone)})
            getattr(client, self.untag_operation)(**parameters)
        key = {name: resource.outputs[name] for name in self.key}
        return Resource(
            type=resource.type, logical_name=resource.logical_name, inputs={**key, **inputs}, outputs=outputs
        )

    def delete(self, aws: LocalAws, resource: Resource) -> None:
        """Delete the resource."""
        client = aws.client(self.service)
        key = self._key_parameters(client, self.delete_operation, resource)
        getattr(client, self.delete_operation)(**key, **self.delete_parameters)

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
    def delete(self, aws: LocalAws, resource: Resource) -> None:
        """Delete the bucket; with forceDestroy its objects first."""
        if resource.inputs.get("forceDestroy"):
            s3 = aws.client("s3")
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=resource.outputs["id"]):
                for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    s3.delete_object(Bucket=resource.outputs["id"], Key=version["Key"], VersionId=version["VersionId"])
        super().delete(aws, resource)


class _BucketMetric(ResourceType):
    def _parameters(self, client: Any, operation: str, inputs: Inputs) -> dict[str, Any]:
        parameters = super()._parameters(client, operation, inputs)
        # The API takes the id twice.
        parameters["MetricsConfiguration"] = {"Id": parameters["Id"], **parameters.get("MetricsConfiguration", {})}
        return parameters


class _HostedZone(ResourceType):
    def _parameters(self, client: Any, operation: str, inputs: Inputs) -> dict[str, Any]:
        parameters = super()._parameters(client, operation, inputs)
        if operation == "create_hosted_zone":
            # AWS takes a second request with the same reference for the first one, sent again.
            parameters["CallerReference"] = secrets.token_hex(8)
        return parameters


class _Record(ResourceType):
    """A record: Route 53 has no operation for one, but a batch of changes for a zone."""

    def create(
        self, aws: LocalAws, token: str, logical_name: str, inputs: Inputs, on_created: Callable[[Resource], None]
    ) -> Resource:
        """Create the record, and pass it to `on_created`. Raises LookupError for inputs that `_change_record` lacks."""
        if unused := inputs.keys() - {"zoneId", "name", "type", "ttl", "records"}:
            raise LookupError(f"{token} {logical_name}: no operation takes {', '.join(sorted(unused))}")
        _change_record(aws, "CREATE", inputs)
        resource = Resource(
            type=token, logical_name=logical_name, inputs=inputs, outputs={**inputs, "id": inputs["name"]}
        )
        on_created(resource)
        return resource

    def read(self, aws: LocalAws, resource: Resource) -> Inputs | None:
        """The inputs as Route 53 has them now; None when the record or its zone is gone."""
        inputs = resource.inputs
        route53 = aws.client("route53")
        try:
            records = route53.list_resource_record_sets(
                HostedZoneId=inputs["zoneId"], StartRecordName=inputs["name"], StartRecordType=inputs["type"]
            )["ResourceRecordSets"]
        except route53.exceptions.NoSuchHostedZone:
            return None
        for found in records:
            if (found["Name"], found["Type"]) == (f"{inputs['name']}.", inputs["type"]):
                values = [each["Value"] for each in found["ResourceRecords"]]
                return {**inputs, "ttl": found["TTL"], "records": values}
        return None

    def update(self, aws: LocalAws, resource: Resource, inputs: Inputs) -> Resource:
        """Put the other values into the record."""
        _change_record(aws, "UPSERT", inputs)
        return replace(resource, inputs=inputs, outputs={**resource.outputs, **inputs})

    def delete(self, aws: LocalAws, resource: Resource) -> None:
        """Delete the record: Route 53 asks for its values, too."""
        _change_record(aws, "DELETE", resource.inputs)


class _ConfigurationSet(ResourceType):
    def _parameters(self, client: Any, operation: str, inputs: Inputs) -> dict[str, Any]:
        # An option is a structure when a set is created, and a call of its own with the members afterwards.
        option = operation.removeprefix("put_configuration_set_").replace("_options", "Options")
        return super()._parameters(client, operation, {**inputs, **inputs.get(option, {})})


class _DeliveryStream(ResourceType):
    def _send_update(self, client: Any, operation: str, parameters: dict[str, Any]) -> None:
        if operation == "update_destination":
            name = parameters["DeliveryStreamName"]
            stream = client.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
            parameters["CurrentDeliveryStreamVersionId"] = stream["VersionId"]
            parameters["DestinationId"] = stream["Destinations"][0]["DestinationId"]
        super()._send_update(client, operation, parameters)


def _bucket_setting(
    setting: str,
    *,
    delete_operation: str,
    delete_parameters: Inputs | None = None,
    names: Names | None = None,
    read_input: str = "",
) -> ResourceType:
    """A setting of a bucket with put and get operations; `read_input` is the only input that get returns."""
    return ResourceType(
        service="s3",
        create_operations=(f"put_{setting}",),
        read_operations=(ReadOperation(name=f"get_{setting}", input=read_input),),
        update_operations=(f"put_{setting}",),
        delete_operation=delete_operation,
        delete_parameters=delete_parameters or {},
        key=("bucket",),
        names=names or {},
    )


def _made_up_of_zone(client: Any, inputs: Inputs) -> Inputs:
    (zone,) = client.list_hosted_zones_by_name(DNSName=inputs["name"], MaxItems="1")["HostedZones"]
    zone_id = zone["Id"].rpartition("/")[2]
    name_servers = client.get_hosted_zone(Id=zone_id)["DelegationSet"]["NameServers"]
    return {"id": zone_id, "zoneId": zone_id, "nameServers": name_servers}


def _made_up_of_named_query(client: Any, inputs: Inputs) -> Inputs:
    ids = client.list_named_queries(WorkGroup=inputs["workgroup"])["NamedQueryIds"]
    queries = client.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]
    # Names are not unique: the newest is last.
    named = [query["NamedQueryId"] for query in queries if query["Name"] == inputs["name"]]
    return {"id": named[-1], "namedQueryId": named[-1]}


def _change_record(aws: LocalAws, action: str, inputs: Inputs) -> None:
    record = {
        "Name": inputs["name"],
        "Type": inputs["type"],
        "TTL": int(inputs["ttl"]),
        "ResourceRecords": [{"Value": value} for value in inputs["records"]],
    }
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    aws.client("route53").change_resource_record_sets(HostedZoneId=inputs["zoneId"], ChangeBatch=batch)


def _item_with(member: str, name: str) -> Callable[[Any, Inputs], Any]:
    """Finds the item whose `member` equals the input `name`, in the list of a response."""

    def find(response: Any, inputs: Inputs) -> Any:
        lists = [value for value in response.values() if isinstance(value, list)]
        return next((item for items in lists for item in items if item.get(member) == inputs[name]), None)

    return find


def _operation(client: Any, operation: str) -> Any:
    """Botocore's model of the operation behind a method of the client."""
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])


def _is_gone(error: ClientError) -> bool:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    # Athena has one code for all that is wrong with a request.
    return code == "404" or "NoSuch" in code or "NotFound" in code or message.rstrip(".").endswith(" not found")


def generated_name(logical_name: str, inputs: Inputs) -> str:
    """A name as the provider generates it: the logical name, or namePrefix when given, and random hexadecimals."""
    if prefix := inputs.get("namePrefix"):
        return f"{prefix}{secrets.token_hex(13)}"
    return f"{logical_name}-{secrets.token_hex(4)[:7]}"


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws:s3/bucket:Bucket": _Bucket(
        service="s3",
        create_operations=("create_bucket", "put_bucket_tagging"),
        read_operations=(
            ReadOperation(name="list_buckets", find=_item_with("Name", "bucket"), shape_path="Buckets.*"),
            ReadOperation(name="get_bucket_tagging"),
        ),
        update_operations=("put_bucket_tagging",),
        delete_operation="delete_bucket",
        key=("bucket",),
        arn="arn:aws:s3:::{bucket}",
        names={"bucket": ("Bucket", "Name"), "tags": ("Tagging.TagSet", "TagSet"), "forceDestroy": ()},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket_setting(
        "public_access_block",
        delete_operation="delete_public_access_block",
        names={
            name: (f"PublicAccessBlockConfiguration.{name}",)
            for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        },
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _bucket_setting(
        "bucket_ownership_controls",
        delete_operation="delete_bucket_ownership_controls",
        names={"rule": ("OwnershipControls.Rules",)},
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _bucket_setting(
        "bucket_encryption",
        delete_operation="delete_bucket_encryption",
        names={"rules": ("ServerSideEncryptionConfiguration.Rules",)},
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _bucket_setting(
        "bucket_versioning",
        delete_operation="put_bucket_versioning",
        delete_parameters={"VersioningConfiguration": {"Status": "Suspended"}},
        read_input="versioningConfiguration",
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_setting("bucket_policy", delete_operation="delete_bucket_policy"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket_setting(
        "bucket_lifecycle_configuration",
        delete_operation="delete_bucket_lifecycle",
        names={"rules": ("LifecycleConfiguration.Rules", "Rules")},
    ),
    "aws:s3/bucketLogging:BucketLogging": _bucket_setting(
        "bucket_logging",
        delete_operation="put_bucket_logging",
        delete_parameters={"BucketLoggingStatus": {}},
        names={
            name: (f"BucketLoggingStatus.LoggingEnabled.{name}", f"LoggingEnabled.{name}")
            for name in ("targetBucket", "targetPrefix")
        },
    ),
    "aws:s3/bucketMetric:BucketMetric": _BucketMetric(
        service="s3",
        create_operations=("put_bucket_metrics_configuration",),
        read_operations=(
            ReadOperation(
                name="get_bucket_metrics_configuration",
                find=lambda response, _: response["MetricsConfiguration"],
                shape_path="MetricsConfiguration",
            ),
        ),
        update_operations=("put_bucket_metrics_configuration",),
        delete_operation="delete_bucket_metrics_configuration",
        key=("name", "bucket"),
        names={"name": ("Id",), "filter": ("MetricsConfiguration.Filter", "Filter")},
    ),
    "aws:iam/role:Role": ResourceType(
        service="iam",
        create_operations=("create_role",),
        read_operations=(ReadOperation(name="get_role", find=lambda response, _: response["Role"], shape_path="Role"),),
        update_operations=("update_assume_role_policy", "update_role", "tag_role"),
        untag_operation="untag_role",
        delete_operation="delete_role",
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
        create_operations=("put_role_policy",),
        read_operations=(ReadOperation(name="get_role_policy"),),
        update_operations=("put_role_policy",),
        delete_operation="delete_role_policy",
        key=("name", "role"),
        names={"name": ("PolicyName",), "role": ("RoleName",), "policy": ("PolicyDocument",)},
    ),
    "aws:cloudwatch/logGroup:LogGroup": ResourceType(
        service="logs",
        create_operations=("create_log_group", "put_retention_policy"),
        read_operations=(
            ReadOperation(
                name="describe_log_groups", find=_item_with("logGroupName", "name"), shape_path="logGroups.*"
            ),
            ReadOperation(name="list_tags_log_group"),
        ),
        update_operations=("put_retention_policy", "tag_log_group"),
        untag_operation="untag_log_group",
        delete_operation="delete_log_group",
        key=("name",),
        arn="arn:aws:logs:{region}:{account}:log-group:{name}",
        names={"name": ("logGroupName", "logGroupNamePrefix")},
    ),
    "aws:cloudwatch/logStream:LogStream": ResourceType(
        service="logs",
        create_operations=("create_log_stream",),
        read_operations=(
            ReadOperation(
                name="describe_log_streams", find=_item_with("logStreamName", "name"), shape_path="logStreams.*"
            ),
        ),
        update_operations=(),
        delete_operation="delete_log_stream",
        key=("name", "logGroupName"),
        arn="arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{name}",
        names={"name": ("logStreamName", "logStreamNamePrefix")},
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ResourceType(
        service="cloudwatch",
        create_operations=("put_metric_alarm",),
        read_operations=(
            ReadOperation(name="describe_alarms", find=_item_with("AlarmName", "name"), shape_path="MetricAlarms.*"),
            ReadOperation(name="list_tags_for_resource"),
        ),
        update_operations=("put_metric_alarm", "tag_resource"),
        untag_operation="untag_resource",
        delete_operation="delete_alarms",
        key=("name",),
        arn="arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
        names={
            "name": ("AlarmName", "AlarmNames"),
            "arn": ("ResourceARN",),
            "tags": ("Tags", "TagKeys"),
            "metricQueries": ("Metrics",),
            "metricQueries.metric": ("MetricStat",),
            **{
                f"metricQueries.metric.{name}": (f"Metric.{name}",)
                for name in ("namespace", "metricName", "dimensions")
            },
        },
    ),
    "aws:cloudwatch/dashboard:Dashboard": ResourceType(
        service="cloudwatch",
        create_operations=("put_dashboard",),
        read_operations=(ReadOperation(name="get_dashboard"),),
        update_operations=("put_dashboard",),
        delete_operation="delete_dashboards",
        key=("dashboardName",),
        names={"dashboardName": ("DashboardName", "DashboardNames")},
    ),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _DeliveryStream(
        service="firehose",
        create_operations=("create_delivery_stream",),
        read_operations=(
            ReadOperation(
                name="describe_delivery_stream",
                find=lambda response, _: response["DeliveryStreamDescription"],
                shape_path="DeliveryStreamDescription",
            ),
            ReadOperation(
                name="describe_delivery_stream",
                find=lambda response, _: response["DeliveryStreamDescription"]["Destinations"][0],
                shape_path="DeliveryStreamDescription.Destinations.*",
            ),
            ReadOperation(name="list_tags_for_delivery_stream"),
        ),
        update_operations=("update_destination", "start_delivery_stream_encryption", "tag_delivery_stream"),
        untag_operation="untag_delivery_stream",
        delete_operation="delete_delivery_stream",
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
    "aws:sesv2/configurationSet:ConfigurationSet": _ConfigurationSet(
        service="sesv2",
        create_operations=("create_configuration_set",),
        read_operations=(ReadOperation(name="get_configuration_set"),),
        update_operations=(
            "put_configuration_set_delivery_options",
            "put_configuration_set_tracking_options",
            "put_configuration_set_suppression_options",
            "put_configuration_set_reputation_options",
            "tag_resource",
        ),
        untag_operation="untag_resource",
        delete_operation="delete_configuration_set",
        key=("configurationSetName",),
        arn="arn:aws:ses:{region}:{account}:configuration-set/{configurationSetName}",
        names={"arn": ("ResourceArn",), "tags": ("Tags", "TagKeys")},
    ),
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": ResourceType(
        service="sesv2",
        create_operations=("create_configuration_set_event_destination",),
        read_operations=(
            ReadOperation(
                name="get_configuration_set_event_destinations",
                find=_item_with("Name", "eventDestinationName"),
                shape_path="EventDestinations.*",
                input="eventDestination",
            ),
        ),
        update_operations=("update_configuration_set_event_destination",),
        delete_operation="delete_configuration_set_event_destination",
        key=("eventDestinationName", "configurationSetName"),
    ),
    "aws:sesv2/emailIdentity:EmailIdentity": ResourceType(
        service="sesv2",
        create_operations=("create_email_identity",),
        # Ministack's get_email_identity returns the tags of the creation.
        read_operations=(ReadOperation(name="get_email_identity"), ReadOperation(name="list_tags_for_resource")),
        update_operations=("put_email_identity_configuration_set_attributes", "tag_resource"),
        untag_operation="untag_resource",
        delete_operation="delete_email_identity",
        key=("emailIdentity",),
        arn="arn:aws:ses:{region}:{account}:identity/{emailIdentity}",
        computed=lambda client, inputs: {
            "dkimSigningAttributes": {
                "tokens": client.get_email_identity(EmailIdentity=inputs["emailIdentity"])["DkimAttributes"]["Tokens"]
            }
        },
        names={"arn": ("ResourceArn",), "tags": ("Tags", "TagKeys")},
    ),
    "aws:glue/catalogDatabase:CatalogDatabase": ResourceType(
        service="glue",
        create_operations=("create_database",),
        read_operations=(
            ReadOperation(name="get_database", find=lambda response, _: response["Database"], shape_path="Database"),
            ReadOperation(name="get_tags"),
        ),
        update_operations=("tag_resource",),
        untag_operation="untag_resource",
        delete_operation="delete_database",
        key=("name",),
        arn="arn:aws:glue:{region}:{account}:database/{name}",
        names={
            "name": ("DatabaseInput.Name", "Name"),
            "arn": ("ResourceArn",),
            "tags": ("Tags", "TagsToAdd", "TagsToRemove"),
        },
    ),
    "aws:glue/catalogTable:CatalogTable": ResourceType(
        service="glue",
        create_operations=("create_table",),
        read_operations=(
            ReadOperation(name="get_table", find=lambda response, _: response["Table"], shape_path="Table"),
        ),
        update_operations=("update_table",),
        delete_operation="delete_table",
        key=("name", "databaseName"),
        arn="arn:aws:glue:{region}:{account}:table/{databaseName}/{name}",
        names={
            name: (f"TableInput.{name}", name)
            for name in (
                *("name", "owner", "parameters", "partitionKeys", "storageDescriptor", "tableType"),
                *("viewExpandedText", "viewOriginalText"),
            )
        },
    ),
    "aws:athena/workgroup:Workgroup": ResourceType(
        service="athena",
        create_operations=("create_work_group",),
        read_operations=(
            ReadOperation(
                name="get_work_group", find=lambda response, _: response["WorkGroup"], shape_path="WorkGroup"
            ),
            ReadOperation(name="list_tags_for_resource"),
        ),
        update_operations=("update_work_group", "tag_resource"),
        untag_operation="untag_resource",
        delete_operation="delete_work_group",
        delete_parameters={"RecursiveDeleteOption": True},
        key=("name",),
        arn="arn:aws:athena:{region}:{account}:workgroup/{name}",
        names={
            "name": ("Name", "WorkGroup"),
            "arn": ("ResourceARN",),
            "tags": ("Tags", "TagKeys"),
            "forceDestroy": (),
            "configuration": ("Configuration", "ConfigurationUpdates"),
            "configuration.resultConfiguration": ("ResultConfiguration", "ResultConfigurationUpdates"),
            "configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": ("KmsKey",),
        },
    ),
    "aws:athena/namedQuery:NamedQuery": ResourceType(
        service="athena",
        create_operations=("create_named_query",),
        read_operations=(
            ReadOperation(
                name="get_named_query", find=lambda response, _: response["NamedQuery"], shape_path="NamedQuery"
            ),
        ),
        update_operations=(),
        delete_operation="delete_named_query",
        key=("name", "namedQueryId"),
        names={"query": ("QueryString",)},
        computed=_made_up_of_named_query,
    ),
    "aws:athena/preparedStatement:PreparedStatement": ResourceType(
        service="athena",
        create_operations=("create_prepared_statement",),
        read_operations=(
            ReadOperation(
                name="get_prepared_statement",
                find=lambda response, _: response["PreparedStatement"],
                shape_path="PreparedStatement",
            ),
        ),
        update_operations=("update_prepared_statement",),
        delete_operation="delete_prepared_statement",
        key=("name", "workgroup"),
        names={"name": ("StatementName",), "workgroup": ("WorkGroup", "WorkGroupName")},
    ),
    "aws:route53/zone:Zone": _HostedZone(
        service="route53",
        create_operations=("create_hosted_zone",),
        read_operations=(ReadOperation(name="get_hosted_zone"),),
        update_operations=("update_hosted_zone_comment",),
        delete_operation="delete_hosted_zone",
        key=("name", "zoneId"),
        names={"zoneId": ("Id",), "comment": ("HostedZoneConfig.Comment", "Comment", "HostedZone.Config.Comment")},
        computed=_made_up_of_zone,
    ),
    "aws:route53/record:Record": _Record(
        service="route53",
        create_operations=("change_resource_record_sets",),
        read_operations=(ReadOperation(name="list_resource_record_sets"),),
        update_operations=("change_resource_record_sets",),
        delete_operation="change_resource_record_sets",
        key=("name", "type", "zoneId"),
    ),
}
"""The resource types by token, each with the names that differ between Pulumi and the API."""
