"""The transcript: stands by itself with a root certificate, and falls with any word of it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ca.kmc.errors import BadTranscript
from ca.kmc.transcript import TranscriptReport, verify_transcript
from ca.reading import read_certificate
from ca.suites import Suite
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from tests.ca.conftest import Region
from tests.ca.kmc.conftest import APPROVERS, OPERATOR, fresh, holder
from tests.ca.kmc.recovering import agreed, asked_judicially, collected, organ
from tests.ca.oracles import gmssl_accepts_sm2, openssl_accepts_sm2


@pytest.fixture(scope="module")
def transcript(region: Region) -> bytes:
    found = agreed(region, asked_judicially(region, [holder().enrol(region, fresh(region))], organ(region)))
    return collected(region, found).transcript


@pytest.fixture(scope="module")
def root(region: Region) -> bytes:
    return region.room.authority("sm2-root").certificate.der


def faults(report: TranscriptReport) -> set[str]:
    return {one.code for one in report.findings if not one.good}


def parts(transcript: bytes) -> dict[str, Any]:
    return dict(json.loads(transcript))


def inner(said: dict[str, Any], name: str) -> dict[str, Any]:
    return dict(json.loads(base64.b64decode(said[name])))


def put(said: dict[str, Any], name: str, value: dict[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return json.dumps({**said, name: base64.b64encode(text.encode()).decode()}).encode()


def test_it_stands(transcript: bytes, root: bytes) -> None:
    report = verify_transcript(transcript, [root])
    assert report.genuine, faults(report)
    assert report.statement["case"]["legal_basis"] == "刑事诉讼法第五十四条"
    assert [one["approver"] for one in report.account["approvals"]] == [one.label for one in APPROVERS[:2]]
    assert "密钥管理中心" in report.signer


def test_judges_agree_about_the_signature(transcript: bytes) -> None:
    said = parts(transcript)
    account, signature = (base64.b64decode(said[name]) for name in ("attestation", "signature"))
    spki = read_certificate(base64.b64decode(said["centre"])).spki
    openssl_accepts_sm2(spki, account, signature)
    assert gmssl_accepts_sm2(spki, account, signature)


def test_without_a_trusted_root_it_does_not_stand(transcript: bytes, region: Region) -> None:
    for roots in ([], [region.room.authority("rsa-root").certificate.der]):
        assert faults(verify_transcript(transcript, roots)) == {"path"}


ACCOUNT: dict[str, tuple[dict[str, Any], set[str]]] = {
    "another requester": ({"requester": "person:x"}, {"signature", "quorum"}),
    "fewer approvals": ({"approvals": []}, {"signature", "quorum"}),
    "another key": ({"keys": []}, {"signature", "keys"}),
    "another recipient": ({"recipient_sha256": "00" * 32}, {"signature", "recipient"}),
    "another statement": ({"statement_sha256": "00" * 32}, {"signature", "statement"}),
    "a smaller quorum": ({"quorum": 1}, {"signature", "quorum"}),
    "a time that is none": ({"released_at": "yesterday"}, {"signature", "path", "quorum"}),
    "another form": ({"form": "cfca"}, {"signature"}),
}


@pytest.mark.parametrize("name", list(ACCOUNT))
def test_a_changed_account_falls(transcript: bytes, root: bytes, name: str) -> None:
    changed, expected = ACCOUNT[name]
    said = parts(transcript)
    altered = put(said, "attestation", {**inner(said, "attestation"), **changed})
    assert faults(verify_transcript(altered, [root])) == expected


def test_a_changed_statement_falls(transcript: bytes, root: bytes) -> None:
    said = parts(transcript)
    statement = inner(said, "statement")
    case = {**statement["case"], "number": "（2026）印检证 8 号"}
    assert faults(verify_transcript(put(said, "statement", {**statement, "case": case}), [root])) == {"statement"}
    with pytest.raises(BadTranscript):
        verify_transcript(put(said, "statement", {**statement, "type": "other"}), [root])


def test_another_recipients_certificate_falls(transcript: bytes, root: bytes, region: Region) -> None:
    other = base64.b64encode(organ(region).certificate).decode()
    altered = json.dumps({**parts(transcript), "recipient": other}).encode()
    assert faults(verify_transcript(altered, [root])) == {"recipient"}


def test_a_citizen_signs_no_transcript(transcript: bytes, root: bytes, region: Region) -> None:
    """His certificate comes from the same CA and his signature is good; he is not the centre."""
    said = parts(transcript)
    signer = region.room.keys.signer("test/sm2-1") if region.key(Suite.SM2) else None
    assert signer is not None
    made = region.issue(Suite.SM2, "citizen", "a-citizen-with-a-pen")
    account = base64.b64decode(said["attestation"])
    value = signer.sign(ToBeSigned(Purpose.CLIENT, account, "forged"))
    forged = {
        **said,
        "centre": base64.b64encode(made.der).decode(),
        "signature": base64.b64encode(value).decode(),
    }
    assert faults(verify_transcript(json.dumps(forged).encode(), [root])) == {"role"}


@pytest.mark.parametrize(
    "octets",
    [b"", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000, b'{"type":"yinxin-kmc-transcript-1"}', b" " * 2_000_000],
    ids=["empty", "list", "object", "null", "not utf-8", "deep", "bare", "huge"],
)
def test_what_is_no_transcript(octets: bytes, root: bytes) -> None:
    with pytest.raises(BadTranscript):
        verify_transcript(octets, [root])


@pytest.mark.parametrize("member", ["statement", "attestation", "signature", "centre", "chain", "recipient"])
@pytest.mark.parametrize("value", [None, 7, "", "!!", "e30=", [], {}, ["e30="]], ids=str)
def test_members_of_another_kind(transcript: bytes, root: bytes, member: str, value: object) -> None:
    altered = json.dumps({**parts(transcript), member: value}).encode()
    try:
        assert not verify_transcript(altered, [root]).genuine
    except BadTranscript as error:
        assert error.code == "kmc.transcript"  # noqa: PT017 - either a report that says no, or this


def test_the_command_says_the_same(transcript: bytes, root: bytes, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from ca.kmc.cli import transcript as group

    file, trusted = tmp_path / "t.json", tmp_path / "root.cer"
    file.write_bytes(transcript)
    trusted.write_bytes(root)
    good = CliRunner().invoke(group, ["verify", str(file), "--root", str(trusted), "--json"])
    assert good.exit_code == 0, good.output
    said = json.loads(good.output)
    assert (said["genuine"], said["requester"]) == (True, OPERATOR.label)
    file.write_bytes(transcript.replace(b'"signature":"', b'"signature":"A'))
    bad = CliRunner().invoke(group, ["verify", str(file), "--root", str(trusted)])
    assert bad.exit_code == 1
