"""The key-encryption key: who may read its file, what a wrong one says, and that nothing is made anew by mistake."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from foundation.clock import FixedClock
from foundation.database import Database
from foundation.errors import Unavailable
from foundation.ids import SystemIds
from foundation.settings import KeySettings, Settings
from hsm.errors import KeyDamaged, Sealed
from hsm.kek import open_kek, read_key_file
from hsm.models import HsmKek

PASSPHRASE = "correct horse battery"


@dataclass(frozen=True)
class Unopened:
    """An installation before its very first start: nothing was sealed yet."""

    settings: Settings
    db: Database
    clock: FixedClock
    ids: SystemIds


@pytest.fixture
def ground(settings: Settings, db: Database, clock: FixedClock) -> Unopened:
    return Unopened(settings, db, clock, SystemIds(clock))


def _with(ground: Unopened, **keys: object) -> Settings:
    return ground.settings.model_copy(update={"keys": KeySettings.model_validate(keys)})


def _open(ground: Unopened, settings: Settings | None = None) -> object:
    return open_kek(settings or ground.settings, ground.db, ground.clock, ground.ids)


def test_first_start_makes_a_private_file(ground: Unopened) -> None:
    _open(ground)
    path = ground.settings.kek_file
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(read_key_file(path)) == 32
    assert sorted(p.name for p in path.parent.glob("kek*")) == ["kek"]


def test_what_was_wrapped_opens_after_a_restart(ground: Unopened) -> None:
    kek = open_kek(ground.settings, ground.db, ground.clock, ground.ids)
    wrapped = kek.wrap(b"secret", "t|1")
    again = open_kek(ground.settings, ground.db, ground.clock, ground.ids)
    assert again.unwrap(wrapped, "t|1") == b"secret"
    assert kek.wrap(b"secret", "t|1") != wrapped
    for octets, place in ((wrapped, "t|2"), (wrapped[:-1] + bytes((wrapped[-1] ^ 1,)), "t|1"), (b"", "t|1")):
        with pytest.raises(KeyDamaged):
            again.unwrap(octets, place)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_a_file_others_may_read_is_refused(ground: Unopened, mode: int) -> None:
    _open(ground)
    ground.settings.kek_file.chmod(mode)
    with pytest.raises(Sealed, match=f"{mode:04o}") as caught:
        _open(ground)
    assert caught.value.code == "hsm.open_key_file"
    assert isinstance(caught.value, Unavailable)


def test_a_read_only_file_is_fine(ground: Unopened) -> None:
    _open(ground)
    ground.settings.kek_file.chmod(0o400)
    _open(ground)


def test_a_file_of_a_third_party_is_refused(ground: Unopened, monkeypatch: pytest.MonkeyPatch) -> None:
    _open(ground)
    if os.geteuid() == 0:
        os.chown(ground.settings.kek_file, 12345, 12345)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(Sealed) as caught:
        _open(ground)
    assert caught.value.code == "hsm.open_key_file"


def test_a_lost_file_is_never_replaced(ground: Unopened) -> None:
    _open(ground)
    ground.settings.kek_file.unlink()
    with pytest.raises(Sealed, match="Restore it from backup") as caught:
        _open(ground)
    assert caught.value.code == "hsm.no_key_file"
    assert not ground.settings.kek_file.exists()


def test_the_file_of_another_installation_is_named(ground: Unopened) -> None:
    _open(ground)
    ground.settings.kek_file.write_text("ab" * 32, encoding="ascii")
    with pytest.raises(Sealed) as caught:
        _open(ground)
    assert caught.value.code == "hsm.other_key_file"


@pytest.mark.parametrize("content", ["", "ab" * 31, "ab" * 33, "zz" * 32, "\u5370" * 64])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "some"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(Sealed) as caught:
        read_key_file(path)
    assert caught.value.code == "hsm.bad_key_file"


def test_passphrase(ground: Unopened) -> None:
    right = _with(ground, passphrase=SecretStr(PASSPHRASE))
    kek = open_kek(right, ground.db, ground.clock, ground.ids)
    wrapped = kek.wrap(b"secret", "place")
    assert open_kek(right, ground.db, ground.clock, ground.ids).unwrap(wrapped, "place") == b"secret"
    assert not ground.settings.kek_file.exists()
    with pytest.raises(Sealed) as caught:
        _open(ground, _with(ground, passphrase=SecretStr(PASSPHRASE + "!")))
    assert caught.value.code == "hsm.wrong_passphrase"
    assert PASSPHRASE not in str(caught.value)
    with pytest.raises(Sealed) as caught:
        _open(ground)
    assert caught.value.code == "hsm.other_method"


def test_a_short_passphrase_is_refused(ground: Unopened) -> None:
    with pytest.raises(Sealed) as caught:
        _open(ground, _with(ground, passphrase=SecretStr("short")))
    assert caught.value.code == "hsm.short_passphrase"
    with ground.db.read() as session:
        assert session.get(HsmKek, 1) is None


def test_an_edited_check_value_is_not_accepted(ground: Unopened) -> None:
    _open(ground)
    with ground.db.begin() as session:
        session.execute(update(HsmKek).values(check_value=b"x" * 34))
    with pytest.raises(Sealed):
        _open(ground)


def test_two_first_starts_agree(ground: Unopened, db: Database) -> None:
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda _: open_kek(ground.settings, db, ground.clock, ground.ids), range(2))
    assert two.unwrap(one.wrap(b"secret", "p"), "p") == b"secret"
