"""SendingHistory: keeps what Amazon SES sent, from the configuration set to the archive."""

from typing import Final

import pulumi
import pulumi_aws as aws

from ses_sending_history import policies, validation
from ses_sending_history.alarms import create_alarms
from ses_sending_history.archive import create_archive
from ses_sending_history.args import SendingHistoryArgs
from ses_sending_history.delivery import create_delivery_stream
from ses_sending_history.deployment import deployment_of
from ses_sending_history.layout import ERRORS_PREFIX, EVENTS_PREFIX
from ses_sending_history.publisher import EventPublisher

NO_ARGUMENTS: Final[SendingHistoryArgs] = {}


class SendingHistory(pulumi.ComponentResource):
    """Keeps every Amazon SES sending event of its configuration sets in an S3 bucket."""

    bucket_name: pulumi.Output[str]
    """Name of the bucket that keeps the history."""

    bucket_arn: pulumi.Output[str]
    """ARN of the bucket that keeps the history."""

    events_prefix: pulumi.Output[str]
    """Prefix of the objects that hold events, one JSON record a line, in a folder for each day of arrival (UTC)."""

    errors_prefix: pulumi.Output[str]
    """Prefix of the objects that hold what Firehose could not deliver."""

    delivery_stream_name: pulumi.Output[str]
    """Name of the Data Firehose delivery stream that writes the history."""

    delivery_stream_arn: pulumi.Output[str]
    """ARN of the Data Firehose delivery stream, for an EventPublisher in another project."""

    delivery_role_arn: pulumi.Output[str]
    """ARN of the role Firehose writes with, for the policy of an existing bucket or key."""

    configuration_set_names: pulumi.Output[list[str]]
    """Names of the configuration sets whose events are kept: send with one of them. Created ones come first."""

    publisher_role_arns: pulumi.Output[list[str]]
    """ARNs of the roles SES assumes, one for each configuration set, in the order of their names."""

    reader_policy_json: pulumi.Output[str]
    """An IAM policy document, as JSON, for those who may read the history: to list, get and decrypt its events."""

    def __init__(
        self, name: str, args: SendingHistoryArgs = NO_ARGUMENTS, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = validation.check_sending_history(name, args)
        super().__init__("ses-sending-history:index:SendingHistory", name, {}, opts)
        # Children inherit `protect` by themselves, but not this.
        child = pulumi.ResourceOptions(parent=self, retain_on_delete=opts.retain_on_delete if opts else None)
        deployment = deployment_of(self)
        tags = args["tags"]
        buffer_seconds = int(args["buffer_seconds"])
        created_sets = args["configuration_sets"]
        existing_sets = args["existing_configuration_sets"]

        bucket = None
        if "bucket" in args:
            self.bucket_name = pulumi.Output.from_input(args["bucket"])
            self.bucket_arn = pulumi.Output.concat("arn:", deployment.partition, ":s3:::", self.bucket_name)
        else:
            bucket = create_archive(
                f"{name}-archive",
                retention_days=int(args["retention_days"]),
                archive_after_days=int(args["archive_after_days"]),
                kms_key_arn=args.get("kms_key_arn"),
                access_log_bucket=args.get("access_log_bucket"),
                force_destroy=args["force_destroy"],
                tags=tags,
                opts=child,
            )
            self.bucket_name = bucket.bucket
            self.bucket_arn = bucket.arn

        stream, delivery_role = create_delivery_stream(
            f"{name}-delivery",
            bucket_arn=self.bucket_arn,
            kms_key_arn=args.get("kms_key_arn"),
            buffer_seconds=buffer_seconds,
            buffer_megabytes=int(args["buffer_megabytes"]),
            deployment=deployment,
            tags=tags,
            opts=child,
        )

        publishers = [
            EventPublisher(
                f"{name}-{configuration_set}",
                {
                    "configuration_set": configuration_set,
                    "create_configuration_set": configuration_set in created_sets,
                    "delivery_stream_arn": stream.arn,
                    "event_types": args["event_types"],
                    "tags": tags,
                },
                child,
            )
            for configuration_set in [*created_sets, *existing_sets]
        ]

        for identity in args["identities"]:
            aws.sesv2.EmailIdentity(
                f"{name}-{identity}",
                email_identity=identity,
                configuration_set_name=publishers[0].configuration_set_name,
                tags=tags,
                opts=child,
            )

        if args["alarms"]:
            create_alarms(
                f"{name}-alarms",
                delivery_stream_name=stream.name,
                bucket=bucket,
                errors_prefix=ERRORS_PREFIX,
                buffer_seconds=buffer_seconds,
                region=deployment.region,
                topic_arns=args["alarm_topic_arns"],
                tags=tags,
                opts=child,
            )

        self.events_prefix = pulumi.Output.from_input(EVENTS_PREFIX)
        self.errors_prefix = pulumi.Output.from_input(ERRORS_PREFIX)
        self.delivery_stream_name = stream.name
        self.delivery_stream_arn = stream.arn
        self.delivery_role_arn = delivery_role.arn
        self.configuration_set_names = pulumi.Output.all(*(p.configuration_set_name for p in publishers))
        self.publisher_role_arns = pulumi.Output.all(*(p.role_arn for p in publishers))
        self.reader_policy_json = policies.document(
            policies.reader_permissions,
            bucket_arn=self.bucket_arn,
            prefix=EVENTS_PREFIX,
            partition=deployment.partition,
            region=deployment.region,
            kms_key_arn=args.get("kms_key_arn"),
        )
        self.register_outputs(
            {
                "bucket_name": self.bucket_name,
                "bucket_arn": self.bucket_arn,
                "events_prefix": self.events_prefix,
                "errors_prefix": self.errors_prefix,
                "delivery_stream_name": self.delivery_stream_name,
                "delivery_stream_arn": self.delivery_stream_arn,
                "delivery_role_arn": self.delivery_role_arn,
                "configuration_set_names": self.configuration_set_names,
                "publisher_role_arns": self.publisher_role_arns,
                "reader_policy_json": self.reader_policy_json,
            }
        )
