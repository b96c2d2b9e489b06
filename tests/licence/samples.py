"""Invented people, shops and carriers of 219901, a county code that is not assigned."""

from __future__ import annotations

from foundation.numbers import citizen_number_check, make_uscc

MARKET = make_uscc("11", "219900", "MB100001")
TRANSPORT = make_uscc("11", "219900", "MB100002")
MARKET_NAME = "印川市市场监督管理局"
TRANSPORT_NAME = "印川市交通运输局"


def citizen(number: int) -> str:
    first = f"219901{1970 + number % 30}{1 + number % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    return first + citizen_number_check(first)


def company(number: int) -> str:
    return make_uscc("92", "219901", f"MA{number:06d}")


NAMES = ("欧阳修文", "诸葛知秋", "林望舒", "陆怀瑾", "沈若初", "顾南乔", "苏念卿", "谢云起")


def food(number: int = 1, *, code: str | None = None) -> dict[str, str]:
    return {
        "holder_name": f"印川市溪山第{number}小吃店",
        "holder_code": code or company(number),
        "legal_representative": NAMES[number % len(NAMES)],
        "address": f"印川市印江区溪山路{number}号",
        "premises": f"印川市印江区溪山路{number}号一层",
        "business_form": "餐饮服务经营者",
        "business_items": "热食类食品制售；冷食类食品制售",
        "supervisor_body": "印江区市场监督管理局溪山所",
        "supervisor_staff": NAMES[(number + 1) % len(NAMES)],
        "signer": NAMES[(number + 2) % len(NAMES)],
    }


def road(number: int = 1, *, code: str | None = None) -> dict[str, str]:
    return {
        "holder_name": NAMES[number % len(NAMES)] if code else f"印川市长风第{number}运输有限公司",
        "holder_code": code or company(500_000 + number),
        "address": f"印川市印江区长风路{number}号",
        "business_scope": "道路普通货物运输",
        "economic_nature": "个体经济" if code else "有限责任公司",
    }


def business(number: int = 1) -> dict[str, str]:
    return {
        "holder_code": company(800_000 + number),
        "holder_name": f"印川市文心第{number}科技有限公司",
        "subject_type": "有限责任公司（自然人投资或控股）",
        "legal_representative": NAMES[number % len(NAMES)],
        "business_scope": "软件开发；信息技术咨询服务。",
        "registered_capital": "500万元",
        "established_on": "2024-05-06",
        "address": f"印川市印江区文心路{number}号",
    }
