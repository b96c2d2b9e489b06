"""Every form of a signature in a PDF, every suite and level: before other people's judges and our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from ca.chain import chain
from ca.suites import Suite
from foundation import der
from foundation.errors import InvalidInput, YinxinError
from hsm.keys import Purpose
from hsm.service.policies import Asked
from seal import cms, keeping, ses
from seal.compare_pdf import RANGE
from seal.find import row_of
from seal.held import key_name
from seal.orders import PdfOrder, Placement
from seal.pdf_forms import Level, PdfForm
from seal.places import Places
from seal.policies import check_sealing
from seal.ses_writing import to_be_signed
from seal.stamp import stamp_pdf
from tests.seal import oracles, papers
from tests.seal.conftest import Region
from tests.seal.placed import genuine, verdict
from verify.report import Verdict

PLACE = Placement(1, 150, 240)
SM2, RSA, P256 = (Suite.SM2,), (Suite.RSA,), (Suite.P256,)


def seal(
    region: Region, document: bytes, suites: tuple[Suite, ...] = SM2, place: Places = PLACE, **more: object
) -> bytes:
    order = PdfOrder(document, region.seal_id, place, region.key(), suites, **more)  # type: ignore[arg-type]
    return stamp_pdf(region.room, region.principal, order).document


def taken_apart(document: bytes) -> list[tuple[bytes, bytes]]:
    """(contents, covered octets) of every signature, in the order of the file."""
    found = []
    for match in RANGE.finditer(document):
        _, first, second, length = (int(number) for number in match.groups())
        contents = bytes.fromhex(document[first + 1 : second - 1].decode())
        found.append((contents, document[:first] + document[second : second + length]))
    return found


def certificate(region: Region, suite: Suite) -> bytes:
    held = keeping.held(region.room, row_of(region.room, region.principal, region.seal_id))
    return held.templates[suite].certificate


# --- P-256 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
def test_p256_before_pdfsig_pyhanko_and_openssl(one_region: Region, tmp_path: Path, level: Level) -> None:
    sealed, at = seal(one_region, papers.pdf(), P256, level=level), one_region.clock.now()
    assert oracles.pdfsig(tmp_path, sealed) == ["Signature is Valid."]
    assert oracles.qpdf_clean(tmp_path, sealed)
    root = chain(one_region.room.ca, certificate(one_region, Suite.P256))[-1]
    status, _ = oracles.pyhanko_rsa(sealed, "Seal1", root, at)
    assert status.bottom_line
    ((contents, covered),) = taken_apart(sealed)
    data = cms.read(contents)
    assert "Verification successful" in oracles.openssl_cms(tmp_path, root, data.raw, covered, at)
    assert len(data.signers[0].time_stamps) == (level is Level.B_T)
    assert genuine(one_region, sealed)


def test_sm2_and_p256_together(one_region: Region, tmp_path: Path) -> None:
    sealed = seal(one_region, papers.pdf(), (Suite.SM2, Suite.P256))
    assert oracles.pdfsig(tmp_path, sealed)[1] == "Signature is Valid."
    assert oracles.qpdf_clean(tmp_path, sealed)
    assert genuine(one_region, sealed)


def test_the_certificate_is_made_once(region: Region) -> None:
    seal(region, papers.pdf(), P256)
    first = row_of(region.room, region.principal, region.seal_id).p256_certificate
    seal(region, papers.pdf(2), P256)
    assert first is not None
    assert row_of(region.room, region.principal, region.seal_id).p256_certificate == first


# --- forms of GM/T 0112 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
def test_a_gm_message_is_one_by_its_own_identifiers(one_region: Region, tmp_path: Path, level: Level) -> None:
    sealed = seal(one_region, papers.pdf(), form=PdfForm.GM_CMS, level=level)
    assert b"/SubFilter /GM.sm2cms.detached" in sealed
    assert oracles.qpdf_clean(tmp_path, sealed)
    ((contents, covered),) = taken_apart(sealed)
    data = cms.read(contents)
    signer = data.signers[0]
    assert (data.dialect, data.content_type, data.content) == ("gm", cms.GM_DATA, None)
    assert (signer.version, signer.signature_algorithm) == (1, "1.2.156.10197.1.301.1")
    assert signer.message_digest == oracles.openssl_sm3(covered)
    assert signer.signed_octets is not None
    own = certificate(one_region, Suite.SM2)
    assert oracles.openssl_sm2(tmp_path, own, signer.signed_octets, signer.signature)
    assert oracles.gmssl_verifies(own, signer.signed_octets, signer.signature)
    assert genuine(one_region, sealed)


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
def test_the_seal_itself_in_the_pdf(one_region: Region, tmp_path: Path, level: Level) -> None:
    sealed = seal(one_region, papers.pdf(), form=PdfForm.GM_SEAL, level=level)
    assert b"/SubFilter /GM.sm2seal" in sealed
    assert oracles.qpdf_clean(tmp_path, sealed)
    ((contents, covered),) = taken_apart(sealed)
    signature = ses.read_signature(der.parse(contents, trailing=True).raw)
    assert signature.data_hash == oracles.openssl_sm3(covered)
    assert signature.property_info.encode() in sealed, "as the dictionary spells it"
    assert signature.version == 4
    assert not signature.deviations
    assert (signature.time_stamp is not None) == (level is Level.B_T)
    assert oracles.openssl_sm2(tmp_path, signature.certificate, signature.signed, signature.signature)
    assert oracles.gmssl_verifies(signature.certificate, signature.signed, signature.signature)
    assert genuine(one_region, sealed)


@pytest.mark.parametrize("form", [PdfForm.GM_CMS, PdfForm.GM_SEAL])
def test_a_gm_form_first_and_rsa_closing(one_region: Region, tmp_path: Path, form: PdfForm) -> None:
    sealed = seal(one_region, papers.pdf(), (Suite.SM2, Suite.RSA), form=form)
    assert oracles.pdfsig(tmp_path, sealed)[-1] == "Signature is Valid."
    assert genuine(one_region, sealed)


@pytest.mark.parametrize("form", list(PdfForm))
def test_a_changed_octet_is_seen_in_every_form(one_region: Region, form: PdfForm) -> None:
    sealed = bytearray(seal(one_region, papers.pdf(), form=form))
    sealed[sealed.index(b"/MediaBox") + 12] ^= 1
    assert verdict(one_region, bytes(sealed)).verdict is Verdict.NOT_GENUINE


def test_gm_forms_are_for_sm2(one_region: Region) -> None:
    with pytest.raises(InvalidInput) as refused:
        seal(one_region, papers.pdf(), RSA, form=PdfForm.GM_SEAL)
    assert refused.value.code == "seal.form"


def test_b_b_needs_no_time_stamp(one_region: Region) -> None:
    ((contents, _),) = taken_apart(seal(one_region, papers.pdf(), level=Level.B_B))
    assert cms.read(contents).signers[0].time_stamps == ()


@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
def test_evidence_for_later_goes_along_at_once(one_region: Region, tmp_path: Path, level: Level) -> None:
    sealed = seal(one_region, papers.pdf(), (Suite.SM2, Suite.RSA), level=level)
    assert oracles.pdfsig(tmp_path, sealed)[1] == "Signature is Valid."
    assert oracles.qpdf_clean(tmp_path, sealed)
    assert b"/DSS" in sealed
    assert (b"/ETSI.RFC3161" in sealed) == (level is Level.B_LTA)
    assert genuine(one_region, sealed)


def test_the_signer_signs_the_recorded_form_only(one_region: Region) -> None:
    room = one_region.room
    row = row_of(room, one_region.principal, one_region.seal_id)
    held = keeping.held(room, row)
    ref = room.keys.signer(key_name(row.code, Suite.SM2)).ref
    digest = bytes(32)
    for form in PdfForm:
        wanted = PdfOrder(papers.pdf(), one_region.seal_id, PLACE, one_region.key(), SM2, form=form)
        done = stamp_pdf(room, one_region.principal, wanted)
        tbs = to_be_signed(held.esl, done.signing_time, digest, "/ByteRange [0 1 2 3]")
        octets = {
            PdfForm.PADES: held.templates[Suite.SM2].signed_attributes(digest),
            PdfForm.GM_CMS: held.gm_template.signed_attributes(digest),
            PdfForm.GM_SEAL: tbs,
        }
        for other, data in octets.items():
            asked = Asked(ref, Purpose.SEALING, f"seal-order:{done.order_id}:sm2", data)
            if other is form:
                check_sealing(room.ground, room.ca, {}, {}, asked)
            else:
                with pytest.raises(YinxinError):
                    check_sealing(room.ground, room.ca, {}, {}, asked)
