"""The form of a region (区域登记表): from what is in force to fields, and from fields to an entry to propose.

Nothing limitless happens by an empty field: a root without places must be said to be one for anywhere.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from ca.reading import Certificate
from foundation.clock import SHANGHAI
from foundation.errors import InvalidInput
from portal.languages import pick
from portal.trust.words import ENTER
from verify import trust_files
from verify.anchors import Use
from verify.regions.shapes import MOST_BELOW, MOST_ROOTS, Region, Root
from verify.report import clean

NEW = "new"
"""Prefix of the fields that hold for all roots added; a kept root's prefix is its fingerprint."""
TIMES = ("trusted_from", "trusted_until", "withdrawn_since")
MOST_FILES, MOST_FILE, MOST_LINE, MOST_REASON = 16, 256 * 1024, 4000, 500
_PLACE, _TYPE = re.compile(r"\d{2,6}"), re.compile(r"[0-9A-Z]{1,21}")


@dataclass(frozen=True, slots=True)
class Limits:
    """The fields of one root, as typed."""

    prefix: str
    places: str = ""
    anywhere: bool = False
    types: str = ""
    uses: tuple[str, ...] = ()
    trusted_from: str = ""
    trusted_until: str = ""
    withdrawn_since: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """The whole form. `kept`: fingerprints of roots and authorities below that stay; `limits`: by prefix."""

    code: str
    name_zh: str
    name_en: str
    contact: str
    reason: str
    kept: frozenset[str]
    limits: Mapping[str, Limits]


def blank() -> Typed:
    return Typed("", "", "", "", "", frozenset(), {NEW: Limits(NEW)})


def of_region(region: Region) -> Typed:
    """The form filled with what is in force."""
    limits = {root.certificate.fingerprint: _of_root(root) for root in region.roots}
    first = next(iter(limits.values()), Limits(NEW))
    new = Limits(NEW, first.places, first.anywhere, first.types, first.uses)
    kept = frozenset(limits) | {one.fingerprint for one in region.intermediates}
    return Typed(region.code, region.name_zh, region.name_en, region.contact, "", kept, {NEW: new, **limits})


def _of_root(root: Root) -> Limits:
    rules = root.rules
    return Limits(
        root.certificate.fingerprint,
        " ".join(sorted(rules.regions or ())),
        rules.regions is None,
        " ".join(sorted(rules.licence_types or ())),
        tuple(sorted(root.uses or ())),
        *(_local(getattr(rules, name)) for name in TIMES),
    )


def typed(form: MultiDict[str, str], region: Region | None) -> Typed:
    """As it was sent; `region`: what it changes."""

    def text(name: str, most: int) -> str:
        return form.get(name, "").strip()[:most]

    known = [root.certificate.fingerprint for root in region.roots] if region is not None else []
    limits = {
        prefix: Limits(
            prefix,
            text(f"{prefix}-places", MOST_LINE),
            form.get(f"{prefix}-anywhere") == "yes",
            text(f"{prefix}-types", MOST_LINE),
            tuple(one for one in form.getlist(f"{prefix}-uses") if one in set(Use)),
            *(text(f"{prefix}-{name}", 40) for name in TIMES),
        )
        for prefix in (NEW, *known)
    }
    code = region.code if region is not None else text("code", 6)
    return Typed(
        code, text("name_zh", 200), text("name_en", 200), text("contact", 200), text("reason", MOST_REASON),
        frozenset(form.getlist("keep")), limits,
    )  # fmt: skip


def entry(
    given: Typed, region: Region | None, files: Iterable[FileStorage]
) -> tuple[dict[str, object], dict[str, str]]:
    """The entry to propose, and what is wrong by field; with faults the entry is not to be used."""
    faults: dict[str, str] = {}
    added = _uploaded(files, faults)
    kept_roots = [one for one in (region.roots if region else ()) if one.certificate.fingerprint in given.kept]
    kept_below = [one for one in (region.intermediates if region else ()) if one.fingerprint in given.kept]
    here = {one.certificate.fingerprint for one in kept_roots} | {one.fingerprint for one in kept_below}
    fresh = [one for one in added if one.fingerprint not in here]
    roots = [_root(one.certificate, given.limits[one.certificate.fingerprint], faults) for one in kept_roots]
    roots += [_root(one, given.limits[NEW], faults) for one in fresh if one.self_issued]
    below = [*kept_below, *(one for one in fresh if not one.self_issued)]
    _check(given, roots, faults)
    if len(roots) > MOST_ROOTS or len(below) > MOST_BELOW:
        faults.setdefault("files", pick(ENTER["too_many"]))
    return {
        "code": given.code,
        "name_zh": given.name_zh,
        "name_en": given.name_en,
        "contact": given.contact,
        "roots": roots,
        "intermediates": [_b64(one) for one in below],
    }, faults


