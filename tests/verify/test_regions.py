"""Whom we believe elsewhere: two people, scopes that hold, lists that cannot be forged, rolled back or forked."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from ca.hierarchy import establish
from ca.reading import read_certificate
from ca.suites import Suite
from foundation import failpoints
from foundation.clock import FixedClock
from foundation.errors import Conflict, Damaged, Forbidden, InvalidInput
from foundation.glances import Glance
from foundation.principal import Kind, Permission, Principal
from hsm.digests import sha256
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked
from hsm.signing import ToBeSigned
from tests.ca.conftest import ROOMS, build_room
from tests.conftest import START
from tests.verify.conftest import Sealed
from tests.verify.pki import Entity, make
from verify.anchors import AnchorRules, read_rules, write_rules
from verify.regions import changes, editions, folder, policy, publishing, signed
from verify.regions.book import Book
from verify.regions.models import ChangeState, TrustChange, TrustPublication
from verify.regions.room import RegionsRoom
from verify.regions.shapes import BadEntry, Region, RegionList, Root, read_list
from verify.regions.signed import NotBelieved, Pins
from verify.report import Sub, Verdict
from verify.trust import TrustStore

CLERK = Principal(Kind.OFFICIAL, "official:trust-1", frozenset({Permission.TRUST_PROPOSE}))
SECOND = Principal(Kind.OFFICIAL, "official:trust-2", frozenset({Permission.TRUST_APPROVE}))
DAY = timedelta(days=1)


@pytest.fixture(params=ROOMS)
def room(
    request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[str], str], clock: FixedClock
) -> Iterator[RegionsRoom]:
    ca = build_room(tmp_path, new_database(request.param), clock)
    establish(ca, (Suite.SM2,))
    yield RegionsRoom(ca.ground, ca.keys, ca)
    ca.ground.db.dispose()


def _authority(label: str, algorithm: Algorithm = Algorithm.SM2) -> Entity:
    return make(label, kind="ca", algorithm=algorithm)


def entry(root: Entity, code: str = "330000", **rules: object) -> Region:
    read = read_certificate(root.certificate)
    return Region(code, "浙江省", "Zhejiang", "https://zj.example", (Root(read, None, AnchorRules(**rules)),))  # type: ignore[arg-type]


def edition(*regions: Region, number: int = 1, previous: str | None = None, scheme: str = "nation") -> RegionList:
    return RegionList(scheme, number, START, START + 7 * DAY, previous, regions)


def publish(found: RegionList, *by: Entity) -> bytes:
    parts = []
    for one in by:
        name = "SGD_SM3_SM2" if one.algorithm is Algorithm.SM2 else "ES256"
        data = signed.signing_input(one.certificate, found.payload(), name)
        parts.append((data, one.sign(data)))
    return signed.assemble(parts)


def pins(*by: Entity, threshold: int = 1) -> Pins:
    return Pins(tuple(read_certificate(one.certificate) for one in by), threshold)


def b64(*by: Entity) -> list[str]:
    return [base64.b64encode(one.certificate).decode() for one in by]


# --- scope ------------------------------------------------------------------------------------------------------------


def held_to(sealed: Sealed, **rules: object) -> TrustStore:
    stated = {one.fingerprint: AnchorRules(**rules) for one in sealed.trust.anchors}  # type: ignore[arg-type]
    return replace(sealed.trust, rules=stated)


@pytest.mark.parametrize("kind", ["sm2", "rsa", "dual", "ofd"])
def test_a_seal_inside_the_regions_of_its_root_is_genuine(sealed: Sealed, kind: str) -> None:
    report = sealed.judge(getattr(sealed, kind), trust=held_to(sealed, regions=frozenset({"2199", "33"})))
    assert report.verdict is Verdict.GENUINE, report.summary.en


@pytest.mark.parametrize("kind", ["sm2", "rsa", "dual", "ofd"])
def test_another_regions_seal_is_refused_with_the_region(sealed: Sealed, kind: str) -> None:
    report = sealed.judge(getattr(sealed, kind), trust=held_to(sealed, regions=frozenset({"33"})))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("scope.region")
    assert "219900" in next(one.text.zh for one in report.findings if one.code == "scope.region")
    seals = [one for one in report.signatures if one.kind == "seal"]
    assert {one.sub_indication for one in seals} == {Sub.CHAIN_CONSTRAINTS_FAILURE}
    assert all(one.intact and not one.trusted for one in seals)


def test_a_root_for_some_types_of_licence_seals_no_others(sealed: Sealed) -> None:
    own = sealed.judge(sealed.sm2, trust=held_to(sealed, licence_types=frozenset({"11100000MB0341032Y"})))
    other = sealed.judge(sealed.sm2, trust=held_to(sealed, licence_types=frozenset({"11100000MB0271699"})))
    assert (own.verdict, other.verdict) == (Verdict.GENUINE, Verdict.NOT_GENUINE)
    assert other.has("scope.type")


def test_a_root_is_believed_in_its_period_only(sealed: Sealed) -> None:
    late = sealed.judge(sealed.sm2, trust=held_to(sealed, trusted_from=START + DAY))
    over = sealed.judge(sealed.sm2, trust=held_to(sealed, trusted_until=START - DAY))
    within = sealed.judge(sealed.sm2, trust=held_to(sealed, trusted_from=START - DAY, trusted_until=START + DAY))
    assert [one.verdict for one in (late, over, within)] == [
        Verdict.NOT_GENUINE,
        Verdict.NOT_GENUINE,
        Verdict.GENUINE,
    ]
    assert late.has("certificate.anchor_period")
    assert over.has("certificate.anchor_period")


def test_an_overdue_list_is_said_and_goes_on(sealed: Sealed) -> None:
    report = sealed.judge(sealed.sm2, trust=held_to(sealed, stale_after=START - DAY))
    assert (report.verdict, report.has("scope.list_stale")) == (Verdict.GENUINE, True)


def test_rules_of_scope_read_as_written() -> None:
    rules = AnchorRules(
        withdrawn_since=START,
        trusted_from=START - DAY,
        trusted_until=START + DAY,
        regions=frozenset({"21", "3301"}),
        licence_types=frozenset({"11100000MB0341032Y001"}),
    )
    assert read_rules(write_rules(rules)) == rules


@pytest.mark.parametrize(
    "rules",
    [{"regions": []}, {"regions": ["浙"]}, {"regions": ["3"]}, {"licence_types": ["a b"]}, {"trusted_from": "soon"}],
    ids=json.dumps,
)
def test_a_scope_nobody_can_read_is_refused(rules: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_rules(rules)


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_reads_as_it_was_written_and_needs_its_signers() -> None:
    one, two, other = _authority("甲"), _authority("乙", Algorithm.P256), _authority("丙")
    found = edition(entry(_authority("浙江根"), regions=frozenset({"33"})))
    octets = publish(found, one, two)
    assert signed.verified(octets, pins(one, two, threshold=2), START).list == found
    assert signed.verified(octets, pins(one), START).signers == pins(one).certificates
    with pytest.raises(NotBelieved, match="2 signatures"):
        signed.verified(publish(found, one), pins(one, two, threshold=2), START)
    with pytest.raises(NotBelieved):
        signed.verified(publish(found, one, one), pins(one, two, threshold=2), START)
    with pytest.raises(NotBelieved):
        signed.verified(octets, pins(other), START)


def test_no_octet_of_a_list_can_be_changed() -> None:
    one = _authority("甲")
    octets = publish(edition(entry(_authority("浙江根"))), one)
    for at in range(0, len(octets), 37):
        changed = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
        with pytest.raises(InvalidInput):
            signed.verified(changed, pins(one), START)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data | {"number": 0},
        lambda data: data | {"number": True},
        lambda data: data | {"scheme": "ZJ/.."},
        lambda data: data | {"previous": "00"},
        lambda data: data | {"next_update": data["issued"]},
        lambda data: data | {"issued": "2026-11-22T00:00:00"},
        lambda data: data | {"more": 1},
        lambda data: data | {"regions": data["regions"] * 2},
        lambda data: data | {"regions": [data["regions"][0] | {"code": "33"}]},
        lambda data: data | {"regions": [data["regions"][0] | {"roots": []}]},
        lambda data: data | {"regions": [data["regions"][0] | {"name_zh": "甲\u202e乙"}]},
        lambda data: data | {"regions": [data["regions"][0] | {"intermediates": ["!"]}]},
    ],
)
def test_a_list_that_says_nonsense_is_refused(spoil: Callable[[dict[str, object]], dict[str, object]]) -> None:
    data = json.loads(edition(entry(_authority("浙江根"))).payload())
    with pytest.raises(BadEntry):
        read_list(json.dumps(spoil(data)).encode())


def test_names_twice_depth_and_size_are_refused() -> None:
    for octets in (b'{"scheme":1,"scheme":2}', b"[" * 100_000, b" " * (8 * 1024 * 1024 + 1), b"{", b'{"number":NaN}'):
        with pytest.raises(BadEntry):
            read_list(octets)


def test_a_root_withdrawn_in_any_list_is_withdrawn_and_our_own_entry_prevails() -> None:
    root = _authority("浙江根")
    mine = entry(root, regions=frozenset({"3301"}))
    theirs = entry(root, regions=frozenset({"33"}), withdrawn_since=START)
    trust = Book((mine,), (edition(theirs),)).lay_over(TrustStore())
    rules = trust.rules[read_certificate(root.certificate).fingerprint]
    assert (rules.regions, rules.withdrawn_since) == (frozenset({"3301"}), START)


def test_a_trust_folder_takes_its_roots_from_a_list(tmp_path: Path) -> None:
    one, root = _authority("甲"), _authority("浙江根")
    for name in ("lists", "list-signers"):
        (tmp_path / name).mkdir()
    (tmp_path / "lists" / "nation.json").write_bytes(publish(edition(entry(root)), one))
    with pytest.raises(InvalidInput, match="list-signers"):
        folder.load(tmp_path, START)
    (tmp_path / "list-signers" / "one.cer").write_bytes(one.certificate)
    assert [item.der for item in folder.load(tmp_path, START).anchors] == [root.certificate]
    (tmp_path / "list-signers" / "threshold.json").write_text('{"threshold": 2}')
    with pytest.raises(InvalidInput):
        folder.load(tmp_path, START)


# --- taking in --------------------------------------------------------------------------------------------------------


def agree(room: RegionsRoom, made: changes.Change) -> None:
    changes.decide(room, SECOND, made.id, agree=True)


def pinned(room: RegionsRoom, scheme: str, *by: Entity, threshold: int = 1) -> None:
    agree(room, changes.propose_signers(room, CLERK, scheme, b64(*by), threshold, "国家平台"))


def test_nobody_agrees_to_their_own_change_and_one_agrees_once(room: RegionsRoom) -> None:
    made = changes.propose_region(room, CLERK, entry(_authority("根"), "340000").to_json(), "互认")
    with pytest.raises(Forbidden):
        changes.decide(room, CLERK, made.id, agree=True)
    assert "340000" not in {one.code for one in editions.book(room.ground).regions}
    version = Glance(room.ground.db, select(*editions.version()))
    before = version.row()
    agree(room, made)
    assert version.row() != before
    assert "340000" in {one.code for one in editions.book(room.ground).regions}
    with pytest.raises(Conflict):
        agree(room, made)
    agree(room, changes.propose_removal(room, CLERK, "340000", "退出"))
    assert "340000" not in {one.code for one in editions.book(room.ground).regions}


def test_a_change_edited_in_the_database_stops_everything(room: RegionsRoom) -> None:
    made = changes.propose_region(room, CLERK, entry(_authority("根"), "350000").to_json(), "互认")
    forged = update(TrustChange).where(TrustChange.id == made.id)
    with room.ground.db.begin() as session:
        session.execute(
            forged.values(state=ChangeState.AGREED, decided_by="official:trust-2", decided_at=START, mac=b"x" * 32)
        )
    with pytest.raises(Damaged):
        editions.book(room.ground)
    with room.ground.db.begin() as session:
        session.execute(forged.values(state=ChangeState.REFUSED))
    editions.book(room.ground)


def test_a_list_is_taken_in_for_its_agreed_signers_and_never_goes_back(room: RegionsRoom) -> None:
    scheme, one, other = "nation", _authority("甲"), _authority("乙")
    first = publish(edition(entry(_authority("根1"), "410000"), scheme=scheme), one)
    with pytest.raises(NotBelieved, match="two people"):
        editions.take_in(room, CLERK, first)
    pinned(room, scheme, one)
    editions.take_in(room, CLERK, first)
    editions.take_in(room, CLERK, first)  # again: nothing changes
    second = edition(entry(_authority("根2"), "420000"), number=2, previous="0" * 64, scheme=scheme)
    with pytest.raises(NotBelieved, match="another one"):
        editions.take_in(room, CLERK, publish(second, one))
    with pytest.raises(NotBelieved):
        editions.take_in(room, CLERK, publish(second, other))
    previous = signed.verified(first, pins(one), START).sha256
    editions.take_in(room, CLERK, publish(replace(second, previous=previous), one))
    assert {"420000"} == {item.code for item in editions.book(room.ground).regions} & {"410000", "420000"}
    with pytest.raises(Conflict):
        editions.take_in(room, CLERK, first)
    overdue = replace(second, number=9, issued=START - 9 * DAY, next_update=START - DAY)
    with pytest.raises(NotBelieved, match="replaced"):
        editions.take_in(room, CLERK, publish(overdue, one))
    pinned(room, scheme, other)  # its signers are others now: what they did not sign is left out
    assert not {item.code for item in editions.book(room.ground).regions} & {"410000", "420000"}


def test_a_list_taken_in_by_four_at_once_is_one(room: RegionsRoom) -> None:
    scheme, one = "race", _authority("甲")
    pinned(room, scheme, one)
    octets = publish(edition(entry(_authority("根"), "450000"), scheme=scheme), one)

    def taken(_: int) -> str:
        try:
            editions.take_in(room, CLERK, octets)
        except Conflict:
            return "conflict"
        return "taken"

    with ThreadPoolExecutor(4) as pool:
        assert "taken" in set(pool.map(taken, range(4)))
    assert len([item for item in editions.editions(room) if item.scheme == scheme]) == 1


# --- our own ----------------------------------------------------------------------------------------------------------


def test_our_own_list_is_believed_by_another_region(room: RegionsRoom, clock: FixedClock) -> None:
    octets = publishing.current(room)
    assert publishing.current(room) == octets
    pin = read_certificate(publishing.publisher(room).certificate)
    found = signed.verified(octets, Pins((pin,)), room.ground.clock.now()).list
    (ours,) = found.regions
    assert (ours.code, ours.roots[0].rules.regions) == ("219900", frozenset({"2199"}))
    at = room.ground.clock.now()
    clock.set(at + timedelta(days=4))
    following = signed.verified(publishing.current(room), Pins((pin,)), room.ground.clock.now())
    assert following.list.number == found.number + 1
    assert following.list.previous == signed.verified(octets, Pins((pin,)), at).sha256


def test_a_number_lost_in_a_crash_is_never_used_again(room: RegionsRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    class Died(BaseException):
        pass

    def die(point: str) -> None:
        if point == "verify.trust.signed":
            raise Died

    before = publishing.own(room)
    monkeypatch.setattr(publishing, "own", lambda _: replace(before, contact="https://another.example"))
    monkeypatch.setattr(publishing, "reach", die)
    with pytest.raises(Died):
        publishing.current(room)
    monkeypatch.setattr(publishing, "reach", failpoints.reach)
    octets = publishing.current(room)
    with room.ground.db.read() as session:
        rows = session.scalars(select(TrustPublication).order_by(TrustPublication.number)).all()
    lost = [row.number for row in rows if row.octets is None]
    assert lost
    assert read_list(signed.payload_of(octets)).number == lost[-1] + 1


def renew(room: RegionsRoom, *, retire: bool) -> int:
    """A new version of the list's key comes into force, and the old one may go; answers the old one."""
    old = room.keys.signer(publishing.KEY).ref.version
    room.keys.renew(publishing.KEY)
    if retire:
        room.keys.retire(publishing.KEY, old)
    return old


