"""Stored OCSP answers: kept per form, gone with their status, renewed in time, served before the frame."""

from __future__ import annotations

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from ca import ocsp, ocsp_front, ocsp_refresh, ocsp_store
from ca.api import ROUTES
from ca.models import CaCertificate
from ca.ocsp_lookup import lookup
from ca.ocsp_request import forms, quick
from ca.reading import CertStatus, read_ocsp_response
from ca.reading.crl import Reason
from ca.revocation_models import CaOcspAnswer
from ca.revoke import hold, release, revoke
from ca.room import CaRoom
from ca.status import Status
from ca.suites import Suite
from foundation import der
from foundation.errors import Unavailable
from foundation.principal import SYSTEM
from foundation.web.frame import make_app
from hsm.digests import Digest
from tests.ca.conftest import Region
from tests.ca.linting import lint_ocsp
from tests.ca.test_ocsp import nonce, request

CA = "sm2-issuing"
POST = {"content_type": "application/ocsp-request"}


def kept(room: CaRoom) -> list[tuple[str, str]]:
    with room.ground.db.read() as session:
        rows = session.execute(select(CaOcspAnswer.serial, CaOcspAnswer.form).order_by(CaOcspAnswer.form))
        return [(serial, form) for serial, form in rows]


def asked(region: Region, data: bytes) -> tuple[bytes, CertStatus]:
    octets = ocsp.answer(region.room, CA, data)
    return octets, read_ocsp_response(octets).answers[0].status


@pytest.fixture
def client(own_region: Region) -> FlaskClient:
    ground = own_region.room.ground
    app = make_app(ground.settings, ground, [own_region.room], ROUTES)
    ocsp_front.install(app, own_region.room)
    return app.test_client()


def test_one_answer_is_kept_for_each_form_that_is_used(own_region: Region) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")
    serial = f"{made.serial:x}"
    for digest in (Digest.SHA1, Digest.SM3, Digest.SHA256):
        data = request(own_region, Suite.SM2, made.serial, digest=digest)
        first, status = asked(own_region, data)
        own_region.clock.advance(minutes=1)
        assert asked(own_region, data) == (first, status)
        assert status is CertStatus.GOOD
        assert lint_ocsp(first) == []
        assert read_ocsp_response(first).answers[0].about.digest_oid == digest.oid
    bare = request(own_region, Suite.SM2, made.serial).replace(der.null(), b"")
    # the lengths around the missing parameters
    algorithm = der.sequence(der.oid(Digest.SHA1.oid))
    hashed = forms(own_region.room, own_region.room.authority(CA)).by_name["sha1-bare"][len(algorithm) :]
    bare = der.sequence(
        der.sequence(der.sequence(der.sequence(der.sequence(algorithm, hashed, der.integer(made.serial)))))
    )
    assert asked(own_region, bare)[1] is CertStatus.GOOD
    assert kept(own_region.room) == [(serial, form) for form in ("sha1", "sha1-bare", "sha256", "sm3")]


def test_questions_with_a_nonce_of_several_or_of_strangers_are_not_kept(own_region: Region) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")
    asked(own_region, request(own_region, Suite.SM2, made.serial, extensions=nonce(b"n" * 16)))
    asked(own_region, request(own_region, Suite.SM2, made.serial, 7))
    _, status = asked(own_region, request(own_region, Suite.SM2, 4711))
    assert status is CertStatus.UNKNOWN
    assert kept(own_region.room) == []


def test_every_change_of_status_ends_the_stored_answer(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    data = request(own_region, Suite.SM2, made.serial)
    said = []
    for act in (hold, release, hold):
        asked(own_region, data)
        assert len(kept(room)) == 1
        act(room, SYSTEM, certificate_id=made.id)
        assert kept(room) == []
        said.append(asked(own_region, data)[1])
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.KEY_COMPROMISE)
    assert kept(room) == []
    assert said == [CertStatus.REVOKED, CertStatus.GOOD, CertStatus.REVOKED]
    assert read_ocsp_response(asked(own_region, data)[0]).answers[0].reason is Reason.KEY_COMPROMISE


