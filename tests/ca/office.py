"""The sample region's real app with callers of every kind (各类调用者), for tests of what none of them may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from ca.models import CaCertificate
from foundation.principal import Kind, Permission, Principal
from server import sample
from tests.ca.registration.desk import base64_text, csr
from tests.portal.house import PageHouse, _person

P = Permission
ALL_CA = frozenset({P.CA_READ, P.CA_ISSUE, P.CA_REVOKE, P.RA_APPLY})
REGISTRATIONS, CREDENTIALS = "/api/v1/ca/registrations", "/api/v1/ca/credentials"
CERTIFICATES, PAIRS = "/api/v1/ca/certificates", "/api/v1/ca/kmc/pairs"
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Office:
    pages: PageHouse

    def ask(self, who: str, method: str, address: str, data: Any = None, **more: Any) -> TestResponse:
        """One API call; no caller at all when `who` is empty."""
        headers = {"X-Test-Caller": who, "Idempotency-Key": f"k-{uuid4()}"}
        return self.pages.app.test_client().open(address, method=method, json=data, headers=headers, **more)

    def post(self, who: str, address: str, data: Any = None, status: int = 200) -> dict[str, Any]:
        reply = self.ask(who, "POST", address, data)
        assert reply.status_code == status, reply.text
        return dict(reply.json or {})

    def refused(self, who: str, method: str, address: str, data: Any = None) -> str:
        """The code of a refusal; an accident or a success is no refusal."""
        reply = self.ask(who, method, address, data)
        assert 400 <= reply.status_code < 500, (reply.status_code, reply.text)
        return f"{reply.status_code} {(reply.json or {}).get('code')}"

    def certificates(self) -> int:
        with self.pages.house.ground.db.read() as session:
            return session.scalar(select(func.count()).select_from(CaCertificate)) or 0

    def applied(self, who: str = "citizen", **more: Any) -> str:
        """An application of one's own, submitted."""
        data = {"csr": base64_text(csr()), "submit": True} | more
        return str(self.post(who, REGISTRATIONS, data, 201)["id"])

    def decide(self, who: str, application: str, step: str) -> TestResponse:
        shown = self.ask("officer", "GET", f"{REGISTRATIONS}/{application}/details").json or {}
        return self.ask(who, "POST", f"{REGISTRATIONS}/{application}/steps", {"step": step, "digest": shown["digest"]})

    def approved(self, **more: Any) -> str:
        application = self.applied(**more)
        assert self.decide("officer", application, "review").status_code == 200
        return application

    def held(self) -> str:
        """The id of a certificate of the citizen's own."""
        whole = self.ask("citizen", "GET", f"{REGISTRATIONS}/{self.approved()}").json or {}
        return str(whole["issued_id"])

    def company(self, who: str = "program", **more: Any) -> dict[str, Any]:
        """A pair of certificates of the market department's own."""
        return self.post(who, PAIRS, order("legal-person") | more, 201)


def order(profile: str, **more: Any) -> dict[str, Any]:
    """An order by a program of the market department."""
    return {
        "suite": "sm2",
        "profile": profile,
        "subject": {"common_name": sample.MARKET.name, "organization": sample.MARKET.name, "locality": "印川市"},
        "identity": {"organization_code": sample.MARKET.uscc},
        "csr": base64_text(csr()),
        **more,
    }


def callers(pages: PageHouse) -> Mapping[str, Principal]:
    """Beside those of the pages: programs of two departments, an official without rights, officers of the centre."""

    def official(username: str, department: str, *permissions: Permission) -> Principal:
        found = _person(pages.house, username)
        return Principal(Kind.OFFICIAL, f"person:{found}", frozenset(permissions), department, found)

    def officer(number: int, *permissions: Permission) -> Principal:
        person = UUID(int=number)
        return Principal(Kind.OFFICIAL, f"person:{person}", frozenset(permissions), sample.DATA.uscc, person)

    def program(slug: str, department: str) -> Principal:
        return Principal(Kind.CLIENT, f"client:{slug}", ALL_CA, department=department, client_id=slug)

    return {
        "nobody": official("window", sample.DATA.uscc),
        "issuer": officer(21, P.CA_ISSUE, P.CA_READ, P.CA_REVOKE),
        "keeper": officer(22, P.KEY_READ, P.KEY_REQUEST, P.KEY_APPROVE),
        "keeper-2": officer(23, P.KEY_READ, P.KEY_APPROVE),
        "km": officer(24, P.KM_READ, P.KM_OPERATE, P.KM_APPROVE),
        "km-2": officer(25, P.KM_READ, P.KM_APPROVE),
        "km-operator": officer(26, P.KM_READ, P.KM_OPERATE),
        "program": program("market-ca", sample.MARKET.uscc),
        "neighbour": program("transport-ca", sample.TRANSPORT.uscc),
        "both": official("ra2", sample.DATA.uscc, P.RA_REVIEW, P.RA_APPROVE),
    }
