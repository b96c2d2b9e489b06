"""What may happen to a PDF after a signature (签后允许的改动): DocMDP, FieldMDP, and our own rule for official seals.

ISO 32000-2 12.8.2.2 and .4. An official seal bears data for later verification and further signatures that hold;
filling a form or adding comments is for approval signatures, and only where a certification says so. Without one,
nothing is permitted: a field filled in after signing is the "shadow replace" attack (facts: sealing 5.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from pyhanko.sign.fields import FieldMDPSpec

from verify import roles
from verify.pdf.compare.kinds import FILLING, HARMLESS, Kind
from verify.pdf.compare.places import Difference
from verify.pdf.found import Found


class Ruling(Enum):
    HARMLESS = "harmless"
    SIGNED = "signed"
    PERMITTED = "permitted"
    """By the certification, for a signature that is no official seal."""
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Permission:
    """What one signature lets others do."""

    item: Found
    found: tuple[Found, ...]
    level: int | None
    """DocMDP /P in force; None when nobody certified the document."""
    lock: FieldMDPSpec | None
    official: bool

    @classmethod
    def of(cls, item: Found, found: Iterable[Found]) -> Permission:
        found = tuple(found)
        levels = [one.signature.doc_mdp for one in found if one is item or _earlier(one, item)]
        said = [level for level in levels if level is not None]
        lock = item.signature.field_mdp
        return cls(
            item,
            found,
            min(said) if said else None,
            FieldMDPSpec.from_pdf_object(lock) if lock is not None else None,
            _official(item),
        )

    def rule(self, difference: Difference, every: Iterable[Difference]) -> Ruling:
        kind, field = difference.kind, difference.place.field
        if kind in HARMLESS:
            return Ruling.HARMLESS
        if kind is Kind.SIGNATURE or (kind is Kind.EMPTY_FIELD and self._later(field) is not None):
            return self._signed(difference)
        if kind is Kind.STRUCTURE and self.level != 1 and _signed_in(difference.revision, every):
            return Ruling.SIGNED  # tags of the new signature; the second opinion looks at them
        if self.official or (self.lock is not None and field is not None and self.lock.is_locked(field)):
            return Ruling.FORBIDDEN
        if (kind in FILLING and self.level in (2, 3)) or (kind is Kind.ANNOTATION and self.level == 3):
            return Ruling.PERMITTED
        return Ruling.FORBIDDEN

    def _signed(self, difference: Difference) -> Ruling:
        """A field the signer had prepared may be signed by anybody; a new one only by somebody trusted, for its
        picture may cover what was sealed.
        """
        other = self._later(difference.place.field)
        if other is None:
            return Ruling.FORBIDDEN
        if other.stamp is not None and other.good and difference.place.box is None:
            return Ruling.HARMLESS
        if self.level == 1:
            return Ruling.FORBIDDEN
        if difference.prepared:
            return Ruling.SIGNED  # a broken one there is its own finding, and says more
        return Ruling.SIGNED if other.good and (other.trusted or not self.item.trusted) else Ruling.FORBIDDEN

    def _later(self, field: str | None) -> Found | None:
        for other in self.found:
            if field is not None and other.signature.field == field and _earlier(self.item, other):
                return other
        return None


def _earlier(one: Found, other: Found) -> bool:
    return one.coverage is not None and other.coverage is not None and one.coverage.end < other.coverage.end


def _official(item: Found) -> bool:
    if item.checked is None:
        return False
    certificate = item.checked.certificate
    return item.checked.seal is not None or (certificate is not None and roles.is_official_seal(certificate))


def _signed_in(revision: int, every: Iterable[Difference]) -> bool:
    return any(one.revision == revision and one.kind is Kind.SIGNATURE for one in every)
