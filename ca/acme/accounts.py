"""ACME accounts (RFC 8555 7.3): made with an external binding, found by key, deactivated, re-keyed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca.acme import jws
from ca.acme.models import AccountState, AcmeAccount
from ca.acme.problems import AcmeError, malformed, unauthorized
from ca.credentials import store
from ca.credentials.store import Credential, CredentialRefused, Protocol
from ca.room import CaRoom
from foundation.principal import Kind, Principal
from foundation.text import Text
from foundation.web import strict_json

_MOST_CONTACTS = 5


@dataclass(frozen=True, slots=True)
class Account:
    id: UUID
    jwk: jws.Jwk
    state: AccountState
    credential: str

    @property
    def thumbprint(self) -> str:
        return jws.thumbprint(self.jwk)


def find(room: CaRoom, identifier: UUID) -> Account:
    """A valid account. A deactivated one may do nothing any more (7.3.6)."""
    with room.ground.db.read() as session:
        row = session.get(AcmeAccount, identifier)
    if row is None:
        raise AcmeError("accountDoesNotExist", Text("账户不存在。", "There is no such account."))
    if row.state != AccountState.VALID:
        raise unauthorized("账户已停用。", "The account is deactivated.")
    return _shape(row)


def by_key(room: CaRoom, key: jws.Jwk) -> Account | None:
    with room.ground.db.read() as session:
        row = session.scalars(select(AcmeAccount).where(AcmeAccount.thumbprint == jws.thumbprint(key))).one_or_none()
    return _shape(row) if row is not None else None


def credential_of(room: CaRoom, account: Account) -> Credential:
    """The account's credential while it is in force; with it ends what the account may do."""
    try:
        return store.find(room, Protocol.ACME, account.credential)
    except CredentialRefused as error:
        raise unauthorized(error.detail.zh, error.detail.en) from error


def create(room: CaRoom, key: jws.Jwk, payload: dict[str, Any], url: str) -> tuple[Account, bool]:
    """The account of this key, and whether it is new (7.3). A new one needs its external binding (7.3.4)."""
    known = by_key(room, key)
    if known is not None:
        if known.state is not AccountState.VALID:
            raise unauthorized("账户已停用。", "The account is deactivated.")
        return known, False
    if payload.get("onlyReturnExisting") is True:
        raise AcmeError("accountDoesNotExist", Text("账户不存在。", "There is no such account."))
    credential = _bound(room, key, payload.get("externalAccountBinding"), url)
    store.spend(room, credential)
    return _store(room, key, credential, _contacts(payload)), True


def _store(room: CaRoom, key: jws.Jwk, credential: Credential, contacts: list[str]) -> Account:
    ground, identifier = room.ground, room.ground.ids.uuid7()
    row = AcmeAccount(
        id=identifier,
        thumbprint=jws.thumbprint(key),
        jwk=key,
        credential=credential.reference,
        contact=ground.cipher.encrypt("acme_account", "contact", identifier, json.dumps(contacts)),
        state=AccountState.VALID,
        created_at=ground.clock.now(),
    )
    try:
        with ground.db.begin() as session:
            session.add(row)
            _record(session, room, credential.principal, "create", identifier)
    except IntegrityError as error:  # the same key, registered by another request this moment
        known = by_key(room, key)
        if known is None:
            raise
        del error
        return known
    return _shape(row)


def _bound(room: CaRoom, key: jws.Jwk, binding: object, url: str) -> Credential:
    """Check the external account binding: HS256 by the credential's secret over this very account key."""
    if not isinstance(binding, dict):
        raise AcmeError(
            "externalAccountRequired",
            Text("注册账户须提供登记凭据（EAB）。", "An account needs the enrolment credential (external binding)."),
            403,
        )
    if set(binding) != {"protected", "payload", "signature"}:
        raise malformed("登记凭据格式有误。", "The external account binding is malformed.")
    header = strict_json.parse(jws.unb64url(binding["protected"], "protected"))
    if set(header) != {"alg", "kid", "url"} or header["alg"] != "HS256" or header["url"] != url:
        raise malformed(
            "登记凭据的头须含 alg=HS256、kid 和本地址。", "The binding's header must have alg, kid and url."
        )
    try:
        credential, secret = store.secret_of(room, Protocol.ACME, str(header["kid"]))
    except CredentialRefused as error:
        raise unauthorized(error.detail.zh, error.detail.en) from error
    jws.verify_mac(binding, jws.unb64url(secret.decode(), "secret"))
    inside = strict_json.parse(jws.unb64url(binding["payload"], "payload"))
    if not jws.same_key(jws.public_jwk(inside), key):
        raise malformed("登记凭据所绑定的不是本账户密钥。", "The binding is for another account key.")
    return credential


