"""Several places that hold one history: an old prefix and the new one, regions, or accounts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ses_history.errors import QuestionError
from ses_history.sources import Object, Source


@dataclass(frozen=True)
class Several:
    """The objects of all the sources. A key tells its place as well: a URI or a path."""

    sources: tuple[Source, ...]

    def __init__(self, sources: Sequence[Source]) -> None:
        """In any order; raises QuestionError where two are the same place."""
        ordered = tuple(sorted(sources, key=lambda source: source.name))
        if same := [one.name for one, other in pairwise(ordered) if one.name == other.name]:
            raise QuestionError(f"{same[0]} is given twice")
        object.__setattr__(self, "sources", ordered)

    @property
    def name(self) -> str:
        """The names of all of them."""
        return " and ".join(source.name for source in self.sources)

    @property
    def root(self) -> str:
        """Nothing: a key tells all of where an object is."""
        return ""

    def objects(self, known: Iterable[str] = (), /, *, after: str | None = None) -> Iterator[Object]:
        """The objects of one source after the other."""
        keys = list(known)
        for source in self.sources:
            of_source = [key.removeprefix(source.root) for key in keys if key.startswith(source.root)]
            for item in source.objects(of_source):
                key = f"{source.root}{item.key}"
                if after is None or key > after:
                    yield replace(item, key=key)

    def read(self, key: str, /) -> Iterator[bytes] | None:
        """The chunks of an object of one of them."""
        source = next(source for source in self.sources if key.startswith(source.root))
        return source.read(key.removeprefix(source.root))

    def undelivered(self) -> Source | None:
        """What lies beside any of them."""
        beside = {place.name: place for source in self.sources if (place := source.undelivered())}
        return Several(list(beside.values())) if beside else None