@dataclass(frozen=True)
class AsTheSignerDoes:
    """Looks for the version at each signature, as the process with the keys does."""

    room: RegionsRoom
    ref: KeyRef

    def sign(self, tbs: ToBeSigned) -> bytes:
        return self.room.keys.signer(self.ref.name, self.ref.version).sign(tbs)


@pytest.mark.parametrize("retire", [False, True], ids=["renewed", "renewed and retired"])
@pytest.mark.parametrize("moment", ["after certifying", "after recording"])
def test_a_key_renewed_while_publishing_loses_no_number(
    room: RegionsRoom, monkeypatch: pytest.MonkeyPatch, moment: str, retire: bool
) -> None:
    """The certified version signs; retired in between, the next one does, the same edition under the same number."""
    publishing.current(room)
    before = publishing.own(room)
    real = publishing.publisher
    old: list[int] = []

    def once() -> None:
        if not old:
            old.append(renew(room, retire=retire))

    def certify(given: RegionsRoom) -> publishing.Publisher:
        by = real(given)
        if numbers(room) != start:  # the edition is on record: this is the one that will sign
            once()
        return replace(by, signer=AsTheSignerDoes(room, by.signer.ref))

    if moment == "after certifying":
        monkeypatch.setattr(publishing, "publisher", certify)
    else:
        monkeypatch.setattr(publishing, "reach", lambda point: once() if point == "verify.trust.recorded" else None)
    monkeypatch.setattr(publishing, "own", lambda _: replace(before, contact=f"https://{moment[6:9]}.{retire}.example"))
    start = numbers(room)
    octets = publishing.current(room)
    assert len(old) == 1
    (made,) = set(numbers(room)) - set(start)
    assert (made, numbers(room)[made]) == (max(start) + 1, octets), "one number, and it was published"
    keys = {room.keys.find(publishing.KEY, version).spki: version for version in (old[0], old[0] + 1)}  # type: ignore[union-attr]
    (signer,) = signed.claimed_signers(octets)
    assert signed.verified(octets, Pins((signer,)), room.ground.clock.now()).list.number == made
    certified_first = moment == "after certifying" and not retire
    assert keys[signer.spki] == (old[0] if certified_first else old[0] + 1)
    monkeypatch.undo()
    with room.ground.db.read() as session:
        digest = session.get_one(TrustPublication, made).payload_sha256
    assert digest == sha256(signed.payload_of(octets)).hex()


