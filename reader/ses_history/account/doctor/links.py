"""The links of the chain in the order mail takes them, and what can be found of one: plain values."""

from dataclasses import dataclass
from enum import StrEnum


class Link(StrEnum):
    """What an event passes on its way from the account to the reader, in this order."""

    CREDENTIALS = "credentials"
    ACCOUNT = "SES account"
    IDENTITY = "identity"
    ADDRESSES = "address identities"
    SET = "configuration set"
    DESTINATION = "event destination"
    TRUST = "trust of SES's role"
    PERMISSION = "permission of SES's role"
    STREAM = "delivery stream"
    RECORDS = "records come in"
    DELIVERY_ROLE = "Firehose's role"
    BUCKET = "bucket policy"
    KEY = "encryption key"
    LOG = "Firehose's error log"
    DELIVERY = "delivery to S3"
    ERRORS = "error objects"
    NEWEST = "newest object"
    READER = "reading"


class State(StrEnum):
    """What looking at a link gave."""

    FINE = "fine"
    BROKEN = "broken"
    COULD_NOT_LOOK = "could not look"
    """AWS did not let us, or did not answer: this says nothing of the link."""

    NOT_LOOKED_AT = "not looked at"
    """An earlier link is broken or unknown, or time ran out."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of a link."""

    link: Link
    subject: str
    """Which one: a name, with its region where there may be several."""

    state: State
    evidence: str
    """What AWS says, in plain words."""

    remedy: tuple[str, ...] = ()
    """The commands that mend it, in this order, or say more of it; each complete, for a shell."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What was found of every link, in the order mail takes."""

    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """Broken if any link is; else could not look if any is not known; else fine."""
        states = {finding.state for finding in self.findings}
        if State.BROKEN in states:
            return State.BROKEN
        return State.FINE if states <= {State.FINE} else State.COULD_NOT_LOOK
