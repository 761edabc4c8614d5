"""AWS on this machine as callers see it: an account, a region, an endpoint, and clients of its services."""

import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import boto3
from botocore.awsrequest import AWSRequest
from botocore.config import Config

_LOCK = threading.RLock()
"""Held while a client is created: a boto3 session is not thread-safe."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """The outcome of publishing one event to one event destination."""

    event_type: str
    message_id: str
    configuration_set: str
    event_destination: str | None
    dropped_because: str | None
    """Why it was not delivered; None when the delivery stream accepted it."""


@dataclass(kw_only=True)
class SesAccount:
    """What sending depends on in the account, and GetAccount tells; a test sets what AWS or others decide.

    Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
    """

    enforcement_status: Literal["HEALTHY", "PROBATION", "SHUTDOWN"] = "HEALTHY"
    production_access: bool = True
    """Whether it is out of the sandbox."""

    pending_identities: set[str] = field(default_factory=set)
    """Those whose owner has not proved yet that they are theirs; others are verified when they are created."""

    sending_enabled: bool = True
    suppressed_reasons: list[str] = field(default_factory=lambda: ["BOUNCE", "COMPLAINT"])
    """Why an address on the suppression list gets nothing: of a new account, for both reasons."""


@dataclass(frozen=True, kw_only=True)
class LocalAws:
    """One region of one account."""

    endpoint: str
    account_id: str
    region: str
    publications: list[Publication] = field(default_factory=list)
    """The outcome of every event SES published, in order."""

    ses_account: SesAccount = field(default_factory=SesAccount)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """The shared boto3 client of `service`, as the account's root user."""
        with _LOCK:
            if service not in self._clients:
                self._clients[service] = self.client_of(service)
            return self._clients[service]

    def client_of(self, service: str, access_key: dict[str, str] | None = None, *, tls: bool = True) -> Any:
        """A new boto3 client, as the user of the access key that IAM returned, or as root.

        With `tls`, requests look as if a proxy had terminated TLS: policies see aws:SecureTransport.
        """
        with _LOCK:
            client = _session().client(
                service,
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id=access_key["AccessKeyId"] if access_key else self.account_id,
                aws_secret_access_key=access_key["SecretAccessKey"] if access_key else "test",
                config=Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        if tls:
            client.meta.events.register("before-sign", _mark_as_tls)
        return client


@cache
def _session() -> Any:
    """The boto3 session of every client: it parses the model of a service once, which takes 0.1 s."""
    return boto3.Session()


def _mark_as_tls(request: AWSRequest, **_: object) -> None:
    request.headers["X-Forwarded-Proto"] = "https"
