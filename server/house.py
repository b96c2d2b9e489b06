"""The house (装配): every room over one ground, made once per process by each composition root.

The order is the floors' order. Opening refuses to go on with a database of another version, a failed self-test, a
missing key-encryption key or a store that replaces objects (facts/style habit 16).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

from ca.frozen import freeze
from ca.registration.room import KnownPerson, RegistrationRoom
from ca.room import CaRoom
from foundation.audit.checkpoint import Checkpoint, Ledger, publish
from foundation.audit.sequencer import sequence_all
from foundation.audit.trail import Audit
from foundation.audit.verify import AuditReport, verify
from foundation.clock import Clock, SystemClock
from foundation.database import Database, open_database
from foundation.ground import Ground
from foundation.ids import Ids, SystemIds
from foundation.jobs import JobQueue
from foundation.settings import Settings
from foundation.storage import open_storage, probe
from hsm.errors import Sealed
from hsm.notes import NoteSigner
from hsm.room import HsmRoom
from licence.room import LicenceRoom
from licence.status import LicenceStatusSource
from seal.approval.cloud.room import CloudRoom
from seal.exchange.room import ExchangeRoom
from seal.room import SealRoom
from server import schema
from server.approver_phones import ApproverPhones
from server.region_trust import RegionTrust
from server.seal_judge import VerifyJudge
from server.seal_states import RegionSeals
from server.signer import Attached, attach
from sso import room as sso_room
from sso.people import holder_numbers, known
from sso.room import SsoRoom
from verify.regions.room import RegionsRoom
from verify.reports.sealing import ReportSealer
from verify.room import VerifyRoom


class Holders:
    """`licence`'s question, answered by `sso`: neither room knows the other."""

    def __init__(self, ground: Ground) -> None:
        self._ask = holder_numbers(ground)

    def holder_code(self, person_id: UUID) -> str | None:
        return self._ask(person_id)


class Accounts:
    """`ca.registration`'s question who is logged in, answered by `sso`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def identity(self, person_id: UUID) -> KnownPerson:
        with self._ground.db.read() as session:
            person = known(self._ground, session, person_id)
        return KnownPerson(person.name, person.citizen_number, person.phone)


@dataclass(frozen=True)
class House:
    settings: Settings
    ground: Ground
    hsm: HsmRoom
    ca: CaRoom
    registration: RegistrationRoom
    seal: SealRoom
    verify: VerifyRoom
    licence: LicenceRoom
    sso: SsoRoom
    trust: RegionTrust
    regions: RegionsRoom
    ledger: Ledger
    exchange: ExchangeRoom
    reports: ReportSealer
    cloud: CloudRoom

    @property
    def rooms(self) -> tuple[object, ...]:
        return (
            self.hsm,
            self.ca,
            self.registration,
            self.seal,
            self.exchange,
            self.cloud,
            self.verify,
            self.reports,
            self.regions,
            self.licence,
            self.sso,
        )

    def checkpoint_signer(self) -> NoteSigner:
        return self.hsm.checkpoint_signer()

    def checkpoint(self) -> Checkpoint | None:
        """Order what is waiting, then sign and write out the tree."""
        sequence_all(self.ground.db)
        return publish(self.ground.db, self.ledger, self.checkpoint_signer(), self.ground.clock)

    def verify_audit(self) -> AuditReport:
        return verify(self.ground.db, self.ground.audit, self.ledger, self.checkpoint_signer())


def build(settings: Settings, db: Database, clock: Clock, ids: Ids, attached: Attached) -> House:
    vault = attached.vault
    storage = open_storage(settings)
    ground = Ground(
        settings=settings,
        db=db,
        clock=clock,
        ids=ids,
        storage=storage,
        audit=Audit(vault.mac, clock, ids),
        cipher=vault.cipher,
        mac=vault.mac,
        jobs=JobQueue(clock, ids, settings.jobs.lease_seconds),
    )
    hsm = attached.room(ground)
    ca = CaRoom.build(ground, hsm.keys, hsm.escrow)
    with suppress(Sealed):  # `upkeep.start` does it once the signer is open
        freeze(ca)
    seal = SealRoom.build(ground, hsm.keys, ca)
    licence = LicenceRoom(ground, hsm.keys, ca, seal, holders=Holders(ground))
    trust = RegionTrust(ca, licence)
    room = VerifyRoom(ground, trust.store, LicenceStatusSource(licence), RegionSeals(seal))
    sso = sso_room.build(ground, hsm.keys)
    registration = RegistrationRoom(ca, Accounts(ground), sso.sms, hsm.one_time)
    exchange = ExchangeRoom(seal, VerifyJudge(room))
    ledger = Ledger(settings.checkpoint_dir)
    regions = RegionsRoom(ground, hsm.keys, ca)
    cloud = CloudRoom(seal, ApproverPhones(ground, sso.sms))
    reports = ReportSealer(ground, hsm.keys, ca, trust.store)
    return House(
        settings,
        ground,
        hsm,
        ca,
        registration,
        seal,
        room,
        licence,
        sso,
        trust,
        regions,
        ledger,
        exchange,
        reports,
        cloud,
    )


@contextmanager
def open_house(
    settings: Settings, *, clock: Clock | None = None, upgrade: bool = False, resident: bool = False
) -> Iterator[House]:
    """The whole house over the configured database; `upgrade` first brings the schema up (embedded region, demo).

    `resident`: a process that stays, as web and worker do; where the signer is a child, it is started beside it.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    clock = clock or SystemClock()
    ids = SystemIds(clock)
    db = open_database(settings)
    try:
        if upgrade:
            schema.upgrade(db)
        schema.require_current(db)
        with attach(settings, db, clock, ids, resident=resident) as attached:
            house = build(settings, db, clock, ids, attached)
            probe(house.ground.storage, ids.token(8))
            yield house
    finally:
        db.dispose()
