"""Several seals on one PDF in one go (一次加盖多枚印章): the office's seal and its head's name seal, say.

Each seal signs for itself, in the order given, and is an order of its own in the register: its rules and its approvals
are its own. All are tried before the first signs. The keys follow from one key, so a repeated call, or one after a
crash between two seals, goes on where it stopped and ends with the same file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.principal import Principal
from foundation.text import Text
from seal import find, keeping
from seal.carrying_out import check_usable
from seal.orders import PdfOrder, Stamped
from seal.pdf.document import inspect
from seal.pdf_forms import Level
from seal.places import InField, Places, Riding, Way, listed
from seal.room import SealRoom
from seal.stamp_pdf import check_words, stamp_pdf, steps

MOST_FURTHER = 9


@dataclass(frozen=True, slots=True)
class Further:
    """Another seal of the same department, and where it goes."""

    seal_id: UUID
    place: Places


def stamp_several(room: SealRoom, principal: Principal, order: PdfOrder, further: tuple[Further, ...]) -> Stamped:
    """Stamp with the order's own seal, then with the further ones; what closes or locks is the last."""
    chained = _chained(order, further)
    _try(room, principal, chained)
    done: Stamped | None = None
    for one in chained:
        done = stamp_pdf(room, principal, one if done is None else replace(one, document=done.document))
    assert done is not None  # noqa: S101 - there is always the order's own seal
    return done


def _chained(order: PdfOrder, further: tuple[Further, ...]) -> list[PdfOrder]:
    if not further:
        return [order]
    if len(further) > MOST_FURTHER:
        raise _refused(
            "also_many",
            f"一次最多加盖 {MOST_FURTHER + 1} 枚印章。",
            f"One order takes {MOST_FURTHER + 1} seals at most.",
        )
    if order.certify is not None:
        raise _refused(
            "also_certify",
            "认证签章之后不能再新增印章，请去掉 certify 或分开用章。",
            "A certified file takes no further seals. Leave certify out, or stamp separately.",
        )
    if any(isinstance(place, Riding) and place.way is Way.CONTENT for one in further for place in listed(one.place)):
        raise _refused(
            "also_content",
            "画入页面的骑缝章只能是第一枚，请调整顺序。",
            "A riding seal drawn into the pages can only be the first. Change their order.",
        )
    places = [(order.seal_id, order.place), *((one.seal_id, one.place) for one in further)]
    last = len(places) - 1
    plain = Level.B_B if order.level is Level.B_B else Level.B_T
    return [
        replace(
            order,
            seal_id=seal_id,
            place=place,
            order_key=f"{order.order_key}#{number + 1}/{last + 1}",
            closing=order.closing and number == last,
            lock=order.lock if number == last else (),
            level=order.level if number == last else plain,
            dated=order.dated if number == 0 else None,
        )
        for number, (seal_id, place) in enumerate(places)
    ]


def _try(room: SealRoom, principal: Principal, chained: list[PdfOrder]) -> None:
    """Everything that can be known before the first seal signs; nothing is on record yet."""
    for one in chained:
        check_words(one)
        row = find.row_of(room, principal, one.seal_id)
        check_usable(room, row)
        tried = replace(one, suites=tuple(suite for suite in one.suites if suite is not Suite.P256) or (Suite.SM2,))
        first = listed(one.place)[0] if listed(one.place) else None
        opened = inspect(one.document, first.name if isinstance(first, InField) else None)
        steps(room, row, tried, keeping.held(room, row), opened)


def _refused(word: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(f"seal.{word}", Text(zh, en))
