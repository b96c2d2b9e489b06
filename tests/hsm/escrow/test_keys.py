"""Spare keys, allotments, deliveries; altered rows, exchanged stores, two at once."""

from __future__ import annotations

import threading
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from foundation.audit.models import AuditRow
from foundation.ground import Ground
from foundation.principal import SYSTEM
from hsm.errors import BadKey, KeyDamaged, Sealed
from hsm.escrow.custody import Custody
from hsm.escrow.errors import AllotmentTaken, EscrowedKeyMissing, FormUnfit, NotEscrowed
from hsm.escrow.models import HsmEscrowKey, HsmEscrowRelease
from hsm.escrow.opening import open_envelope
from hsm.escrow.shapes import Allotment, EscrowedKey, Form, IssuerSerial, KeyState, Parties
from hsm.keys import Algorithm, Purpose
from hsm.models import HsmKey
from hsm.room import HsmRoom, Vault
from hsm.sm2 import Sm2PrivateKey

ISSUER = IssuerSerial(bytes.fromhex("3000"), "1f")
PARTIES = Parties(ISSUER)
HOLDER = Sm2PrivateKey.generate()


def allot(room: HsmRoom, owner: str = "citizen:a1", request: str = "pair:1", to: bytes = HOLDER.spki) -> EscrowedKey:
    return room.escrow.allot(Allotment(owner, Algorithm.SM2, to, request), SYSTEM)


def row(room: HsmRoom, key_id: UUID) -> HsmEscrowKey:
    with room.ground.db.read() as session:
        return session.get_one(HsmEscrowKey, key_id)


def change(room: HsmRoom, key_id: UUID, **values: object) -> None:
    with room.ground.db.begin() as session:
        session.execute(update(HsmEscrowKey).where(HsmEscrowKey.id == key_id).values(**values))


def test_spare_keys_are_made_ahead_and_taken_first(room: HsmRoom) -> None:
    assert room.escrow.stock(Algorithm.SM2, 2) == 2
    assert room.escrow.stock(Algorithm.SM2, 2) == 0
    with room.ground.db.read() as session:
        spare = set(session.scalars(select(HsmEscrowKey.spki)))
    made = [allot(room, request=f"pair:{number}") for number in range(3)]
    assert {made[0].spki, made[1].spki} == spare
    assert made[2].spki not in spare, "the third was made on demand"
    assert room.escrow.spares() == ()


def test_the_same_request_gets_the_same_key_and_another_one_is_refused(room: HsmRoom) -> None:
    made = allot(room)
    assert allot(room) == made
    for other in ({"owner": "citizen:b2"}, {"to": Sm2PrivateKey.generate().spki}):
        with pytest.raises(AllotmentTaken):
            allot(room, **other)


def test_older_keys_of_an_owner_become_history(room: HsmRoom) -> None:
    first, second, stranger = allot(room), allot(room, request="pair:2"), allot(room, "citizen:b2", "pair:3")
    found = room.escrow.history("citizen:a1")
    assert [(one.id, one.version, one.state) for one in found] == [
        (first.id, 1, KeyState.HISTORICAL),
        (second.id, 2, KeyState.CURRENT),
    ]
    assert stranger.version == 1


def test_a_delivery_opens_with_the_recipients_key_and_is_the_same_again(room: HsmRoom) -> None:
    made = allot(room)
    first = room.escrow.deliver(made.id, Form.SM2_ENVELOPED_KEY, PARTIES, SYSTEM)
    assert Sm2PrivateKey.load(open_envelope(first.form, first.octets, HOLDER.pkcs8(), made.spki)).spki == made.spki
    assert room.escrow.deliver(made.id, Form.SM2_ENVELOPED_KEY, PARTIES, SYSTEM) == first
    room.escrow.deliver(made.id, Form.SKF, PARTIES, SYSTEM)
    with room.ground.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.object == f"escrow-key:{made.id}")).all()
    assert sorted(one.action for one in rows) == ["hsm.escrow.allot", "hsm.escrow.release", "hsm.escrow.release"]


def test_an_rsa_key_has_one_form(room: HsmRoom) -> None:
    made = room.escrow.allot(Allotment("org:1", Algorithm.RSA_2048, HOLDER.spki, "pair:rsa"), SYSTEM)
    with pytest.raises(FormUnfit):
        room.escrow.deliver(made.id, Form.SKF, PARTIES, SYSTEM)
    got = room.escrow.deliver(made.id, Form.ENVELOPED_DATA, PARTIES, SYSTEM)
    assert open_envelope(got.form, got.octets, HOLDER.pkcs8(), made.spki)


def test_unknown_and_spare_keys_are_nobodys(room: HsmRoom) -> None:
    room.escrow.stock(Algorithm.SM2, 1)
    with room.ground.db.read() as session:
        spare = session.scalars(select(HsmEscrowKey)).one()
    with pytest.raises(EscrowedKeyMissing):
        room.escrow.deliver(spare.id, Form.SKF, PARTIES, SYSTEM)
    for spki in (spare.spki, HOLDER.spki):
        with pytest.raises(NotEscrowed):
            room.escrow.holds(spki)
    with pytest.raises(BadKey):
        allot(room, to=b"\x30\x00")


