"""DefaultConfigurationSet: gives an SES identity made elsewhere a default configuration set."""

from typing import Any

import pulumi
from pulumi import dynamic


class DefaultConfigurationSet(dynamic.Resource, module="ses", name="DefaultConfigurationSet"):
    """The default configuration set of an SES identity that another program or a person made.

    Deleting it gives the identity back the default it had before, if that set still exists and nobody has chosen
    another since. It runs in the Pulumi Python process: so it is for Python programs, calls AWS with the SDK's own
    credentials, and needs boto3. Install `ses-sending-history[identities]`.
    """

    identity: pulumi.Output[str]
    """The identity: a domain or an address."""

    configuration_set: pulumi.Output[str]
    """Its default configuration set."""

    previous: pulumi.Output[str | None]
    """The default it had before, if any."""

    def __init__(
        self,
        name: str,
        *,
        identity: pulumi.Input[str],
        configuration_set: pulumi.Input[str],
        region: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"identity": identity, "configuration_set": configuration_set, "region": region, "previous": None}
        super().__init__(_Provider(), name, props, opts)


class _Provider(dynamic.ResourceProvider):
    """Sets the default over the SES API v2.

    Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutEmailIdentityConfigurationSetAttributes.html
    """

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        ses = _client(props)
        previous = _default_set(ses, props["identity"])
        _set_default(ses, props["identity"], props["configuration_set"])
        return dynamic.CreateResult(id_=props["identity"], outs={**props, "previous": previous})

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        ses = _client(props)
        try:
            return dynamic.ReadResult(id_, {**props, "configuration_set": _default_set(ses, props["identity"])})
        except ses.exceptions.NotFoundException:
            return dynamic.ReadResult(None, {})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        replaces = [name for name in ("identity", "region") if _olds[name] != _news[name]]
        changed = replaces or _olds["configuration_set"] != _news["configuration_set"]
        return dynamic.DiffResult(changes=bool(changed), replaces=replaces)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.UpdateResult:
        _set_default(_client(_news), _news["identity"], _news["configuration_set"])
        return dynamic.UpdateResult(outs={**_news, "previous": _olds["previous"]})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        ses = _client(_props)
        try:
            current = _default_set(ses, _props["identity"])
        except ses.exceptions.NotFoundException:
            return
        if current != _props["configuration_set"]:
            return
        try:
            _set_default(ses, _props["identity"], _props["previous"])
        except ses.exceptions.NotFoundException:
            _set_default(ses, _props["identity"], None)


def _client(props: dict[str, Any]) -> Any:
    import boto3  # noqa: PLC0415  only this resource needs it, and only where it runs

    return boto3.client("sesv2", region_name=props["region"])


def _default_set(ses: Any, identity: str) -> str | None:
    return ses.get_email_identity(EmailIdentity=identity).get("ConfigurationSetName")


def _set_default(ses: Any, identity: str, configuration_set: str | None) -> None:
    default = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    ses.put_email_identity_configuration_set_attributes(EmailIdentity=identity, **default)
