"""Extending our own sealed files: what pyHanko, qpdf and pdfsig say of them, and what is refused."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore

from ca.suites import Suite
from seal.longlife.levels import Level
from seal.longlife.region import extend_now
from tests.seal import oracles, papers
from tests.seal.conftest import Region
from tests.seal.test_pdf import BOTH, seal


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
