"""kill -9 and two at once in ACME, CMP and EST: one certificate, one use, and the asker gets it by asking again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import func, select, update

from ca.acme import accounts, finalize, jws, nonces, orders
from ca.acme.accounts import Account
from ca.acme.models import AcmeAuthorization, AcmeOrder, OrderState, ProofState
from ca.acme.problems import AcmeError
from ca.cmp import server
from ca.cmp.answers import granted
from ca.cmp.client import Client, Key, Secret
from ca.cmp.message import read_message
from ca.credentials import store
from ca.credentials.store import CredentialRefused, NewCredential, Protocol
from ca.est import enrol
from ca.models import CaCertificate
from ca.names import Subject, write_name
from ca.reading.csr import read_request
from foundation import base64url
from foundation.errors import Unavailable
from foundation.principal import SYSTEM
from hsm import private_keys
from hsm.digests import sha256
from hsm.keys import Algorithm
from hsm.schemes import scheme_for
from tests import dying
from tests.ca.conftest import USCC, Region
from tests.ca.protocols.conftest import new_request


def credential(region: Region, protocol: Protocol, profile: str, name: str, uses: int | None = None) -> store.Made:
    new = NewCredential(protocol, "tests", USCC, "印川市市场监督管理局", profile, (name,), uses=uses)
    return store.create(region.room, SYSTEM, new)


def killed(region: Region, point: str, protocol: str, *more: str) -> None:
    url = region.room.ground.settings.database_url
    dying.killed("tests.ca.protocols.crash_child:main", str(region.home), url, protocol, *more, point=point)


def certificates(region: Region, spki: bytes) -> int:
    count = select(func.count()).select_from(CaCertificate).where(CaCertificate.key_hash == sha256(spki).hex())
    with region.room.ground.db.read() as session:
        return session.scalar(count) or 0


class Asking:
    """A CMP request as our client writes it."""

    def __init__(self, region: Region, uses: int | None = None) -> None:
        made = credential(region, Protocol.CMP, "device", "pump-1", uses)
        self.key = private_keys.generate(Algorithm.SM2)
        self.message = b""
        secret = Secret(made.reference.encode(), made.secret.encode())
        client = Client(self._caught, region.clock, region.room.ground.ids, secret)
        own = Key(self.key.spki, scheme_for(Algorithm.SM2), lambda data: private_keys.sign(self.key, data))
        with pytest.raises(Unavailable):
            client.enrol(own, write_name(Subject("pump-1")))

    def _caught(self, message: bytes) -> bytes:
        self.message = message
        raise Unavailable("tests.caught", CredentialRefused().detail)


@pytest.mark.parametrize("point", ["cmp.accepted", "ca.recorded", "ca.signed", "cmp.issued"])
def test_a_killed_cmp_request_is_answered_when_sent_again(region: Region, point: str) -> None:
    asking = Asking(region)
    killed(region, point, "cmp", asking.message.hex())
    first = granted(read_message(server.answer(region.room, asking.message))).certificate
    again = granted(read_message(server.answer(region.room, asking.message))).certificate
    assert first.der == again.der
    assert first.spki == asking.key.spki
    assert certificates(region, asking.key.spki) == 1


def test_one_cmp_message_twice_at_once_is_one_certificate(region: Region) -> None:
    asking = Asking(region, uses=1)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: server.answer(region.room, asking.message), range(4)))
    assert len({granted(read_message(one)).certificate.der for one in answers}) == 1
    assert certificates(region, asking.key.spki) == 1


def ready(region: Region, name: str) -> tuple[Account, orders.Order]:
    """An order whose name is proven; how names are proven has its own tests."""
    made = credential(region, Protocol.ACME, "tls-server", "*.yinchuan.test")
    found = store.find(region.room, Protocol.ACME, made.reference)
    key = jws.public_jwk(ECKey.generate_key("P-256").as_dict(private=False))
    account = accounts._store(region.room, key, found, [])
    order = orders.create(region.room, account, {"identifiers": [{"type": "dns", "value": name}]})
    with region.room.ground.db.begin() as session:
        session.execute(
            update(AcmeAuthorization).where(AcmeAuthorization.order_id == order.id).values(state=ProofState.VALID)
        )
        session.execute(update(AcmeOrder).where(AcmeOrder.id == order.id).values(state=OrderState.READY))
    return account, order


@pytest.mark.parametrize("point", ["acme.accepted", "ca.recorded", "ca.signed", "acme.issued"])
def test_a_killed_acme_order_is_finished_when_looked_at(region: Region, tmp_path: Path, point: str) -> None:
    account, order = ready(region, "oa.yinchuan.test")
    csr = new_request(tmp_path, "one", "/CN=oa.yinchuan.test", kind="SM2").read_bytes()
    killed(region, point, "acme", str(account.id), str(order.id), base64url.encode(csr))
    left = orders.find(region.room, account, order.id)
    assert left.state is OrderState.PROCESSING
    done = finalize.settle(region.room, account, left)
    assert done.state is OrderState.VALID
    again = finalize.finalize(region.room, account, order.id, base64url.encode(csr))
    assert again.certificate_id == done.certificate_id
    assert certificates(region, enrol_key(csr)) == 1


def test_one_order_finished_twice_at_once_is_one_certificate(region: Region, tmp_path: Path) -> None:
    account, order = ready(region, "pay.yinchuan.test")
    csr = new_request(tmp_path, "one", "/CN=pay.yinchuan.test", kind="SM2").read_bytes()
    with ThreadPoolExecutor(4) as pool:
        pool.map(lambda _: finalize.finalize(region.room, account, order.id, base64url.encode(csr)), range(4))
    assert orders.find(region.room, account, order.id).state is OrderState.VALID
    assert certificates(region, enrol_key(csr)) == 1


def enrol_key(csr: bytes) -> bytes:
    return read_request(csr).spki


def test_a_nonce_used_by_four_at_once_counts_once(region: Region) -> None:
    nonce = nonces.fresh(region.room.ground)

    def used(_: int) -> bool:
        try:
            nonces.use(region.room.ground, nonce)
        except AcmeError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(used, range(4))) == 1


def test_the_last_use_of_a_credential_is_taken_by_one_of_four(region: Region, tmp_path: Path) -> None:
    made = credential(region, Protocol.EST, "device", "gate-*", uses=1)
    requests = [new_request(tmp_path, f"r{n}", f"/CN=gate-{n}", kind="SM2").read_bytes() for n in range(4)]
    caller = enrol.by_password(region.room, made.reference, made.secret)

    def tried(csr: bytes) -> bool:
        try:
            enrol.enrol(region.room, caller, csr)
        except CredentialRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(tried, requests)) == 1
    assert sum(certificates(region, enrol_key(csr)) for csr in requests) == 1