def test_an_answer_signed_before_a_revocation_is_not_stored_after_it(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    now = own_region.clock.now()
    good = ocsp_store.sign(room, room.authority(CA), f"{made.serial:x}", "sha1", Status(CertStatus.GOOD), now)
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    assert ocsp_store.store(room, CA, [good]) == 0
    assert kept(room) == []


def test_revoking_while_answers_are_stored_leaves_no_good_one(own_region: Region) -> None:
    """Eight rounds of a race that PostgreSQL would lose without the row lock."""
    room = own_region.room
    for _ in range(8):
        made = own_region.issue(Suite.SM2, "code-signer")
        data = request(own_region, Suite.SM2, made.serial)
        with ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(ocsp.answer, room, CA, data) for _ in range(3)]
            pool.submit(revoke, room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED).result()
            for one in asking:
                one.result()
        assert asked(own_region, data)[1] is CertStatus.REVOKED


def test_answers_are_renewed_at_half_life_and_forgotten_with_the_certificate(own_region: Region) -> None:
    room, clock = own_region.room, own_region.clock
    made = [own_region.issue(Suite.SM2, "code-signer") for _ in range(3)]
    for one in made:
        asked(own_region, request(own_region, Suite.SM2, one.serial))
    clock.advance(hours=5)
    assert ocsp_refresh.refresh(room) == 0
    clock.advance(hours=1)
    assert ocsp_refresh.refresh(room) == 3
    assert ocsp_refresh.refresh(room) == 0
    assert ocsp_refresh.oldest(room) == {CA: int((clock.now() + ocsp_store.LIFE).timestamp())}
    answer = read_ocsp_response(asked(own_region, request(own_region, Suite.SM2, made[0].serial))[0]).answers[0]
    assert answer.this_update == clock.now()
    clock.set(made[0].not_after + timedelta(days=1))
    assert ocsp_refresh.refresh(room) == 0
    assert kept(room) == []


def test_a_stale_answer_is_never_served(own_region: Region) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")
    data = request(own_region, Suite.SM2, made.serial)
    first, _ = asked(own_region, data)
    own_region.clock.advance(hours=12)
    again, _ = asked(own_region, data)
    assert again != first
    assert read_ocsp_response(again).answers[0].this_update == own_region.clock.now()


def test_all_valid_certificates_are_presigned_when_that_is_wanted(own_region: Region) -> None:
    room = own_region.room
    made = [own_region.issue(Suite.SM2, "code-signer") for _ in range(2)]
    with room.ground.db.read() as session:
        of_ca = session.scalar(select(func.count()).where(CaCertificate.authority == CA))
    assert ocsp_refresh.presign(room, timedelta()) == 0  # no time left
    assert ocsp_refresh.presign(room, timedelta(seconds=60)) == of_ca
    assert ocsp_refresh.presign(room, timedelta(seconds=60)) == 0
    assert {serial for serial, _ in kept(room)} >= {f"{one.serial:x}" for one in made}


