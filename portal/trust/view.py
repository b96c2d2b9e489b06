"""What is believed of other regions, as a page shows it (互信区域视图): each root with its limits in plain words.

Nothing here decides: limits come from the book in force, and a withdrawal counts wherever it is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ca.reading import Certificate
from foundation.text import Text
from licence.catalogue import catalogue
from portal.languages import moment, pick
from portal.trust.words import COMMON, USES
from portal.wording import Word
from verify.regions.book import Book
from verify.regions.shapes import Region, RegionList, Root


@dataclass(frozen=True, slots=True)
class RootView:
    certificate: Certificate
    state: Word | None
    places: str
    types: str
    uses: str
    trusted_from: datetime | None
    trusted_until: datetime | None
    withdrawn: datetime | None


@dataclass(frozen=True, slots=True)
class RegionView:
    region: Region
    roots: tuple[RootView, ...]
    edition: RegionList | None
    """The list that names it; None when two people entered it here."""
    overdue: bool

    @property
    def name(self) -> str:
        return pick(Text(self.region.name_zh, self.region.name_en or self.region.name_zh))


def regions(book: Book, now: datetime) -> list[RegionView]:
    """Each region once, by its code; who prevails is the book's word."""
    by_hand = {one.code for one in book.own}
    named = {one.code: edition for edition in reversed(book.lists) for one in edition.regions}
    found = []
    for region in sorted(book.regions, key=lambda one: one.code):
        edition = None if region.code in by_hand else named[region.code]
        roots = tuple(root_view(root, now, book.withdrawn(root.certificate.fingerprint)) for root in region.roots)
        found.append(RegionView(region, roots, edition, edition is not None and edition.next_update < now))
    return found


def entry_view(region: Region, now: datetime) -> RegionView:
    """An entry by itself, as somebody proposes it: only what it says against a root is a state."""
    seen = [root_view(one, now, one.rules.withdrawn_since) for one in region.roots]
    roots = tuple(replace(one, state=None) if one.state == _word("in_force", "good") else one for one in seen)
    return RegionView(region, roots, edition=None, overdue=False)


def root_view(root: Root, now: datetime, withdrawn: datetime | None) -> RootView:
    rules = root.rules
    return RootView(
        root.certificate, _state(root, now, withdrawn), places(root), types(root), uses(root),
        rules.trusted_from, rules.trusted_until, withdrawn,
    )  # fmt: skip


def _state(root: Root, now: datetime, withdrawn: datetime | None) -> Word:
    rules = root.rules
    if withdrawn is not None:
        return _word("is_withdrawn", "bad") if withdrawn <= now else _word("withdrawn_later", "warn")
    if rules.trusted_from is not None and now < rules.trusted_from:
        return _word("not_yet", "warn")
    if rules.trusted_until is not None and now > rules.trusted_until:
        return _word("over", "bad")
    return _word("in_force", "good") if root.certificate.valid_at(now) else _word("expired", "bad")


def _word(key: str, tone: str) -> Word:
    said = pick(COMMON[key])
    return Word(said[:1].upper() + said[1:], tone)


def places(root: Root) -> str:
    if root.rules.regions is None:
        return pick(COMMON["anywhere"])
    return pick(COMMON["beginning"]) % {"codes": pick(COMMON["comma"]).join(sorted(root.rules.regions))}


def types(root: Root) -> str:
    """Codes of ours with their names; others as they are."""
    if root.rules.licence_types is None:
        return pick(COMMON["any_type"])
    return pick(COMMON["comma"]).join(_type(code) for code in sorted(root.rules.licence_types))


def _type(code: str) -> str:
    names = [Text(kind.name_zh, kind.name_en) for kind in catalogue().values() if kind.code21.startswith(code)]
    return f"{code} ({', '.join(pick(one) for one in names)})" if 0 < len(names) < 4 else code


def uses(root: Root) -> str:
    if root.uses is None:
        return pick(COMMON["any_use"])
    return ", ".join(pick(text) for use, text in USES.items() if use in root.uses)


def times(root: Root) -> list[tuple[str, str]]:
    """Of each limit in time its word and its value."""
    rules = root.rules
    given = {
        "trusted_from": rules.trusted_from,
        "trusted_until": rules.trusted_until,
        "withdrawn": rules.withdrawn_since,
    }
    return [(key, moment(at)) for key, at in given.items()]
