"""Why nothing is found: names that there are not, and the conditions without which there would be something."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial

from ses_history.questions.ask import Question, find, parameters
from ses_history.results import Emptied
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
    """The conditions to blame where a question finds nothing.

    Those are unknown names, or conditions without which there is something, or those that nothing has; or all together.
    """
    if unknown := tuple(item for item in _unknown(store, asked) if item.near):
        return unknown
    conditions = list(_conditions(asked))
    if len(conditions) == 1:
        return ()
    without = [(condition, find(store, condition.without(asked), 1).total) for condition in conditions]
    if any(matches for _, matches in without):
        return tuple(condition.told(matches) for condition, matches in without if matches)
    unmet = [condition for condition in conditions if not find(store, _alone(condition, asked), 1).total]
    return tuple(condition.told(0) for condition in unmet or [_TOGETHER])


def _unknown(store: Store, asked: Question) -> Iterator[Emptied]:
    """The names that are nowhere in the history, each with the nearest ones that are."""
    selected = parameters(asked.selection)
    names = {name: selected[name] for name in _NAMES}
    if selected["subdomains"]:
        names["domain"] = selected["subdomains"].removeprefix(".")
    for condition, wanted in names.items():
        if wanted is None:
            continue
        sql = (
            f"SELECT name FROM ({_NAMES[condition]}) WHERE name IS NOT NULL "  # noqa: S608
            "GROUP BY name ORDER BY count(*) DESC, name LIMIT $limit"
        )
        known = [row["name"] for row in store.each_row(sql, {**selected, "limit": _MANY})]
        if wanted not in known and not (selected["subdomains"] and _has_subdomain(known, wanted)):
            near = get_close_matches(wanted, known, n=_SHOWN) or known[:_SHOWN]
            yield Emptied(condition=condition, value=wanted, matches=0, near=tuple(near))
            return  # without the name of a tag there is no value of it either


def _has_subdomain(known: list[str], domain: str) -> bool:
    return any(name.endswith(f".{domain}") for name in known)


@dataclass(frozen=True)
class _Condition:
    """A condition of a question, and how to ask without it."""

    name: str
    value: str
    without: Callable[[Question], Question]

    def told(self, matches: int) -> Emptied:
        return Emptied(condition=self.name, value=self.value, matches=matches, near=())


_TOGETHER = _Condition("together", "", lambda asked: asked)


def _conditions(asked: Question) -> Iterator[_Condition]:
    for value in asked.values:
        yield _Condition("text", value, lambda asked, value=value: replace(asked, values=_but(asked.values, value)))
    for word in asked.words:
        yield _Condition("text", word, lambda asked, word=word: replace(asked, words=_but(asked.words, word)))
    if asked.statuses:
        yield _Condition("statuses", ", ".join(asked.statuses), lambda asked: replace(asked, statuses=()))
    for name in ("since", "until", "happened_since", "happened_until", "domain", "provider", "set"):
        if (value := getattr(asked.selection, name)) is not None:
            yield _Condition(name, str(value), partial(_unselected, names=(name,)))
    if types := asked.selection.types:
        yield _Condition("types", ", ".join(types), partial(_unselected, names=("types",)))
    if tag := asked.selection.tag_name:
        pair = f"{tag}={asked.selection.tag_value}"
        yield _Condition("tag", pair, partial(_unselected, names=("tag_name", "tag_value")))


def _but(texts: tuple[str, ...], text: str) -> tuple[str, ...]:
    return tuple(other for other in texts if other != text)


def _unselected(asked: Question, names: tuple[str, ...]) -> Question:
    return replace(asked, selection=replace(asked.selection, **dict.fromkeys(names)))


def _alone(condition: _Condition, asked: Question) -> Question:
    for other in _conditions(asked):
        if (other.name, other.value) != (condition.name, condition.value):
            asked = other.without(asked)
    return asked
