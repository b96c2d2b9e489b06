"""Pages of those who run the CA: hold and revoke, tables of applications, records of ceremonies, health."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from ca import ceremonies, crl_schedule, revocation_check
from ca.enrol import Enrolment
from ca.kmc.pairs import Pair, enrol_pair
from ca.models import CaCeremony, CaCertificate, CaRevocation
from ca.names import Subject
from ca.reading.identity import IdentityExtensions
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.errors import Damaged
from foundation.jobs import Worker
from foundation.principal import SYSTEM, Kind, Permission, Principal
from hsm.ceremony.transcript import Signature, Transcript, read_transcript, signed_octets
from hsm.private_keys import sign
from hsm.sm2 import Sm2PrivateKey
from server import sample, upkeep
from tests.ca.registration.desk import csr
from tests.portal.house import PageHouse
from tests.portal.test_certificate_pages import Visitor
from tests.server.ceremony.conftest import Stage

LIST = "/authority/certificates"


@pytest.fixture(scope="module", autouse=True)
def _people(pages: PageHouse) -> None:
    def official(name: str, *permissions: Permission) -> Principal:
        return Principal(Kind.OFFICIAL, f"official:{name}", frozenset(permissions), department=sample.MARKET.uscc)

    pages.callers["operator"] = official("operator", Permission.CA_READ, Permission.CA_REVOKE, Permission.CA_ISSUE)
    pages.callers["registrar"] = official("registrar", Permission.CA_READ, Permission.RA_APPLY)


@pytest.fixture
def pair(pages: PageHouse) -> Pair:
    """A department's pair of certificates of its own."""
    ca = pages.house.ca
    subject = Subject(sample.MARKET.name, sample.MARKET.name, locality="印川市")
    identity = IdentityExtensions(organization_code=sample.MARKET.uscc)
    wanted = Enrolment(Suite.SM2, "legal-person", subject, identity, csr(), f"pages-{ca.ground.ids.token(8)}")
    return enrol_pair(ca, SYSTEM, wanted)


def standing(pages: PageHouse, certificate: UUID) -> int | None:
    with pages.house.ground.db.read() as session:
        found = select(CaRevocation.reason).where(CaRevocation.certificate_id == certificate)
        return session.scalar(found)


def test_an_officer_holds_releases_and_revokes(pages: PageHouse, pair: Pair) -> None:
    operator, page = Visitor(pages, "operator"), f"{LIST}/{pair.encryption.id}"
    shown = operator.get(page)
    assert f"{page}/hold" in shown
    assert f"{page}/release" not in shown
    assert f"{LIST}/{pair.signing.id}" in shown  # the other one of the two
    assert operator.post(f"{page}/hold", f"{page}/hold").status_code == 422  # not confirmed
    assert operator.post(f"{page}/hold", f"{page}/hold", confirm="yes").status_code == 303
    assert "已冻结" in operator.get(page)
    assert operator.post(f"{page}/release", f"{page}/release", confirm="yes").status_code == 303
    assert standing(pages, pair.encryption.id) is None
    again = operator.post(f"{page}/hold", f"{page}/release", confirm="yes")  # lifting a lifted hold is harmless
    assert again.status_code == 303
    for reason in ("", "6", "x", "99"):
        refused = operator.post(f"{page}/revoke", f"{page}/revoke", confirm="yes", reason=reason)
        assert refused.status_code == 422, reason
    assert operator.post(f"{page}/revoke", f"{page}/revoke", confirm="yes", reason="4").status_code == 303
    assert (standing(pages, pair.encryption.id), standing(pages, pair.signing.id)) == (4, None)
    assert "revoke" not in re.findall(rf'href="{page}/(\w+)"', operator.get(page))
    assert "现在的状态不能" in operator.get(f"{page}/hold")


def test_a_signing_certificate_takes_its_twin_along(pages: PageHouse, pair: Pair) -> None:
    operator, page = Visitor(pages, "operator"), f"{LIST}/{pair.signing.id}/revoke"
    assert "一并撤销" in operator.get(page)
    assert operator.post(page, page, confirm="yes", reason="1").status_code == 303
    assert (standing(pages, pair.encryption.id), standing(pages, pair.signing.id)) == (1, 1)


