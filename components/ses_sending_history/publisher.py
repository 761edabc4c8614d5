"""EventPublisher: makes SES publish the events of one configuration set to a delivery stream."""

from typing import Any

import pulumi
import pulumi_aws as aws

from ses_sending_history import policies, validation
from ses_sending_history.args import EventPublisherArgs
from ses_sending_history.deployment import deployment_of
from ses_sending_history.retention import kept_by_name

_ROLE_NAME_PREFIX_LENGTH = 38
"""The longest prefix IAM role names are generated from."""

_EXISTING_SET = "name it as an existing configuration set, and only an event destination is added to it"


class EventPublisher(pulumi.ComponentResource):
    """Publishes the sending events of one SES configuration set to a Data Firehose delivery stream."""

    configuration_set_name: pulumi.Output[str]
    """Name of the configuration set, known once its events are published."""

    configuration_set_arn: pulumi.Output[str]
    """ARN of the configuration set."""

    role_arn: pulumi.Output[str]
    """ARN of the role SES assumes to put the events on the delivery stream."""

    event_destination_name: pulumi.Output[str]
    """Name of the event destination on the configuration set."""

    def __init__(self, name: str, args: EventPublisherArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = validation.check_event_publisher(name, args)
        super().__init__("ses-sending-history:index:EventPublisher", name, {}, opts)
        # Children inherit `protect` by themselves, but not this.
        child = pulumi.ResourceOptions(parent=self, retain_on_delete=opts.retain_on_delete if opts else None)
        deployment = deployment_of(self)
        tags = args["tags"]

        configuration_set_name = pulumi.Output.from_input(args["configuration_set"])
        if args["create_configuration_set"]:
            configuration_set = aws.sesv2.ConfigurationSet(
                name,
                configuration_set_name=args["configuration_set"],
                **_set_options(args),
                tags=tags,
                opts=pulumi.ResourceOptions.merge(
                    child,
                    kept_by_name(
                        name, force_destroy=args["force_destroy"], named_by="configurationSetName", hint=_EXISTING_SET
                    ),
                ),
            )
            configuration_set_name = configuration_set.configuration_set_name

        role = aws.iam.Role(
            name,
            # A configuration set's name alone may fill the 64 characters of a role's.
            name_prefix=f"{name[: _ROLE_NAME_PREFIX_LENGTH - 1]}-",
            description="Lets Amazon SES publish the events of a configuration set to a delivery stream",
            assume_role_policy=policies.document(
                policies.publisher_trust,
                partition=deployment.partition,
                region=deployment.region,
                account_id=deployment.account_id,
                configuration_set=args["configuration_set"],
            ),
            permissions_boundary=args.get("permissions_boundary_arn"),
            tags=tags,
            opts=child,
        )
        role_policy = aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=policies.document(policies.publisher_permissions, delivery_stream_arn=args["delivery_stream_arn"]),
            opts=child,
        )
        destination = aws.sesv2.ConfigurationSetEventDestination(
            name,
            configuration_set_name=configuration_set_name,
            event_destination_name=name[: validation.SES_NAME_LENGTH],
            event_destination={
                "enabled": True,
                "matching_event_types": args["event_types"],
                "kinesis_firehose_destination": {
                    "delivery_stream_arn": args["delivery_stream_arn"],
                    "iam_role_arn": role.arn,
                },
            },
            # SES tries the role before it accepts the destination: it must be able to put records by then.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[role_policy])),
        )

        # Whoever sends with the set by this name does so once its events are recorded.
        self.configuration_set_name = destination.configuration_set_name
        self.configuration_set_arn = pulumi.Output.format(
            "arn:{partition}:ses:{region}:{account_id}:configuration-set/{name}",
            partition=deployment.partition,
            region=deployment.region,
            account_id=deployment.account_id,
            name=self.configuration_set_name,
        )
        self.role_arn = role.arn
        self.event_destination_name = destination.event_destination_name
        self.register_outputs(
            {
                "configuration_set_name": self.configuration_set_name,
                "configuration_set_arn": self.configuration_set_arn,
                "role_arn": self.role_arn,
                "event_destination_name": self.event_destination_name,
            }
        )


def _set_options(args: EventPublisherArgs) -> dict[str, Any]:
    """The options of the configuration set. AWS and the account decide those that are not asked for."""
    # The provider takes a removed option for one that stays as it is: it is said when it is off, too.
    options: dict[str, Any] = {"reputation_options": {"reputation_metrics_enabled": args["reputation_metrics"]}}
    if args["tls_required"]:
        options["delivery_options"] = {"tls_policy": "REQUIRE"}
    if "tracking_domain" in args:
        options["tracking_options"] = {"custom_redirect_domain": args["tracking_domain"], "https_policy": "REQUIRE"}
    if "suppressed_reasons" in args:
        options["suppression_options"] = {"suppressed_reasons": args["suppressed_reasons"]}
    return options
