"""Why nothing is found: names that there are not, and the conditions without which there would be something."""

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from ses_history.results import Emptied
from ses_history.store.ask import Question, find, parameters
from ses_history.store.store import Store

_NAMES = {
    "set": "SELECT configuration_set AS name FROM kept",
    "domain": "SELECT recipient_domain AS name FROM kept",
    "tag_name": "SELECT unnest(json_keys(tags_json)) AS name FROM kept",
    "tag_value": "SELECT unnest(TRY_CAST(json_extract(tags_json, $tag_path) AS VARCHAR[])) AS name FROM kept",
}
"""The names that there are, for each part of a selection that may be any."""

_MANY = 10_000
"""Among how many names, the commonest ones, the nearest are looked for."""

_SHOWN = 5


def emptied(store: Store, asked: Question) -> tuple[Emptied, ...]:
    """The conditions of a question that finds nothing, as far as one alone is to blame."""
    if unknown := tuple(item for item in _unknown(store, asked) if item.near):
        return unknown
    conditions = list(_wider(asked))
    return tuple(
        Emptied(condition=condition, value=value, matches=matches, near=())
        for condition, value, wider in conditions
        if len(conditions) > 1 and (matches := find(store, wider, 1).total)
    )


def _unknown(store: Store, asked: Question) -> Iterator[Emptied]:
    """The names that are nowhere in the history, each with the nearest ones that are."""
    selected = parameters(asked.selection)
    names = {name: selected[name] for name in _NAMES} | {"domain": selected["domain"] or selected["parent_domain"]}
    for condition, wanted in names.items():
        if wanted is None:
            continue
        sql = (
            f"SELECT name FROM ({_NAMES[condition]}) WHERE name IS NOT NULL "  # noqa: S608
            "GROUP BY name ORDER BY count(*) DESC, name LIMIT $limit"
        )
        known = [row["name"] for row in store.each_row(sql, {**selected, "limit": _MANY})]
        if wanted not in known and not (selected["parent_domain"] and _has_subdomain(known, wanted)):
            near = get_close_matches(wanted, known, n=_SHOWN) or known[:_SHOWN]
            yield Emptied(condition=condition, value=wanted, matches=0, near=tuple(near))
            return  # without the name of a tag there is no value of it either


def _has_subdomain(known: list[str], domain: str) -> bool:
    return any(name.endswith(f".{domain}") for name in known)


def _wider(asked: Question) -> Iterator[tuple[str, str, Question]]:
    """The same question without each of its conditions, with the condition's name and value."""
    for value in asked.values:
        yield "text", value, replace(asked, values=tuple(other for other in asked.values if other != value))
    for word in asked.words:
        yield "text", word, replace(asked, words=tuple(other for other in asked.words if other != word))
    if asked.statuses:
        yield "statuses", ", ".join(asked.statuses), replace(asked, statuses=())
    for condition in ("since", "until", "happened_since", "happened_until", "domain", "provider", "set"):
        if (value := getattr(asked.selection, condition)) is not None:
            yield condition, str(value), replace(asked, selection=replace(asked.selection, **{condition: None}))
    if types := asked.selection.types:
        yield "types", ", ".join(types), replace(asked, selection=replace(asked.selection, types=None))
    if tag := asked.selection.tag_name:
        without = replace(asked.selection, tag_name=None, tag_value=None)
        yield "tag", f"{tag}={asked.selection.tag_value}", replace(asked, selection=without)
