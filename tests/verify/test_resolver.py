"""Our quicker view of an earlier revision tells the second opinion what pyHanko's own would, on all kinds of files."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import HistoricalResolver

from hsm.keys import Algorithm
from tests.verify.archives import archive
from tests.verify.conftest import paper_with_data
from tests.verify.pdf_attacks import ATTACKS, Attack
from tests.verify.pdf_papers import File, paper, signed
from verify.pdf.resolver import Shown
from verify.pdf.structure import read_structure


def ways(view: HistoricalResolver) -> dict[Any, set[str]] | str:
    """To each object, or why there are none."""
    try:
        view._load_reverse_xref_cache()
    except PdfReadError as error:
        return str(error)
    found = view._indirect_object_access_cache
    assert found is not None
    return {reference: {str(way) for way in reached} for reference, reached in found.items()}


def told(value: Any) -> Any:
    match value:
        case generic.IndirectObject():
            return value.idnum, value.generation, isinstance(value.reference.pdf, HistoricalResolver)
        case generic.DictionaryObject():
            inner = {str(key): told(value.raw_get(key)) for key in value}
            return inner, value.encoded_data if isinstance(value, generic.StreamObject) else None
        case generic.ArrayObject():
            return [told(value.raw_get(index)) for index in range(len(value))]
    return type(value), str(value)


def check(data: bytes) -> None:
    reader = read_structure(data).reader
    for revision in range(reader.total_revisions):
        theirs, ours = HistoricalResolver(reader, revision), Shown(reader, revision)
        reached = ways(theirs)
        assert ways(ours) == reached
        assert reached
        for reference in reached if isinstance(reached, dict) else ():
            assert told(ours.get_object(reference)) == told(theirs.get_object(reference))
            assert ours(reference) is ours.get_object(reference)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_forged_files(attack: Attack) -> None:
    check(attack.forge(File(signed("rsa"))))


@pytest.mark.parametrize("level", ["B-B", "B-LT", "B-LTA", "renewed 1"])
def test_archives(level: str) -> None:
    check(archive(Algorithm.RSA_2048).files[level])


@pytest.mark.parametrize("make", [paper, partial(paper, packed=True), paper_with_data], ids=["plain", "packed", "data"])
def test_papers(make: Callable[[], bytes]) -> None:
    check(make())


def test_structure_trees_and_mixed_arrays() -> None:
    """Places in an array are part of a way, also behind numbers; a structure tree is entered from its root only."""
    with pikepdf.open(io.BytesIO(paper())) as document:
        page = document.pages[0].obj
        element = document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P, Pg=page, K=0))
        root = document.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array([element])))
        element.P = root
        root.ParentTree = document.make_indirect(Dictionary(Nums=Array([0, Array([element]), 1, element])))
        document.Root.StructTreeRoot = root
        target = Array([page, Name.XYZ, 0, 700, Dictionary(Deep=Array([1, 2, Array([3, element])]))])
        document.Root.Dests = Dictionary(here=target, again=Array([1, 2, 3]), empty=Array([]))
        out = io.BytesIO()
        document.save(out)
    check(out.getvalue())
