"""All of shared/vectors judged as its README says (他人样本): seal values by others' judges, and no file forgotten."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tests.conftest import VECTORS
from tests.seal import oracles
from tests.seal.judges import extract
from tests.seal.judges.extract import Claim

TESTS = Path(__file__).parents[2]
SEALED = ["999.ofd", "SESV4SignDoc.ofd", "V4RideRight.ofd", "allprotected.ofd", "v4signed.ofd"]
SEALS = ["UserV4.esl", "UserV5.esl"]


def seal_of_2014(data: bytes) -> list[Claim]:
    """GM/T 0031-2014: the maker signed SEQUENCE { esealInfo, cert, signatureAlgorithm }."""
    info, signed = extract.children(data)
    certificate, algorithm, value = extract.children(signed)
    content = info + certificate + algorithm
    head = b"\x30\x82" + len(content).to_bytes(2, "big")
    return [Claim("maker", extract.content(certificate), head + content, extract.bits(value))]


def alone(name: str) -> list[Claim]:
    """The first signature of a structure of four parts, what it covers elsewhere or its time stamp left aside."""
    signed, certificate, _, value = extract.children((VECTORS / "seal" / name).read_bytes())[:4]
    return [Claim(name, extract.content(certificate), signed, extract.bits(value))]


def claims() -> dict[str, list[Claim]]:
    found = {name: extract.seal_claims(name, (VECTORS / "seal" / name).read_bytes()) for name in SEALS}
    # the time stamp of UserV5_ts is three octets that are none; what the two values cover is not at hand
    found |= {name: alone(name) for name in ("UserV5_ts.esl", "SignedValueV4.dat", "SignedValueV5.dat")}
    found["UserV1.esl"] = seal_of_2014((VECTORS / "seal" / "UserV1.esl").read_bytes())
    found |= {name: extract.ofd_claims(name, (VECTORS / "ofd" / name).read_bytes()) for name in SEALED}
    return found


CLAIMS = claims()


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("judge", ["openssl", "gmssl"])
def test_every_seal_and_signature_of_others_holds(name: str, judge: str, tmp_path: Path) -> None:
    """The digests of every file of an OFD were recomputed on the way."""
    shortest = min(CLAIMS[name], key=lambda one: len(one.message))
    for one, holds in (*((claim, True) for claim in CLAIMS[name]), (extract.altered(shortest), False)):
        if judge == "openssl":
            said = oracles.openssl_sm2(tmp_path, one.certificate, one.message, one.value)
        else:
            said = oracles.gmssl_verifies(one.certificate, one.message, one.value)
        assert said is holds, one.what


def test_the_riding_seal_of_others_is_on_five_pages() -> None:
    with zipfile.ZipFile(VECTORS / "ofd" / "V4RideRight.ofd") as package:
        xml = package.read("Doc_0/Signs/Sign_0/Signature.xml").decode()
    pages = re.findall(r"<ofd:StampAnnot[^>]*PageRef=\"(\d+)\"", xml)
    assert len(set(pages)) == len(pages) == 5


def test_no_file_of_the_vectors_is_left_unjudged() -> None:
    """Each is named in a test somewhere; a file added to the folder fails here until somebody says what it proves."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("test_*.py")))
    files = [path.name for path in sorted(VECTORS.rglob("*")) if path.is_file() and path.name != "README.md"]
    assert len(files) > 20
    assert [name for name in files if name not in sources] == []
