"""A trust folder with lists of regions (信任库文件夹): `lists/*.json`, believed for `list-signers/*.cer`.

`list-signers/threshold.json` (`{"threshold": 2}`) says how many of them must have signed; without it one is enough.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from foundation.errors import InvalidInput
from foundation.text import Text
from verify import trust_files as files
from verify.regions.book import Book
from verify.regions.shapes import MOST_OCTETS, RegionList
from verify.regions.signed import Pins, verified
from verify.trust import TrustStore


def load(place: Path, now: datetime) -> TrustStore:
    """A trust folder or file with what its lists add. A list that is not believed stops the load."""
    lists = files.files(place / "lists", (".json",))
    if not lists:
        return TrustStore.load(place)
    pins = _pins(place / "list-signers")
    book = Book(lists=_newest([verified(files.bounded(one, MOST_OCTETS), pins, now).list for one in lists]))
    return book.lay_over(TrustStore.load(place, rooted=False))


def _pins(folder: Path) -> Pins:
    found = [
        certificate
        for file in files.files(folder, (".cer", ".crt", ".pem", ".der"))
        for certificate in files.certificates(file, files.bounded(file, files.MOST_SMALL))
    ]
    stated = folder / "threshold.json"
    threshold = files.json_of(stated).get("threshold") if stated.is_file() else 1
    if not found or type(threshold) is not int or not 0 < threshold <= len(found):
        raise InvalidInput(
            "verify.no_list_signers",
            Text(
                "信任库有区域列表，但 list-signers/ 中没有签署者证书，或签名数有误。",
                "The trust folder has lists of regions, but no signers in list-signers/, or a wrong threshold.",
            ),
        )
    return Pins(tuple(found), threshold)


def _newest(found: list[RegionList]) -> tuple[RegionList, ...]:
    """Of each scheme the newest edition."""
    kept: dict[str, RegionList] = {}
    for edition in found:
        if edition.scheme not in kept or kept[edition.scheme].number < edition.number:
            kept[edition.scheme] = edition
    return tuple(kept.values())
