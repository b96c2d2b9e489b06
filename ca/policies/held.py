"""Whose key it is (密钥持有者): the newest certificate issued for a public key."""

from __future__ import annotations

from sqlalchemy import select

from ca.models import CaCertificate, State
from ca.reading.certificate import Certificate, read_certificate
from ca.reading.shapes import fields
from ca.room import CaRoom
from ca.storing import opened
from foundation import der
from hsm.digests import sha256
from hsm.keys import KeyRef
from hsm.service.errors import PolicyRefused


def certificate_of_key(room: CaRoom, ref: KeyRef) -> Certificate:
    """Any certificate of the key will do: it says which key, and who holds it."""
    place = ("policy-holder", ref.spki)
    kept = room.kept.get(place)
    if isinstance(kept, Certificate):
        return kept
    query = select(CaCertificate).where(
        CaCertificate.key_hash == sha256(ref.spki).hex(), CaCertificate.state == State.ISSUED
    )
    with room.ground.db.read() as session:
        row = session.scalars(query.order_by(CaCertificate.recorded_at.desc()).limit(1)).first()
    if row is None:
        raise PolicyRefused("no_certificate", "该密钥没有证书", "no certificate was issued for this key")
    found = read_certificate(opened(room.ground.cipher, row, "der"))
    room.kept[place] = found
    return found


def key_bits(certificate: Certificate) -> bytes:
    return fields(der.parse(certificate.spki), 2, 2, "public key")[1].as_bits()
