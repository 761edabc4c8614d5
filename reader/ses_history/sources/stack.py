"""A Pulumi stack that keeps a history: its outputs say where."""

import json
import subprocess

from ses_history.errors import SourceError


def of_stack(name: str) -> tuple[str, str]:
    """The bucket and prefix among the outputs of a stack of the current folder's project; raises SourceError."""
    command = ["pulumi", "stack", "output", "--json", "--stack", name]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
        outputs = json.loads(answer)
        return outputs["bucket_name"], outputs["events_prefix"]
    except FileNotFoundError as error:
        raise SourceError(
            "A stack is looked up with the Pulumi CLI, which is not installed: name its bucket instead"
        ) from error
    except subprocess.CalledProcessError as error:
        raise SourceError(f"`{' '.join(command)}` failed: {error.stderr.strip()}") from error
    except KeyError as error:
        raise SourceError(f"The stack {name} has no output {error}: is it one of ses-sending-history?") from error