def test_an_answer_that_cannot_be_stored_is_given_all_the_same(
    own_region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")

    def full(*_: object) -> int:
        raise Unavailable("database.unavailable", ocsp_store_text)

    from foundation.text import Text

    ocsp_store_text = Text("满", "full")
    monkeypatch.setattr(ocsp_store, "_store", full)
    assert asked(own_region, request(own_region, Suite.SM2, made.serial))[1] is CertStatus.GOOD


# --- the front -------------------------------------------------------------------------------------------------------


def watched(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which requests reached the app behind the front."""
    seen: list[str] = []
    front: Any = client.application.wsgi_app
    behind = front._app

    def app(environ: dict[str, Any], start: Any) -> Any:
        seen.append(environ["PATH_INFO"])
        return behind(environ, start)

    monkeypatch.setattr(front, "_app", app)
    return seen


def test_the_front_gives_the_stored_octets_and_the_app_all_else(
    own_region: Region, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")
    data = request(own_region, Suite.SM2, made.serial)
    seen = watched(client, monkeypatch)
    first = client.post(f"/ocsp/{CA}", data=data, **POST)
    assert (first.status_code, seen) == (200, [f"/ocsp/{CA}"])
    second = client.post(f"/ocsp/{CA}", data=data, **POST)
    assert (second.data, len(seen)) == (first.data, 1)
    plain = base64.b64encode(data).decode()
    third = client.get(f"/ocsp/{CA}/{quote(plain, safe='')}")
    assert (third.data, len(seen)) == (first.data, 1)
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Content-Type", "X-Frame-Options"):
        assert second.headers[name] == first.headers[name]
    assert second.headers["Cache-Control"] == "no-store"
    client.post(f"/ocsp/{CA}", data=request(own_region, Suite.SM2, 4711), **POST)
    client.post(f"/ocsp/{CA}", data=request(own_region, Suite.SM2, made.serial, extensions=nonce(b"1" * 16)), **POST)
    client.post("/ocsp/nobody", data=data, **POST)
    client.post(f"/ocsp/{CA}", data=data, content_type="text/plain")
    client.get(f"/ocsp/{CA}/!!!")
    client.get("/healthz")
    assert len(seen) == 7


def test_a_revocation_reaches_the_front_at_once_from_any_process(own_region: Region, client: FlaskClient) -> None:
    from tests.ca.conftest import build_room

    made = own_region.issue(Suite.SM2, "code-signer")
    data = request(own_region, Suite.SM2, made.serial)
    for _ in range(2):
        assert client.post(f"/ocsp/{CA}", data=data, **POST).status_code == 200
    elsewhere = build_room(own_region.home, own_region.room.ground.settings.database_url, own_region.clock)
    revoke(elsewhere, SYSTEM, certificate_id=made.id, reason=Reason.KEY_COMPROMISE)
    elsewhere.ground.db.dispose()
    after = read_ocsp_response(client.post(f"/ocsp/{CA}", data=data, **POST).data).answers[0]
    assert (after.status, after.reason) == (CertStatus.REVOKED, Reason.KEY_COMPROMISE)


def test_caches_are_told_how_long(own_region: Region, client: FlaskClient) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")
    path = f"/ocsp/{CA}/{quote(base64.b64encode(request(own_region, Suite.SM2, made.serial)).decode(), safe='')}"
    for _ in range(2):  # signed by the app, then found by the front: the same headers
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "public, max-age=300, no-transform, must-revalidate"
        assert headers["Last-Modified"] == "Sun, 22 Nov 2026 02:00:00 GMT"
        assert headers["Expires"] == "Sun, 22 Nov 2026 02:05:00 GMT"
        assert headers["ETag"].startswith('"')
    own_region.clock.advance(hours=11, minutes=58)
    assert "max-age=120," in client.get(path).headers["Cache-Control"]
    stranger = f"/ocsp/{CA}/{quote(base64.b64encode(request(own_region, Suite.SM2, 4711)).decode(), safe='')}"
    assert client.get(stranger).headers["Cache-Control"] == "no-store"


def test_when_the_database_is_away_the_app_says_so(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    data = request(own_region, Suite.SM2, made.serial)
    ocsp.answer(room, CA, data)
    reached = []

    def behind(environ: dict[str, Any], start: Any) -> list[bytes]:
        reached.append(environ["wsgi.input"].read())
        start("503 Service Unavailable", [])
        return []

    front = ocsp_front.OcspFront(behind, room)
    environ = {
        "PATH_INFO": f"/ocsp/{CA}",
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/ocsp-request",
        "CONTENT_LENGTH": str(len(data)),
    }

    def said(*_: object) -> None:
        return None

    assert list(front({**environ, "wsgi.input": io.BytesIO(data)}, said))  # type: ignore[arg-type]
    front._quick._lookup._own.connection.close()
    assert not list(front({**environ, "wsgi.input": io.BytesIO(data)}, said))  # type: ignore[arg-type]
    assert reached == [data]  # the body was given back
    assert list(front({**environ, "wsgi.input": io.BytesIO(data)}, said))  # type: ignore[arg-type]


def test_the_quick_look_decides_nothing_it_is_not_sure_of(region: Region) -> None:
    room = region.room
    known = forms(room, room.authority(CA))
    data = request(region, Suite.SM2, 0x1234567890ABCDEF)
    assert quick(data, known) == ("sha1", "1234567890abcdef")
    for at in range(len(data)):
        for value in (data[at] ^ 1, data[at] ^ 0x80, 0x30, 0x00, 0xFF):
            changed = data[:at] + bytes([value]) + data[at + 1 :]
            found = quick(changed, known)
            if found is None or changed == data:
                continue
            parsed = ocsp.read_request(changed)  # whatever it takes, the real parser takes the same way
            assert found == (known.form_of(parsed.asked[0]), f"{parsed.asked[0].serial:x}")
    for size in range(len(data)):
        assert quick(data[:size], known) is None


def test_an_answer_is_found_only_while_it_lasts(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    ocsp.answer(room, CA, request(own_region, Suite.SM2, made.serial))
    now, serial = own_region.clock.now(), f"{made.serial:x}"
    assert lookup(room).find(CA, "sha1", serial) is not None
    with room.ground.db.begin() as session:
        session.execute(update(CaOcspAnswer).values(until=int(now.timestamp())))
    assert lookup(room).find(CA, "sha1", serial) is None
