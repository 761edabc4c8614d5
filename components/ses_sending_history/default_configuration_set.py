"""DefaultConfigurationSet: gives an existing SES identity a default configuration set."""

from collections.abc import Iterator
from typing import Any

import pulumi
from pulumi import dynamic


class DefaultConfigurationSet(dynamic.Resource, module="ses", name="DefaultConfigurationSet"):
    """The default configuration set of an existing SES identity, created by another program or a person.

    Deleting it gives the identity back the default it had before, unless somebody has chosen another since, or the
    default before was this set already or is gone: then it has none. It runs in the Pulumi Python process: so it is for
    Python programs, and needs boto3: install `ses-sending-history[identities]`. It calls AWS with the profile, or with
    the SDK's own credentials, and refuses credentials of another account than `account_id`.
    """

    identity: pulumi.Output[str]
    """The identity: a domain or an address."""

    configuration_set: pulumi.Output[str]
    """Its default configuration set."""

    previous: pulumi.Output[str]
    """The default it had before; empty when it had none."""

    applied: pulumi.Output[str]
    """The default this resource set last, which a refresh leaves as it is."""

    def __init__(
        self,
        name: str,
        *,
        identity: pulumi.Input[str],
        configuration_set: pulumi.Input[str],
        region: pulumi.Input[str],
        account_id: pulumi.Input[str] | None = None,
        profile: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "identity": identity,
            "configuration_set": configuration_set,
            "region": region,
            "account_id": account_id,
            "profile": profile,
        }
        super().__init__(_Provider(), name, {**inputs, "previous": None, "applied": None}, opts)


class _Provider(dynamic.ResourceProvider):
    """Sets the default over the SES API v2.

    Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutEmailIdentityConfigurationSetAttributes.html
    """

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        return dynamic.CheckResult(news, [dynamic.CheckFailure(*problem) for problem in _problems(news)])

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        ses = _client(props)
        chosen = props["configuration_set"]
        before = _default_set(ses, props["identity"])
        _set_default(ses, props["identity"], chosen)
        # To give back a set that this stack may delete would leave the identity with a default SES refuses mail for.
        previous = "" if before == chosen else before
        return dynamic.CreateResult(
            id_=props["identity"], outs={**_inputs(props), "previous": previous, "applied": chosen}
        )

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        ses = _client(props)
        try:
            return dynamic.ReadResult(id_, {**props, "configuration_set": _default_set(ses, props["identity"])})
        except ses.exceptions.NotFoundException:
            return dynamic.ReadResult(None, {})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        old, new = _inputs(_olds), _inputs(_news)
        changed = [name for name in old | new if old.get(name) != new.get(name)]
        return dynamic.DiffResult(changes=bool(changed), replaces=[n for n in changed if n in {"identity", "region"}])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.UpdateResult:
        chosen = _news["configuration_set"]
        _set_default(_client(_news), _news["identity"], chosen)
        return dynamic.UpdateResult(outs={**_inputs(_news), "previous": _olds.get("previous", ""), "applied": chosen})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        ses = _client(_props)
        try:
            if _default_set(ses, _props["identity"]) != _props["applied"]:
                return
        except ses.exceptions.NotFoundException:
            return
        try:
            _set_default(ses, _props["identity"], _props.get("previous", ""))
        except ses.exceptions.NotFoundException:
            _set_default(ses, _props["identity"], "")


def _inputs(props: dict[str, Any]) -> dict[str, Any]:
    given = ("identity", "configuration_set", "region", "account_id", "profile")
    return {name: props[name] for name in given if props.get(name) is not None}


def _problems(props: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the resource, each with the property it is about; a preview says so, too."""
    known = {name: value for name, value in _inputs(props).items() if isinstance(value, str)}
    if not {"identity", "region"} <= known.keys():
        return
    try:
        from boto3 import Session  # noqa: F401, PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    except ImportError:
        yield "identity", "needs boto3: pip install 'ses-sending-history[identities]'"
        return
    try:
        session = _session(known)
        if refused := _of_another_account(session, known):
            yield "account_id", refused
            return
        session.client("sesv2").get_email_identity(EmailIdentity=known["identity"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            yield "identity", f"cannot be looked up: {error}"
            return
        where = f"{known['identity']} is no identity of SES in {known['region']}"
        yield "identity", f"does not exist ({where}): create it, or list it in identities"
    except BotoCoreError as error:
        yield "identity", f"cannot be looked up: {error}"


def _of_another_account(session: Any, props: dict[str, Any]) -> str | None:
    """Why the credentials of the session are refused; None when any account will do, or they are of it."""
    if props.get("account_id") is None:
        return None
    account_id = session.client("sts").get_caller_identity()["Account"]
    if account_id == props["account_id"]:
        return None
    whose = f"those of the profile {props['profile']}" if props.get("profile") else "those of this process"
    way = "use a profile of that account" if props.get("profile") else "set AWS_PROFILE"
    return f"is {props['account_id']}, the provider's, but the AWS credentials, {whose}, are of {account_id}: {way}"


def _client(props: dict[str, Any]) -> Any:
    """A client of SES; raises ValueError when it would be one of another account."""
    session = _session(props)
    if refused := _of_another_account(session, props):
        raise ValueError(f"{props['identity']}: account_id {refused}")
    return session.client("sesv2")


def _session(props: dict[str, Any]) -> Any:
    import boto3  # noqa: PLC0415  only this resource needs it, and only where it runs

    return boto3.Session(region_name=props["region"], profile_name=props.get("profile"))


def _default_set(ses: Any, identity: str) -> str:
    """The default of the identity; empty, as None would not outlive Pulumi's state, when it has none."""
    return ses.get_email_identity(EmailIdentity=identity).get("ConfigurationSetName", "")


def _set_default(ses: Any, identity: str, configuration_set: str) -> None:
    default = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    ses.put_email_identity_configuration_set_attributes(EmailIdentity=identity, **default)
