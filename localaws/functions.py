"""The functions of the AWS provider that localaws answers."""

from collections.abc import Mapping
from typing import Any

from localaws.aws import LocalAws


def call(aws: LocalAws, token: str, _: Mapping[str, Any]) -> dict[str, Any]:
    """The result of the function `token`.

    Raises LookupError for a function that is not among them.
    """
    match token:
        case "aws:index/getPartition:getPartition":
            return {"partition": "aws"}
        case "aws:index/getRegion:getRegion":
            return {"region": aws.region}
        case "aws:index/getCallerIdentity:getCallerIdentity":
            return {"accountId": aws.client("sts").get_caller_identity()["Account"]}
    raise LookupError(f"unknown function {token}: add it to localaws/functions.py")
