"""The trail names every way of editing it by SQL (security 5.6)."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from sqlalchemy import text

from foundation.audit.checkpoint import Ledger, publish
from foundation.audit.sequencer import sequence_all
from foundation.audit.tree import EMPTY_ROOT, grow, leaf_hash, node_hash, root
from foundation.audit.verify import AuditReport, verify
from foundation.errors import Damaged
from foundation.ground import Ground
from foundation.principal import SYSTEM
from foundation.text import Text


class HmacSigner:
    """A real signature scheme of the smallest kind; the product signs with SM2 in `hsm`."""

    name = "audit.test"
    key_id = b"\x01\x02\x03\x04"

    def sign(self, note: bytes) -> bytes:
        return hmac.new(b"key", note, hashlib.sha256).digest()

    def verify(self, note: bytes, signature: bytes) -> None:
        if self.sign(note) != signature:
            raise Damaged("test.signature", Text("签名无效", "bad signature"))


@pytest.fixture
def ledger(ground: Ground) -> Ledger:
    return Ledger(ground.settings.checkpoint_dir)


def write(ground: Ground, count: int) -> None:
    for number in range(count):
        with ground.db.begin() as session:
            ground.audit.record(session, SYSTEM, action="test.act", object=f"thing:{number}", payload={"n": number})


def checked(ground: Ground, ledger: Ledger) -> AuditReport:
    return verify(ground.db, ground.audit, ledger, HmacSigner())


@pytest.fixture
def trail(ground: Ground, ledger: Ledger) -> Ground:
    """Twenty rows under two checkpoints."""
    for count in (12, 8):
        write(ground, count)
        sequence_all(ground.db)
        assert publish(ground.db, ledger, HmacSigner(), ground.clock) is not None
    return ground


def sql(ground: Ground, statement: str, **values: object) -> None:
    with ground.db.begin() as session:
        session.execute(text(statement), values)


def faults(report: AuditReport) -> set[tuple[str, int | None]]:
    return {(fault.code, fault.seq) for fault in report.faults}


def test_a_clean_trail_raises_no_alarm(trail: Ground, ledger: Ledger) -> None:
    report = checked(trail, ledger)
    assert report.sound
    assert (report.rows, report.checkpoints, report.covered) == (20, 2, 20)


def test_an_edited_row_is_named(trail: Ground, ledger: Ledger) -> None:
    sql(trail, "UPDATE audit_row SET payload = :p WHERE seq = 5", p='{"n":99}')
    assert ("edited", 5) in faults(checked(trail, ledger))


def test_a_deleted_row_is_named(trail: Ground, ledger: Ledger) -> None:
    sql(trail, "DELETE FROM audit_row WHERE seq = 7")
    assert faults(checked(trail, ledger)) == {("deleted", 7)}


def test_swapped_rows_are_both_named(trail: Ground, ledger: Ledger) -> None:
    for old, new in ((3, 1003), (9, 3), (1003, 9)):
        sql(trail, "UPDATE audit_row SET seq = :new WHERE seq = :old", old=old, new=new)
    assert {("swapped", 3), ("swapped", 9)} <= faults(checked(trail, ledger))


def test_a_forged_row_in_place_of_another_is_named(trail: Ground, ledger: Ledger) -> None:
    sql(trail, "UPDATE audit_row SET mac = :mac, actor = 'nobody' WHERE seq = 4", mac=b"\0" * 32)
    assert ("edited", 4) in faults(checked(trail, ledger))


def test_a_row_rewritten_by_someone_with_the_mac_key_is_named(trail: Ground, ledger: Ledger) -> None:
    sql(trail, "DELETE FROM audit_row WHERE seq = 6")
    write(trail, 1)  # a perfectly sealed row
    sql(trail, "UPDATE audit_row SET seq = 6 WHERE seq IS NULL")
    assert ("inserted", 6) in faults(checked(trail, ledger))


def test_a_cut_tail_is_named_and_no_smaller_checkpoint_is_signed(trail: Ground, ledger: Ledger) -> None:
    sql(trail, "DELETE FROM audit_row WHERE seq >= 15")
    sql(trail, "UPDATE audit_head SET size = 15")
    assert ("truncated", 15) in faults(checked(trail, ledger))
    with pytest.raises(Damaged, match="rolled_back"):
        publish(trail.db, ledger, HmacSigner(), trail.clock)


def test_a_tail_cut_before_any_checkpoint_is_named_by_the_head(ground: Ground, ledger: Ledger) -> None:
    write(ground, 4)
    sequence_all(ground.db)
    sql(ground, "DELETE FROM audit_row WHERE seq = 3")
    assert ("truncated", 3) in faults(checked(ground, ledger))


def test_a_rewritten_checkpoint_file_is_named(trail: Ground, ledger: Ledger) -> None:
    path = ledger.folder / "checkpoints"
    path.write_text(path.read_text(encoding="utf-8").replace("\n12\n", "\n11\n"), encoding="utf-8")
    assert "checkpoint-signature" in {code for code, _ in faults(checked(trail, ledger))}


def test_a_crash_between_leaves_and_note_heals_at_the_next_checkpoint(trail: Ground, ledger: Ledger) -> None:
    with (ledger.folder / "leaves").open("ab") as file:
        file.write(b"half a leaf")
    write(trail, 3)
    sequence_all(trail.db)
    publish(trail.db, ledger, HmacSigner(), trail.clock)
    report = checked(trail, ledger)
    assert report.sound
    assert report.covered == 23


def test_the_row_is_rolled_back_with_its_change(ground: Ground, ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ground.db.begin() as session:  # noqa: PT012 - the change and the fault
        ground.audit.record(session, SYSTEM, action="test.act", object="thing", payload={})
        _ = 1 / 0
    assert checked(ground, ledger).rows == 0


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 13])
def test_the_root_is_that_of_rfc_6962(size: int) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(size)]

    def plain(part: list[bytes]) -> bytes:
        """RFC 6962 2.1, read literally."""
        if len(part) == 1:
            return part[0]
        split = 1 << (len(part) - 1).bit_length() - 1
        return node_hash(plain(part[:split]), plain(part[split:]))

    grown, nodes = grow(0, leaves, lambda level, position: nodes[level, position])
    assert grown == size
    assert root(size, lambda level, position: nodes[level, position]) == (plain(leaves) if leaves else EMPTY_ROOT)
