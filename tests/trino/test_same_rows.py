"""The view has the rows that the local reader has of the same objects."""

from pathlib import Path

import pytest

from bench.corpus import Corpus, make
from tests.reader.support import rows
from tests.trino.conftest import HistoryOf
from tests.trino.shared import shared

_EVENTS = 20_000


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year of mail in ten objects."""
    made = Corpus(folder=tmp_path_factory.mktemp("corpus"), events=_EVENTS, large=10, small=10)
    assert list(make(made))[-1] == _EVENTS
    return made.layouts["large"]


def test_the_rows_of_a_year_of_mail_are_those_of_the_local_reader(corpus: Path, history_of: HistoryOf) -> None:
    here, there = rows(corpus), history_of(corpus)("SELECT * FROM history").rows
    assert len(here) > _EVENTS
    assert shared(there) == shared(here)
