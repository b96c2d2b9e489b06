"""Destroying leaves nothing, a backup comes back only as itself, a crash leaves the request or the effect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from hsm import private_keys
from hsm.digests import sha256
from hsm.errors import KeyDamaged, KeyExists, KeyMissing
from hsm.key_rows import place, ref_of, row_of
from hsm.keys import Algorithm, Purpose, State
from hsm.life import key_file
from hsm.life.errors import BadOrder, OtherKey, WrongState
from hsm.life.keeper import Provided
from hsm.life.orders import Operation, Order
from hsm.life.requests import Standing, find
from hsm.models import HsmKey
from hsm.sealed_file import BadSealedFile
from hsm.sealed_to import BadSecret, Secret, ToPassphrase
from hsm.sm2 import Sm2PrivateKey
from tests.bent import bent
from tests.dying import killed
from tests.hsm.life import child
from tests.hsm.life.conftest import ANNE, Office, generate

WORDS = "correct horse battery"
one_database = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""For what is about files: the tests before and after say what the databases do."""


def wrapped_of(office: Office, name: str = "ca/root", version: int = 1) -> bytes:
    with office.ground.db.read() as session:
        row = row_of(session, name, version)
        assert row is not None
        return row.wrapped


def test_rotation_keeps_the_old_key_until_it_is_retired(office: Office) -> None:
    office.active()
    assert office.do(Order(Operation.ROTATE, "ca/root")).version == 2
    assert office.room.keys.signer("ca/root").ref.version == 1  # the new one waits
    office.do(Order(Operation.ACTIVATE, "ca/root", 2))
    assert office.room.keys.signer("ca/root").ref.version == 2
    assert office.room.keys.signer("ca/root", 1).ref.version == 1
    office.do(Order(Operation.RETIRE, "ca/root", 1))
    with pytest.raises(KeyMissing):
        office.room.keys.signer("ca/root", 1)


def test_states_never_go_backwards(office: Office) -> None:
    office.active()
    with pytest.raises(WrongState):
        office.do(Order(Operation.ACTIVATE, "ca/root", 1))
    with pytest.raises(WrongState):  # first retired, then destroyed
        office.do(Order(Operation.DESTROY, "ca/root", 1))
    office.do(Order(Operation.RETIRE, "ca/root", 1))
    with pytest.raises(WrongState):
        office.do(Order(Operation.ACTIVATE, "ca/root", 1))
    office.do(Order(Operation.DESTROY, "ca/root", 1))
    for operation in (Operation.ACTIVATE, Operation.RETIRE, Operation.DESTROY):
        with pytest.raises(WrongState, match="destroyed"):
            office.do(Order(operation, "ca/root", 1))
    with pytest.raises(KeyExists):  # and its name is never used again
        office.do(generate())
    with pytest.raises(KeyMissing):
        office.room.keys.retire("ca/root", 1)


def test_a_destroyed_key_is_gone_from_the_database(office: Office) -> None:
    office.active()
    signer = office.room.keys.signer("ca/root")
    secret = wrapped_of(office)
    office.do(Order(Operation.RETIRE, "ca/root", 1))
    done = office.do(Order(Operation.DESTROY, "ca/root", 1))
    assert (done.state, wrapped_of(office)) == (State.DESTROYED, b"")
    ref = office.room.keys.find("ca/root", 1)
    assert ref is not None
    assert ref.spki == signer.ref.spki  # the public half stays
    if office.ground.db.dialect == "sqlite":
        for file in office.ground.settings.home.glob("yinxin*.db*"):
            assert secret[12:44] not in file.read_bytes()
    else:
        with office.ground.db.engine.connect() as connection:
            versions = connection.execute(
                text("SELECT n_dead_tup FROM pg_stat_all_tables WHERE relname = 'hsm_key'")
            ).scalar()
        assert not versions
    with pytest.raises(WrongState):
        office.do(Order(Operation.BACKUP, "ca/root", 1, recipient="passphrase"), Provided(passphrase=WORDS))


