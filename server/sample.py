"""The sample region (示例区域): invented departments, seals, people and licences for a newcomer to try.

Region 219900 and county 219901 are assigned to no place, so nobody's real number can be met. Every step asks first
whether it was done, so a start interrupted anywhere is finished by the next.
"""

from __future__ import annotations

from uuid import UUID

from ca.suites import Suite
from foundation.errors import Forbidden
from foundation.numbers import make_uscc
from foundation.principal import SYSTEM
from foundation.text import Text
from licence import authority
from licence.intents import IssueRequest
from licence.issue import issue
from seal.management.direct import make_directly
from seal.orders import SealKind, SealRequest
from server.house import House
from server.sample_people import CITIZEN, DATA, DEPARTMENTS, LOGINS, MARKET, TRANSPORT, Department, Login
from server.sample_seals import establish_seals
from sso import people
from sso.officials import add_official, standing
from sso.people import NewPerson

__all__ = ["CITIZEN", "DATA", "DEPARTMENTS", "LOGINS", "MARKET", "TRANSPORT", "Department", "Login", "establish"]


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
    establish_seals(house)
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
