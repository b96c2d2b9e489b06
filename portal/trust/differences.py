"""What agreeing to a proposed entry would change (改动对照), line by line, for the second person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ca.reading import Certificate
from portal.languages import pick
from portal.trust.view import places, times, types, uses
from portal.trust.words import CHANGES, COMMON
from verify.regions.shapes import Region, Root
from verify.report import clean

Line = tuple[str, str]
"""Its tone and its sentence."""


def differences(old: Region | None, new: Region) -> list[Line]:
    if old is None:
        return [("good", pick(CHANGES["is_new"]))]
    said = _changed("region", _name(old), _name(new)) + _changed("contact", old.contact, new.contact)
    kept, wanted = _roots(old.roots), _roots(new.roots)
    said += _gone_and_come("root", {key: one.certificate for key, one in kept.items()},
                           {key: one.certificate for key, one in wanted.items()})  # fmt: skip
    for print_, root in kept.items():
        if print_ in wanted:
            said += _limits(root, wanted[print_])
    return said + _gone_and_come("below", _prints(old.intermediates), _prints(new.intermediates))


def _gone_and_come(what: str, old: Mapping[str, Certificate], new: Mapping[str, Certificate]) -> list[Line]:
    plus, minus = pick(CHANGES[f"plus_{what}"]), pick(CHANGES[f"minus_{what}"])
    come = [("good", f"{plus}: {named(one)}") for key, one in new.items() if key not in old]
    return come + [("bad", f"{minus}: {named(one)}") for key, one in old.items() if key not in new]


def _limits(old: Root, new: Root) -> list[Line]:
    who = f" · {named(old.certificate)}"
    found = [("places", places(old), places(new)), ("types", types(old), types(new)), ("uses", uses(old), uses(new))]
    found += [(key, before, after) for (key, before), (_, after) in zip(times(old), times(new), strict=True)]
    return [line for key, before, after in found for line in _changed(key, before, after, who)]


def _changed(key: str, before: str, after: str, who: str = "") -> list[Line]:
    if before == after:
        return []
    empty = pick(CHANGES["nothing"])
    parts = {"what": pick(COMMON[key]) + who, "old": before or empty, "new": after or empty}
    again = key == "withdrawn" and not after  # somebody withdrawn would be believed again
    return [("bad" if again else "warn", pick(CHANGES["from_to"]) % parts)]


def _name(region: Region) -> str:
    return f"{region.name_zh} {region.name_en}".strip()


def _roots(roots: Iterable[Root]) -> dict[str, Root]:
    return {one.certificate.fingerprint: one for one in roots}


def _prints(certificates: Iterable[Certificate]) -> dict[str, Certificate]:
    return {one.fingerprint: one for one in certificates}


def named(certificate: Certificate) -> str:
    """A certificate in a sentence; its whole fingerprint stands beside it elsewhere on the page."""
    return f"{clean(certificate.subject.text, 120)} ({certificate.fingerprint[:16]}…)"
