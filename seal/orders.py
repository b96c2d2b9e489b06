"""What the seal room is asked for and gives back (用章指令): plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ca.suites import Suite
from seal.dateline import DateWhere
from seal.drawing.design import Design
from seal.kinds import SealKind
from seal.ofd_forms import OfdForm
from seal.pdf_forms import Certification, Level, PdfForm
from seal.places import Placement, Places
from seal.ses_seal import CertificateList
from seal.tokens import TokenKey

__all__ = [
    "BatchPlace",
    "Matter",
    "OfdOrder",
    "PdfOrder",
    "Placement",
    "SealKind",
    "SealRecord",
    "SealRequest",
    "Stamped",
]


@dataclass(frozen=True, slots=True)
class SealRequest:
    """A seal to be made. `code14` is region (6) and serial (8); `line_text` stands below the star.

    `picture` says the whole design and stands for ring text, line and diameter; without it the seal is round with a
    star and its own code below. `ses_version` and `cert_list` stand for the settings. `token`: the key is not ours.
    """

    department_uscc: str
    department_name: str
    code14: str
    ring_text: str
    kind: SealKind = SealKind.NAME
    line_text: str | None = None
    diameter: float = 42.0
    picture: Design | None = None
    ses_version: int | None = None
    cert_list: CertificateList | None = None
    token: TokenKey | None = None

    def design(self) -> Design:
        return self.picture or round_design(self.ring_text, self.line_text, self.code14, self.diameter)


def round_design(ring_text: str, line_text: str | None, code: str, diameter: float) -> Design:
    """The usual seal of a department: round, a star, its code on the lower arc."""
    return Design(ring_text, line=line_text, code=code, width=diameter)


@dataclass(frozen=True, slots=True)
class SealRecord:
    """A seal on record, without its private side."""

    id: UUID
    code: str
    name: str
    department: str
    department_name: str
    kind: SealKind
    ring_text: str
    line_text: str | None
    diameter: float
    state: str
    valid_from: datetime | None
    valid_until: datetime | None
    certificates: tuple[bytes, ...]
    """The department's seal certificates, SM2 first."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What the seal is used for (用章事项): the department's code of the matter, and the number of this case of it."""

    code: str
    number: str | None = None


@dataclass(frozen=True, slots=True)
class BatchPlace:
    """Which item of which batch an order is."""

    batch: UUID
    number: int


@dataclass(frozen=True, slots=True)
class PdfOrder:
    """Stamp a PDF. `closing`: nothing may be changed or signed afterwards (time stamps and archive data may be added).

    With both suites SM2 signs first and RSA closes (facts: sealing 2.6). `order_key` names the order in its department:
    the same key with the same bytes gives the same result for ever, other bytes are a conflict. One signature shows
    in all places.
    """

    document: bytes
    seal_id: UUID
    place: Places
    order_key: str
    suites: tuple[Suite, ...] = (Suite.SM2,)
    reason: str | None = None
    closing: bool = True
    form: PdfForm = PdfForm.PADES
    level: Level = Level.B_T
    certify: Certification | None = None
    """What others may do after a first signature; given, it stands for `closing`."""
    lock: tuple[str, ...] = ()
    """Form fields nobody may change afterwards (FieldMDP), in a file that stays open otherwise."""
    dated: date | None = None
    """The day to draw with the seal (成文日期)."""
    date_where: DateWhere = DateWhere.ACROSS
    matter: Matter | None = None
    batch: BatchPlace | None = None


@dataclass(frozen=True, slots=True)
class OfdOrder:
    """Stamp an OFD with SM2. `closing`: the signature also protects the list of signatures, so none can be added.

    A plain signature (`form`) shows nowhere: its `place` is empty.
    """

    document: bytes
    seal_id: UUID
    place: Places
    order_key: str
    closing: bool = True
    form: OfdForm = OfdForm.SEAL
    version: int | None = None
    """Of the SES_Signature: 4 (GB/T 38540-2020) or 5 (GM/T 0031-2025); None as the settings say."""
    time_stamp: bool = True
    which: str | None = None
    """Which document of a package with several: its place from 1, or its DocID."""
    dated: date | None = None
    """The day to draw with the seal (成文日期), with the first signature only."""
    date_where: DateWhere = DateWhere.ACROSS
    matter: Matter | None = None
    batch: BatchPlace | None = None


@dataclass(frozen=True, slots=True)
class Stamped:
    document: bytes
    order_id: UUID
    signing_time: datetime