@pytest.mark.parametrize("algorithm", [Algorithm.SM2, Algorithm.RSA_2048, Algorithm.P256])
def test_a_lost_private_half_comes_back_from_its_backup(office: Office, algorithm: Algorithm) -> None:
    office.active(algorithm=algorithm)
    provided = Provided(passphrase=WORDS)
    backup = office.do(Order(Operation.BACKUP, "ca/root", 1, recipient="passphrase"), provided)
    assert backup.file is not None
    assert key_file.about(backup.file)["spki_sha256"] == backup.spki_sha256
    with office.ground.db.begin() as session:
        session.execute(update(HsmKey).values(wrapped=b"lost to a bad disk"))
    office.keeper.keys.forget("ca/root", 1)
    with pytest.raises(KeyDamaged):
        office.room.keys.signer("ca/root")
    done = office.do(office.restore_order(backup, algorithm), replace(provided, file=backup.file))
    assert done.state is State.ACTIVE
    assert sha256(office.room.keys.signer("ca/root").ref.spki).hex() == backup.spki_sha256


def test_a_lost_row_comes_back_pre_active(office: Office) -> None:
    office.active()
    provided = Provided(passphrase=WORDS)
    backup = office.do(Order(Operation.BACKUP, "ca/root", 1, recipient="passphrase"), provided)
    with office.ground.db.begin() as session:
        session.execute(HsmKey.__table__.delete().where(HsmKey.name == "ca/root"))
    assert office.do(office.restore_order(backup), replace(provided, file=backup.file)).state is State.PRE_ACTIVE
    office.do(Order(Operation.ACTIVATE, "ca/root", 1))
    office.room.keys.signer("ca/root")


@one_database
def test_any_three_of_five_shares_open_a_backup_and_two_do_not(office: Office) -> None:
    office.active()
    backup = office.do(Order(Operation.BACKUP, "ca/root", 1, recipient="shares"))
    assert backup.file is not None
    assert len(backup.shares) == 5
    ref, pkcs8 = key_file.read(backup.file, Secret(shares=(backup.shares[4], backup.shares[1], backup.shares[2])))
    assert private_keys.load(ref.algorithm, pkcs8).spki == ref.spki
    with pytest.raises(BadSecret, match="3 are needed"):
        key_file.read(backup.file, Secret(shares=backup.shares[:2]))
    other = office.do(Order(Operation.BACKUP, "ca/root", 1, recipient="shares"))
    with pytest.raises(BadSecret):
        key_file.read(backup.file, Secret(shares=other.shares[:3]))


@one_database
def test_a_transport_key_must_be_the_approved_one(office: Office) -> None:
    office.active()
    mine, other = Sm2PrivateKey.generate(), Sm2PrivateKey.generate()
    order = Order(Operation.BACKUP, "ca/root", 1, recipient=f"key:{sha256(mine.spki).hex()}")
    with pytest.raises(BadOrder):
        office.do(order, Provided(transport_key=other.spki))
    backup = office.do(order, Provided(transport_key=mine.spki))
    assert backup.file is not None
    assert key_file.read(backup.file, Secret(private_key=mine.pkcs8()))[0].name == "ca/root"
    with pytest.raises(BadSecret):
        key_file.read(backup.file, Secret(private_key=other.pkcs8()))


@one_database
def test_what_does_not_come_back(office: Office) -> None:
    office.active()
    provided = Provided(passphrase=WORDS)
    backup = office.do(Order(Operation.BACKUP, "ca/root", 1, recipient="passphrase"), provided)
    assert backup.file is not None
    order, given = office.restore_order(backup), replace(provided, file=backup.file)
    with pytest.raises(OtherKey, match="not the backup file"):
        office.do(order, replace(given, file=bent(backup.file)))
    with pytest.raises(BadSecret):
        office.do(order, replace(given, passphrase="another passphrase"))
    for wrong in (
        replace(order, key="ca/other"),
        replace(order, version=2),
        replace(order, purposes=(Purpose.CERTIFICATE,)),
        replace(order, spki_sha256="0" * 64),
    ):
        with pytest.raises(OtherKey, match="not the one that was approved"):
            office.do(wrong, given)
    with office.ground.db.begin() as session:  # somebody put another key in its place
        session.execute(update(HsmKey).values(spki=Sm2PrivateKey.generate().spki))
    with pytest.raises(OtherKey, match="public half"):
        office.do(order, given)


