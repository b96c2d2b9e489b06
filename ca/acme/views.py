"""Addresses of ACME (RFC 8555 7.1): read the signed request, call one function, answer with a fresh nonce."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, json, request
from flask.typing import ResponseReturnValue

from ca.acme import accounts, certificates, challenges, finalize, jws, nonces, orders, shapes
from ca.acme import revoke as revocations
from ca.acme.accounts import Account
from ca.acme.jws import Signed
from ca.acme.problems import AcmeError, malformed, translated, unauthorized
from ca.room import CaRoom
from foundation.errors import YinxinError
from foundation.text import Text
from foundation.web import csrf, strict_json
from foundation.web.frame import room

blueprint = Blueprint("acme", __name__, url_prefix="/acme")
csrf.exempt(blueprint)  # each request carries a signature over its own address
JOSE, PROBLEM, CHAIN = "application/jose+json", "application/problem+json", "application/pem-certificate-chain"


def url(path: str) -> str:
    return f"{room(CaRoom).ground.settings.web.public_url}/acme/{path}"


@blueprint.get("/directory")
def directory() -> ResponseReturnValue:
    return _json(
        {
            "newNonce": url("new-nonce"),
            "newAccount": url("new-account"),
            "newOrder": url("new-order"),
            "revokeCert": url("revoke-cert"),
            "keyChange": url("key-change"),
            "meta": {"externalAccountRequired": True, "website": url("directory").removesuffix("/acme/directory")},
        }
    )


@blueprint.route("/new-nonce", methods=["GET", "HEAD"])
def new_nonce() -> ResponseReturnValue:
    return _finished(Response(status=200 if request.method == "HEAD" else 204))


@blueprint.post("/new-account")
def new_account() -> ResponseReturnValue:
    def act(signed: Signed) -> Response:
        key = _own_key(signed)
        account, new = accounts.create(room(CaRoom), key, _object(signed), url("new-account"))
        return _json(shapes.account(account, url), 201 if new else 200, {"Location": url(f"account/{account.id}")})

    return _signed(act)


@blueprint.post("/account/<uuid:identifier>")
def account(identifier: UUID) -> ResponseReturnValue:
    def act(found: Account, signed: Signed) -> Response:
        if found.id != identifier:
            raise unauthorized("不是本账户的地址。", "This address is another account's.")
        changed = accounts.update(room(CaRoom), found, _object(signed)) if signed.payload else found
        return _json(shapes.account(changed, url))

    return _by_account(act)


@blueprint.post("/account/<uuid:identifier>/orders")
def account_orders(identifier: UUID) -> ResponseReturnValue:
    def act(found: Account, signed: Signed) -> Response:
        del signed
        if found.id != identifier:
            raise unauthorized("不是本账户的地址。", "This address is another account's.")
        return _json({"orders": [url(f"order/{one}") for one in orders.orders_of(room(CaRoom), found)]})

    return _by_account(act)


@blueprint.post("/key-change")
def key_change() -> ResponseReturnValue:
    def act(found: Account, signed: Signed) -> Response:
        return _json(shapes.account(accounts.change_key(room(CaRoom), found, signed.payload, url("key-change")), url))

    return _by_account(act)


@blueprint.post("/new-order")
def new_order() -> ResponseReturnValue:
    def act(found: Account, signed: Signed) -> Response:
        made = orders.create(room(CaRoom), found, _object(signed))
        return _json(shapes.order(made, url), 201, {"Location": url(f"order/{made.id}")})

    return _by_account(act)


@blueprint.post("/order/<uuid:identifier>")
def order(identifier: UUID) -> ResponseReturnValue:
    def act(found: Account, signed: Signed) -> Response:
        del signed
        ca = room(CaRoom)
        return _order(finalize.settle(ca, found, orders.find(ca, found, identifier)))

    return _by_account(act)


@blueprint.post("/order/<uuid:identifier>/finalize")
def order_finalize(identifier: UUID) -> ResponseReturnValue:
    def act(found: Account, signed: Signed) -> Response:
        return _order(finalize.finalize(room(CaRoom), found, identifier, _object(signed).get("csr")))

    return _by_account(act)


@blueprint.post("/order/<uuid:identifier>/certificate")
def order_certificate(identifier: UUID) -> ResponseReturnValue:
    def act(found: Account, signed: Signed) -> Response:
        del signed
        return Response(certificates.chain_pem(room(CaRoom), found, identifier), content_type=CHAIN)

    return _by_account(act)


@blueprint.post("/authorization/<uuid:identifier>")
def authorization(identifier: UUID) -> ResponseReturnValue:
    def act(found: Account, signed: Signed) -> Response:
        if signed.payload:
            if _object(signed) != {"status": "deactivated"}:
                raise malformed("status 只能为 deactivated。", "The status can only be set to deactivated.")
            return _json(shapes.proof(orders.deactivate(room(CaRoom), found, identifier), url))
        made = orders.proof(room(CaRoom), found, identifier)
        return _json(shapes.proof(made, url), headers={"Retry-After": "1"} if made.state == "processing" else {})

    return _by_account(act)


@blueprint.post("/challenge/<uuid:identifier>")
def challenge(identifier: UUID) -> ResponseReturnValue:
    def act(found: Account, signed: Signed) -> Response:
        # an empty payload only looks (POST-as-GET); `{}` says the file is in place (7.5.1)
        ca = room(CaRoom)
        made = challenges.respond(ca, found, identifier) if signed.payload else orders.proof(ca, found, identifier)
        up = {"Link": f'<{url(f"authorization/{made.id}")}>;rel="up"'}
        return _json(shapes.challenge(made, url), headers=up)

    return _by_account(act)


@blueprint.post("/revoke-cert")
def revoke_cert() -> ResponseReturnValue:
    def act(signed: Signed) -> Response:
        ca, payload = room(CaRoom), _object(signed)
        if signed.jwk is not None:
            revocations.revoke(ca, payload, account=None, key=_own_key(signed))
        else:
            revocations.revoke(ca, payload, account=_account_of(signed), key=None)
        return Response(status=200)

    return _signed(act)


# --- what every request goes through ---------------------------------------------------------------------------------


def _by_account(act: Callable[[Account, Signed], Response]) -> Response:
    return _signed(lambda signed: act(_account_of(signed), signed))


def _signed(act: Callable[[Signed], Response]) -> Response:
    """Media type, shape, address and nonce first; the signature is checked where the key is known."""
    try:
        return _finished(act(_read()))
    except AcmeError as error:
        return _problem(error)
    except YinxinError as error:
        return _problem(translated(error))


def _read() -> Signed:
    if request.mimetype != JOSE:
        raise AcmeError("malformed", Text("内容类型须为 application/jose+json。", f"Send {JOSE}."), 415)
    signed = jws.read(request.get_data(cache=False))
    if signed.protected["url"] != url(request.path.removeprefix("/acme/")):
        raise unauthorized("签名中的地址与请求地址不同。", "The signed url is not the address asked.")
    nonces.use(room(CaRoom).ground, signed.protected["nonce"])
    return signed


def _account_of(signed: Signed) -> Account:
    prefix, kid = url("account/"), signed.kid
    if not isinstance(kid, str) or not kid.startswith(prefix):
        raise malformed("此请求须以账户（kid）签名。", "This request must be signed by an account (kid).")
    try:
        identifier = UUID(kid.removeprefix(prefix))
    except ValueError as error:
        raise malformed("账户地址有误。", "The account address is not right.") from error
    found = accounts.find(room(CaRoom), identifier)
    jws.verify(signed, found.jwk)
    return found


def _own_key(signed: Signed) -> jws.Jwk:
    if signed.jwk is None:
        raise malformed("此请求须附公钥（jwk）。", "This request must carry its key (jwk).")
    key = jws.public_jwk(signed.jwk)
    jws.verify(signed, key)
    return key


def _object(signed: Signed) -> dict[str, Any]:
    return strict_json.parse(signed.payload)


def _order(made: orders.Order) -> Response:
    headers = {"Location": url(f"order/{made.id}")}
    if made.state == "processing":
        headers["Retry-After"] = "2"
    return _json(shapes.order(made, url), headers=headers)


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers=headers, content_type="application/json")


def _problem(error: AcmeError) -> Response:
    response = Response(json.dumps(error.document()), error.status, content_type=PROBLEM)
    if error.kind == "rateLimited":
        response.headers["Retry-After"] = "60"
    return _finished(response)


def _finished(response: Response) -> Response:
    response.headers["Replay-Nonce"] = nonces.fresh(room(CaRoom).ground)
    response.headers["Cache-Control"] = "no-store"
    response.headers.add("Link", f'<{url("directory")}>;rel="index"')
    return response