@pytest.mark.parametrize("who", ["citizen", "admin", "officer", "registrar", "clerk"])
def test_nobody_else_is_offered_it(pages: PageHouse, pair: Pair, who: str) -> None:
    client = Visitor(pages, who).client
    page = f"{LIST}/{pair.signing.id}"
    for verb in ("hold", "release", "revoke"):
        assert client.get(f"{page}/{verb}", headers={"Accept": "text/html"}).status_code == 403
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/verify").get_data(as_text=True))
        assert token is not None
        sent = client.post(f"{page}/{verb}", data={"csrf_token": token[1], "confirm": "yes", "reason": "1"})
        assert sent.status_code == 403
    assert standing(pages, pair.signing.id) is None
    if who in ("admin", "officer"):
        assert f"{page}/revoke" not in Visitor(pages, who).get(page)


# --- tables of applications ------------------------------------------------------------------------------------------


def table(*lines: str) -> tuple[BytesIO, str]:
    return BytesIO("\r\n".join(("姓名或名称,单位名称,身份证号,手机号", *lines)).encode("utf-8-sig")), "table.csv"


def work(pages: PageHouse) -> None:
    ground = pages.house.ground
    Worker(ground.db, ground.jobs, upkeep.handlers(pages.house)).drain()


@pytest.mark.parametrize("partial", [False, True])
def test_a_table_is_taken_and_its_faults_are_told(pages: PageHouse, partial: bool) -> None:
    registrar, page = Visitor(pages, "registrar"), "/authority/bulk"
    assert "text/csv" in registrar.client.get(f"{page}/template.csv").content_type
    good = f"周衡,{sample.MARKET.name},{sample.LOGINS[1].citizen_number},1390000000{2 + partial}"
    more = {"partial": "yes"} if partial else {}
    sent = registrar.post(page, page, profile="official", file=table(good, "赵六,别的局,123,1"), **more)
    assert sent.status_code == 303, sent.get_data(as_text=True)[-800:]
    place = str(sent.headers["Location"])
    assert "检查中" in registrar.get(place)
    work(pages)
    told = registrar.get(place)
    assert ("已完成" if partial else "没有受理") in told
    assert "逐行错误" in told
    assert "第 3 行" in told  # the line as a spreadsheet counts it
    assert "123" not in re.sub(r"<[^>]+>", " ", told.split("逐行错误")[-1])  # not what stood in the cell
    assert place in registrar.get(page)
    assert place in Visitor(pages, "approver").get(page)


@pytest.mark.parametrize("file", [(BytesIO(b""), ""), (BytesIO(b"\0\1"), "x.csv"), (BytesIO("名".encode()), "x.csv")])
def test_what_is_no_table_is_said_at_once(pages: PageHouse, file: tuple[BytesIO, str]) -> None:
    registrar, page = Visitor(pages, "registrar"), "/authority/bulk"
    refused = registrar.post(page, page, profile="official", file=file)
    assert refused.status_code == 422
    assert 'id="e-file"' in refused.get_data(as_text=True)


def test_a_table_for_a_reserved_profile_is_refused(pages: PageHouse) -> None:
    registrar, page = Visitor(pages, "registrar"), "/authority/bulk"
    assert registrar.post(page, page, profile="ocsp", file=table("x")).status_code == 422


@pytest.mark.parametrize("who", ["citizen", "admin", "clerk", "window"])
def test_tables_are_not_for_everybody(pages: PageHouse, who: str) -> None:
    client = Visitor(pages, who).client
    allowed = Permission.AUDIT_READ in pages.callers[who].permissions
    for path in ("", "/template.csv"):
        answer = client.get(f"/authority/bulk{path}", headers={"Accept": "text/html"})
        assert answer.status_code == (200 if allowed else 403)
    if allowed:
        assert 'type="file"' not in client.get("/authority/bulk").get_data(as_text=True)


# --- records of ceremonies -------------------------------------------------------------------------------------------


@pytest.fixture
def kept(pages: PageHouse, stage_transcript: bytes) -> Iterator[UUID]:
    yield ceremonies.keep(pages.house.ca, SYSTEM, stage_transcript)
    with pages.house.ground.db.begin() as session:
        session.execute(delete(CaCeremony))


@pytest.fixture(scope="module")
def stage_transcript(tmp_path_factory: pytest.TempPathFactory, pages: PageHouse) -> bytes:
    """A root made offline for a region of that name."""
    clock = FixedClock(pages.house.ground.clock.now())
    stage = Stage(tmp_path_factory.mktemp("ceremony"), pages.house.ca, clock)
    stage.hold(stage.plan({"do": "generate-root", "suite": "sm2"}))
    return (stage.folder / "out" / "transcript.json").read_bytes()


