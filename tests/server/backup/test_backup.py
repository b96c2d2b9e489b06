"""A backup is called one only when nothing is missing in it; what is not whole is named; nothing is overwritten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Select, Table, delete, update

from ca.models import CaAuthority
from foundation.audit.checkpoint import LEAVES
from foundation.audit.models import AuditRow
from foundation.database import open_database
from foundation.errors import Conflict, Unavailable
from foundation.web.models import WebSession
from hsm.errors import Sealed
from hsm.life.models import HsmKeyRequest
from hsm.models import HsmKey, HsmSecret
from hsm.sealed_file import PIECE, BadSealedFile, Opener
from hsm.sealed_to import BadSecret, Secret, ToKey
from hsm.service.errors import JournalBroken
from hsm.sm2 import Sm2PrivateKey
from server import schema
from server.backup import rows
from server.backup.create import KIND, create
from server.backup.manifest import BackupDamaged
from server.backup.restore import restore
from server.backup.verify import verify
from server.cli import main
from tests.server.backup.conftest import SECRET, WORDS, Place, issued, source_of

ROOT = Path(__file__).resolve().parents[3]
sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def test_a_backup_holds_everything_but_the_kek(place: Place) -> None:
    file, checked = place.backup()
    assert checked.keys >= 4
    assert checked.lists == 2
    assert checked.audit_rows > 0
    assert checked.journal_records > 0
    manifest = checked.manifest
    assert set(manifest.rows) == {table.name for table in rows.tables()}
    assert manifest.kek is not None
    assert (manifest.kek.method, manifest.kek.where) == ("file", str(place.settings.kek_file))
    kek = bytes.fromhex(place.settings.kek_file.read_text().strip())
    with file.open("rb") as source:
        content = Opener(source, KIND, SECRET).read()
    for spelt in (kek, kek.hex().encode(), kek.hex().upper().encode()):
        assert spelt not in content
    assert b"journal/journal-000001.jsonl" in content
    assert file.stat().st_mode & 0o077 == 0


def _in_order(table: Table) -> Select[tuple[object, ...]]:
    return table.select().order_by(*table.primary_key.columns)


@sqlite
def test_it_comes_back_as_it_was(place: Place, new_place: Callable[[str], Place]) -> None:
    with place.house() as house, house.ground.db.read() as session:
        before = {table.name: session.execute(_in_order(table)).all() for table in rows.tables()}
    file, _ = place.backup()
    new = new_place("sqlite")
    with source_of(new.settings, new.clock) as source:
        done = restore(source, file, SECRET)
        assert (done.lost_audit_rows, done.set_aside) == (0, None)
        with source.db.read() as session:
            for table in rows.tables():
                assert session.execute(_in_order(table)).all() == before[table.name]
    with new.house() as house:
        assert house.verify_audit().sound
        assert issued(house, "before-0").der
        assert house.hsm.keys.signer("ca/sm2-issuing").ref == house.hsm.keys.find("ca/sm2-issuing")


@sqlite
def test_sessions_do_not_come_back(place: Place) -> None:
    assert WebSession.__tablename__ in rows.LEFT_OUT
    _, checked = place.backup()
    assert WebSession.__tablename__ not in checked.manifest.rows


# --- what is missing is named, and there is no backup then ------------------------------------------------------------


def _lose_key(place: Place) -> None:
    with place.house() as house, house.ground.db.begin() as session:
        session.execute(delete(HsmKey).where(HsmKey.name == "ca/sm2-issuing"))


def _empty_key(place: Place) -> None:
    with place.house() as house, house.ground.db.begin() as session:
        session.execute(update(HsmKey).where(HsmKey.name == "ca/sm2-root").values(wrapped=b""))


def _lose_data_keys(place: Place) -> None:
    db = open_database(place.settings)
    with db.begin() as session:
        session.execute(delete(HsmSecret))
    db.dispose()


def _lose_list(place: Place) -> None:
    next((place.settings.home / "objects/ca/crl/sm2-root").glob("*.crl")).unlink()


def _alter_list(place: Place) -> None:
    next((place.settings.home / "objects/ca/crl/sm2-issuing").glob("*.crl")).write_bytes(b"another")


def _cut_audit(place: Place) -> None:
    with place.house() as house, house.ground.db.begin() as session:
        session.execute(delete(AuditRow).where(AuditRow.seq == 3))


def _edit_audit(place: Place) -> None:
    with place.house() as house, house.ground.db.begin() as session:
        session.execute(update(AuditRow).where(AuditRow.seq == 3).values(actor="somebody"))


def _longer_ledger(place: Place) -> None:
    with (place.settings.checkpoint_dir / LEAVES).open("ab") as file:
        file.write(b"\0" * 32)


@sqlite
@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_lose_key, "CA key ca/sm2-issuing is missing"),
        (_empty_key, "ca/sm2-root#1 has no private half"),
        (_lose_data_keys, "data keys"),
        (_lose_list, "list sm2-root"),
        (_alter_list, "list sm2-issuing"),
        (_cut_audit, "rows of the audit trail are missing"),
        (_edit_audit, "audit row 3"),
        (_longer_ledger, "audit row"),
    ],
)
def test_what_is_missing_is_named(place: Place, spoil: Callable[[Place], None], named: str) -> None:
    spoil(place)
    with pytest.raises(BackupDamaged, match=named):
        place.backup()
    assert list(place.settings.home.glob("*.backup*")) == []


@sqlite
def test_a_broken_journal_makes_no_backup(place: Place) -> None:
    path = place.settings.journal_dir / "journal-000001.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    with pytest.raises(JournalBroken):
        place.backup()
    assert list(place.settings.home.glob("*.backup*")) == []


# --- the file ---------------------------------------------------------------------------------------------------------


@sqlite
def test_every_altered_octet_and_every_cut_is_noticed(place: Place, tmp_path: Path) -> None:
    file, _ = place.backup()
    whole = file.read_bytes()
    for at in (0, 9, 40, 400, len(whole) // 2, len(whole) - 1):
        bad = tmp_path / "bad"
        bad.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises((BadSealedFile, BadSecret)):
            verify(bad, SECRET)
    for size in (0, 100, PIECE, len(whole) - 1):
        bad.write_bytes(whole[: min(size, len(whole) - 1)])
        with pytest.raises(BadSealedFile):
            verify(bad, SECRET)
    with pytest.raises(BadSecret):
        verify(file, Secret(passphrase="another passphrase"))
    assert list(tmp_path.glob(".restore-*")) == []  # nothing unpacked stays behind


@sqlite
def test_sealed_for_a_key_whose_other_half_is_elsewhere(place: Place) -> None:
    key = Sm2PrivateKey.generate()
    out = place.settings.home / "k.backup"
    with source_of(place.settings, place.clock) as source:
        checked = create(source, out, ToKey(key.spki))
    assert verify(out, Secret(private_key=key.pkcs8())) == checked
    with pytest.raises(BadSecret):
        verify(out, Secret(private_key=Sm2PrivateKey.generate().pkcs8()))
    with pytest.raises(BadSecret):
        verify(out, SECRET)


@sqlite
def test_a_backup_never_replaces_another(place: Place) -> None:
    file, _ = place.backup()
    before = file.read_bytes()
    with pytest.raises(Conflict):
        place.backup()
    assert file.read_bytes() == before


@sqlite
def test_killed_before_it_was_verified_there_is_no_backup(place: Place, tmp_path: Path) -> None:
    (tmp_path / "words").write_text(WORDS)
    out = tmp_path / "t.backup"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "server",
            "backup",
            "create",
            "--out",
            str(out),
            "--passphrase-file",
            str(tmp_path / "words"),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "YINXIN_HOME": str(place.settings.home),
            "YINXIN_DATABASE__URL": place.settings.database_url,
            "YINXIN_FAILPOINT": "backup.written",
        },
        check=False,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not out.exists()


# --- where it goes ----------------------------------------------------------------------------------------------------


@sqlite
def test_a_restore_replaces_nothing(place: Place) -> None:
    file, _ = place.backup()
    with source_of(place.settings, place.clock) as source, pytest.raises(Conflict, match="not empty"):
        restore(source, file, SECRET)


@sqlite
def test_another_kek_opens_nothing(place: Place, new_place: Callable[[str], Place]) -> None:
    file, _ = place.backup()
    new = new_place("sqlite")
    new.settings.kek_file.write_text("0" * 64)
    with source_of(new.settings, new.clock) as source:
        restore(source, file, SECRET)
    with pytest.raises(Sealed), new.house():
        pass


@sqlite
def test_the_journal_of_another_service_is_not_joined(place: Place, new_place: Callable[[str], Place]) -> None:
    file, _ = place.backup()
    new = new_place("sqlite")
    (new.settings.journal_dir / "journal-000001.jsonl").write_bytes(b"{}\n")
    with source_of(new.settings, new.clock) as source, pytest.raises(Conflict, match="another installation"):
        restore(source, file, SECRET)


@sqlite
def test_a_longer_ledger_outside_is_set_aside_and_its_loss_is_told(
    place: Place, new_place: Callable[[str], Place]
) -> None:
    file, _ = place.backup()
    with place.house() as house:
        issued(house, "later")
        house.checkpoint()
    new = new_place("sqlite")
    before = (new.settings.checkpoint_dir / LEAVES).read_bytes()
    with source_of(new.settings, new.clock) as source:
        done = restore(source, file, SECRET)
    assert done.lost_audit_rows > 0
    assert done.set_aside is not None
    assert (done.set_aside / LEAVES).read_bytes() == before
    with new.house() as house:
        house.checkpoint()
        assert house.verify_audit().sound


@sqlite
def test_a_backup_of_another_schema_says_which_program_to_take(
    place: Place, new_place: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, _ = place.backup()
    new = new_place("sqlite")
    monkeypatch.setattr(schema, "head", lambda: "9999")
    with source_of(new.settings, new.clock) as source, pytest.raises(Unavailable, match="revision"):
        restore(source, file, SECRET)


@sqlite
def test_a_broken_off_restore_is_begun_again(
    place: Place, new_place: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, _ = place.backup()
    new = new_place("sqlite")
    real, count = rows.put, [0]

    def full_disk(*given: object) -> int:
        count[0] += 1
        if count[0] == 20:
            raise OSError(28, "No space left on device")
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(rows, "put", full_disk)
    with source_of(new.settings, new.clock) as source:
        with pytest.raises(OSError, match="No space"):
            restore(source, file, SECRET)
        assert rows.empty(source.db)
        monkeypatch.setattr(rows, "put", real)
        restore(source, file, SECRET)
    with new.house() as house:
        assert house.ca.authority("sm2-issuing").certificate


@sqlite
def test_references_of_a_table_to_itself_survive_any_order(place: Place) -> None:
    """`sm2-issuing` comes before the root it refers to, when rows are read by key."""
    with source_of(place.settings, place.clock) as source, rows.snapshot(source.db) as connection:
        lines = list(rows.lines(connection, CaAuthority.__table__))  # type: ignore[arg-type]
    assert lines[1].startswith(b'["sm2-issuing"')
    assert b"sm2-root" in lines[1]


def test_all_tables_are_either_in_or_out_on_purpose() -> None:
    assert HsmKeyRequest.__tablename__ in {table.name for table in rows.tables()}
    assert not rows.LEFT_OUT - {table.name for table in rows.METADATA.sorted_tables}


def test_the_command_line(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINXIN_HOME", str(place.settings.home))
    monkeypatch.setenv("YINXIN_DATABASE__URL", place.settings.database.url)
    (tmp_path / "words").write_text(WORDS)
    out, words = tmp_path / "cli.backup", str(tmp_path / "words")
    made = CliRunner().invoke(main, ["backup", "create", "--out", str(out), "--passphrase-file", words])
    assert made.exit_code == 0, made.output
    assert "KEK is not inside" in made.output
    checked = CliRunner().invoke(main, ["backup", "verify", str(out), "--passphrase-file", words])
    assert (checked.exit_code, checked.output.splitlines()[-1]) == (0, "✓")
    again = CliRunner().invoke(main, ["backup", "restore", str(out), "--passphrase-file", words])
    assert again.exit_code == 1
    assert "backup.not_empty" in again.output
