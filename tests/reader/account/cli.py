"""The commands of the AWS CLI that the doctor names, run on AWS on this machine."""

import json
import shlex
from typing import Any

from localaws.aws import LocalAws


def run(aws: LocalAws, command: str) -> None:
    """Run a command of the AWS CLI, as botocore's model of the operation reads its options."""
    program, service, operation, *words = shlex.split(command)
    assert program == "aws"
    assert words[-2:] == ["--region", aws.region]
    client = aws.client("s3" if service == "s3api" else service)
    name = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name]).input_shape
    members = {member.lower(): member for member in shape.members}
    parameters: dict[str, Any] = {}
    rest = words[:-2]
    while rest:
        member = members[rest.pop(0).removeprefix("--").replace("-", "")]
        kind = shape.members[member].type_name
        if kind == "boolean":
            parameters[member] = True
        else:
            value = rest.pop(0)
            parameters[member] = json.loads(value) if kind in {"structure", "list"} else value
    getattr(client, name)(**parameters)
