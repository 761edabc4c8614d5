"""How SES takes a message or refuses it: by the account, the identities, the configuration set and its recipients."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from localaws import cloudwatch, simulator
from localaws.aws import LocalAws
from localaws.messages import Message, message
from localaws.middleware import ServiceError
from localaws.ses import publish
from localaws.suppression import SuppressionList


class RefusedError(ServiceError):
    """An error of an operation that sends."""

    def __init__(self, code: str, message: str, *, v1: str, status: int = 400) -> None:
        super().__init__(code, message, status)
        self.v1 = v1
        """Its code in the first version of the API."""


class UnverifiedError(RefusedError):
    """A message from or to addresses that are not verified.

    Source: https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
    """

    def __init__(self, addresses: list[str], region: str) -> None:
        message = (
            "Email address is not verified. The following identities failed the check in region"
            f" {region.upper()}: {', '.join(addresses)}"
        )
        super().__init__("MessageRejected", message, v1="MessageRejected")


@dataclass(frozen=True, kw_only=True)
class Sender:
    """SES as those who send see it."""

    aws: LocalAws
    suppression: SuppressionList = field(default_factory=SuppressionList)
    default_sets: dict[str, str | None] = field(default_factory=dict)
    """The default configuration set of every identity."""

    def send(self, request: Mapping[str, Any], operation: str) -> str:
        """Send the message of a request of SendEmail, and return its id.

        Raises RefusedError.
        """
        taken = message(request, operation, self._template(request["Content"]))
        if not self.may_send():
            raise RefusedError("SendingPausedException", "Account is paused", v1="AccountSendingPausedException")
        identity = self._check_verified(taken)
        name = taken.configuration_set or self.default_sets[identity]
        configuration_set = self.configuration_set(name)
        if not configuration_set.get("SendingOptions", {}).get("SendingEnabled", True):
            disabled = "Email sending is disabled for the configuration set."
            raise RefusedError("SendingPausedException", disabled, v1="ConfigurationSetSendingPausedException")
        # A set that names no reasons suppresses nothing; one without the option does as the account does.
        # Source: https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-config-level.html
        options = configuration_set.get("SuppressionOptions", {})
        reasons = options.get("SuppressedReasons", self.aws.ses_account.suppressed_reasons)
        return self._accept(taken, identity, name, self.suppression.suppressed(taken.recipients, reasons))

    def send_bulk(self, request: Mapping[str, Any], operation: str) -> list[dict[str, str]]:
        """Send a message for each entry of a request of SendBulkEmail, and return the result of each.

        Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html
        """
        if not self._identity(request["FromEmailAddress"]):
            raise UnverifiedError([request["FromEmailAddress"]], self.aws.region)
        results: list[dict[str, str]] = []
        for each in _requests(request):
            try:
                results.append({"Status": "SUCCESS", "MessageId": self.send(each, operation)})
            except UnverifiedError as error:
                results.append({"Status": "MESSAGE_REJECTED", "Error": str(error)})
        return results

    def may_send(self) -> bool:
        """Whether the account may send at all."""
        account = self.aws.ses_account
        return account.sending_enabled and account.enforcement_status != "SHUTDOWN"

    def configuration_set(self, name: str | None) -> dict[str, Any]:
        """The options of a configuration set; none without a name.

        Raises RefusedError for one that does not exist.
        """
        if name is None:
            return {}
        ses = self.aws.client("sesv2")
        try:
            return ses.get_configuration_set(ConfigurationSetName=name)
        except ses.exceptions.NotFoundException as error:
            missing = f"Configuration set <{name}> does not exist."
            raise RefusedError("NotFoundException", missing, v1="ConfigurationSetDoesNotExist", status=404) from error

    def _template(self, content: Mapping[str, Any]) -> dict[str, str]:
        """What the template that a message uses contains; nothing without one."""
        used = content.get("Template", {})
        if "TemplateName" not in used:
            return used.get("TemplateContent", {})
        ses = self.aws.client("sesv2")
        try:
            return ses.get_email_template(TemplateName=used["TemplateName"])["TemplateContent"]
        except ses.exceptions.NotFoundException as error:
            missing = f"Template {used['TemplateName']} does not exist"
            raise RefusedError("NotFoundException", missing, v1="TemplateDoesNotExist", status=404) from error

    def _check_verified(self, taken: Message) -> str:
        """The identity that sends a message; in the sandbox, its recipients must be verified as well."""
        identity = self._identity(taken.source)
        unverified = [] if identity else [taken.source]
        if not self.aws.ses_account.production_access:
            unverified += [
                each for each in taken.recipients if not (simulator.is_simulated(each) or self._identity(each))
            ]
        if unverified or identity is None:
            raise UnverifiedError(unverified, self.aws.region)
        return identity

    def _identity(self, written: str) -> str | None:
        """The most specific verified identity of an address: itself, its domain, or a domain above.

        Source: https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
        """
        address = parseaddr(written)[1]
        labels = address.rpartition("@")[2].lower().split(".")
        domains = (".".join(labels[level:]) for level in range(len(labels)))
        verified = self.default_sets.keys() - self.aws.ses_account.pending_identities
        return next((name for name in (address, *domains) if name in verified), None)

    def _accept(
        self, taken: Message, identity: str, configuration_set: str | None, suppressed: Mapping[str, str]
    ) -> str:
        sent_at = datetime.now(UTC)
        message_id = f"0100{int(sent_at.timestamp() * 1000):012x}-{uuid.uuid4()}-000000"
        mail = simulator.sent_mail(
            taken,
            message_id=message_id,
            sent_at=sent_at,
            configuration_set=configuration_set,
            arn=f"arn:aws:ses:{self.aws.region}:{self.aws.account_id}:identity/{identity}",
        )
        if taken.failure:
            events = [simulator.rendering_failure(mail, taken.failure)]
        else:
            events = list(simulator.events(mail, suppressed))
            _count(taken, sent_at)
        for event in events:
            cloudwatch.record("AWS/SES", event["eventType"].replace(" ", ""), 1, "Count")
        if configuration_set is not None:
            publish(self.aws, events, configuration_set=configuration_set)
        return message_id


def _requests(bulk: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The request of SendEmail that each entry of a request of SendBulkEmail stands for."""
    template = bulk["DefaultContent"]["Template"]
    for entry in bulk["BulkEmailEntries"]:
        replacement = entry.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {})
        data = replacement.get("ReplacementTemplateData") or template.get("TemplateData")
        headers = entry.get("ReplacementHeaders") or template.get("Headers")
        yield {
            **bulk,
            "Destination": entry["Destination"],
            "Content": {"Template": template | {"TemplateData": data, "Headers": headers}},
            "EmailTags": entry.get("ReplacementTags") or bulk.get("DefaultEmailTags"),
        }


def _count(taken: Message, sent_at: datetime) -> None:
    """Count a message to each recipient against the quota of the account, where ministack counts."""
    from ministack.services import ses  # noqa: PLC0415  it reads its settings when imported

    ses._sent_emails_list().extend({"Timestamp": sent_at.timestamp()} for _ in taken.recipients)  # noqa: SLF001