def numbers(room: RegionsRoom) -> dict[int, bytes | None]:
    with room.ground.db.read() as session:
        return {row.number: row.octets for row in session.scalars(select(TrustPublication))}


def test_the_signer_signs_nothing_under_another_keys_certificate(room: RegionsRoom) -> None:
    publishing.current(room)
    certificate = publishing.publisher(room).certificate
    renew(room, retire=False)
    newer = room.keys.signer(publishing.KEY).ref
    found = edition(entry(_authority("他省根")), number=9100, scheme=publishing.scheme(room))
    data = signed.signing_input(certificate, found.payload())
    with pytest.raises(PolicyRefused, match="another key"):
        policy.check(room.ground, room.ca, Asked(newer, Purpose.TRUST_LIST, "trust-list:9100", data))


def test_the_signer_signs_the_recorded_list_of_our_own_roots_only(room: RegionsRoom) -> None:
    publishing.current(room)
    ref = room.keys.signer(publishing.KEY).ref
    certificate = publishing.publisher(room).certificate

    def ask(found: RegionList, intent: str) -> None:
        data = signed.signing_input(certificate, found.payload())
        policy.check(room.ground, room.ca, Asked(ref, Purpose.TRUST_LIST, intent, data))

    foreign = edition(entry(_authority("他省根")), number=9001, scheme=publishing.scheme(room))
    with pytest.raises(IntentUnknown):
        ask(foreign, "trust-list:9001")
    with room.ground.db.begin() as session:
        digest = sha256(foreign.payload()).hex()
        session.add(
            TrustPublication(number=9001, issued=START, next_update=START + DAY, payload_sha256=digest, octets=None)
        )
    with pytest.raises(PolicyRefused):
        ask(foreign, "trust-list:9001")
