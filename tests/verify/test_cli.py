"""`yinxin verify`: exit codes 0, 1, 2, 3 and the JSON of design 4, with a trust folder and nothing else."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foundation.clock import FixedClock
from tests.verify import pki, sealing
from tests.verify import test_seals as seals
from tests.verify.make_code_vectors import PLACE
from tests.verify.pki import NOW, Region
from verify.cli import command
from verify.code_templates import CodeTemplate
from verify.judge import Context
from verify.trust import TrustStore

AT = "2026-11-22T10:00:00+08:00"


@pytest.fixture(scope="module")
def region() -> Region:
    return pki.region("cli")


@pytest.fixture
def trust(region: Region, tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    template = CodeTemplate.from_json(json.loads(PLACE.read_text())["templates"][0])
    files = {
        "roots/root.cer": region.root.certificate,
        "intermediates/issuing.pem": _pem(region.issuing.certificate),
        "crls/root.crl": region.root.crl(),
        "crls/issuing.crl": region.issuing.crl(),
        "certificates/seal.cer": region.seal.certificate,
        f"templates/{template.file_name}": template.file_bytes(),
        "README.txt": b"ignored",
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def _pem(data: bytes) -> bytes:
    import base64

    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(data) + b"-----END CERTIFICATE-----\n"


@pytest.fixture
def paper(region: Region, tmp_path: Path) -> Path:
    file = tmp_path / "paper.pdf"
    file.write_bytes(sealing.pdf(region.seal, chain=(region.issuing,), tsa=region.tsa))
    return file


def run(*words: object) -> Result:
    return CliRunner().invoke(command(), [str(word) for word in words])


def test_genuine(trust: Path, paper: Path) -> None:
    result = run(paper, "--trust", trust, "--at", AT, "--json")
    assert result.exit_code == 0, result.output
    [report] = json.loads(result.output)
    assert report["verdict"] == "genuine"
    assert report["intact"] is True
    [signature] = report["signatures"]
    wanted = {"intact", "trusted", "indication", "sub_indication", "signer", "time", "algorithm", "format"}
    assert wanted <= signature.keys()
    assert signature["signer"] == "印川市市场监督管理局"
    assert signature["indication"] == "TOTAL-PASSED"
    assert all({"code", "severity", "text_zh", "text_en"} <= finding.keys() for finding in report["findings"])


def test_for_people(trust: Path, paper: Path) -> None:
    result = run(paper, "--trust", trust, "--at", AT)
    assert "真实有效" in result.output
    assert "Genuine" in result.output
    assert "印川市市场监督管理局" in result.output


def test_not_genuine_wins_over_the_others(trust: Path, paper: Path, tmp_path: Path) -> None:
    forged = tmp_path / "forged.pdf"
    data = bytearray(paper.read_bytes())
    data[400] ^= 1
    forged.write_bytes(data)
    assert run(forged, "--trust", trust, "--at", AT).exit_code == 1
    strange = tmp_path / "strange.bin"
    strange.write_bytes(b"strange")
    assert run(strange, "--trust", trust, "--at", AT).exit_code == 2
    assert run(paper, strange, "--trust", trust, "--at", AT).exit_code == 2
    assert run(strange, paper, forged, "--trust", trust, "--at", AT).exit_code == 1


def test_cannot_tell_with_a_foreign_root(paper: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.cer"
    other.write_bytes(pki.region("cli strangers").root.certificate)
    result = run(paper, "--trust", other, "--at", AT, "--json")
    assert result.exit_code == 2
    [report] = json.loads(result.output)
    assert report["signatures"][0]["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"
    assert report["intact"] is True


def test_time_and_freshness(trust: Path, paper: Path) -> None:
    late = "2026-12-22"
    assert run(paper, "--trust", trust, "--at", late).exit_code == 2
    assert run(paper, "--trust", trust, "--at", late, "--offline").exit_code == 0
    assert run(paper, "--trust", trust, "--at", "2030-01-01", "--offline").exit_code == 0
    assert run(paper, "--trust", trust, "--at", "2020-01-01").exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("no-such-file.pdf", "--trust", "{trust}"),
        ("{paper}",),
        ("{paper}", "--trust", "/nowhere"),
        ("{paper}", "--trust", "{trust}", "--at", "yesterday"),
        ("{paper}", "--trust", "{trust}", "--nonsense"),
    ],
)
def test_misuse(trust: Path, paper: Path, words: tuple[str, ...]) -> None:
    result = run(*(word.format(trust=trust, paper=paper) for word in words))
    assert result.exit_code == 3, result.output


def test_a_damaged_trust_folder_is_misuse_and_names_the_file(trust: Path, paper: Path) -> None:
    (trust / "crls" / "issuing.crl").write_bytes(b"\x30\x03\x02\x01\x01")
    result = run(paper, "--trust", trust)
    assert result.exit_code == 3
    assert "issuing.crl" in result.output
    (trust / "crls" / "issuing.crl").unlink()
    (trust / "roots" / "root.cer").unlink()
    assert "roots/" in run(paper, "--trust", trust).output


def test_codes_on_the_command_line(trust: Path) -> None:
    text = json.loads(PLACE.read_text())["cases"][0]["text"]
    result = run(text, "--trust", trust, "--json")
    assert result.exit_code == 2
    assert json.loads(result.output)[0]["findings"][0]["code"] == "code.key_unknown"
    assert run("HTTPS://EXAMPLE.CN/V#0000", "--trust", trust).exit_code == 2


def test_without_trust_the_region_s_own_is_used(region: Region, paper: Path) -> None:
    store = TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())
    own = command(lambda: nullcontext(Context(store, FixedClock(NOW))))
    assert CliRunner().invoke(own, [str(paper)]).exit_code == 0


def test_single_files_of_trust(region: Region, paper: Path, tmp_path: Path) -> None:
    """A bag of certificates is as good as a folder, but says nothing about revocation."""
    from foundation import der
    from seal import cms

    bag = der.sequence(
        der.integer(1),
        der.tlv(der.SET, b""),
        der.sequence(der.oid(cms.DATA)),
        der.implicit(0, der.set_of([region.root.certificate, region.issuing.certificate])),
        der.tlv(der.SET, b""),
    )
    file = tmp_path / "all.p7b"
    file.write_bytes(der.sequence(der.oid(cms.SIGNED_DATA), der.explicit(0, bag)))
    result = run(paper, "--trust", file, "--at", AT, "--json")
    [report] = json.loads(result.output)
    assert result.exit_code == 2
    assert report["signatures"][0]["sub_indication"] == "TRY_LATER"


def test_a_file_beside_its_signature_and_strictness(region: Region, trust: Path, tmp_path: Path) -> None:
    signed, content = tmp_path / "SignedValue.dat", tmp_path / "Signature.xml"
    signed.write_bytes(seals.signature(region.seal, seals.seal(region.maker, region.seal), raw=True))
    content.write_bytes(seals.PAGE)
    usual = (str(signed), "--trust", str(trust), "--at", AT)
    assert CliRunner().invoke(command(), [*usual]).exit_code == 2
    assert CliRunner().invoke(command(), [*usual, "--content", str(content)]).exit_code == 0
    assert CliRunner().invoke(command(), [*usual, "--content", str(content), "--strict"]).exit_code == 1
    assert CliRunner().invoke(command(), [*usual, "--content", str(tmp_path / "none")]).exit_code == 3
