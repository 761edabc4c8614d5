"""The rows that syncs have added."""

from dataclasses import replace

from ses_history.questions.ask import parameters, selected
from ses_history.results import Row
from ses_history.selection import Selection
from ses_history.store.store import Store, query


def arrived(store: Store, selection: Selection, after: int) -> tuple[Row, ...]:
    """The selected rows of the objects that were numbered later, in the order they happened."""
    of_history = replace(store.dialect, values_of_tag="tags[$tag_name]")
    sql = query("arrived").replace("{selected}", selected(of_history, selection))
    return tuple(Row(**row) for row in store.each_row(sql, parameters(selection) | {"after": after}))
