"""The history as Athena has it, for commands with --athena."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ses_history.athena.statement import DIALECT, statement
from ses_history.questions.engine import EVER, Dialect, Parameters, Reach

if TYPE_CHECKING:
    from ses_history.athena.history import AthenaHistory
    from ses_history.progress import Watch

_BYTES_BILLED = 10_000_000
"""Of a query, at least: https://aws.amazon.com/athena/pricing/"""

_DOLLARS_A_TERABYTE = 5
"""In most regions, from the same page."""


class ShownError(Exception):
    """A statement was asked for, and not its answer."""


class _Statements:
    """An engine that runs nothing: it raises ShownError with the first statement."""

    dialect: Dialect = DIALECT

    def ask(
        self, tables: Mapping[str, str], sql: str, parameters: Parameters, reach: Reach = EVER
    ) -> Iterator[dict[str, Any]]:
        """Raises ShownError."""
        raise ShownError(statement(tables, sql, parameters, reach))


def athena_history(
    *, stack: Sequence[str], workgroup: str | None, dry_run: bool, others: Mapping[str, Any], watch: "Watch"
) -> "AthenaHistory":
    """The history of a stack or workgroup; raises click.UsageError for `others`, options that say it is elsewhere."""
    from ses_history.athena.history import AthenaHistory, connect

    if given := [name for name, value in others.items() if value]:
        raise click.UsageError(
            f"--athena asks the tables in AWS that SES sending history makes: leave --{given[0].replace('_', '-')} out"
        )
    if dry_run:
        return AthenaHistory(_Statements())
    if len(stack) + (workgroup is not None) != 1:
        raise click.UsageError("--athena needs to know which tables: give one --stack, or one --workgroup")
    if workgroup is not None:
        return connect(workgroup, None, watch)
    from ses_history.sources.stack import athena_of_stack

    return connect(*athena_of_stack(stack[0]), watch)


def price(scanned: Sequence[int]) -> float:
    """About what queries cost that scanned so many bytes each, in dollars."""
    return sum(max(_BYTES_BILLED, size) for size in scanned if size) * _DOLLARS_A_TERABYTE / 1e12
