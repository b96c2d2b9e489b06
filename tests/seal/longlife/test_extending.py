"""Extending our own sealed files: what pyHanko, qpdf and pdfsig say of them, and what is refused."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.dss import DocumentSecurityStore

from ca.suites import Suite
from seal.longlife.extending import extend
from seal.longlife.levels import ChainBroken, Level, NotExtendable, NotYet
from seal.longlife.region import RegionSources, extend_now
from seal.pdf.problems import PdfRefused
from tests.seal import oracles, papers
from tests.seal.conftest import Region
from tests.seal.test_pdf import BOTH, root, seal
from tests.verify import pki, sealing


@pytest.mark.parametrize("suites", [(Suite.SM2,), (Suite.RSA,), BOTH], ids=["sm2", "rsa", "dual"])
def test_b_lt_adds_a_store_behind_what_was_sealed(
    one_region: Region, tmp_path: Path, suites: tuple[Suite, ...]
) -> None:
    sealed = seal(one_region, papers.pdf(), suites)
    longer = extend_now(one_region.room, sealed, Level.B_LT)
    assert longer.startswith(sealed)
    assert oracles.qpdf_clean(tmp_path, longer)
    reader = PdfFileReader(BytesIO(longer))
    store = DocumentSecurityStore.read_dss(reader)
    assert len(store.vri_entries) == len(suites)
    keys = {DocumentSecurityStore.sig_content_identifier(one.pkcs7_content) for one in reader.embedded_signatures}
    assert {str(key) for key in store.vri_entries} == {str(key) for key in keys}
    assert extend_now(one_region.room, longer, Level.B_LT) is longer or len(longer) > len(sealed)


@pytest.mark.parametrize("suites", [(Suite.SM2,), (Suite.RSA,), BOTH], ids=["sm2", "rsa", "dual"])
def test_b_lta_closes_it_with_a_document_time_stamp(
    one_region: Region, tmp_path: Path, suites: tuple[Suite, ...]
) -> None:
    """Certified files too: a store and a stamp are what PAdES lets anybody add at P=1."""
    sealed = seal(one_region, papers.pdf(), suites)
    longer = extend_now(one_region.room, sealed, Level.B_LTA, suite=suites[0])
    assert longer.startswith(sealed)
    assert oracles.qpdf_clean(tmp_path, longer)
    reader = PdfFileReader(BytesIO(longer))
    assert [one.field_name for one in reader.embedded_timestamp_signatures] == ["DocTimeStamp1"]
    if Suite.RSA in suites:
        status, permitted = oracles.pyhanko_rsa(
            longer, f"Seal{len(suites)}", root(one_region, Suite.RSA), one_region.clock.now()
        )
        assert (status.bottom_line, permitted) == (True, MDPPerm.NO_CHANGES)
        assert status.modification_level is ModificationLevel.LTA_UPDATES


def test_a_chain_is_renewed_only_after_it_was_judged(one_region: Region) -> None:
    sealed = extend_now(one_region.room, seal(one_region, papers.pdf()), Level.B_LTA)
    with pytest.raises(ChainBroken):
        extend_now(one_region.room, sealed, Level.B_LTA)
    judged: list[bytes] = []
    again = extend_now(one_region.room, sealed, Level.B_LTA, check=judged.append)
    assert judged == [sealed]
    assert again.startswith(sealed)
    names = [one.field_name for one in PdfFileReader(BytesIO(again)).embedded_timestamp_signatures]
    assert names == ["DocTimeStamp1", "DocTimeStamp2"]


def test_what_cannot_be_extended_is_refused_with_a_reason(one_region: Region) -> None:
    for data, refusal in (
        (b"PK\x03\x04", PdfRefused),
        (papers.pdf(), NotExtendable),
        (seal(one_region, papers.pdf())[:-700], PdfRefused),
    ):
        with pytest.raises(refusal):
            extend_now(one_region.room, data, Level.B_LT)


def test_a_stranger_is_not_waited_for(one_region: Region) -> None:
    """Nobody publishes data about a signer of another house here: a refusal, not a retry for ever."""
    stranger = pki.region("stranger")
    with pytest.raises(NotExtendable):
        extend_now(one_region.room, sealing.pdf(stranger.seal, tsa=stranger.tsa), Level.B_LT)


def test_without_later_data_nothing_is_written(one_region: Region) -> None:
    sealed = seal(one_region, papers.pdf())
    with pytest.raises(NotYet):
        extend(sealed, Level.B_LT, RegionSources(one_region.room.ca))