def _check(given: Typed, roots: list[dict[str, object]], faults: dict[str, str]) -> None:
    if not re.fullmatch(r"[0-9]{6}", given.code):
        faults["code"] = pick(ENTER["need_code"])
    if not given.name_zh:
        faults["name_zh"] = pick(ENTER["need_name"])
    if not roots and "files" not in faults:
        faults["files"] = pick(ENTER["need_root"])
    if not given.reason:
        faults["reason"] = pick(ENTER["need_reason"])


def _root(certificate: Certificate, limits: Limits, faults: dict[str, str]) -> dict[str, object]:
    found: dict[str, object] = {"certificate": _b64(certificate)}
    places, kinds = _words(limits.places), _words(limits.types)
    if not all(_PLACE.fullmatch(one) for one in places):
        faults[f"{limits.prefix}-places"] = pick(ENTER["bad_places"])
    elif places and not limits.anywhere:
        found["regions"] = places
    elif not limits.anywhere:
        faults[f"{limits.prefix}-places"] = pick(ENTER["need_places"])
    if not all(_TYPE.fullmatch(one) for one in kinds):
        faults[f"{limits.prefix}-types"] = pick(ENTER["bad_types"])
    elif kinds:
        found["licence_types"] = kinds
    if limits.uses:
        found["uses"] = list(limits.uses)
    for name in TIMES:
        text = getattr(limits, name)
        if text:
            at = instant(text)
            if at is None:
                faults[f"{limits.prefix}-{name}"] = pick(ENTER["bad_time"])
            else:
                found[name] = at.isoformat()
    return found


def _words(text: str) -> list[str]:
    """Spaces, commas and the Chinese marks between; nothing is guessed away."""
    return list(dict.fromkeys(one for one in re.split(r"[\s,，、;；]+", text) if one))


def instant(text: str) -> datetime | None:
    """What a browser's date and time field sends, in the region's civil time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=SHANGHAI) if at.tzinfo is None else None


def _local(at: datetime | None) -> str:
    if at is None:
        return ""
    civil = at.astimezone(SHANGHAI)
    return civil.strftime("%Y-%m-%dT%H:%M:%S" if civil.second else "%Y-%m-%dT%H:%M")


def _uploaded(files: Iterable[FileStorage], faults: dict[str, str]) -> list[Certificate]:
    try:
        found = certificates(files)
    except InvalidInput:
        faults["files"] = pick(ENTER["bad_file"])
        return []
    if any(not one.is_ca for one in found):
        faults["files"] = pick(ENTER["not_ca"])
    return found


def certificates(files: Iterable[FileStorage]) -> list[Certificate]:
    """Every certificate of the files sent, each once; raises `InvalidInput` over a file that holds none."""
    found: dict[str, Certificate] = {}
    for file in [one for one in files if one.filename][:MOST_FILES]:
        data = file.stream.read(MOST_FILE + 1)
        name = Path(clean(Path(file.filename or "").name, 80) or "file")
        read = trust_files.certificates(name, data) if len(data) <= MOST_FILE else []
        if not read:
            raise InvalidInput("verify.trust_file", ENTER["bad_file"])
        found |= {one.fingerprint: one for one in read}
    return list(found.values())


def entry_with_withdrawal(region: Region, fingerprint: str, at: datetime) -> dict[str, Any]:
    """What is in force, with one root believed no more since then."""
    found: dict[str, Any] = region.to_json()
    for root, stated in zip(region.roots, found["roots"], strict=True):
        if root.certificate.fingerprint == fingerprint:
            stated["withdrawn_since"] = at.isoformat()
    return found


def _b64(certificate: Certificate) -> str:
    return base64.b64encode(certificate.der).decode("ascii")
