"""Several seals on one OFD in one go (OFD 一次加盖多枚印章): as for a PDF, each an order of its own.

All are tried before the first signs. The keys follow from one key, so a repeated call, or one after a crash between two
seals, goes on where it stopped and ends with the same file.
"""

from __future__ import annotations

from dataclasses import replace

from foundation.errors import InvalidInput
from foundation.principal import Principal
from foundation.text import Text
from seal import find, keeping
from seal.carrying_out import check_usable
from seal.ofd.dates import lay
from seal.ofd.lists import refuse_unsignable
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.ofd_forms import OfdForm
from seal.orders import OfdOrder, Stamped
from seal.room import SealRoom
from seal.several import MOST_FURTHER, Further
from seal.stamp_ofd import check_words, stamp_ofd


def stamp_several_ofd(room: SealRoom, principal: Principal, order: OfdOrder, further: tuple[Further, ...]) -> Stamped:
    """Stamp with the order's own seal, then with the further ones; what closes is the last."""
    if len(further) > MOST_FURTHER:
        raise _refused(
            "also_many",
            f"一次最多加盖 {MOST_FURTHER + 1} 枚印章。",
            f"One order takes {MOST_FURTHER + 1} seals at most.",
        )
    if order.form is OfdForm.SIGN:
        raise _refused("also_plain", "数字签名不能与印章合并办理。", "A plain signature takes no further seals.")
    pairs = [(order.seal_id, order.place), *((one.seal_id, one.place) for one in further)]
    last = len(pairs) - 1
    chained = [
        replace(
            order,
            seal_id=seal_id,
            place=place,
            order_key=f"{order.order_key}#{number + 1}/{last + 1}",
            closing=order.closing and number == last,
            dated=order.dated if number == 0 else None,
        )
        for number, (seal_id, place) in enumerate(pairs)
    ]
    _try(room, principal, chained)
    done = stamp_ofd(room, principal, chained[0])
    for one in chained[1:]:
        done = stamp_ofd(room, principal, replace(one, document=done.document))
    return done


def _try(room: SealRoom, principal: Principal, chained: list[OfdOrder]) -> None:
    """Everything that can be known before the first seal signs; nothing is on record yet."""
    package = Package.read(chained[0].document)
    sheets = OfdSheets.of(package, chained[0].which)
    for one in chained:
        check_words(one)
        row = find.row_of(room, principal, one.seal_id)
        check_usable(room, row)
        look = keeping.held(room, row).appearance
        laid = lay(package, sheets, one, look.width, look.height)
        refuse_unsignable(laid.package, laid.sheets.body)


def _refused(word: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(f"seal.{word}", Text(zh, en))
