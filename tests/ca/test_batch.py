"""Many certificates at once: each line for itself, once per reference, and whole after a crash in the middle."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Request
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from ca.batch_api import ROUTES
from ca.errors import ClockWentBack, RequestKeyTaken
from ca.issue import IssuedCertificate, leaf
from ca.issue_many import issue_many
from ca.models import CaCertificate, State
from ca.prepare import Wanted
from ca.reading import Reason, read_certificate
from ca.recheck import recheck
from ca.recover import recover
from ca.revoke import revoke
from ca.signatures import check_certificate
from ca.storing import opened
from ca.suites import Suite
from foundation.audit.models import AuditRow
from foundation.errors import YinxinError
from foundation.principal import SYSTEM, Kind, Permission, Principal
from foundation.web.frame import make_app
from tests.bent import bent
from tests.ca.conftest import IDENTITIES, SUBJECTS, USCC, Region, fresh_key
from tests.ca.hostile_requests import GOOD
from tests.dying import killed

CALLER = Principal(Kind.CLIENT, "client:x", frozenset({Permission.CA_ISSUE}), department=USCC, client_id="x")


def order(region: Region, key: str, profile: str = "device", spki: bytes | None = None) -> Wanted:
    return leaf(
        region.room,
        Suite.SM2,
        profile,
        subject=SUBJECTS[profile],
        spki=spki or fresh_key(Suite.SM2),
        identity=IDENTITIES[profile],
        request_key=key,
    )


def rows(region: Region, prefix: str) -> list[CaCertificate]:
    with region.room.ground.db.read() as session:
        query = select(CaCertificate).where(CaCertificate.request_key.startswith(prefix, autoescape=True))
        return list(session.scalars(query.order_by(CaCertificate.request_key)))


def actions(region: Region, found: list[CaCertificate]) -> Counter[str]:
    with region.room.ground.db.read() as session:
        query = select(AuditRow.action).where(AuditRow.object.in_([f"certificate:{row.id}" for row in found]))
        return Counter(session.scalars(query))


def test_a_batch_is_issued_in_two_transactions_with_two_audit_rows_each(region: Region) -> None:
    orders = [order(region, f"batch-{number:02}", "citizen" if number % 3 else "device") for number in range(20)]
    commits: list[object] = []

    def counted(connection: object) -> None:
        commits.append(connection)

    event.listen(region.room.ground.db.engine, "commit", counted)
    try:
        made = issue_many(region.room, SYSTEM, orders)
    finally:
        event.remove(region.room.ground.db.engine, "commit", counted)
    assert len(commits) == 2
    above = region.room.authority("sm2-issuing").certificate
    for wanted, one in zip(orders, made, strict=True):
        assert isinstance(one, IssuedCertificate)
        certificate = read_certificate(one.der)
        check_certificate(certificate, above.spki)
        assert certificate.spki == wanted.spki
        assert (one.serial, one.not_after) == (certificate.serial, certificate.not_after)
    found = rows(region, "batch-")
    assert {row.state for row in found} == {State.ISSUED}
    assert actions(region, found) == {"ca.certificate.record": 20, "ca.certificate.issue": 20}
    assert issue_many(region.room, SYSTEM, orders) == made
    assert actions(region, found).total() == 40


def test_what_is_refused_leaves_the_others_alone(own_region: Region) -> None:
    room, lost = own_region.room, fresh_key(Suite.SM2)
    gone = issue_many(room, SYSTEM, [order(own_region, "gone", spki=lost)])[0]
    assert isinstance(gone, IssuedCertificate)
    revoke(room, SYSTEM, certificate_id=gone.id, reason=Reason.KEY_COMPROMISE)
    first = order(own_region, "mixed-0")
    orders = [
        first,
        order(own_region, "mixed-1", "official", room.authority("sm2-issuing").certificate.spki),
        order(own_region, "mixed-2", spki=lost),
        order(own_region, "mixed-0", spki=first.spki),
        order(own_region, "mixed-0"),
        order(own_region, ""),
        order(own_region, "x" * 201),
        order(own_region, "mixed-3"),
    ]
    made = issue_many(room, SYSTEM, orders)
    codes = [one.code if isinstance(one, YinxinError) else "issued" for one in made]
    assert codes == [
        "issued",
        "ca.lint.key_of_issuer",
        "hsm.weak_key.compromised",
        "issued",
        RequestKeyTaken().code,
        "ca.request_key",
        "ca.request_key",
        "issued",
    ]
    assert made[0] == made[3]
    assert [row.request_key for row in rows(own_region, "mixed-")] == ["mixed-0", "mixed-3"]
    assert recheck(room).faults == []


def test_a_clock_set_back_stops_the_whole_batch(own_region: Region) -> None:
    own_region.clock.advance(days=-1)
    with pytest.raises(ClockWentBack):
        issue_many(own_region.room, SYSTEM, [order(own_region, "late")])
    assert rows(own_region, "late") == []


def test_two_batches_of_the_same_orders_at_once_issue_each_once(own_region: Region) -> None:
    orders = [order(own_region, f"race-{number}") for number in range(12)]
    shuffled = orders[::-1]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda some: issue_many(own_region.room, SYSTEM, some), [orders, shuffled] * 2))
    assert results[1][::-1] == results[0] == results[2]
    found = rows(own_region, "race-")
    assert len(found) == 12
    assert actions(own_region, found) == {"ca.certificate.record": 12, "ca.certificate.issue": 12}


def test_another_process_recording_the_same_request_first_is_answered(
    own_region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It commits between our look and our insert: the database says so, and its certificate is the answer."""
    from ca import issue_many as module

    wanted, other = order(own_region, "first"), order(own_region, "beside")
    look, looks = module.recorded, []

    def blind(room: Any, keys: Any) -> Any:
        looks.append(list(keys))
        return {} if len(looks) == 1 else look(room, keys)

    before = issue_many(own_region.room, SYSTEM, [wanted])
    monkeypatch.setattr(module, "recorded", blind)
    made = issue_many(own_region.room, SYSTEM, [wanted, other])
    assert made[0] == before[0]
    assert isinstance(made[1], IssuedCertificate)
    found = rows(own_region, "first") + rows(own_region, "beside")
    assert actions(own_region, found) == {"ca.certificate.record": 2, "ca.certificate.issue": 2}


