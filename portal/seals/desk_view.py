"""What the stamping desk shows (盖章台视图): the page, every seal that would stand on it, and what a click changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from foundation.errors import InvalidInput, NotFound
from foundation.principal import Principal
from portal.languages import pick
from portal.seals import placing
from portal.seals.frame import told
from portal.seals.sheets import NARROW, WIDE, Layer, Sheet
from portal.seals.words_stamp import STAMP
from seal import dateline, find, keeping
from seal.dateline import DateWhere
from seal.drafts import desk
from seal.drafts.models import SealDraft
from seal.room import SealRoom


def documents(kept: SealDraft) -> list[tuple[str, str]]:
    """The documents of a package with several, to choose from."""
    count = desk.documents(kept.octets, kept.format)
    return [(str(at), pick(STAMP["document_of"]) % {"number": at}) for at in range(1, count + 1)] if count > 1 else []


def middle(kept: SealDraft, typed: dict[str, str]) -> dict[str, str]:
    """Where seals of documents usually stand: right and low on the first page."""
    if documents(kept):
        typed = typed | {"ofd_document": "1"}
    width, height = _sizes(kept, typed).size(1)
    return typed | {"x_mm": f"{width * 0.7:.1f}", "y_mm": f"{height * 0.75:.1f}"}


def moved(kept: SealDraft, typed: dict[str, str], form: Mapping[str, str]) -> dict[str, str]:
    """What a button or a click changes: the page, or the place on it."""
    sizes = _sizes(kept, typed)
    wanted = form.get("go", "") or typed["page"]
    number = min(max(int(wanted), 1), sizes.count) if wanted.isdecimal() and len(wanted) < 6 else 1
    typed = typed | {"page": str(number)}
    width, height = sizes.size(number)
    empty = Sheet(number, sizes.count, width, height, "", ())
    for name, across in (("wide", WIDE), ("narrow", NARROW)):
        x, y = form.get(f"{name}.x", ""), form.get(f"{name}.y", "")
        if x.isdecimal() and y.isdecimal() and (x, y) != ("0", "0"):
            at_x, at_y = empty.point(across, int(x[:5]), int(y[:5]))
            by = typed["by"] if typed["by"] == "pages" else "point"
            typed |= {"x_mm": f"{at_x:g}", "y_mm": f"{at_y:g}", "by": by}
    return typed


def sheet(
    room: SealRoom,
    principal: Principal,
    kept: SealDraft,
    typed: Mapping[str, str],
    placed: Sequence[Mapping[str, str]] = (),
) -> tuple[Sheet, str]:
    """The page, with every seal that would stand on it; and why one would not, if so."""
    sizes = _sizes(kept, typed)
    number = min(max(int(typed["page"]), 1), sizes.count) if typed["page"].isdecimal() else 1
    width, height = sizes.size(number)
    layers, wrong, movable = [], "", False
    for at, one in enumerate((*placed, typed)):
        try:
            layers.append(_layer(room, principal, kept, {**typed, **one}, number, first=at == 0))
            movable = at == len(placed) and one["by"] in ("point", "pages")
        except NotFound:
            continue
        except InvalidInput as error:
            wrong = wrong or told(error)
    which = _which(typed)
    picture = f"/seals/stamp/{kept.id}/page/{number}" + (f"?document={which}" if which else "")
    return Sheet(number, sizes.count, width, height, picture, tuple(layers), movable), wrong


def check(room: SealRoom, principal: Principal, kept: SealDraft, typed: Mapping[str, str]) -> None:
    """Raises where this seal would not stand as it is placed now."""
    _layer(room, principal, kept, typed, 1, first=False)


def place_words(one: Mapping[str, str]) -> str:
    """Where a seal placed before will stand, in words."""
    match one["by"]:
        case "point":
            said = "placed_point"
        case "pages":
            said = "placed_pages"
        case "keyword":
            said = "placed_keyword"
        case "riding":
            return pick(STAMP["by_riding"])
        case _:
            return pick(STAMP["by_field"])
    return pick(STAMP[said]) % one


def _layer(
    room: SealRoom, principal: Principal, kept: SealDraft, typed: Mapping[str, str], number: int, *, first: bool
) -> Layer:
    """The date goes with the first seal, so it is drawn with it."""
    row = find.row_of(room, principal, _uuid(typed["seal"]))
    look = keeping.held(room, row).appearance
    day = placing.day(typed) if first and typed["by"] not in ("riding", "field") else None
    where = DateWhere.UNDER if typed["date_where"] == DateWhere.UNDER else DateWhere.ACROSS
    dated = dateline.place(day, where, look.width, look.height) if day else None
    places = placing.places(typed, kept.format)
    marks = desk.marks(kept.octets, kept.format, places, look.width, look.height, dated=dated, which=_which(typed))
    return Layer.of(f"/seals/stamp/seal/{row.id}.svg", (look.width, look.height), marks, number, dated)


def _sizes(kept: SealDraft, typed: Mapping[str, str]) -> desk.Sizes:
    return desk.sizes(kept.octets, kept.format, _which(typed))


def _which(typed: Mapping[str, str]) -> str | None:
    return typed["ofd_document"] or None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput("seal.page_seal", STAMP["choose_seal"]) from error
