"""What the signer asks before it signs our list (信任列表签名策略): recorded, and naming our own roots only."""

from __future__ import annotations

from functools import partial

from ca.chain import authorities
from ca.reading import read_certificate
from ca.room import CaRoom
from foundation.der import DerError
from foundation.errors import InvalidInput
from foundation.ground import Ground
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked, Policies, Stated
from verify.regions.models import TrustPublication
from verify.regions.signed import read_signing_input

LIST_KEY = "verify/trust-list"


def policies(ground: Ground, ca: CaRoom) -> Policies:
    return {Purpose.TRUST_LIST: partial(check, ground, ca)}


def check(ground: Ground, ca: CaRoom, asked: Asked) -> Stated:
    if asked.ref.name != LIST_KEY:
        raise PolicyRefused("trust_key", "签名密钥不是信任列表密钥", "the key is not the one of the list of regions")
    try:
        certificate, edition = read_signing_input(asked.data)
        named_key = read_certificate(certificate).spki
    except (InvalidInput, DerError) as error:
        raise PolicyRefused("trust_shape", "不是区域信任列表", "this is no list of regions") from error
    if named_key != asked.ref.spki:
        raise PolicyRefused(
            "trust_certificate", "列表所附证书不属于这把密钥", "the list names another key's certificate"
        )
    with ground.db.read() as session:
        row = session.get(TrustPublication, edition.number)
    if row is None or asked.intent != f"trust-list:{edition.number}":
        raise IntentUnknown(asked.intent)
    if row.payload_sha256 != sha256(edition.payload()).hex() or row.octets is not None:
        raise IntentUnknown(asked.intent)
    ours = {one.certificate.der for one in authorities(ca)}
    named = {root.certificate.der for region in edition.regions for root in region.roots}
    if edition.scheme != f"region-{ground.settings.region.code}" or not named <= ours:
        raise PolicyRefused("trust_roots", "列表包含不属于本区域的根证书", "the list names roots that are not ours")
    return Stated(edition.issued)
