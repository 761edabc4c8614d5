"""What answers a question: the store on this machine, or Athena."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

Parameters = Mapping[str, Any]
"""Values by the names that a question has for them, as $name: texts, lists of texts, whole numbers and times in UTC."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The few expressions and queries that differ."""

    values_of_tag: str
    """The values of the tag $tag_name in a row of `kept`."""

    first_value_of_tag: str

    having_value: str
    """The ids of the messages with a `matching` row that has one of $values, whole."""

    having_word: str
    """The ids of the messages with a `matching` row that has $word in it."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """When the events happened that a question is about, naive and in UTC; None is no limit."""

    since: datetime | None = None
    until: datetime | None = None


EVER: Final = Reach()


class Engine(Protocol):
    """Answers questions about two tables: `history`, and `kept`, which may have less of each row, and is quicker."""

    @property
    def dialect(self) -> Dialect:
        """What differs."""
        ...

    def ask(
        self, tables: Mapping[str, str], sql: str, parameters: Parameters, reach: Reach = EVER
    ) -> Iterator[dict[str, Any]]:
        """What a query answers, a dictionary for each row.

        It reads `tables` by their names, as each of them may those before it, and may name fewer than the parameters.
        Events that did not happen within its reach change nothing of the answer.
        """
        ...