@pytest.mark.parametrize(("point", "issued"), [("ca.recorded", 0), ("ca.signed:3", 0), ("ca.stored", 5)])
def test_a_batch_killed_anywhere_is_finished_whole(make_region: Callable[..., Region], point: str, issued: int) -> None:
    region = make_region("sqlite")
    region.key(Suite.SM2)
    settings = region.room.ground.settings
    killed("tests.ca.crash_batch:main", str(region.home), settings.database_url, point=point)
    found = rows(region, "crash-")
    assert len(found) == 5
    assert Counter(row.state for row in found)[State.ISSUED] == issued
    intended = {row.id: opened(region.room.ground.cipher, row, "tbs") for row in found if row.tbs is not None}
    assert len(recover(region.room, older_than=timedelta())) == 5 - issued
    after = rows(region, "crash-")
    for row in after:
        made = read_certificate(opened(region.room.ground.cipher, row, "der"))
        assert intended.get(row.id, made.tbs) == made.tbs
    assert actions(region, after) == {"ca.certificate.record": 5, "ca.certificate.issue": 5}
    assert recheck(region.room).faults == []


# --- by the API ------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(region: Region) -> FlaskClient:
    def caller(request: Request) -> Principal | None:
        return CALLER

    ground = region.room.ground
    return make_app(ground.settings, ground, [region.room], ROUTES, authenticators=[caller]).test_client()


def line(reference: str, **changes: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "suite": "sm2",
        "profile": "device",
        "subject": {"common_name": f"gateway-{reference}", "organization": "印川市政务服务和大数据管理局"},
        "identity": {"organization_code": USCC},
        "names": {"dns": [f"gateway-{reference.lower()}.yinchuan.gov.cn"]},
        "csr": base64.b64encode(GOOD.signed()).decode(),
        **changes,
    }


def test_each_line_is_answered_for_itself(region: Region, client: FlaskClient) -> None:
    csr = base64.b64encode(bent(GOOD.signed())).decode()
    lines = [
        line("A1"),
        line("A2", csr=csr),
        line("A3", csr="no csr"),
        line("A4", profile="root"),
        line("A5", profile="nothing"),
        line("A6", identity={}),
        line("A7", names={"email": ["nobody"]}),
        line("A8", suite="mldsa"),
        line("A9", validity_days=1),
    ]
    key = {"Idempotency-Key": region.room.ground.ids.token()}
    answer = client.post("/api/v1/ca/certificates/batch", json={"lines": lines}, headers=key)
    assert answer.status_code == 200, answer.data
    said = answer.json
    codes = [one["fault"]["code"] if one["fault"] else "issued" for one in said["lines"]]
    assert codes == [
        "issued",
        "ca.csr",
        "ca.csr",
        "ca.profile_reserved",
        "ca.profile_unknown",
        "ca.other_department",
        "ca.lint.mailbox",
        "ca.authority_unknown",
        "issued",
    ]
    assert (said["issued"], said["refused"]) == (2, 7)
    assert all(one["fault"]["text_zh"] and one["fault"]["text_en"] for one in said["lines"] if one["fault"])
    made = read_certificate(base64.b64decode(said["lines"][0]["certificate"]))
    assert made.subject.common_name == "gateway-A1"
    assert len(said["chains"]["sm2-issuing"]) == 2
    again = client.post("/api/v1/ca/certificates/batch", json={"lines": lines}, headers=key)
    assert again.json == said


def test_a_batch_says_what_is_wrong_with_it_as_a_whole(client: FlaskClient) -> None:
    for lines in ([], [line("A"), line("A")], [line("§")], [line(f"n{n}") for n in range(1001)]):
        answer = client.post("/api/v1/ca/certificates/batch", json={"lines": lines}, headers={"Idempotency-Key": "bad"})
        assert answer.status_code == 422
        assert answer.json["code"] in ("ca.batch_reference", "request.invalid")


def test_the_profiles_in_force_are_listed(region: Region, client: FlaskClient) -> None:
    items = {one["name"]: one for one in client.get("/api/v1/ca/profiles").json["items"]}
    assert items.keys() == {profile.name for profile in region.room.profiles()}
    assert items["citizen-encryption"]["key_usage"] == ["keyEncipherment", "dataEncipherment", "keyAgreement"]
    assert items["citizen"]["sha256"] == region.room.profile("citizen").digest


def test_nothing_of_a_batch_is_left_unfinished(region: Region) -> None:
    with region.room.ground.db.read() as session:
        query = select(func.count()).where(CaCertificate.state == State.RECORDED)
        assert session.scalar(query) == 0
