"""The certificate of a finished order with the chain to our root (RFC 8555 7.4.2, 9.1)."""

from __future__ import annotations

from uuid import UUID

from ca.acme.accounts import Account
from ca.acme.finalize import certificate_of
from ca.chain import chain
from ca.models import CaCertificate
from ca.room import CaRoom
from ca.schemas import pem
from ca.storing import opened


def chain_pem(room: CaRoom, account: Account, order: UUID) -> str:
    """Leaf first, then issuing CAs; the root is the reader's to have."""
    identifier = certificate_of(room, account, order)
    with room.ground.db.read() as session:
        leaf = opened(room.ground.cipher, session.get_one(CaCertificate, identifier), "der")
    above = chain(room, leaf)
    return "".join(pem(one) for one in (leaf, *above[:-1]))
