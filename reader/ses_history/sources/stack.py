"""A Pulumi stack that keeps a history: its outputs say where."""

import json
import subprocess
from typing import Any

from ses_history.errors import SourceError

_OF_THE_CHAIN = (
    "bucket_name",
    "configuration_set_arns",
    "delivery_role_arn",
    "delivery_stream_arn",
    "dkim_records",
    "publisher_role_arns",
)


def of_stack(name: str) -> tuple[str, str]:
    """The bucket and prefix among the outputs of a stack of the current folder's project; raises SourceError."""
    bucket, prefix = _outputs(name, "bucket_name", "events_prefix")
    return bucket, prefix


def athena_of_stack(name: str) -> tuple[str, str]:
    """The Athena workgroup and the database of a stack; raises SourceError, where it has none as well."""
    workgroup, database = _outputs(name, "workgroup_name", "database_name")
    if workgroup is None or database is None:
        raise SourceError(f"The stack {name} has no Athena workgroup: set query to true in its config, and up")
    return workgroup, database


def chain_of_stack(name: str) -> dict[str, Any]:
    """The outputs of a stack that tell what an event passes on its way into the bucket; raises SourceError."""
    return dict(zip(_OF_THE_CHAIN, _outputs(name, *_OF_THE_CHAIN), strict=True))


def _outputs(name: str, *wanted: str) -> list[Any]:
    command = ["pulumi", "stack", "output", "--json", "--stack", name]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
        outputs = json.loads(answer)
        return [outputs[output] for output in wanted]
    except FileNotFoundError as error:
        raise SourceError(
            f"The stack {name} is looked up with the Pulumi CLI, which is not installed: name its bucket instead"
        ) from error
    except subprocess.CalledProcessError as error:
        raise SourceError(f"`{' '.join(command)}` failed: {error.stderr.strip()}") from error
    except KeyError as error:
        raise SourceError(f"The stack {name} has no output {error}: is it one of ses-sending-history?") from error
