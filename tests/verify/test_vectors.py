"""OFDs and certificates made by others (vectors/README.md): a sensible answer for each, trusted by nobody here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from foundation.clock import FixedClock, SystemClock
from seal.ofd.package import Package, write
from tests.verify import pki
from verify.judge import Context, judge
from verify.report import Report, Sub, Verdict
from verify.trust import TrustStore

REGION = pki.region("vectors")
CONTEXT = Context(TrustStore.build([REGION.root.certificate]), SystemClock())


def report_on(file: Path) -> Report:
    return judge(file.read_bytes(), name=file.name, context=CONTEXT)


@pytest.mark.parametrize("name", ["999.ofd", "SESV4SignDoc.ofd", "V4RideRight.ofd", "allprotected.ofd", "v4signed.ofd"])
def test_foreign_seals_are_intact_and_not_trusted(vectors: Path, name: str) -> None:
    report = report_on(vectors / "ofd" / name)
    assert report.intact
    assert report.verdict is not Verdict.GENUINE
    [signature] = report.signatures
    assert (signature.kind, signature.trusted) == ("seal", False)
    assert signature.sub_indication is Sub.NO_CERTIFICATE_CHAIN_FOUND
    assert signature.format == "OFD GB/T 38540-2020"
    assert report.has("certificate.unknown_issuer")
    assert report.has("seal.maker_unknown")


def test_what_is_unprotected_is_listed(vectors: Path) -> None:
    """KingGrid leaves OFD.xml outside."""
    report = report_on(vectors / "ofd" / "999.ofd")
    assert "OFD.xml" in report.signatures[0].unprotected
    assert report.has("ofd.unprotected")
    assert report_on(vectors / "ofd" / "allprotected.ofd").signatures[0].unprotected == ()


def test_a_seal_used_after_its_validity(vectors: Path) -> None:
    assert report_on(vectors / "ofd" / "SESV4SignDoc.ofd").has("seal.expired")


def test_departures_from_der_are_tolerated_and_told(vectors: Path) -> None:
    assert report_on(vectors / "ofd" / "v4signed.ofd").has("deviation.explicit_false")


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("DigitalSign.ofd", Verdict.CANNOT_TELL, "ofd.bare_value"),
        ("hello-integrity.ofd", Verdict.CANNOT_TELL, "ofd.integrity_names_only"),
        ("helloworld.ofd", Verdict.NOT_GENUINE, "unsigned"),
    ],
)
def test_what_we_cannot_judge_is_said(vectors: Path, name: str, verdict: Verdict, code: str) -> None:
    report = report_on(vectors / "ofd" / name)
    assert (report.verdict, report.has(code), report.intact) == (verdict, True, False)


@pytest.mark.parametrize("name", ["allprotected.ofd", "V4RideRight.ofd", "999.ofd", "v4signed.ofd"])
def test_one_altered_octet_of_a_foreign_seal(vectors: Path, name: str) -> None:
    data = (vectors / "ofd" / name).read_bytes()
    for at in range(60, len(data) - 2000, 397):
        altered = bytearray(data)
        altered[at] ^= 0x10
        report = judge(bytes(altered), name=name, context=CONTEXT)
        assert report.verdict is not Verdict.GENUINE


@pytest.mark.parametrize("name", ["ROOTCA.pem", "device-root.pem"])
def test_national_roots(vectors: Path, name: str) -> None:
    """Trusted when they are the trust, unknown otherwise."""
    file = vectors / "gm-pki" / name
    assert report_on(file).verdict is Verdict.CANNOT_TELL
    own = Context(TrustStore.load(file), SystemClock())
    assert judge(file.read_bytes(), name=name, context=own).verdict is Verdict.GENUINE


@pytest.mark.parametrize(
    ("name", "standard", "codes"),
    [
        ("UserV1.esl", "GM/T 0031-2014", {"seal.expired", "seal.maker_unknown"}),
        ("UserV4.esl", "GB/T 38540-2020", {"seal.expired", "seal.maker_unknown"}),
        ("UserV5.esl", "GM/T 0031-2025", {"seal.maker_unknown"}),
        # its maker signed it, and where a seal time stamp belongs lie three octets that are none
        ("UserV5_ts.esl", "GM/T 0031-2025", {"seal.maker_unknown", "time.broken"}),
    ],
)
def test_seals_of_three_generations(vectors: Path, name: str, standard: str, codes: set[str]) -> None:
    context = Context(CONTEXT.trust, FixedClock(datetime(2026, 11, 22, tzinfo=UTC)))
    report = judge((vectors / "seal" / name).read_bytes(), name=name, context=context)
    [one] = report.signatures
    assert (report.kind, one.intact, one.trusted, one.format) == ("seal", True, False, f"SESeal {standard}")
    assert {item.code for item in report.findings} - {"seal.picture"} == codes


@pytest.mark.parametrize(("name", "standard"), [("V4", "GB/T 38540-2020"), ("V5", "GM/T 0031-2025")])
def test_seal_signatures_by_themselves(vectors: Path, name: str, standard: str) -> None:
    """What they sealed is not at hand: everything else is judged, and a wrong document is refused."""
    file = vectors / "seal" / f"SignedValue{name}.dat"
    report = report_on(file)
    assert (report.verdict, report.signatures[0].format) == (Verdict.CANNOT_TELL, f"SES {standard}")
    assert report.has("content.missing")
    other = judge(file.read_bytes(), name=file.name, context=CONTEXT, content=b"<other/>")
    assert (other.verdict, other.has("signature.hash")) == (Verdict.NOT_GENUINE, True)


def test_the_integrity_list_of_others(vectors: Path) -> None:
    """GM/T 0099: the signature over the list of files holds; a file more or less does not; contents it never guards."""
    data = (vectors / "ofd" / "hello-integrity.ofd").read_bytes()
    report = judge(data, name=None, context=CONTEXT)
    [one] = report.signatures
    assert (one.format, one.intact, one.coverage) == ("OFD GM/T 0099", True, "file_names")
    files = dict(Package.read(data).entries)
    more = judge(write({**files, "Doc_0/more.xml": b"<x/>"}), name=None, context=CONTEXT)
    assert (more.verdict, more.has("ofd.integrity_extra")) == (Verdict.NOT_GENUINE, True)
    del files["Doc_0/PublicRes.xml"]
    assert judge(write(files), name=None, context=CONTEXT).has("ofd.integrity_missing")
