"""Shards and deltas: named at issuance, together the full list, and read the same by other people's tools."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import update

from ca import crl, crl_schedule, crl_state
from ca.crl_names import ListName
from ca.errors import ClockWentBack, ListUnknown
from ca.hierarchy import grow_shards
from ca.issue import IssuedCertificate
from ca.models import CaAuthority, CaCertificate, CaCrl
from ca.reading import CertificateList, Reason, read_certificate, read_crl
from ca.revoke import hold, release, revoke
from ca.signatures import check_crl
from ca.suites import Suite
from foundation.principal import SYSTEM
from tests.ca.conftest import Region
from tests.ca.linting import lint_crl
from tests.ca.oracles import openssl, write

CA = "sm2-issuing"


def shard_of(region: Region, made: IssuedCertificate) -> int:
    with region.room.ground.db.read() as session:
        shard = session.get_one(CaCertificate, made.id).shard
    assert shard is not None
    return shard


def shards(region: Region, authority: str = CA) -> list[CertificateList]:
    count = region.room.authority(authority).shards
    return [read_crl(crl.shard(region.room, authority, number)) for number in range(count)]


def spread(region: Region, many: int = 8) -> list[IssuedCertificate]:
    """Certificates until every shard has one."""
    made = [region.issue(Suite.SM2, "code-signer") for _ in range(many)]
    while len({shard_of(region, one) for one in made}) < region.room.authority(CA).shards:
        made.append(region.issue(Suite.SM2, "code-signer"))
    return made


def test_a_certificate_names_the_shard_of_its_row_and_serial(own_region: Region) -> None:
    room = own_region.room
    for made in spread(own_region, 4):
        shard = shard_of(own_region, made)
        assert shard == made.serial % room.authority(CA).shards
        assert read_certificate(made.der).crl_urls == (f"{room.places.base_url}/crl/{CA}/{shard}.crl",)


def test_what_is_signed_by_a_root_is_on_its_full_list(own_region: Region) -> None:
    room = own_region.room
    issuing = room.authority(CA).certificate
    assert issuing.crl_urls == (room.places.crl("sm2-root"),)
    with pytest.raises(ListUnknown):
        crl.delta(room, "sm2-root")
    with pytest.raises(ListUnknown):
        crl.shard(room, "sm2-root", 0)


def test_shards_together_are_the_full_list(own_region: Region) -> None:
    room = own_region.room
    for made in spread(own_region):
        revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    full = read_crl(crl.current(room, CA))
    parts = shards(own_region)
    assert len(full) == sum(len(part) for part in parts) >= 8
    assert {one.serial for one in full.entries()} == {one.serial for part in parts for one in part.entries()}
    for part in parts:
        check_crl(part, room.authority(CA).certificate.spki)
        assert part.is_partial
    assert not full.is_partial


def test_a_shard_bears_the_address_its_certificates_name(own_region: Region, tmp_path: Path) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.KEY_COMPROMISE)
    octets = crl.shard(room, CA, shard_of(own_region, made))
    read = x509.load_der_x509_crl(octets)
    point = read.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert point.critical
    assert [one.value for one in point.value.full_name or ()] == [read_certificate(made.der).crl_urls[0]]
    assert not point.value.only_contains_user_certs
    assert lint_crl(octets) == []
    text = openssl("crl", "-inform", "DER", "-in", write(tmp_path, "s.crl", octets), "-noout", "-text")
    assert "X509v3 Issuing Distribution Point: critical" in text


def test_only_the_shard_that_changed_is_made_anew(own_region: Region) -> None:
    room = own_region.room
    made = spread(own_region)
    before = [one.number for one in shards(own_region)]
    revoke(room, SYSTEM, certificate_id=made[0].id, reason=Reason.SUPERSEDED)
    own_region.clock.advance(minutes=3)
    assert crl_schedule.refresh(room) == 0
    after = [one.number for one in shards(own_region)]
    changed = [number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert changed == [shard_of(own_region, made[0])]


def test_a_delta_adds_to_every_full_list_in_force(own_region: Region, tmp_path: Path) -> None:
    room = own_region.room
    first, second = own_region.issue(Suite.SM2, "code-signer"), own_region.issue(Suite.SM2, "code-signer")
    revoke(room, SYSTEM, certificate_id=first.id, reason=Reason.SUPERSEDED)
    oldest = read_crl(crl.publish(room, CA))
    own_region.clock.advance(hours=1)
    newer = read_crl(crl.publish(room, CA))
    revoke(room, SYSTEM, certificate_id=second.id, reason=Reason.KEY_COMPROMISE)
    octets = crl.delta(room, CA)
    read = x509.load_der_x509_crl(octets)
    base = read.extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    assert base.critical
    assert base.value.crl_number == oldest.number
    assert oldest.number is not None
    assert newer.number is not None
    assert oldest.number < newer.number < (read_crl(octets).number or 0)
    assert [one.serial_number for one in read] == [second.serial]
    assert lint_crl(octets) == []
    text = openssl("crl", "-inform", "DER", "-in", write(tmp_path, "d.crl", octets), "-noout", "-text")
    assert "X509v3 Delta CRL Indicator: critical" in text


def test_the_full_list_says_where_its_delta_is(own_region: Region) -> None:
    read = x509.load_der_x509_crl(crl.current(own_region.room, CA))
    found = read.extensions.get_extension_for_class(x509.FreshestCRL)
    assert not found.critical
    assert [name.value for point in found.value for name in point.full_name or ()] == [
        own_region.room.places.delta_crl(CA)
    ]
    assert lint_crl(crl.current(own_region.room, CA)) == []


def test_a_base_that_ended_is_left_behind(own_region: Region) -> None:
    room = own_region.room
    crl.publish(room, CA)
    crl.delta(room, CA)
    own_region.clock.advance(days=1)
    second = read_crl(crl.publish(room, CA))
    own_region.clock.advance(days=1, seconds=1)
    newest = x509.load_der_x509_crl(crl.delta(room, CA))
    base = newest.extensions.get_extension_for_class(x509.DeltaCRLIndicator).value.crl_number
    assert base == second.number


def test_a_hold_comes_and_goes_in_every_kind_of_list(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    shard = shard_of(own_region, made)
    crl.publish(room, CA)

    def said() -> list[Reason | None]:
        lists = (crl.publish(room, CA), crl.shard(room, CA, shard), crl.delta(room, CA))
        found = [read_crl(octets).find(made.serial) for octets in lists]
        return [entry.reason if entry else None for entry in found]

    hold(room, SYSTEM, certificate_id=made.id)
    assert said() == [Reason.CERTIFICATE_HOLD] * 3
    own_region.clock.advance(hours=1)
    release(room, SYSTEM, certificate_id=made.id)
    assert said() == [None, None, Reason.REMOVE_FROM_CRL]
    own_region.clock.advance(hours=1)
    hold(room, SYSTEM, certificate_id=made.id)
    assert said() == [Reason.CERTIFICATE_HOLD] * 3
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.KEY_COMPROMISE)
    assert said() == [Reason.KEY_COMPROMISE] * 3
    assert lint_crl(crl.delta(room, CA)) == []


def test_a_lifted_hold_leaves_the_delta_when_no_list_names_it(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    hold(room, SYSTEM, certificate_id=made.id)
    crl.publish(room, CA)
    release(room, SYSTEM, certificate_id=made.id)
    crl.publish(room, CA)
    assert read_crl(crl.delta(room, CA)).find(made.serial) is not None
    own_region.clock.advance(days=2)
    crl.publish(room, CA)
    assert read_crl(crl.delta(room, CA)).find(made.serial) is None


def test_shards_may_grow_and_old_certificates_keep_theirs(own_region: Region) -> None:
    room = own_region.room
    old = own_region.issue(Suite.SM2, "code-signer")
    number = shard_of(own_region, old)
    with room.ground.db.begin() as session:
        session.execute(update(CaAuthority).where(CaAuthority.slug == CA).values(shards=5))
    room.forget(CA)
    grow_shards(room, CA)  # the settings want two: never fewer than there are
    assert room.authority(CA).shards == 5
    new = [own_region.issue(Suite.SM2, "code-signer") for _ in range(3)]
    assert [shard_of(own_region, one) for one in new] == [one.serial % 5 for one in new]
    revoke(room, SYSTEM, certificate_id=old.id, reason=Reason.SUPERSEDED)
    assert read_crl(crl.shard(room, CA, number)).find(old.serial) is not None
    assert len(read_crl(crl.shard(room, CA, 4))) == 0
    with pytest.raises(ListUnknown):
        crl.shard(room, CA, 5)


def test_no_next_update_passes_while_the_scheduler_runs(own_region: Region) -> None:
    room = own_region.room
    for _ in range(10):
        own_region.clock.advance(hours=11)
        assert crl_schedule.refresh(room) == 0
        ages = crl_schedule.ages(room)
        assert len(ages) == 1 + 1 + 1 + room.authority(CA).shards
        assert not [age.name.scope for age in ages if age.late or age.expired or age.dirty]


def test_a_late_list_is_seen(own_region: Region) -> None:
    crl_schedule.refresh(own_region.room)
    own_region.clock.advance(days=1)
    late = {age.name.scope for age in crl_schedule.ages(own_region.room) if age.late}
    assert late == {CA, f"{CA}/delta", f"{CA}/0", f"{CA}/1"}
    own_region.clock.advance(days=30)
    assert all(age.expired for age in crl_schedule.ages(own_region.room))


def test_one_ca_that_cannot_sign_stops_no_other(own_region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    room = own_region.room
    real = crl.fetch

    def fetch(one: object, name: ListName, *, scheduled: bool = False) -> bytes:
        if name.authority == "sm2-root":
            raise ClockWentBack
        return real(room, name, scheduled=scheduled)

    monkeypatch.setattr(crl, "fetch", fetch)
    assert crl_schedule.refresh(room) == 1
    assert {age.name.scope for age in crl_schedule.ages(room) if age.late} == {"sm2-root"}


def test_a_long_list_waits_for_its_time_and_the_delta_does_not(
    own_region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = own_region.room
    monkeypatch.setattr(crl_state, "PROMPT", 0)
    first, second = own_region.issue(Suite.SM2, "code-signer"), own_region.issue(Suite.SM2, "code-signer")
    revoke(room, SYSTEM, certificate_id=first.id, reason=Reason.SUPERSEDED)
    full = crl.current(room, CA)
    revoke(room, SYSTEM, certificate_id=second.id, reason=Reason.SUPERSEDED)
    crl_schedule.refresh(room)
    assert crl.current(room, CA) == full
    assert read_crl(crl.delta(room, CA)).find(second.serial) is not None
    believed = crl.freshest(room, CA)
    assert [read_crl(one).is_delta for one in believed] == [False, True]
    own_region.clock.advance(days=1)
    crl_schedule.refresh(room)
    assert read_crl(crl.current(room, CA)).find(second.serial) is not None
    assert len(crl.freshest(room, CA)) == 1


def test_numbers_and_times_only_grow_over_all_lists(own_region: Region) -> None:
    room = own_region.room
    for _ in range(3):
        made = own_region.issue(Suite.SM2, "code-signer")
        revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
        own_region.clock.advance(minutes=3)
        crl_schedule.refresh(room)
    with room.ground.db.read() as session:
        rows = session.query(CaCrl).order_by(CaCrl.number).all()
    mine = [row for row in rows if row.scope.startswith(CA)]
    assert len({row.number for row in mine}) == len(mine)
    for scope in {row.scope for row in mine}:
        times = [row.this_update for row in mine if row.scope == scope]
        assert times == sorted(times)
    own_region.clock.advance(seconds=-1)
    with pytest.raises(ClockWentBack):
        crl.publish(room, CA)
    own_region.clock.advance(hours=1)
    assert room.ground.clock.now() - times[-1] < timedelta(days=1)
