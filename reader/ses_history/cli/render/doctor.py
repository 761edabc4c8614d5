"""What the doctor found, as text or for JSON."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.text import Text

from ses_history.account.doctor.links import Diagnosis, Finding, State
from ses_history.texts import clean

_STYLES = {State.FINE: "green", State.BROKEN: "bold red", State.COULD_NOT_LOOK: "yellow", State.NOT_LOOKED_AT: "dim"}

_ADDRESS = re.compile(r"([\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]*@(?=[\w-]+\.)")


def lines(diagnosis: Diagnosis) -> Iterator[Text]:
    """A line for each link, with the commands that mend it under it."""
    for finding in diagnosis.findings:
        text = Text(f"{finding.state:<14}", _STYLES[finding.state])
        text.append(f"  {finding.link}", "bold").append(f" {clean(finding.subject)}" if finding.subject else "", "bold")
        yield text.append(f": {clean(finding.evidence)}", "default not bold")
        for command in finding.remedy:
            yield Text(f"{'':<14}  $ {clean(command)}", "cyan", no_wrap=True, overflow="ignore")


def told(diagnosis: Diagnosis) -> dict[str, Any]:
    """What was found, for JSON."""
    return {"state": diagnosis.state, "links": [_masked(finding) for finding in diagnosis.findings]}


def _masked(finding: Finding) -> dict[str, Any]:
    """The finding with only the first letter of the local part of every address."""
    shown = {name: _mask(str(value)) for name, value in asdict(finding).items()}
    return shown | {"remedy": [_mask(command) for command in finding.remedy]}


def _mask(text: str) -> str:
    return _ADDRESS.sub(r"\1***@", text)
