"""What `yinxin demo` leaves stands on its own: other people's tools judge it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from gmssl import sm2 as gmssl_sm2

from ca.reading import read_certificate
from foundation import der
from hsm.signature_value import to_raw
from seal.ofd.package import Package
from seal.ses import read_signature
from tests.commands import yinxin

DISTID = "1234567812345678"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "out"
    subprocess.run([sys.executable, "-m", "server", "demo", "--out", str(folder)], check=True, cwd=folder.parent)
    return folder


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return done.stdout or done.stderr


def test_the_report_tells_what_was_done_with_timings_and_verdicts(out: Path) -> None:
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["ok"] is True
    assert all(step["ms"] >= 0 for step in report["steps"])
    judged = {step["name"]: step["result"] for step in report["steps"] if "expected" in step}
    assert judged["verify licence-dual.pdf offline"] == "genuine"
    assert judged["verify licence-sm2.pdf after revocation"] == "not_genuine"


def test_the_files_the_design_names_are_there(out: Path) -> None:
    names = {"report.json", "licence-sm2.pdf", "licence-rsa.pdf", "licence-dual.pdf", "licence.ofd", "licence-qr.png"}
    assert names | {"seal.esl", "seal.svg", "seal.png"} <= {path.name for path in out.iterdir()}
    trust = out / "trust"
    assert {path.name for path in (trust / "roots").iterdir()} == {"sm2-root.cer", "rsa-root.cer"}
    assert all(any((trust / kind).iterdir()) for kind in ("intermediates", "certificates", "crls", "ocsp", "templates"))
    assert len(list(trust.glob("*.tst"))) == 2


@pytest.mark.parametrize("name", ["licence-rsa.pdf", "licence-dual.pdf"])
def test_poppler_says_the_rsa_seal_is_valid(out: Path, name: str) -> None:
    assert "Signature is Valid" in run("pdfsig", out / name)


@pytest.mark.parametrize("name", ["licence-sm2.pdf", "licence-rsa.pdf", "licence-dual.pdf"])
def test_qpdf_finds_nothing_wrong(out: Path, name: str) -> None:
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", out / name)


def test_the_printed_code_reads_with_zbar(out: Path) -> None:
    text = run("zbarimg", "--raw", "-q", out / "licence-qr.png").strip()
    assert text == (out / "licence-qr.txt").read_text(encoding="ascii")
    assert text.startswith("HTTP://127.0.0.1:8000/V#")


def test_the_rsa_chain_and_list_pass_openssl(out: Path, tmp_path: Path) -> None:
    def pem(kind: str, source: Path) -> Path:
        """`openssl verify` reads trust anchors and lists as PEM only."""
        target = tmp_path / f"{source.name}.pem"
        run("openssl", kind, "-inform", "DER", "-in", source, "-out", target)
        return target

    trust = out / "trust"
    root = pem("x509", trust / "roots" / "rsa-root.cer")
    issuing = pem("x509", trust / "intermediates" / "rsa-issuing.cer")
    crl = pem("crl", trust / "crls" / "rsa-issuing.crl")
    leaf = trust / "certificates" / "seal-21990000000001-rsa.cer"
    option = ("-crl_check", "-CRLfile", crl, "-CAfile", root, "-untrusted", issuing)
    assert "OK" in run("openssl", "verify", *option, leaf)


def test_the_sm2_chain_passes_openssl_link_by_link(out: Path) -> None:
    trust = out / "trust"
    root, issuing = trust / "roots" / "sm2-root.cer", trust / "intermediates" / "sm2-issuing.cer"
    for issuer, subject in ((root, issuing), (issuing, trust / "certificates" / "seal-21990000000001-sm2.cer")):
        option = ("-partial_chain", "-vfyopt", f"distid:{DISTID}", "-trusted", issuer)
        assert "OK" in run("openssl", "verify", *option, subject)


def test_the_sm2_seal_of_the_ofd_holds_with_openssl_and_gmssl(out: Path, tmp_path: Path) -> None:
    package = Package.read((out / "licence.ofd").read_bytes())
    value = next(data for name, data in package.entries.items() if name.endswith("SignedValue.dat"))
    signed = read_signature(value)
    certificate = read_certificate(signed.certificate)
    (tmp_path / "tbs").write_bytes(signed.signed)
    (tmp_path / "value").write_bytes(signed.signature)
    (tmp_path / "key.der").write_bytes(certificate.spki)
    verdict = run(
        "openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", tmp_path / "key.der", "-rawin",
        "-digest", "sm3", "-pkeyopt", f"distid:{DISTID}", "-in", tmp_path / "tbs", "-sigfile", tmp_path / "value",
    )  # fmt: skip
    assert "Signature Verified Successfully" in verdict
    point = der.parse(certificate.spki).children()[1].as_bits()[1:].hex()
    other = gmssl_sm2.CryptSM2(private_key="", public_key=point)
    other.public_key = point  # the constructor strips leading characters (facts/standards 10)
    assert other.verify_with_sm3(to_raw(signed.signature).hex(), signed.signed)


def test_yinxin_verify_judges_the_folder_with_the_exit_codes_of_the_design(out: Path, tmp_path: Path) -> None:
    def verify(*arguments: str | Path) -> int:
        return yinxin(tmp_path, "verify", *arguments).returncode

    trust = ("--trust", out / "trust", "--offline")
    assert verify(out / "licence-dual.pdf", *trust) == 0
    assert verify(out / "licence.ofd", *trust) == 0
    flipped = bytearray((out / "licence-sm2.pdf").read_bytes())
    flipped[1000] ^= 1
    (tmp_path / "flipped.pdf").write_bytes(flipped)
    assert verify(tmp_path / "flipped.pdf", *trust) == 1
    assert verify(out / "licence-sm2.pdf", "--trust", out / "trust" / "roots" / "rsa-root.cer", "--offline") == 2
    assert verify(out / "licence-sm2.pdf", "--trust", tmp_path / "nowhere") == 3


def test_a_folder_in_use_is_not_overwritten(out: Path) -> None:
    done = yinxin(out.parent, "demo", "--out", out)
    assert done.returncode == 1
    assert "demo.not_empty" in done.stderr