def test_a_record_is_shown_and_checked(pages: PageHouse, kept: UUID, stage_transcript: bytes) -> None:
    admin, page = Visitor(pages, "admin"), "/authority/ceremonies"
    assert "非本系统密钥" in admin.get(page)  # sound, but of a root that is not in use here
    shown = admin.get(f"{page}/{kept}")
    assert "何渡" in shown
    assert "一号机房" in shown
    assert "sm2-root.cer" in shown
    assert admin.client.get(f"{page}/{kept}.json").get_data() == stage_transcript
    printed = admin.client.get(f"{page}/{kept}.html")
    assert "attachment" in printed.headers["Content-Disposition"]
    assert "签字" in printed.get_data(as_text=True)
    assert ceremonies.keep(pages.house.ca, SYSTEM, stage_transcript) == kept  # the same file is the same record
    for path in ("", f"/{kept}", f"/{kept}.json"):
        assert Visitor(pages, "citizen").client.get(page + path, headers={"Accept": "text/html"}).status_code == 403
    with pages.house.ground.db.read() as session:
        assert "何渡" not in session.scalars(select(CaCeremony.transcript)).one()  # names are sealed


def test_a_forged_record_is_shown_as_one(pages: PageHouse, kept: UUID, stage_transcript: bytes) -> None:
    """Sound as it came, of keys not in use here; with another place in it and a signature of a stranger, faulty."""
    ca, body = pages.house.ca, read_transcript(stage_transcript).body
    one = ceremonies.ceremony(ca, SYSTEM, kept)
    assert (one.report.sound, one.signed_by, one.in_order) == (True, (), False)
    original, stranger = read_transcript(stage_transcript).signatures[0], Sm2PrivateKey.generate()
    other = dict(body) | {"location": "别处"}
    signatures = (original, Signature("x", stranger.spki, sign(stranger, signed_octets(other))))
    identifier = ceremonies.keep(ca, SYSTEM, Transcript(other, signatures).octets())
    assert "核验发现问题" in Visitor(pages, "admin").get(f"/authority/ceremonies/{identifier}")
    assert "核验有问题" in Visitor(pages, "admin").get("/authority/ceremonies")


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"{}",
        b"[1]",
        b'{"body": {"format": "yinxin-ceremony-1"}, "signatures": []}',
        b'{"body": {"format": "yinxin-ceremony-1", "plan": "[", "ended_at": 1}, "signatures": []}',
    ],
)
def test_what_cannot_be_shown_is_not_kept(pages: PageHouse, octets: bytes) -> None:
    with pytest.raises(Damaged):
        ceremonies.keep(pages.house.ca, SYSTEM, octets)


def test_a_record_altered_in_the_database_is_not_shown(pages: PageHouse, kept: UUID) -> None:
    with pages.house.ground.db.begin() as session:
        row = session.get_one(CaCeremony, kept)
        row.sha256 = "0" * 64
    answer = Visitor(pages, "admin").client.get(f"/authority/ceremonies/{kept}", headers={"Accept": "text/html"})
    assert answer.status_code >= 400


def test_markup_in_a_record_stays_text(pages: PageHouse, stage_transcript: bytes) -> None:
    whole = json.loads(stage_transcript)
    whole["body"]["title"] = "<script>alert(1)</script>"
    whole["body"]["events"][0]["text"] = "<img src=x onerror=alert(1)>"
    identifier = ceremonies.keep(pages.house.ca, SYSTEM, json.dumps(whole).encode())
    admin = Visitor(pages, "admin")
    for path in ("", f"/{identifier}", f"/{identifier}.html"):
        shown = admin.get(f"/authority/ceremonies{path}")
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


# --- health ----------------------------------------------------------------------------------------------------------


def test_health_tells_of_the_checker_and_of_answers(pages: PageHouse) -> None:
    admin = Visitor(pages, "admin")
    assert "在线应答" in admin.get("/authority/health")
    ca = pages.house.ca
    crl_schedule.refresh(ca)
    assert revocation_check.run(ca).agrees
    assert "完全一致" in admin.get("/authority/health")
    with ca.ground.db.begin() as session:
        one = session.scalars(select(CaCertificate).where(CaCertificate.profile == "code-signer").limit(1)).one()
        entry = CaRevocation(
            authority=one.authority, serial=one.serial, certificate_id=one.id, revoked_at=ca.ground.clock.now(),
            reason=4, not_after=one.not_after, entry=b"\x30\x00", shard=one.shard,
        )  # fmt: skip
        session.add(entry)
    try:
        assert not revocation_check.run(ca).agrees
        assert "处不一致" in admin.get("/authority/health")
    finally:
        with ca.ground.db.begin() as session:
            session.execute(delete(CaRevocation).where(CaRevocation.certificate_id == one.id))
        revocation_check.run(ca)
