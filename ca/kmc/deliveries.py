"""Delivering the encryption key (交付加密密钥): the forms a pair can have, and the octets of one.

What leaves is sealed under the key the pair's order named, so whoever may see the pair may fetch it again; the escrow
gives the same octets each time and has each first delivery on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ca.kmc.centre import centre_certificate, party
from ca.kmc.csr_response import CsrResponse
from ca.kmc.errors import DeliveryUnfit
from ca.kmc.find import pair
from ca.kmc.guard import escrow_of
from ca.kmc.orders import CFCA
from ca.kmc.pairs import Pair
from ca.reading.certificate import Certificate, read_certificate
from ca.room import CaRoom
from ca.suites import Suite
from foundation.principal import Principal
from hsm.escrow.shapes import Envelope, Form, Parties
from hsm.escrow.sm2_enveloped_key import read_sm2_enveloped_key


class Delivery(StrEnum):
    """The escrow's forms, and GM/T 0092's file around the first of them."""

    SM2_ENVELOPED_KEY = "sm2-enveloped-key"
    CSR_RESPONSE = "csr-response"
    SIGNED_AND_ENVELOPED = "signed-and-enveloped-data"
    SKF = "skf-enveloped-key-blob"
    ENVELOPED_DATA = "enveloped-data"
    CFCA = "cfca"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]


MEDIA_TYPES = {
    Delivery.SM2_ENVELOPED_KEY: "application/vnd.yinxin.sm2-enveloped-key",
    Delivery.CSR_RESPONSE: "application/vnd.yinxin.csr-response",
    Delivery.SIGNED_AND_ENVELOPED: "application/vnd.yinxin.signed-and-enveloped-data",
    Delivery.SKF: "application/vnd.yinxin.skf-enveloped-key-blob",
    Delivery.ENVELOPED_DATA: "application/pkcs7-mime",
    Delivery.CFCA: "application/vnd.yinxin.cfca-escrow-key",
}
"""No register has types for the national forms, so they have ours."""
_SM2 = (
    Delivery.SM2_ENVELOPED_KEY,
    Delivery.CSR_RESPONSE,
    Delivery.SIGNED_AND_ENVELOPED,
    Delivery.SKF,
    Delivery.ENVELOPED_DATA,
)
_TEMPORARY = (Delivery.CFCA, Delivery.SM2_ENVELOPED_KEY)
"""Under a temporary key: the other forms name the signing certificate, whose key would not open them."""


@dataclass(frozen=True, slots=True, repr=False)
class Delivered:
    pair: Pair
    delivery: Delivery
    octets: bytes


def offered(found: Pair) -> tuple[Delivery, ...]:
    """The first is what is sent when nobody asks for another."""
    if found.suite is not Suite.SM2:
        return (Delivery.ENVELOPED_DATA,)
    return _TEMPORARY if found.dialect == CFCA else _SM2


def deliver(room: CaRoom, principal: Principal, pair_id: UUID, wanted: Delivery | None = None) -> Delivered:
    return deliver_pair(room, principal, pair(room, principal, pair_id), wanted)


def deliver_pair(room: CaRoom, principal: Principal, found: Pair, wanted: Delivery | None = None) -> Delivered:
    choices = offered(found)
    chosen = wanted or choices[0]
    if chosen not in choices:
        raise DeliveryUnfit(chosen, tuple(choices))
    form = Form.SM2_ENVELOPED_KEY if chosen is Delivery.CSR_RESPONSE else Form(chosen.value)
    signing = read_certificate(found.signing.der)
    envelope = escrow_of(room).deliver(found.escrow_id, form, parties_for(room, form, signing), principal)
    return Delivered(found, chosen, _file(found, chosen, envelope))


def parties_for(room: CaRoom, form: Form, recipient: Certificate) -> Parties:
    if form is not Form.SIGNED_AND_ENVELOPED:
        return Parties(party(recipient))
    centre = centre_certificate(room)
    return Parties(party(recipient), party(centre), centre.der)


def _file(found: Pair, chosen: Delivery, envelope: Envelope) -> bytes:
    if chosen is not Delivery.CSR_RESPONSE:
        return envelope.octets
    inner = read_sm2_enveloped_key(envelope.octets)
    return CsrResponse((found.signing.der,), inner, (found.encryption.der,)).write()