@one_database
def test_a_file_whose_halves_do_not_belong_together(office: Office) -> None:
    """Made by somebody who knows the passphrase: the public half is computed, not believed."""
    office.active()
    ref = office.room.keys.find("ca/root")
    assert ref is not None
    forged = key_file.write(ref, Sm2PrivateKey.generate().pkcs8(), ToPassphrase(WORDS), office.ground.ids)
    with pytest.raises(OtherKey, match="does not belong"):
        key_file.read(forged, Secret(passphrase=WORDS))


@one_database
def test_an_altered_backup_does_not_open(office: Office) -> None:
    office.active()
    backup = office.do(Order(Operation.BACKUP, "ca/root", 1, recipient="passphrase"), Provided(passphrase=WORDS)).file
    assert backup is not None
    for altered in (
        backup[:-1],
        backup[:-20],
        backup + b"\0",
        backup.replace(b"ca/root", b"ca/r00t", 1),
        b"",
        b"YXSEAL1\n",
    ):
        with pytest.raises((BadSealedFile, BadSecret)):
            key_file.read(altered, Secret(passphrase=WORDS))


@one_database
def test_a_short_passphrase_makes_no_backup_and_spends_nothing(office: Office) -> None:
    office.active()
    approved = office.approved(Order(Operation.BACKUP, "ca/root", 1, recipient="passphrase"))
    with pytest.raises(BadSecret, match="12"):
        office.keeper.execute(ANNE, approved.id, Provided(passphrase="short"))
    assert find(office.ground, approved.id).standing is Standing.APPROVED


@one_database
def test_a_damaged_key_is_not_backed_up(office: Office) -> None:
    """A backup that reports success and holds nothing is worse than none."""
    office.active()
    kek = office.keeper.kek
    with office.ground.db.begin() as session:
        row = row_of(session, "ca/root", 1)
        assert row is not None
        row.wrapped = kek.wrap(Sm2PrivateKey.generate().pkcs8(), place(ref_of(row)))
    with pytest.raises(KeyDamaged):
        office.do(Order(Operation.BACKUP, "ca/root", 1, recipient="passphrase"), Provided(passphrase=WORDS))


def carry_out(home: str, url: str, approved: str) -> None:
    """What the child does that is killed on its way."""
    child.office(Path(home), url).execute(ANNE, UUID(approved))


@pytest.mark.parametrize("operation", [Operation.GENERATE, Operation.DESTROY])
def test_killed_before_its_effect_it_can_be_done_again(office: Office, operation: Operation) -> None:
    """With `kill -9` inside the transaction: neither spent nor done; then once."""
    order = generate("ca/two")
    if operation is Operation.DESTROY:
        office.do(generate())
        order = Order(operation, "ca/root", 1)
    approved = office.approved(order)
    settings = office.ground.settings
    words = (str(settings.home), settings.database_url, str(approved.id))
    killed("tests.hsm.life.test_life:carry_out", *words, point="hsm.life.effect")
    assert find(office.ground, approved.id).standing is Standing.APPROVED
    with office.ground.db.read() as session:
        assert session.scalar(select(func.count()).select_from(HsmKey).where(HsmKey.state == State.DESTROYED)) == 0
        assert session.scalar(select(func.count()).select_from(HsmKey).where(HsmKey.name == "ca/two")) == 0
    office.keeper.execute(ANNE, approved.id)
    assert find(office.ground, approved.id).standing is Standing.EXECUTED
