"""Fields at rest: bound to their place, found by a keyed index of the normalised value."""

from __future__ import annotations

import dataclasses
from uuid import UUID

import pytest
from sqlalchemy import select, update

from foundation.audit.models import AuditRow
from foundation.errors import Damaged
from foundation.ground import Ground
from foundation.principal import SYSTEM
from foundation.secrets import FieldCipher, Mac
from hsm.errors import KeyDamaged
from hsm.models import HsmSecret
from hsm.room import HsmRoom, Vault, unseal
from hsm.secrets import normalise

ROW = UUID(int=1)
NUMBER = "21990119900101123X"  # invented county code


def test_they_are_what_the_ground_asks_for(vault: Vault) -> None:
    cipher: FieldCipher = vault.cipher
    mac: Mac = vault.mac
    assert cipher.decrypt("t", "c", 1, cipher.encrypt("t", "c", 1, "张三")) == "张三"
    assert len(mac.mac("audit", b"row")) == 32


def test_a_field_opens_only_in_its_place(vault: Vault) -> None:
    sealed = vault.cipher.encrypt("person", "id_number", ROW, NUMBER)
    assert sealed.startswith("v1.1.")
    assert NUMBER not in sealed
    assert vault.cipher.decrypt("person", "id_number", ROW, sealed) == NUMBER
    for table, column, row in (
        ("person", "id_number", UUID(int=2)),
        ("person", "name", ROW),
        ("other", "id_number", ROW),
    ):
        with pytest.raises(Damaged) as caught:
            vault.cipher.decrypt(table, column, row, sealed)
        assert NUMBER not in str(caught.value)
        assert caught.value.code == "hsm.field_damaged"


@pytest.mark.parametrize(
    "sealed", ["", "v1", "v1.1.a.b", "v2.1.AAAA.AAAA", "v1.x.AAAA.AAAA", "v1.9.AAAAAAAAAAAAAAAA.AAAA"]
)
def test_nonsense_is_damage(vault: Vault, sealed: str) -> None:
    with pytest.raises(Damaged):
        vault.cipher.decrypt("person", "name", ROW, sealed)


def test_an_altered_field_is_refused(vault: Vault) -> None:
    sealed = vault.cipher.encrypt("person", "name", ROW, "张三")
    head, body = sealed.rsplit(".", 1)
    with pytest.raises(Damaged):
        vault.cipher.decrypt("person", "name", ROW, f"{head}.{'B' if body[0] == 'A' else 'A'}{body[1:]}")


def test_equal_values_do_not_look_equal(vault: Vault) -> None:
    assert len({vault.cipher.encrypt("t", "c", 1, "same") for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "spelling",
    [
        "21990119900101123x",
        " 21990119900101123X ",
        "219901 19900101 123X",
        "２１９９０１１９９００１０１１２３Ｘ",
        "２１９９０１１９９００１０１１２３ｘ",
        "\u300021990119900101123X\u200b",
        "21990119900101123X\n",
    ],
)
def test_spellings_of_one_number_find_it(vault: Vault, spelling: str) -> None:
    wanted = vault.cipher.blind("person", "id_number", NUMBER)
    assert vault.cipher.blind("person", "id_number", spelling) == wanted
    assert len(wanted) == 32
    assert bytes.fromhex(wanted)


def test_spellings_of_one_name_find_it() -> None:
    assert normalise("阿卜杜拉•买买提") == normalise("阿卜杜拉·买买提") == normalise("阿卜杜拉・买买提")
    assert normalise("张 三") == "张三"
    assert normalise("张三") != normalise("张叁")


def test_an_index_says_nothing_about_another_column(vault: Vault) -> None:
    values = {
        vault.cipher.blind(t, c, NUMBER) for t, c in (("person", "id_number"), ("person", "phone"), ("x", "id_number"))
    }
    values.add(vault.cipher.blind("person", "id_number", NUMBER[:-1] + "1"))
    assert len(values) == 4


def test_names_cannot_blur_the_borders(vault: Vault) -> None:
    for table, column in (("a|b", "c"), ("a", "b|c"), ("", "c")):
        with pytest.raises(TypeError):
            vault.cipher.encrypt(table, column, 1, "v")
        with pytest.raises(TypeError):
            vault.cipher.blind(table, column, "v")


def test_mac_purposes_are_apart(vault: Vault) -> None:
    assert vault.mac.mac("audit", b"m") == vault.mac.mac("audit", b"m")
    assert vault.mac.mac("audit", b"m") != vault.mac.mac("session", b"m")
    assert vault.mac.mac("audit", b"m") != vault.mac.mac("audit", b"n")


def _again(ground: Ground, cipher: str = "sm4-gcm") -> Vault:
    keys = ground.settings.keys.model_copy(update={"field_cipher": cipher})
    return unseal(ground.settings.model_copy(update={"keys": keys}), ground.db, ground.clock, ground.ids)


def test_everything_opens_after_a_restart(ground: Ground, vault: Vault) -> None:
    sealed, index, tag = (
        vault.cipher.encrypt("t", "c", 1, "v"),
        vault.cipher.blind("t", "c", "v"),
        vault.mac.mac("p", b""),
    )
    other = _again(ground)
    assert other.cipher.decrypt("t", "c", 1, sealed) == "v"
    assert (other.cipher.blind("t", "c", "v"), other.mac.mac("p", b"")) == (index, tag)


def test_the_cipher_can_be_changed_by_a_setting(ground: Ground, vault: Vault) -> None:
    old = vault.cipher.encrypt("t", "c", 1, "v")
    aes = _again(ground, "aes-256-gcm")
    new = aes.cipher.encrypt("t", "c", 1, "v")
    assert new.startswith("v1.2.")
    assert aes.cipher.decrypt("t", "c", 1, old) == aes.cipher.decrypt("t", "c", 1, new) == "v"
    assert vault.cipher.decrypt("t", "c", 1, new) == "v"  # a process that started before learns the new version
    with pytest.raises(Damaged):
        aes.cipher.decrypt("t", "c", 1, new.replace("v1.2.", "v1.1.", 1))


def test_rotation_is_recorded_and_old_values_open(room: HsmRoom) -> None:
    cipher = room.vault.cipher
    old = cipher.encrypt("t", "c", 1, "v")
    assert room.rotate_field_key(SYSTEM) == 2
    assert cipher.encrypt("t", "c", 1, "v").startswith("v1.2.")
    assert cipher.decrypt("t", "c", 1, old) == "v"
    with room.ground.db.read() as session:
        row = session.scalars(select(AuditRow)).one()
    assert (row.action, row.object, row.payload) == ("hsm.secret.rotate", "secret:field", '{"version":2}')


def test_a_data_key_moved_to_another_row_is_refused(ground: Ground, vault: Vault) -> None:
    with ground.db.begin() as session:
        other = session.scalars(select(HsmSecret.wrapped).where(HsmSecret.name == "mac")).one()
        session.execute(update(HsmSecret).where(HsmSecret.name == "field").values(wrapped=other))
    with pytest.raises(KeyDamaged, match="field"):
        _again(ground)


def test_data_keys_do_not_print(vault: Vault) -> None:
    secret = vault.secrets.current("field")
    assert secret.key.hex() not in repr(secret)
    assert repr(secret.key) not in repr(secret)
    assert dataclasses.is_dataclass(secret)
