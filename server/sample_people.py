"""Departments and accounts of the sample region (示例机构与账号), all invented."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.numbers import citizen_number_check, make_uscc
from foundation.principal import Kind, Permission, Principal


@dataclass(frozen=True, slots=True)
class Department:
    slug: str
    uscc: str
    name: str
    seal_code: str
    licence_types: tuple[str, ...]

    def client(self) -> Principal:
        """The department's own program, as the sample region uses it."""
        permissions = frozenset(
            {Permission.LICENCE_ISSUE, Permission.LICENCE_READ, Permission.SEAL_STAMP, Permission.LICENCE_REVOKE}
        )
        return Principal(Kind.CLIENT, f"client:{self.slug}", permissions, department=self.uscc, client_id=self.slug)


MARKET = Department(
    "market",
    make_uscc("11", "219900", "MB100001"),
    "印川市市场监督管理局",
    "21990000000001",
    ("business-licence", "food-operation"),
)
TRANSPORT = Department(
    "transport", make_uscc("11", "219900", "MB100002"), "印川市交通运输局", "21990000000002", ("road-transport",)
)
DATA = Department("data", make_uscc("11", "219900", "MB100003"), "印川市政务服务和大数据管理局", "21990000000003", ())
DEPARTMENTS = (MARKET, TRANSPORT, DATA)


@dataclass(frozen=True, slots=True)
class Login:
    """One sample account as the banner and the tour show it."""

    username: str
    password: str
    name: str
    phone: str
    citizen_number: str
    role_zh: str
    role_en: str
    department: str | None = None
    role: str | None = None


def _number(born: str, order: str) -> str:
    first17 = f"219901{born}{order}"
    return first17 + citizen_number_check(first17)


LOGINS = (
    Login("citizen", "sample-citizen-1", "林知夏", "13900000001", _number("19900315", "002"), "市民", "citizen"),
    Login(
        "clerk",
        "sample-clerk-22",
        "周衡",
        "13900000002",
        _number("19850720", "013"),
        "市场监管局经办人",
        "market clerk",
        MARKET.uscc,
        "licence-manager",
    ),
    Login(
        "transport",
        "sample-transport-3",
        "何渡",
        "13900000003",
        _number("19881102", "031"),
        "交通运输局经办人",
        "transport clerk",
        TRANSPORT.uscc,
        "licence-manager",
    ),
    Login(
        "window",
        "sample-window-4",
        "沈晴",
        "13900000004",
        _number("19950506", "044"),
        "政务窗口",
        "window",
        DATA.uscc,
        "window",
    ),
    Login(
        "admin",
        "sample-admin-55",
        "顾明远",
        "13900000005",
        _number("19790918", "055"),
        "系统管理员",
        "administrator",
        DATA.uscc,
        "administrator",
    ),
    Login(
        "ra1",
        "sample-officer-6",
        "许听澜",
        "13900000006",
        _number("19870214", "066"),
        "证书注册审核员",
        "registration officer",
        DATA.uscc,
        "ra-officer",
    ),
    Login(
        "ra2",
        "sample-approver-7",
        "秦望舒",
        "13900000007",
        _number("19830830", "077"),
        "证书注册复审员",
        "registration approver",
        DATA.uscc,
        "ra-approver",
    ),
    Login(
        "seal1",
        "sample-keeper-8",
        "温如许",
        "13900000008",
        _number("19910409", "088"),
        "市场监管局印章经办",
        "seal clerk of the market bureau",
        MARKET.uscc,
        "seal-clerk",
    ),
    Login(
        "seal2",
        "sample-approver-9",
        "陶砚秋",
        "13900000009",
        _number("19800621", "099"),
        "印章审批",
        "seal approver",
        DATA.uscc,
        "seal-approver",
    ),
    Login(
        "seal3",
        "sample-maker-10",
        "祁连山",
        "13900000010",
        _number("19891115", "100"),
        "制章",
        "seal maker",
        DATA.uscc,
        "seal-maker",
    ),
    Login(
        "seal4",
        "sample-filing-11",
        "苏澹月",
        "13900000011",
        _number("19930227", "112"),
        "印章备案",
        "seal registrar",
        DATA.uscc,
        "seal-registrar",
    ),
    Login(
        "seal5",
        "sample-keeper-12",
        "江照野",
        "13900000012",
        _number("19920812", "123"),
        "市场监管局印章保管（手工盖章）",
        "seal keeper of the market bureau (stamps by hand)",
        MARKET.uscc,
        "seal-keeper",
    ),
    Login(
        "seal6",
        "sample-owner-13",
        "叶知秋",
        "13900000013",
        _number("19780316", "134"),
        "市场监管局印章管理人",
        "seal owner of the market bureau",
        MARKET.uscc,
        "seal-owner",
    ),
    Login(
        "seal7",
        "sample-owner-14",
        "程见山",
        "13900000014",
        _number("19820725", "145"),
        "市场监管局印章管理人（第二人）",
        "second seal owner of the market bureau",
        MARKET.uscc,
        "seal-owner",
    ),
    Login(
        "seal8",
        "sample-consent-15",
        "白若溪",
        "13900000015",
        _number("19840902", "156"),
        "市场监管局用章审批",
        "approver of uses, market bureau",
        MARKET.uscc,
        "use-approver",
    ),
    Login(
        "seal9",
        "sample-consent-18",
        "宋时雨",
        "13900000018",
        _number("19900118", "189"),
        "市场监管局用章审批（尚无云签名）",
        "approver of uses, market bureau (no cloud signature yet)",
        MARKET.uscc,
        "use-approver",
    ),
    Login(
        "trust1",
        "sample-clerk-16",
        "闻松声",
        "13900000016",
        _number("19860511", "160"),
        "区域互认经办",
        "clerk for trusted regions",
        DATA.uscc,
        "trust-clerk",
    ),
    Login(
        "trust2",
        "sample-second-17",
        "沐云川",
        "13900000017",
        _number("19811208", "177"),
        "区域互认审批",
        "approver of trusted regions",
        DATA.uscc,
        "trust-approver",
    ),
)
CITIZEN = LOGINS[0]