def update(room: CaRoom, account: Account, payload: dict[str, Any]) -> Account:
    """New contacts, or deactivation (7.3.2, 7.3.6)."""
    status = payload.get("status")
    if status not in (None, "deactivated"):
        raise malformed("status 只能为 deactivated。", "The status can only be set to deactivated.")
    contacts = _contacts(payload) if "contact" in payload else None
    with room.ground.db.begin() as session:
        row = session.get_one(AcmeAccount, account.id)
        if contacts is not None:
            row.contact = room.ground.cipher.encrypt("acme_account", "contact", row.id, json.dumps(contacts))
        if status is not None:
            row.state = AccountState.DEACTIVATED
        if contacts is not None or status is not None:
            _record(session, room, actor(account), "deactivate" if status else "update", row.id)
        return _shape(row)


def change_key(room: CaRoom, account: Account, payload: bytes, url: str) -> Account:
    """Replace the account key (7.3.5): the inner object, signed by the new key, names account and old key."""
    inner = jws.read(payload, inner=True)
    if inner.jwk is None or inner.protected["url"] != url:
        raise malformed("内层 JWS 须含新公钥和本地址。", "The inner JWS must have the new key and this url.")
    new = jws.public_jwk(inner.jwk)
    jws.verify(inner, new)
    asked = strict_json.parse(inner.payload)
    old = asked.get("oldKey")
    if not str(asked.get("account", "")).endswith(f"/{account.id}") or not jws.same_key(
        jws.public_jwk(old), account.jwk
    ):
        raise malformed("账户或旧密钥不符。", "The account or the old key is not the one of this request.")
    try:
        with room.ground.db.begin() as session:
            row = session.get_one(AcmeAccount, account.id)
            row.jwk, row.thumbprint = new, jws.thumbprint(new)
            _record(session, room, actor(account), "change-key", row.id)
            return _shape(row)
    except IntegrityError as error:
        raise AcmeError(
            "malformed", Text("该密钥已属于另一账户。", "That key belongs to another account."), 409
        ) from error


def _contacts(payload: dict[str, Any]) -> list[str]:
    given = payload.get("contact", [])
    if not isinstance(given, list) or len(given) > _MOST_CONTACTS or not all(isinstance(one, str) for one in given):
        raise AcmeError("invalidContact", Text("联系方式格式有误。", "contact must be a list of addresses."))
    for one in given:
        if not one.startswith("mailto:"):
            raise AcmeError("unsupportedContact", Text("联系方式只支持邮箱。", "Only mailto: contacts are supported."))
        if len(one) > 200 or "," in one or "?" in one or one.count("@") != 1:
            raise AcmeError("invalidContact", Text("邮箱格式有误。", "The mail address is not right."))
    return given


def actor(account: Account) -> Principal:
    return Principal(Kind.CLIENT, f"acme:{account.credential}", client_id=account.credential)


def _record(session: Session, room: CaRoom, principal: Principal, what: str, identifier: UUID) -> None:
    room.ground.audit.record(
        session, principal, action=f"ca.acme.account.{what}", object=f"acme-account:{identifier}", payload={}
    )


def _shape(row: AcmeAccount) -> Account:
    return Account(row.id, dict(row.jwk), AccountState(row.state), row.credential)


def stored(room: CaRoom, identifier: UUID) -> Account:
    """The account whatever its state, for jobs that finish what was begun."""
    with room.ground.db.read() as session:
        return _shape(session.get_one(AcmeAccount, identifier))