@pytest.mark.parametrize("column", ["owner", "version", "recipient", "spki", "algorithm", "wrapped"])
def test_an_altered_row_delivers_nothing(room: HsmRoom, column: str) -> None:
    """Somebody with the database gives the key to another owner, or points it at a key of his own."""
    made, thief = allot(room), Sm2PrivateKey.generate()
    stolen = bytearray(row(room, made.id).wrapped)
    stolen[-1] ^= 1
    values = {
        "owner": "citizen:thief",
        "version": 7,
        "recipient": thief.spki,
        "spki": thief.spki,
        "algorithm": "rsa-2048",
        "wrapped": bytes(stolen),
    }
    change(room, made.id, **{column: values[column]})
    with pytest.raises(KeyDamaged):
        room.escrow.deliver(made.id, Form.ENVELOPED_DATA, PARTIES, SYSTEM)


def test_an_envelope_exchanged_in_the_database_is_not_handed_out(room: HsmRoom) -> None:
    mine, theirs = allot(room), allot(room, "citizen:b2", "pair:2")
    for one in (mine, theirs):
        room.escrow.deliver(one.id, Form.SKF, PARTIES, SYSTEM)
    with room.ground.db.begin() as session:
        other = session.scalars(select(HsmEscrowRelease).where(HsmEscrowRelease.key_id == theirs.id)).one()
        session.execute(
            update(HsmEscrowRelease)
            .where(HsmEscrowRelease.key_id == mine.id)
            .values(octets=other.octets, mac=other.mac)
        )
    with pytest.raises(KeyDamaged):
        room.escrow.deliver(mine.id, Form.SKF, PARTIES, SYSTEM)


def test_the_two_stores_open_none_of_each_others_keys(room: HsmRoom) -> None:
    """Another key-encryption key and another place: a row moved across either way is refused."""
    ours = room.keys.generate("test/key", Algorithm.SM2, {Purpose.CLIENT})
    made = allot(room)
    with room.ground.db.begin() as session:
        signing = session.scalars(select(HsmKey).where(HsmKey.name == "test/key")).one()
        escrowed = session.get_one(HsmEscrowKey, made.id)
        signing.wrapped, escrowed.wrapped = escrowed.wrapped, signing.wrapped
        signing.spki, escrowed.spki = made.spki, ours.spki
    with pytest.raises(KeyDamaged):
        room.escrow.deliver(made.id, Form.SKF, PARTIES, SYSTEM)
    with pytest.raises(KeyDamaged):
        HsmRoom.build(room.ground, room.vault).keys.signer("test/key")  # type: ignore[arg-type]


def test_the_platforms_key_alone_opens_nothing(ground: Ground, vault: Vault, room: HsmRoom) -> None:
    made = allot(room)
    found = row(room, made.id)
    place = f"hsm_escrow_key|{made.id}|sm2|{made.owner}|1|"
    with pytest.raises(KeyDamaged):
        vault.kek.unwrap(found.wrapped, place)
    path: Path = ground.settings.escrow_file
    path.write_text("ab" * 32)
    fresh = Custody(ground.settings, ground.db, ground.clock, ground.ids, vault.secrets)
    with pytest.raises(Sealed) as refused:
        _ = fresh.kek
    assert refused.value.code == "hsm.escrow_wrong_key"
    path.chmod(0o644)
    with pytest.raises(Sealed) as refused:
        _ = fresh.kek
    assert refused.value.code == "hsm.open_key_file"


def test_a_passphrase_instead_of_the_file(ground: Ground, vault: Vault) -> None:
    def custody(passphrase: str | None) -> Custody:
        keys = ground.settings.keys.model_copy(
            update={"escrow_passphrase": SecretStr(passphrase) if passphrase else None}
        )
        settings = ground.settings.model_copy(update={"keys": keys})
        return Custody(settings, ground.db, ground.clock, ground.ids, vault.secrets)

    first = custody("密钥管理中心的一段长口令 one")
    sealed = first.kek.wrap(b"secret", "place")
    assert custody("密钥管理中心的一段长口令 one").kek.unwrap(sealed, "place") == b"secret"
    assert not ground.settings.escrow_file.exists()
    for other in ("密钥管理中心的一段长口令 two", None):
        with pytest.raises(Sealed):
            _ = custody(other).kek
    with pytest.raises(Sealed) as refused:
        _ = custody("short").kek
    assert refused.value.code == "hsm.short_passphrase"


def test_two_at_once_get_one_key_and_one_envelope(room: HsmRoom) -> None:
    room.escrow.stock(Algorithm.SM2, 1)
    made: list[EscrowedKey] = []
    envelopes: list[bytes] = []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        key = allot(room)
        made.append(key)
        envelopes.append(room.escrow.deliver(key.id, Form.SKF, PARTIES, SYSTEM).octets)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == len(envelopes) == 4
    assert len({one.id for one in made}) == len(set(envelopes)) == 1


def test_two_owners_at_once_never_share_a_spare(room: HsmRoom) -> None:
    room.escrow.stock(Algorithm.SM2, 2)
    made: list[EscrowedKey] = []
    gate = threading.Barrier(4)

    def work(number: int) -> None:
        gate.wait()
        made.append(allot(room, f"citizen:{number}", f"pair:{number}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({one.spki for one in made}) == 4
