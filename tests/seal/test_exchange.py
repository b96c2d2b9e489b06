"""Seals in and out: bundles hold no key, foreign seals are judged over their own octets and never stamp."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from threading import Barrier, Thread

import flask
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from foundation.audit.models import AuditRow
from foundation.clock import FixedClock
from foundation.errors import InvalidInput
from foundation.principal import Kind, Permission, Principal
from foundation.web.frame import make_app
from hsm.digests import sha256, sm3
from seal import pictures
from seal.errors import SealUnknown
from seal.exchange import foreign
from seal.exchange.api import ROUTES
from seal.exchange.bundle import export
from seal.exchange.errors import NotASeal, OwnSeal
from seal.exchange.foreign import import_seal
from seal.exchange.judging import Verdict
from seal.exchange.models import ForeignSealRow
from seal.exchange.room import ExchangeRoom
from seal.orders import PdfOrder, Placement
from seal.ses import read_seal
from seal.stamp import stamp_pdf
from tests.conftest import START, VECTORS
from tests.seal import papers
from tests.seal.conftest import MARKET, TRANSPORT, Region, clerk
from verify.context import Context
from verify.judge import judge
from verify.trust import TrustStore

FILES = sorted(path.name for path in (VECTORS / "seal").glob("*.esl"))
JUDGED = {
    "UserV1.esl": ("GM/T 0031-2014", "not_genuine", "seal.expired"),
    "UserV4.esl": ("GB/T 38540-2020", "not_genuine", "seal.expired"),
    "UserV5.esl": ("GM/T 0031-2025", "cannot_tell", "seal.maker_unknown"),
    "UserV5_ts.esl": ("GM/T 0031-2025", "not_genuine", "time.broken"),
}
"""All maker signatures hold and their maker is unknown here; two are expired, and the time stamp of one is `010203`."""


def esl(name: str) -> bytes:
    return (VECTORS / "seal" / name).read_bytes()


def exchange(region: Region) -> ExchangeRoom:
    """The verifier as it is, trusting nobody: the makers of the vectors are unknown everywhere."""

    def ask(data: bytes) -> Verdict:
        report = judge(data, name=None, context=Context(TrustStore(), region.clock))
        return Verdict(report.verdict.value, tuple(finding.code for finding in report.findings))

    return ExchangeRoom(region.room, ask)


def reader(department: str) -> Principal:
    return Principal(
        Kind.CLIENT, f"client:r{department}", frozenset({Permission.SEAL_READ}), department=department, client_id="r"
    )


_CLOCK = FixedClock(START)
_PEOPLE = {"market": reader(MARKET), "transport": reader(TRANSPORT)}


def _known(request: flask.Request) -> Principal | None:
    return _PEOPLE.get(request.headers.get("Authorization", "").removeprefix("Test "))


@pytest.fixture(scope="module")
def client(one_region: Region) -> Iterator[FlaskClient]:
    room = one_region.room
    rooms = [room, exchange(one_region)]
    app = make_app(room.ground.settings, room.ground, rooms, ROUTES, authenticators=[_known])
    with app.test_client() as client:
        yield client


def who(name: str) -> dict[str, str]:
    return {"Authorization": f"Test {name}"}


def test_a_bundle_says_what_it_holds_and_holds_no_key(one_region: Region) -> None:
    data = export(one_region.room, one_region.principal, one_region.seal_id)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        files = {name: package.read(name) for name in package.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert (manifest["code"], manifest["key"], manifest["standard"]) == (
        "21990000000001",
        "platform",
        "GB/T 38540-2020",
    )
    assert {item["name"] for item in manifest["files"]} == set(files)
    for item in manifest["files"]:
        octets = files[item["name"]]
        assert (item["size"], item["sha256"], item["sm3"]) == (len(octets), sha256(octets).hex(), sm3(octets).hex())
    assert files["seal.esl"] == pictures.esl(one_region.room, one_region.principal, one_region.seal_id)
    assert {files["certificates/sm2.cer"], files["certificates/rsa.cer"]} == set(one_region.market.certificates)
    assert files["certificates/maker.cer"] == read_seal(files["seal.esl"]).maker_certificate
    # everything under certificates/ is a certificate and nothing else; nothing anywhere speaks of a private key
    for name, octets in files.items():
        if name.startswith("certificates/"):
            assert x509.load_der_x509_certificate(octets).public_bytes(Encoding.DER) == octets
        assert b"PRIVATE KEY" not in octets
    roots = [octets for name, octets in files.items() if name.startswith("certificates/ca-")]
    assert len(roots) == 4, "issuing and root of both hierarchies"
    with one_region.room.ground.db.read() as session:
        query = select(func.count()).where(
            AuditRow.action == "seal.export", AuditRow.object == f"seal:{one_region.seal_id}"
        )
        assert (session.scalar(query) or 0) >= 1


def test_only_the_department_exports_its_seal(one_region: Region) -> None:
    with pytest.raises(SealUnknown):
        export(one_region.room, clerk(TRANSPORT), one_region.seal_id)


@pytest.mark.parametrize("name", FILES)
def test_every_foreign_seal_is_read_judged_and_kept(region: Region, name: str) -> None:
    room, data = exchange(region), esl(name)
    kept = import_seal(room, region.principal, data)
    assert (kept.standard, kept.verdict.verdict, kept.verdict.findings[0]) == JUDGED[name]
    assert (kept.sha256, kept.name) == (sha256(data).hex(), read_seal(data).name)
    assert "seal.maker_unknown" in kept.verdict.findings
    assert "seal.tampered" not in kept.verdict.findings
    assert import_seal(room, region.principal, data) == kept
    assert foreign.foreign_file(room, region.principal, kept.id) == data
    assert kept in foreign.foreign_seals(room, region.principal)
    assert not foreign.foreign_seals(room, clerk(TRANSPORT))
    with region.room.ground.db.read() as session:
        row = session.get_one(ForeignSealRow, kept.id)
        audit = session.scalars(select(AuditRow).where(AuditRow.object == f"seal-foreign:{kept.id}")).all()
    assert kept.name not in row.facts, "a seal may bear a person's name"
    assert [entry.action for entry in audit] == ["seal.foreign.import"]


def test_a_tampered_foreign_seal_is_kept_as_what_it_is(one_region: Region) -> None:
    data = bytearray(esl("UserV4.esl"))
    data[data.index(b"OFD")] ^= 1
    kept = import_seal(exchange(one_region), one_region.principal, bytes(data))
    assert kept.verdict.verdict == "not_genuine"
    assert "seal.tampered" in kept.verdict.findings


def test_nobody_stamps_with_a_foreign_seal(one_region: Region) -> None:
    kept = import_seal(exchange(one_region), one_region.principal, esl("UserV5.esl"))
    order = PdfOrder(papers.pdf(), kept.id, Placement(1, 100, 100), one_region.key())
    with pytest.raises(SealUnknown):
        stamp_pdf(one_region.room, one_region.principal, order)


def test_our_own_seal_is_not_foreign(one_region: Region) -> None:
    own = pictures.esl(one_region.room, one_region.principal, one_region.seal_id)
    with pytest.raises(OwnSeal):
        import_seal(exchange(one_region), clerk(TRANSPORT), own)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\x80\x00\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x03\x02\x01\x05",
        b"\x30" * 5000,
        b"\x00" * (foreign.MOST_OCTETS + 1),
        (VECTORS / "seal" / "SignedValueV4.dat").read_bytes(),
        esl("UserV4.esl") + b"\x00",
        esl("UserV4.esl")[:-1],
    ],
    ids=["empty", "indefinite", "endless", "short", "deep", "large", "signature", "trailing", "cut"],
)
def test_what_is_no_seal_is_refused_with_the_reason(one_region: Region, data: bytes) -> None:
    with pytest.raises(NotASeal) as caught:
        import_seal(exchange(one_region), one_region.principal, data)
    assert caught.value.code == "seal.not_a_seal"


@given(st.sampled_from(FILES), st.integers(0, 3000), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_one_changed_octet_never_passes_for_genuine(name: str, at: int, flip: int) -> None:
    data = bytearray(esl(name))
    data[at % len(data)] ^= flip
    try:
        foreign._read(bytes(data))
    except InvalidInput:
        return  # refused with a reason
    report = judge(bytes(data), name=None, context=Context(TrustStore(), _CLOCK))
    assert report.verdict.value != "genuine"


def test_two_who_hand_in_one_seal_at_once_keep_one(region: Region) -> None:
    room, data, kept, barrier = exchange(region), esl("UserV1.esl"), [], Barrier(3)
    who = clerk(TRANSPORT)

    def run() -> None:
        barrier.wait()
        kept.append(import_seal(room, who, data).id)

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 3
    assert len(set(kept)) == 1


def test_the_routes_keep_departments_apart(client: FlaskClient, one_region: Region) -> None:
    bundle = f"/api/v1/seal/exchange/seals/{one_region.seal_id}/bundle.zip"
    assert client.get(bundle, headers=who("market")).data.startswith(b"PK")
    assert client.get(bundle, headers=who("transport")).status_code == 404
    assert client.get(bundle).status_code == 401
    base = "/api/v1/seal/exchange/foreign"
    data = {"file": (io.BytesIO(esl("UserV5.esl")), "seal.esl")}
    made = client.post(base, data=data, content_type="multipart/form-data", headers=who("market"))
    assert made.status_code == 201, made.get_json()
    told = made.get_json()
    assert (told["standard"], told["verdict"]) == ("GM/T 0031-2025", "cannot_tell")
    assert told["id"] in [item["id"] for item in client.get(base, headers=who("market")).get_json()["items"]]
    assert client.get(f"{base}/{told['id']}", headers=who("market")).get_json() == told
    assert client.get(f"{base}/{told['id']}/seal.esl", headers=who("market")).data == esl("UserV5.esl")
    for ending in ("", "/seal.esl"):
        assert client.get(f"{base}/{told['id']}{ending}", headers=who("transport")).status_code == 404
    junk = {"file": (io.BytesIO(b"junk"), "seal.esl")}
    refused = client.post(base, data=junk, content_type="multipart/form-data", headers=who("market"))
    assert (refused.status_code, refused.get_json()["code"]) == (422, "seal.not_a_seal")


@pytest.mark.parametrize(("wanted", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("ofd", b"PK")])
def test_a_design_is_drawn_in_every_format(client: FlaskClient, wanted: str, start: bytes) -> None:
    url = f"/api/v1/seal/designs?format={wanted}"
    body = {"kind": "special", "text": "印川市市场监督管理局", "line": "行政审批专用章", "code": "2199000000001"}
    answer = client.post(url, json=body, headers=who("market"))
    assert (answer.status_code, answer.data[: len(start)]) == (200, start)
    refused = client.post(url, json={"kind": "government", "text": "印川市人民政府"}, headers=who("market"))
    assert (refused.status_code, refused.get_json()["code"]) == (422, "seal.emblem_missing")
