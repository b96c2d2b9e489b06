"""PDFs to be stamped are read in our own process: their tables within bounds, before anything else of theirs (T36)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seal.pdf import bounded_reader
from seal.pdf.document import inspect
from seal.pdf.problems import PdfRefused
from tests.seal import drawn_bombs, papers
from tests.verify import test_hostile as hostile


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (hostile.xref_bomb, "pdf.damaged"),
        (hostile.xref_bombs, "pdf.too_complicated"),
        (hostile.prev_loop, "pdf.damaged"),
        (hostile.huge_table, "pdf.damaged"),
        (drawn_bombs.page_loop, "pdf.too_many_pages"),
    ],
    ids=["unpacked", "many", "loop", "size", "pages"],
)
def test_tables_that_unpack_to_minutes_are_refused(
    make: Callable[[], bytes], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_reader, "SECONDS", 0.3)
    with pytest.raises(PdfRefused) as refused:
        inspect(make())
    assert refused.value.code == why
    monkeypatch.undo()
    assert inspect(papers.pdf())[0].count == 1


def test_afterwards_nobody_looks_at_the_clock() -> None:
    """Reading goes on for as long as stamping takes."""
    reader = bounded_reader.bounded_reader(papers.pdf(2))
    assert type(reader.stream).__name__ == "BytesIO"
    assert reader.root["/Pages"]["/Count"] == 2
