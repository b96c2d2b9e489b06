"""The sample region (示例区域): invented departments, seals, people and licences for a newcomer to try.

Region 219900 and county 219901 are assigned to no place, so nobody's real number can be met. Every step asks first
whether it was done, so a start interrupted anywhere is finished by the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ca.suites import Suite
from foundation.errors import Forbidden
from foundation.numbers import citizen_number_check, make_uscc
from foundation.principal import SYSTEM, Kind, Permission, Principal
from foundation.text import Text
from licence import authority
from licence.intents import IssueRequest
from licence.issue import issue
from seal.management.direct import make_directly
from seal.orders import SealKind, SealRequest
from server.house import House
from sso import people
from sso.officials import add_official, standing
from sso.people import NewPerson


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
)
CITIZEN = LOGINS[0]


def establish(house: House) -> list[Login]:
    if house.settings.environment != "sample":
        raise Forbidden(
            "sample.environment",
            Text("只有示例环境可以建立示例区域。", "The sample region can be set up in the sample environment only."),
        )
    establish_departments(house)
    for login in LOGINS:
        _person(house, login)
    _licences(house)
    return list(LOGINS)


def establish_departments(house: House) -> None:
    """Seals, and the licence types each department may issue."""
    for department in DEPARTMENTS:
        _seal(house, department)
        for slug in department.licence_types:
            authority.authorise(
                house.licence, SYSTEM, slug=slug, department=department.uscc, department_name=department.name
            )


def _seal(house: House, department: Department) -> None:
    request = SealRequest(department.uscc, department.name, department.seal_code, department.name, SealKind.NAME)
    make_directly(house.seal, SYSTEM, request)


def _person(house: House, login: Login) -> None:
    with house.ground.db.read() as session:
        known = people.find(house.ground, session, login.username)
    identifier = known.id if known is not None else _add(house, login)
    if login.role is None or login.department is None:
        return
    with house.ground.db.read() as session:
        has = standing(session, identifier)[0]
    if has is None:
        add_official(house.ground, SYSTEM, identifier, login.department, login.role)


def _add(house: House, login: Login) -> UUID:
    new = NewPerson(login.name, login.citizen_number, login.phone, login.password, login.username)
    return people.add_person(house.ground, SYSTEM, new)


def _licences(house: House) -> None:
    """Three licences to look at; the citizen's two are found by her number."""
    _issue(
        house,
        MARKET,
        "food-operation",
        {
            "holder_name": "林知夏手作点心铺",
            "holder_code": CITIZEN.citizen_number,
            "legal_representative": CITIZEN.name,
            "address": "印川市云栖区青石巷12号",
            "premises": "印川市云栖区青石巷12号一层临街铺面",
            "business_form": "餐饮服务经营者",
            "business_items": "热食类食品制售；糕点类食品制售；自制饮品制售",
            "supervisor_body": "印川市市场监督管理局云栖分局",
            "supervisor_staff": "方既白",
            "signer": "周衡",
        },
    )
    _issue(
        house,
        TRANSPORT,
        "road-transport",
        {
            "holder_name": CITIZEN.name,
            "holder_code": CITIZEN.citizen_number,
            "address": "印川市云栖区青石巷12号",
            "business_scope": "道路普通货物运输",
            "economic_nature": "个体经济",
        },
    )
    _issue(
        house,
        MARKET,
        "business-licence",
        {
            "holder_code": make_uscc("91", "219900", "MA10008X"),
            "holder_name": "印川市䶮澜数字科技有限公司",
            "subject_type": "有限责任公司（自然人投资或控股）",
            "legal_representative": "陆堃",
            "business_scope": "软件开发；信息系统集成服务；数据处理和存储支持服务；信息技术咨询服务；"
            "计算机软硬件及辅助设备零售。"
            "（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）",
            "registered_capital": "5000000",
            "established_on": "2019-06-18",
            "address": "印川市望海区创新大道88号3号楼1201室",
        },
    )


def _issue(house: House, department: Department, slug: str, data: dict[str, str]) -> None:
    suites = (Suite.SM2, Suite.RSA)
    issue(house.licence, department.client(), IssueRequest(slug, data, f"sample:{slug}", suites))
