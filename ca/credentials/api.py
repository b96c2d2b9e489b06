"""Routes of enrolment credentials (登记凭据接口): hand out, list, disable."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from ca.credentials import store
from ca.credentials.store import Credential, NewCredential, Protocol
from ca.room import CaRoom
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Call, Wire, api, collect
from foundation.web.frame import room

_URL = "/api/v1/ca/credentials"
Line = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=253)]


class CredentialBody(Wire):
    protocol: Protocol
    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    department: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
    organization: Line = Field(description="O of the certificates")
    profile: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    names: list[Pattern] = Field(min_length=1, max_length=50, description="Exact names, or *.zone")
    days: int = Field(366, ge=1, le=1096)
    uses: int | None = Field(None, ge=1, le=1_000_000)


class CredentialMade(Wire):
    id: UUID
    reference: str = Field(description="User name, EAB key identifier or CMP reference")
    secret: str = Field(description="Shown this once; base64url")


class CredentialOut(Wire):
    id: UUID
    reference: str
    protocol: Protocol
    title: str
    department: str
    organization: str
    profile: str
    names: list[str]
    uses_left: int | None
    valid_until: datetime
    created_by: str
    disabled_at: datetime | None

    @classmethod
    def of(cls, one: Credential) -> CredentialOut:
        return cls(**{name: getattr(one, name) for name in cls.model_fields if name != "names"}, names=list(one.names))


class CredentialsOut(Wire):
    items: list[CredentialOut]


class CredentialPath(Wire):
    id: UUID


@api(
    "POST", _URL, tag="ca", summary="发放登记凭据", summary_en="Hand out a credential for ACME, EST or CMP",
    description=Text(
        "凭据只显示一次。单位、模板和允许的名称由凭据决定，申请者无法改变。",
        "The secret is shown once. Organisation, profile and permitted names are the credential's; "
        "a request cannot widen them.",
    ),
    body=CredentialBody, returns=CredentialMade, status=201, problems=("invalid-input", "forbidden"),
    permission=Permission.CA_ISSUE, audit="ca.credential.create",
)  # fmt: skip
def create_credential(call: Call[CredentialBody]) -> CredentialMade:
    body = call.body
    new = NewCredential(
        body.protocol, body.title, body.department, body.organization, body.profile,
        tuple(body.names), timedelta(days=body.days), body.uses,
    )  # fmt: skip
    made = store.create(room(CaRoom), call.principal, new)
    return CredentialMade(id=made.id, reference=made.reference, secret=made.secret)


@api(
    "GET", _URL, tag="ca", summary="登记凭据列表", summary_en="Credentials in force, newest first",
    returns=CredentialsOut, permission=Permission.CA_READ,
)  # fmt: skip
def list_credentials(call: Call) -> CredentialsOut:
    return CredentialsOut(items=[CredentialOut.of(one) for one in store.listed(room(CaRoom), call.principal)])


@api(
    "DELETE", _URL + "/{id}", tag="ca", summary="停用登记凭据", summary_en="Disable a credential",
    path=CredentialPath, returns=None, status=204, problems=("not-found",), permission=Permission.CA_ISSUE,
    audit="ca.credential.disable",
)  # fmt: skip
def disable_credential(call: Call[None, None, CredentialPath]) -> None:
    store.disable(room(CaRoom), call.principal, call.path.id)


ROUTES = collect(globals())
