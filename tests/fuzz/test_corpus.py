"""Everything that was ever found by fuzzing, played again (语料重放): an answer every time, and soon."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, seeds

CORPUS = Path(__file__).parent / "corpus"
MOST_OCTETS = 1024 * 1024
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_and_the_seeds_get_answers(name: str) -> None:
    kept = sorted((CORPUS / name).glob("*")) if (CORPUS / name).is_dir() else []
    for data in [*seeds()[name], *(file.read_bytes() for file in kept)]:
        TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_pieces_of_seeds_get_answers(name: str) -> None:
    """Cut, doubled and crossed: what atheris does at length, a little of it in every run."""

    @given(st.data())
    @FEW
    def run(data: st.DataObject) -> None:
        seed = data.draw(st.sampled_from(seeds()[name]))
        at, to = data.draw(st.integers(0, len(seed))), data.draw(st.integers(0, len(seed)))
        TARGETS[name](seed[:at] + data.draw(st.binary(max_size=8)) + seed[to:])

    run()


def test_the_corpus_stays_small_and_belongs_to_targets() -> None:
    files = [file for file in CORPUS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= MOST_OCTETS
    assert {file.parent.name for file in files} <= set(TARGETS)
    assert files
