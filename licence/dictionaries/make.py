"""Make the dictionary of a new type version: `python -m licence.dictionaries.make SLUG`. An existing file is kept.

Words are those any region's licences share and those of the sample data; a region trains its own on its own stock.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

from licence.catalogue import LicenceType, licence_type
from licence.identifiers import ROOT
from licence.samples import rows
from verify.code_templates import build_dictionary

_TRADES = ("餐饮", "食品", "科技", "商贸", "物流", "运输", "建筑工程", "信息技术", "文化传媒", "农业发展", "电子商务")
_ENDINGS = (
    "有限公司",
    "有限责任公司",
    "股份有限公司",
    "分公司",
    "小吃店",
    "餐饮店",
    "超市",
    "商行",
    "经营部",
    "合作社",
)
_PLACES = ("市", "县", "区", "街道", "镇", "村", "路", "大街", "号", "号楼", "单元", "室", "一层", "商铺", "园区")
_FOOD = (
    "热食类食品制售；冷食类食品制售；生食类食品制售；糕点类食品制售；自制饮品制售",
    "预包装食品销售（含冷藏冷冻食品）；散装食品销售（含冷藏冷冻食品）；特殊食品销售",
    "保健食品销售；特殊医学用途配方食品销售；婴幼儿配方乳粉销售",
)
_ROAD = (
    "道路普通货物运输；道路货物专用运输（集装箱）；道路货物专用运输（冷藏保鲜）；大型物件运输",
    "道路旅客运输；县内班车客运；县际班车客运；市际班车客运；省际班车客运；包车客运；危险货物运输",
)
_ISSUERS = ("市场监督管理局", "交通运输局", "行政审批局", "政务服务和大数据管理局")
_YEARS = range(2024, 2036)


def words(kind: LicenceType) -> list[str]:
    """Typical values of the type's code fields, more frequent ones more often."""
    found = [trade + ending for trade, ending in product(_TRADES, _ENDINGS)]
    found += [first + second for first, second in product(_PLACES, _PLACES)]
    found += [f"{place}{issuer}" for place, issuer in product(("市", "县", "区", "省"), _ISSUERS)] * 3
    found += [f"{year}-{month:02d}-" for year, month in product(_YEARS, range(1, 13))]
    found += [choice for spec in kind.fields if spec.key in kind.code_fields for choice in spec.choices] * 4
    found += ["长期"] * 4
    found += {"food-operation": _FOOD, "road-transport": _ROAD}.get(kind.slug, ()) * 6
    if kind.slug == "business-licence":
        found += [f"{amount}万元整" for amount in "壹贰叁伍"] + [f"{amount}佰万元整" for amount in "壹贰叁伍"] * 3
    found += [f"{ROOT}.{kind.code21}.11"] * 40
    # half of the invented licences; the other half shows what the dictionary is worth on data it has not seen
    for row in rows(kind.slug)[::2]:
        found += [value for key, value in row.items() if key in kind.code_fields]
    return found


def main(slug: str) -> None:
    kind = licence_type(slug)
    target = Path(__file__).with_name(f"{kind.slug}.v{kind.version}.bin")
    if not target.exists():
        target.write_bytes(build_dictionary(words(kind)))


if __name__ == "__main__":
    main(sys.argv[1])
