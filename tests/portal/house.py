"""The sample region's pages with callers chosen by a header (页面测试用的区域): all but the login is real."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import flask
from flask import Flask

import portal
from foundation.principal import Kind, Permission, Principal
from foundation.settings import Settings
from foundation.web.frame import make_app
from licence.intents import IssueRequest
from licence.issue import issue
from licence.own import own
from licence.register import Licence
from server import sample, upkeep
from server.house import House, open_house
from server.routes import ROUTES
from sso import pages as sso_pages
from sso import people
from sso.officials import ROLES

ISSUER = frozenset({Permission.LICENCE_ISSUE, Permission.LICENCE_READ, Permission.LICENCE_REVOKE})
FOOD = {
    "holder_name": "林知夏手作点心铺",
    "holder_code": sample.CITIZEN.citizen_number,
    "legal_representative": "林知夏",
    "address": "印川市云栖区青石巷12号",
    "premises": "印川市云栖区青石巷12号一层临街铺面",
    "business_form": "餐饮服务经营者",
    "business_items": "热食类食品制售；糕点类食品制售；自制饮品制售",
    "supervisor_body": "印川市市场监督管理局云栖分局",
    "supervisor_staff": "方既白",
    "signer": "周衡",
}


@dataclass(frozen=True)
class PageHouse:
    app: Flask
    house: House
    callers: dict[str, Principal]

    @property
    def food(self) -> Licence:
        """The citizen's food licence, a person's."""
        mine = own(self.house.licence, self.callers["citizen"])
        return next(one for one in mine if one.type_slug == "food-operation" and one.state == "valid")

    def issue(self, key: str) -> Licence:
        """One more of the citizen's licences, for tests that end it."""
        return issue(self.house.licence, self.callers["clerk"], IssueRequest("food-operation", FOOD, key))


@contextmanager
def page_house(home: Path, *, public_url: str = "http://127.0.0.1:8000") -> Iterator[PageHouse]:
    settings = Settings(home=home, web={"rate_limits": False, "public_url": public_url})
    with open_house(settings, upgrade=True) as house:
        upkeep.start(house)
        sample.establish(house)
        house.checkpoint()
        callers = _callers(house)

        def by_header(request: flask.Request) -> Principal | None:
            named = request.headers.get("X-Test-Caller", "") or request.cookies.get("test-caller", "")
            return callers.get(named)

        app = make_app(settings, house.ground, house.rooms, ROUTES, authenticators=(by_header,))
        portal.install(app, sample_logins=sample.LOGINS)
        for blueprint in sso_pages.BLUEPRINTS:
            app.register_blueprint(blueprint)
        yield PageHouse(app, house, callers)


def _callers(house: House) -> dict[str, Principal]:
    def citizen(username: str) -> Principal:
        person = _person(house, username)
        return Principal(Kind.CITIZEN, f"person:{person}", frozenset({Permission.LICENCE_OWN}), person_id=person)

    def official(name: str, department: sample.Department, *permissions: Permission) -> Principal:
        return Principal(Kind.OFFICIAL, f"official:{name}", frozenset(permissions), department=department.uscc)

    def person(username: str, *permissions: Permission) -> Principal:
        found, login = _person(house, username), next(one for one in sample.LOGINS if one.username == username)
        department = login.department or sample.DATA.uscc
        return Principal(
            Kind.OFFICIAL, f"person:{found}", frozenset(permissions), department=department, person_id=found
        )

    return {
        "citizen": citizen("citizen"),
        "stranger": citizen("admin"),
        "clerk": official("clerk", sample.MARKET, *ISSUER),
        "transport": official("transport", sample.TRANSPORT, *ISSUER),
        "sealer": official("sealer", sample.MARKET, Permission.SEAL_READ),
        "window": official("window", sample.DATA, Permission.WINDOW_CHECK),
        "officer": person("ra1", Permission.RA_REVIEW, Permission.CA_READ),
        "approver": person("ra2", Permission.RA_APPROVE, Permission.CA_READ),
        **{one.username: person(one.username, *ROLES[one.role or ""]) for one in sample.LOGINS if _seals(one)},
        "admin": official("admin", sample.DATA, Permission.ADMIN_READ, Permission.AUDIT_READ, Permission.CA_READ),
    }


def _seals(login: sample.Login) -> bool:
    return login.username.startswith(("seal", "trust"))


def _person(house: House, username: str) -> UUID:
    with house.ground.db.read() as session:
        found = people.find(house.ground, session, username)
    assert found is not None
    return found.id
