"""Where a message can stand with a recipient: the values of contract/statuses.toml, the strongest first."""

from collections.abc import Mapping
from typing import Final

STATUSES: Final = (
    "complained",
    "bounced:hard",
    "bounced:soft",
    "suppressed",
    "clicked",
    "opened",
    "delivered",
    "rejected",
    "failed",
    "delayed",
    "sent",
)

STATUS_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "bounced": ("bounced:hard", "bounced:soft"),
    "arrived": ("complained", "clicked", "opened", "delivered"),
}
"""Several statuses by one name; who complained has received the message."""


def statuses(names: tuple[str, ...]) -> tuple[str, ...]:
    """The statuses of the names, each of a status or of a group; raises KeyError for any other name."""
    groups = {status: (status,) for status in STATUSES} | dict(STATUS_GROUPS)
    wanted = {status for name in names for status in groups[name]}
    return tuple(status for status in STATUSES if status in wanted)
