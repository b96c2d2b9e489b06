"""Sample data (示例数据): a hundred invented licences of each type, and a file of rows with one fault each.

`python -m licence.samples` writes `examples/data/*.csv`; the same octets every time. Check characters are right, so
that the data passes every door; the county of invented citizens, 219901, and the region of invented firms, 219900, are
assigned to nobody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from random import Random

from foundation.numbers import citizen_number_check, make_uscc
from licence import sample_words as words
from licence.catalogue import LicenceType, licence_type

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "data"
ROWS = 100
REGION, COUNTY, CITY = "219900", "219901", "印川市"
_ORGANISATION = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class Inventor:
    """Makes people, firms and places out of words; repeatable from its seed."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - repeatable on purpose

    def pick(self, choices: Iterable[str]) -> str:
        return self._random.choice(tuple(choices))

    def some(self, choices: Iterable[str], least: int, most: int) -> list[str]:
        """A few of the choices, in their order."""
        pool = tuple(choices)
        taken = self._random.sample(range(len(pool)), min(len(pool), self._random.randint(least, most)))
        return [pool[place] for place in sorted(taken)]

    def chance(self, part: float) -> bool:
        return self._random.random() < part

    def number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def person(self) -> str:
        if self.chance(0.06):
            return self.pick(words.DOTTED)
        given = self.pick(words.RARE_GIVEN) if self.chance(0.2) else self.pick(words.GIVEN)
        return self.pick(words.SURNAMES) + given

    def day(self, first: int, last: int) -> str:
        return (date(first, 1, 1) + timedelta(days=self.number(0, 365 * (last - first) + 364))).isoformat()

    def citizen(self) -> str:
        first17 = f"{COUNTY}{self.day(1955, 2003).replace('-', '')}{self.number(1, 999):03d}"
        return first17 + citizen_number_check(first17)

    def firm_code(self, registry: str = "91") -> str:
        return make_uscc(registry, REGION, "MA" + "".join(self.pick(_ORGANISATION) for _ in range(6)))

    def address(self) -> str:
        street = f"{CITY}{self.pick(words.DISTRICTS)}{self.pick(words.ROADS)}"
        return f"{street}{self.number(1, 1999)}号{self.pick(words.PLACES)}"


def _business(made: Inventor) -> dict[str, str]:
    kind = licence_type("business-licence")
    form = made.pick(kind.field("subject_type").choices[:12])
    trade, scope = made.pick(f"{name}|{items}" for name, items in words.TRADES).split("|")
    more = made.some((items for _, items in words.TRADES), 0, 4)
    extra = "".join(f"；{items}" for items in more if items != scope)
    person = form in {"个体工商户", "个人独资企业"}
    ending = {"股份": "股份有限公司", "合伙": "企业（有限合伙）", "合作": "农民专业合作社"}.get(
        next((key for key in ("股份", "合伙", "合作") if key in form), ""), "有限公司"
    )
    brand = made.pick(words.BRANDS)
    name = (
        f"{CITY}{made.pick(words.DISTRICTS)[:2]}{brand}{made.pick(words.SHOPS)}"
        if person
        else CITY + brand + trade + ending
    )
    if made.chance(0.08):
        name = f"{brand}（中国）{trade}集团{CITY}投资控股{ending}第{made.number(2, 9)}分公司"
    licensed = words.SCOPE_LICENSED.format(scope.split("；")[0]) if made.chance(0.4) else ""
    amount = made.pick(("3", "10", "50", "100", "500", "1000", "2000", "5000", "12800", "100000")) + "万元"
    return {
        "holder_code": made.firm_code("92" if form == "个体工商户" else "91"),
        "holder_name": name,
        "subject_type": form,
        "legal_representative": made.person(),
        "business_scope": f"{licensed}{words.SCOPE_HEAD}{scope}{extra}{words.SCOPE_TAIL}",
        "registered_capital": f"{made.number(10, 9999)}56.78" if made.chance(0.05) else amount,
        "established_on": made.day(1998, 2024),
        "address": made.address(),
    }


