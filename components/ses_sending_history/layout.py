"""Where an object of the history lies in its bucket."""

from typing import Final

EVENTS_PREFIX: Final = "events/"
"""Where events are written: one JSON record a line, gzip."""

ERRORS_PREFIX: Final = "error/"
"""Where what could not be delivered is written."""

RESULTS_PREFIX: Final = "athena/"
"""Where Athena writes the results of queries."""

_DAY: Final = "day=!{timestamp:yyyy-MM-dd}/"
"""A folder for each day of arrival (UTC), as Firehose spells it."""

DELIVERED_EVENTS: Final = f"{EVENTS_PREFIX}{_DAY}"
"""The prefix Firehose gives an object of events."""

DELIVERED_ERRORS: Final = f"{ERRORS_PREFIX}!{{firehose:error-output-type}}/{_DAY}"
"""The prefix Firehose gives an object of what it could not deliver: first a folder for each error type."""
