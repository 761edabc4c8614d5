"""SendingHistory: keeps what Amazon SES sent, from the configuration set to the archive."""

from collections import ChainMap
from typing import Any, Final, Never

import pulumi
import pulumi_aws as aws

from ses_sending_history import policies, validation
from ses_sending_history.alarms import create_alarms
from ses_sending_history.archive import create_archive
from ses_sending_history.args import SendingHistoryArgs
from ses_sending_history.catalog import create_catalog
from ses_sending_history.delivery import create_delivery_stream
from ses_sending_history.deployment import deployment_of
from ses_sending_history.layout import ERRORS_PREFIX, EVENTS_PREFIX, RESULTS_PREFIX
from ses_sending_history.publisher import EventPublisher
from ses_sending_history.retention import kept_by_name

_EXISTING_IDENTITY = (
    "leave it out of the identities to create, and make the set its default with `aws sesv2 "
    "put-email-identity-configuration-set-attributes --email-identity {identity} --configuration-set-name {default}`, "
    "or in Python with a DefaultConfigurationSet"
)

_REGIONS_WITH_A_DKIM_DOMAIN = {
    "af-south-1",
    "ap-northeast-3",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "il-central-1",
    "me-central-1",
    "us-gov-east-1",
}
"""The regions whose DKIM records do not end in dkim.amazonses.com."""

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

    configuration_set_arns: pulumi.Output[list[str]]
    """ARNs of these configuration sets, in the same order, for policies that allow sending with them."""

    publisher_role_arns: pulumi.Output[list[str]]
    """ARNs of the roles SES assumes, one for each configuration set, in the order of their names."""

    reader_policy_json: pulumi.Output[str]
    """An IAM policy document, as JSON, for readers: to list, get and decrypt events and what could not be delivered."""

    doctor_policy_json: pulumi.Output[str]
    """An IAM policy document, as JSON, for `ses-history doctor`: to look at every link of this history, and read it."""

    database_name: pulumi.Output[str | None]
    """Name of the Glue database that the tables of the history are in. None without queries."""

    table_name: pulumi.Output[str | None]
    """Name of the view in that database that has a row for each event and recipient. None without queries."""

    workgroup_name: pulumi.Output[str | None]
    """Name of the Athena workgroup to query the history in, with the saved queries. None without queries."""

    athena_reader_policy_json: pulumi.Output[str | None]
    """An IAM policy document, as JSON, for whoever queries the history in Athena. None without queries."""

    dkim_records: pulumi.Output[dict[str, str]]
    """CNAME records that verify the domains among the created identities: the name of each, and its value."""

    def __init__(
        self,
        name: str,
        args: SendingHistoryArgs = NO_ARGUMENTS,
        opts: pulumi.ResourceOptions | None = None,
        **arguments: Never,
    ) -> None:
        if arguments:
            raise TypeError(f"SendingHistory takes its arguments as one dict: SendingHistory({name!r}, {arguments!r})")
        args = validation.check_sending_history(name, args)
        super().__init__("ses-sending-history:index:SendingHistory", name, {}, opts)
        # Children inherit `protect` by themselves, but not this.
        child = pulumi.ResourceOptions(parent=self, retain_on_delete=opts.retain_on_delete if opts else None)
        deployment = deployment_of(self)
        tags = args["tags"]
        has_query = validation.has_query(args)
        if args["query"] and not has_query:
            pulumi.log.info("An existing bucket is not queried: Athena needs athena_results_bucket for that.", self)
        buffer_seconds = int(args["buffer_seconds"])

        self.bucket: aws.s3.Bucket | None = None
        if "bucket" in args:
            self.bucket_name = pulumi.Output.from_input(args["bucket"])
            self.bucket_arn = pulumi.Output.concat("arn:", deployment.partition, ":s3:::", self.bucket_name)
        else:
            self.bucket = create_archive(
                f"{name}-archive",
                retention_days=int(args["retention_days"]),
                archive_after_days=int(args["archive_after_days"]),
                query_results=has_query and "athena_results_bucket" not in args,
                kms_key_arn=args.get("kms_key_arn"),
                access_log_bucket=args.get("access_log_bucket"),
                force_destroy=args["force_destroy"],
                protect=args["protect"],
                tags=tags,
                opts=child,
            )
            self.bucket_name = self.bucket.bucket
            self.bucket_arn = self.bucket.arn

        self.delivery_stream, delivery_role, log_group = create_delivery_stream(
            f"{name}-delivery",
            bucket_arn=self.bucket_arn,
            existing_bucket="bucket" in args,
            kms_key_arn=args.get("kms_key_arn"),
            buffer_seconds=buffer_seconds,
            buffer_megabytes=int(args["buffer_megabytes"]),
            permissions_boundary_arn=args.get("permissions_boundary_arn"),
            deployment=deployment,
            tags=tags,
            opts=child,
        )

        def publish(configuration_set: str, **options: Any) -> EventPublisher:
            publisher: Any = {
                "configuration_set": configuration_set,
                "delivery_stream_arn": self.delivery_stream.arn,
                "event_types": args["event_types"],
                "permissions_boundary_arn": args.get("permissions_boundary_arn"),
                "tags": tags,
                **options,
            }
            return EventPublisher(f"{name}-{configuration_set}", publisher, child)

        self.publishers = [
            *(
                publish(
                    configuration_set,
                    tls_required=args["tls_required"],
                    tracking_domain=args.get("tracking_domain"),
                    suppressed_reasons=args.get("suppressed_reasons"),
                    reputation_metrics=args["reputation_metrics"],
                    force_destroy=args["force_destroy"],
                )
                for configuration_set in args["configuration_sets"]
            ),
            *(
                publish(configuration_set, create_configuration_set=False)
                for configuration_set in args["existing_configuration_sets"]
            ),
        ]

        self.identities = [
            aws.sesv2.EmailIdentity(
                f"{name}-{identity}",
                email_identity=identity,
                configuration_set_name=self.publishers[0].configuration_set_name,
                tags=tags,
                opts=pulumi.ResourceOptions.merge(
                    child,
                    kept_by_name(
                        f"{name}-{identity}",
                        force_destroy=args["force_destroy"],
                        named_by="emailIdentity",
                        hint=_EXISTING_IDENTITY.format(
                            identity=identity,
                            default=(args["configuration_sets"] or args["existing_configuration_sets"])[0],
                        ),
                    ),
                ),
            )
            for identity in args["identities"]
        ]

        if args["alarms"]:
            create_alarms(
                f"{name}-alarms",
                delivery_stream_name=self.delivery_stream.name,
                buffer_seconds=buffer_seconds,
                watch_silence="SEND" in args["event_types"],
                region=deployment.region,
                topic_arns=args["alarm_topic_arns"],
                tags=tags,
                opts=child,
            )

        self.database_name = self.table_name = self.workgroup_name = pulumi.Output.from_input(None)
        self.athena_reader_policy_json = pulumi.Output.from_input(None)
        if has_query:
            results_bucket, results_prefix = self.bucket_name, RESULTS_PREFIX
            if "athena_results_bucket" in args:  # others may have results in it, too
                results_bucket, results_prefix = args["athena_results_bucket"], f"{RESULTS_PREFIX}{name}/"
            table, workgroup = create_catalog(
                f"{name}-catalog",
                database_name=name.replace("-", "_"),  # with a hyphen every query would have to quote it
                workgroup_name=name,
                bucket_name=self.bucket_name,
                # How long an existing bucket keeps its objects is its owner's to say.
                retention_days=0 if "bucket" in args else int(args["retention_days"]),
                results=pulumi.Output.format("s3://{0}/{1}", results_bucket, results_prefix),
                scan_limit_gb=args["query_scan_limit_gb"],
                kms_key_arn=args.get("kms_key_arn"),
                tags=tags,
                opts=child,
            )
            self.database_name, self.table_name, self.workgroup_name = table.database_name, table.name, workgroup.name
            self.athena_reader_policy_json = policies.document(
                policies.athena_reader_permissions,
                bucket_arn=self.bucket_arn,
                prefixes=[EVENTS_PREFIX, ERRORS_PREFIX],
                results_bucket_arn=pulumi.Output.format("arn:{0}:s3:::{1}", deployment.partition, results_bucket),
                results_prefix=results_prefix,
                database_name=table.database_name,
                workgroup_name=workgroup.name,
                partition=deployment.partition,
                region=deployment.region,
                account_id=deployment.account_id,
                kms_key_arn=args.get("kms_key_arn"),
                previous_kms_key_arns=args["previous_kms_key_arns"],
            )

        self.events_prefix = pulumi.Output.from_input(EVENTS_PREFIX)
        self.errors_prefix = pulumi.Output.from_input(ERRORS_PREFIX)
        self.delivery_stream_name = self.delivery_stream.name
        self.delivery_stream_arn = self.delivery_stream.arn
        self.delivery_role_arn = delivery_role.arn
        self.configuration_set_names = pulumi.Output.all(*(p.configuration_set_name for p in self.publishers))
        self.configuration_set_arns = pulumi.Output.all(*(p.configuration_set_arn for p in self.publishers))
        self.publisher_role_arns = pulumi.Output.all(*(p.role_arn for p in self.publishers))
        self.reader_policy_json = policies.document(
            policies.reader_permissions,
            bucket_arn=self.bucket_arn,
            prefixes=[EVENTS_PREFIX, ERRORS_PREFIX],
            partition=deployment.partition,
            region=deployment.region,
            kms_key_arns=[*([args["kms_key_arn"]] if "kms_key_arn" in args else []), *args["previous_kms_key_arns"]],
        )
        self.doctor_policy_json = policies.document(
            policies.doctor_permissions,
            bucket_arn=self.bucket_arn,
            prefixes=[EVENTS_PREFIX, ERRORS_PREFIX],
            delivery_stream_arn=self.delivery_stream_arn,
            log_group_arn=log_group.arn,
            role_arns=[*(publisher.role_arn for publisher in self.publishers), delivery_role.arn],
            partition=deployment.partition,
            region=deployment.region,
            account_id=deployment.account_id,
            kms_key_arn=args.get("kms_key_arn"),
            previous_kms_key_arns=args["previous_kms_key_arns"],
        )
        self.dkim_records = pulumi.Output.all(
            *(_dkim_records(identity, deployment.region) for identity in self.identities)
        ).apply(lambda records: dict(ChainMap(*records)))
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
                "configuration_set_arns": self.configuration_set_arns,
                "publisher_role_arns": self.publisher_role_arns,
                "reader_policy_json": self.reader_policy_json,
                "doctor_policy_json": self.doctor_policy_json,
                "database_name": self.database_name,
                "table_name": self.table_name,
                "workgroup_name": self.workgroup_name,
                "athena_reader_policy_json": self.athena_reader_policy_json,
                "dkim_records": self.dkim_records,
            }
        )


def _dkim_records(identity: aws.sesv2.EmailIdentity, region: pulumi.Output[str]) -> pulumi.Output[dict[str, str]]:
    """The CNAME records of a domain's DKIM tokens; an address has none.

    Source: https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_dkim_domains
    """

    def records(domain: str, tokens: list[str] | None, region: str) -> dict[str, str]:
        zone = f"dkim.{region}.amazonses.com" if region in _REGIONS_WITH_A_DKIM_DOMAIN else "dkim.amazonses.com"
        return {f"{token}._domainkey.{domain}": f"{token}.{zone}" for token in tokens or []}

    tokens = identity.dkim_signing_attributes.apply(lambda signing: signing.tokens if signing else None)
    return pulumi.Output.all(identity.email_identity, tokens, region).apply(lambda known: records(*known))