def _food(made: Inventor) -> dict[str, str]:
    form = made.pick(("食品销售经营者", "餐饮服务经营者", "餐饮服务经营者", "单位食堂"))
    person, brand = made.person(), made.pick(words.BRANDS)
    own = form != "单位食堂" and made.chance(0.4)
    shop = f"{CITY}{made.pick(words.DISTRICTS)[:2]}{brand}{made.pick(words.SHOPS)}"
    firm = f"{CITY}{brand}餐饮管理有限公司{made.pick(words.DISTRICTS)[:2]}第{made.number(1, 28)}分店"
    name = made.pick(words.CANTEENS) if form == "单位食堂" else shop if own or made.chance(0.6) else firm
    premises = made.address()
    return {
        "holder_name": name,
        "holder_code": made.citizen() if own else made.firm_code(),
        "legal_representative": person,
        "address": premises if made.chance(0.7) else made.address(),
        "premises": premises,
        "business_form": form,
        "business_items": "；".join(made.some(words.FOOD_ITEMS[form], 1, 6)),
        "supervisor_body": made.pick(words.SUPERVISORS),
        "supervisor_staff": made.person(),
        "hotline": "" if made.chance(0.5) else "12315",
        "signer": made.person(),
        "valid_to": "" if made.chance(0.7) else made.day(2031, 2034),
    }


def _road(made: Inventor) -> dict[str, str]:
    own = made.chance(0.2)
    kind = licence_type("road-transport")
    name = f"{CITY}{made.pick(words.BRANDS)}{'货运部' if own else made.pick(words.CARRIERS)}"
    return {
        "holder_name": name,
        "holder_code": made.citizen() if own else made.firm_code(),
        "address": made.address(),
        "business_scope": "，".join(made.some(words.TRANSPORT, 1, 6)),
        "economic_nature": "个体经济"
        if own
        else ""
        if made.chance(0.2)
        else made.pick(kind.field("economic_nature").choices),
        "valid_from": "",
        "valid_to": "" if made.chance(0.8) else "长期" if made.chance(0.2) else made.day(2031, 2033),
    }


MAKERS = {"business-licence": _business, "food-operation": _food, "road-transport": _road}


def rows(slug: str) -> list[dict[str, str]]:
    """The hundred sample licences of one type, by field key, before normalising."""
    made = Inventor(f"yinxin samples 1 {slug}")
    return [MAKERS[slug](made) for _ in range(ROWS)]


FAULTS: tuple[tuple[str, str, str], ...] = (
    ("holder_code", "91219900MA12345670", "check character of the credit code"),
    ("holder_code", "219901199002301239", "30 February inside a citizen number"),
    ("holder_code", "", "required and empty"),
    ("holder_name", "印川市😀小吃店", "a character no font holds"),
    ("holder_name", "印川市\u202e店面馆", "bidirectional control"),
    ("holder_name", "印川市\u200b老面馆", "zero-width space"),
    ("legal_representative", "张三3", "a digit in a name"),
    ("business_form", "食品超市", "not one of the choices"),
    ("business_items", "热食类食品制售；" * 60, "longer than the field may be"),
    ("hotline", "一二三一五", "not a telephone number"),
    ("valid_to", "2019-02-29", "no such day"),
    ("valid_to", "2020-01-01", "ended before it is issued"),
    ("valid_to", "2029年13月1日", "no such month"),
)
"""Field, bad value and what is wrong, each put into an otherwise good food-operation row."""


def faulty_rows() -> list[dict[str, str]]:
    """Good rows with one fault each, between good ones; numbers 1, 15 and 16 (from 1) are good."""
    made = Inventor("yinxin samples 1 faults")
    good = [_food(made) for _ in range(3)]
    bad = [_food(made) | {key: value} for key, value, _ in FAULTS]
    return [good[0], *bad, good[1], good[2]]


def sheet(kind: LicenceType, data: list[dict[str, str]]) -> bytes:
    """CSV as an office's spreadsheet program writes it: UTF-8 with mark, Chinese labels, CRLF."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([spec.label_zh for spec in kind.fields])
    writer.writerows([row.get(spec.key, "") for spec in kind.fields] for row in data)
    return buffer.getvalue().encode("utf-8-sig")


def files() -> dict[str, bytes]:
    made = {f"{slug}.csv": sheet(licence_type(slug), rows(slug)) for slug in MAKERS}
    return {**made, "with-faults.csv": sheet(licence_type("food-operation"), faulty_rows())}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
