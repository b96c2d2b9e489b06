"""Finishing an order (RFC 8555 7.4): the request's names are exactly the proven ones, then the CA issues.

The request is stored before anything is signed and the order's id is the issue's request key: a crash in between is
finished when the order is next looked at, and never makes a second certificate.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from ca.acme import accounts, jws, orders
from ca.acme.accounts import Account
from ca.acme.models import AcmeAuthorization, AcmeOrder, OrderState, ProofState
from ca.acme.orders import Order
from ca.acme.problems import AcmeError, malformed, translated
from ca.credentials.enrol import Ordered, issue_for, named_key
from ca.credentials.wishes import read_wishes
from ca.room import CaRoom
from foundation import base64url
from foundation.der import DerError
from foundation.errors import Unavailable, YinxinError
from foundation.failpoints import reach
from foundation.text import Text


def finalize(room: CaRoom, account: Account, identifier: UUID, csr_text: object) -> Order:
    """Check the CSR against the order, record it, issue."""
    csr = jws.unb64url(csr_text, "csr")
    order = orders.find(room, account, identifier)
    if order.state in (OrderState.PROCESSING, OrderState.VALID):
        return settle(room, account, order)
    _check_ready(order)
    _check_csr(csr, order)
    with room.ground.db.begin() as session:
        row = session.get_one(AcmeOrder, identifier, with_for_update=True)
        if row.state == OrderState.READY:
            states = session.scalars(select(AcmeAuthorization.state).where(AcmeAuthorization.order_id == identifier))
            if any(state != ProofState.VALID for state in states):
                raise _not_ready()
            row.state, row.csr = OrderState.PROCESSING, base64url.encode(csr)
            room.ground.audit.record(
                session,
                accounts.actor(account),
                action="ca.acme.order.finalize",
                object=f"acme-order:{identifier}",
                payload={"names": list(row.names)},
            )
    reach("acme.accepted")
    return settle(room, account, orders.find(room, account, identifier))


def settle(room: CaRoom, account: Account, order: Order) -> Order:
    """Issue what is accepted and not yet issued; any other order is answered as it is."""
    if order.state is not OrderState.PROCESSING:
        return order
    with room.ground.db.read() as session:
        csr = jws.unb64url(session.get_one(AcmeOrder, order.id).csr or "", "csr")
    try:
        credential = accounts.credential_of(room, account)
        made = issue_for(room, credential, Ordered(order.names[0], order.names), csr, f"acme:{order.id}")
    except Unavailable:
        return order  # keys are sealed or the database is busy: the client polls again
    except YinxinError as error:
        _close(room, account, order, None, translated(error).document())
    except AcmeError as error:
        _close(room, account, order, None, error.document())
    else:
        reach("acme.issued")
        _close(room, account, order, made.id, None)
    return orders.find(room, account, order.id)


def _close(
    room: CaRoom, account: Account, order: Order, certificate: UUID | None, error: dict[str, object] | None
) -> None:
    with room.ground.db.begin() as session:
        row = session.get_one(AcmeOrder, order.id, with_for_update=True)
        if row.state != OrderState.PROCESSING:
            return
        row.state = OrderState.VALID if certificate is not None else OrderState.INVALID
        row.certificate_id, row.error, row.csr = certificate, error, None
        room.ground.audit.record(
            session,
            accounts.actor(account),
            action="ca.acme.order.close",
            object=f"acme-order:{order.id}",
            payload={"state": row.state, "certificate": str(certificate) if certificate else None},
        )


def _check_ready(order: Order) -> None:
    if order.state is not OrderState.READY:
        raise _not_ready()


def _not_ready() -> AcmeError:
    return AcmeError("orderNotReady", Text("域名尚未全部验证。", "Not every name is proven yet."), 403)


def _check_csr(csr: bytes, order: Order) -> None:
    """7.4: the names in the request are the same set as the order's, in CN or SAN, and nothing else is asked."""
    try:
        wishes = read_wishes(csr)
        named_key(csr)
    except (DerError, YinxinError) as error:
        raise AcmeError("badCSR", error.detail) from error
    asked = set(wishes.dns) | ({wishes.common_name.lower()} if wishes.common_name else set())
    if asked != set(order.names) or wishes.other:
        raise AcmeError(
            "badCSR", Text("证书请求中的域名与订单不一致。", "The names in the request are not those of the order.")
        )


def certificate_of(room: CaRoom, account: Account, identifier: UUID) -> UUID:
    """The certificate of an order of this account."""
    order = orders.find(room, account, identifier)
    if order.certificate_id is None:
        raise malformed("证书尚未签发。", "The certificate is not issued yet.")
    return order.certificate_id
