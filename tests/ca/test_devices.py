"""The whole of issuance with CA keys in devices: RSA in a PKCS#11 token, SM2 in an SDF device; judged by openssl."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ca import crl
from ca.hierarchy import establish
from ca.issue import issue
from ca.models import CaCertificate
from ca.reading import read_certificate, read_crl
from ca.reading.identity import NO_IDENTITY
from ca.room import CaRoom
from ca.suites import Suite
from foundation.audit.trail import Audit
from foundation.clock import FixedClock
from foundation.database import open_database
from foundation.ground import Ground
from foundation.ids import SystemIds
from foundation.jobs import JobQueue
from foundation.principal import SYSTEM
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm.backends.errors import DeviceUnavailable
from hsm.models import HsmKey
from hsm.room import HsmRoom, unseal
from tests.ca.conftest import ROOMS, SUBJECTS, fresh_key
from tests.ca.oracles import DISTID, openssl, openssl_accepts_sm2, pem, write
from tests.conftest import START
from tests.hsm import devices

Make = Callable[[], CaRoom]


@pytest.fixture
def fake() -> devices.FakeSdf:
    return devices.FakeSdf()


@pytest.fixture(params=ROOMS)
def make_room(
    request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path: Path, fake: devices.FakeSdf
) -> Iterator[Make]:
    """A certificate room whose CA keys go to devices; each call is another process over the same database."""
    url, opened, rooms = new_database(request.param), [], []
    keys = {
        "routes": {"ca/rsa-": "pkcs11", "ca/sm2-": "sdf"},
        "sdf": fake.settings(tries=2),
        "pkcs11": devices.pkcs11_settings(),
    }

    def make() -> CaRoom:
        settings = Settings(home=tmp_path, database={"url": url}, keys=keys)
        clock = FixedClock(START)
        db, ids = open_database(settings), SystemIds(clock)
        opened.append(db)
        vault = unseal(settings, db, clock, ids)
        audit = Audit(vault.mac, clock, ids)
        storage, jobs = open_storage(settings), JobQueue(clock, ids)
        ground = Ground(settings, db, clock, ids, storage, audit, vault.cipher, vault.mac, jobs)
        hsm = HsmRoom.build(ground, vault)
        rooms.append(hsm)
        return CaRoom.build(ground, hsm.keys, hsm.escrow)

    yield make
    for hsm in rooms:  # a login left open here would answer for the next test of this process
        assert hsm.keeper is not None
        hsm.keeper.backends.close()
    for db in opened:
        db.dispose()
    token = devices.pkcs11()
    for found in token.inventory():
        token.destroy(f"signing\n{found.reference}\n".encode())
    token.close()


def _issue(room: CaRoom, suite: Suite, request_key: str) -> bytes:
    wanted = {"suite": suite, "profile": "code-signer", "subject": SUBJECTS["code-signer"], "identity": NO_IDENTITY}
    spki = room.keys.find("test/subject")
    return issue(room, SYSTEM, spki=spki.spki if spki else fresh_key(suite), request_key=request_key, **wanted).der


def _places(room: CaRoom) -> dict[str, tuple[str | None, str | None]]:
    with room.ground.db.read() as session:
        return {row.name: (row.backend, row.reference) for row in session.scalars(select(HsmKey))}


def test_the_rsa_hierarchy_lives_in_a_pkcs11_token(make_room: Make, tmp_path: Path) -> None:
    establish(make_room(), [Suite.RSA])
    room = make_room()  # another process: keys are found again on the token
    establish(room, [Suite.RSA])
    leaf = _issue(room, Suite.RSA, "leaf")
    issuing, root = (room.authority(f"rsa-{role}").certificate.der for role in ("issuing", "root"))
    subject, anchor = write(tmp_path, "leaf.pem", pem(leaf)), write(tmp_path, "root.pem", pem(root))
    between = write(tmp_path, "issuing.pem", pem(issuing))
    at = str(int(room.ground.clock.now().timestamp()) + 60)
    strict = ("-x509_strict", "-policy_check", "-check_ss_sig", "-attime", at)
    assert "OK" in openssl("verify", *strict, "-CAfile", anchor, "-untrusted", between, subject)
    revoked = write(tmp_path, "list.crl", crl.current(room, "rsa-issuing"))
    assert "verify OK" in openssl("crl", "-inform", "DER", "-in", revoked, "-noout", "-CAfile", between)
    places = _places(room)
    assert {name for name, (backend, _) in places.items() if backend == "pkcs11"} == {
        f"ca/rsa-{role}" for role in ("root", "issuing", "tsa", "ocsp")
    }
    token = devices.pkcs11()
    assert {found.label for found in token.inventory()} == {
        f"ca/rsa-{role}#1" for role in ("root", "issuing", "tsa", "ocsp")
    }
    token.close()


def test_the_sm2_hierarchy_lives_in_an_sdf_device(make_room: Make, tmp_path: Path) -> None:
    establish(make_room(), [Suite.SM2])
    room = make_room()
    establish(room, [Suite.SM2])
    leaf = read_certificate(_issue(room, Suite.SM2, "leaf"))
    issuing, root = (room.authority(f"sm2-{role}").certificate for role in ("issuing", "root"))
    at = str(int(room.ground.clock.now().timestamp()) + 60)
    for certificate, above in ((leaf, issuing), (issuing, root), (root, root)):
        openssl_accepts_sm2(above.spki, certificate.tbs, certificate.signature)
        subject, anchor = write(tmp_path, "s.pem", pem(certificate.der)), write(tmp_path, "a.pem", pem(above.der))
        link = ("verify", "-partial_chain", "-attime", at, "-trusted", anchor, "-vfyopt", DISTID, subject)
        assert "OK" in openssl(*link)
    revoked = read_crl(crl.current(room, "sm2-issuing"))
    openssl_accepts_sm2(issuing.spki, revoked.tbs, revoked.signature)
    assert {reference for backend, reference in _places(room).values() if backend == "sdf"} == {
        f"sign/{index}" for index in range(1, 5)
    }


def test_a_device_pulled_out_in_the_middle_costs_no_certificate(make_room: Make, fake: devices.FakeSdf) -> None:
    """The intent stands before the signature; asked for again, the same certificate is finished, once."""
    room = make_room()
    establish(room, [Suite.SM2])
    room.keys.ensure("test/subject", Suite.SM2.leaf_algorithm, room.keys.find("ca/sm2-ocsp").purposes)
    fake.set("pull")
    with pytest.raises(DeviceUnavailable, match="SDR_COMMFAIL"):
        _issue(room, Suite.SM2, "pulled")
    fake.set("pull", 0)
    done = _issue(room, Suite.SM2, "pulled")
    assert _issue(room, Suite.SM2, "pulled") == done
    with room.ground.db.read() as session:
        count = select(func.count()).select_from(CaCertificate).where(CaCertificate.request_key == "pulled")
        assert session.scalar(count) == 1
