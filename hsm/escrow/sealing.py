"""Making envelopes (封装加密私钥): the only place outside the wrapping where a private octet of an owner's key stands.

Every envelope is sealed under a key drawn for it. What it says of the public half is compared with the escrow's row
before this module is called, so a wrong pair never travels.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from foundation import der
from foundation.der import DerError
from foundation.ids import Ids
from hsm import sm2_cipher
from hsm.errors import KeyDamaged
from hsm.escrow.cfca_key import write_cfca_key
from hsm.escrow.ciphers import BLOCK, cbc_seal, ecb_seal
from hsm.escrow.enveloped_data import EnvelopedData
from hsm.escrow.errors import FormUnfit
from hsm.escrow.shapes import Form, Parties
from hsm.escrow.signed_enveloped import SignedAndEnveloped
from hsm.escrow.skf_blob import SkfBlob
from hsm.escrow.sm2_enveloped_key import Sm2EnvelopedKey
from hsm.keys import Purpose
from hsm.private_keys import PrivateKey
from hsm.public_keys import public_key
from hsm.signing import Signer, ToBeSigned
from hsm.sm2 import Sm2PrivateKey, Sm2PublicKey, point_of_spki
from hsm.sm2_ciphertexts import read_cipher

SCALAR_OCTETS = 32


def fits(form: Form, key_is_sm2: bool, recipient: bytes) -> bool:  # noqa: FBT001 - a fact, no switch
    return form is Form.ENVELOPED_DATA or (key_is_sm2 and isinstance(public_key(recipient), Sm2PublicKey))


def seal(
    key: PrivateKey, recipient: bytes, form: Form, parties: Parties, ids: Ids, signer: Signer | None, intent: str
) -> bytes:
    """The envelope. `signer` is the centre's, for the one form that is signed."""
    under = public_key(recipient)
    if form is Form.ENVELOPED_DATA:
        return _enveloped(key, under, parties, ids)
    if not isinstance(key, Sm2PrivateKey) or not isinstance(under, Sm2PublicKey):
        raise FormUnfit(form)
    if form is Form.CFCA:
        text = point_of_spki(key.spki)[1:] + scalar(key)
        return write_cfca_key(read_cipher(sm2_cipher.encrypt(under, text)))
    once = ids.random(BLOCK)
    locked = sm2_cipher.encrypt(under, once)
    if form is Form.SIGNED_AND_ENVELOPED:
        return _signed(key, once, locked, parties, signer, intent)
    body, point = ecb_seal(once, scalar(key)), point_of_spki(key.spki)
    if form is Form.SKF:
        return SkfBlob(body, point, read_cipher(locked)).write()
    return Sm2EnvelopedKey(read_cipher(locked), point, body).write()


def scalar(key: Sm2PrivateKey) -> bytes:
    """The 32 octets of d, out of PKCS#8 (RFC 5958) and ECPrivateKey (RFC 5915)."""
    try:
        inner = der.parse(der.parse(key.pkcs8()).children(8)[2].as_octets())
        found = inner.children(8)[1].as_octets()
    except (DerError, IndexError) as error:
        raise KeyDamaged("sm2") from error
    return found.rjust(SCALAR_OCTETS, b"\0")


def _signed(
    key: Sm2PrivateKey, once: bytes, locked: bytes, parties: Parties, signer: Signer | None, intent: str
) -> bytes:
    if signer is None or parties.sender is None:
        raise FormUnfit(Form.SIGNED_AND_ENVELOPED)
    text = bytes(SCALAR_OCTETS) + scalar(key)
    return SignedAndEnveloped(
        parties.recipient,
        locked,
        ecb_seal(once, text),
        (parties.sender_certificate,) if parties.sender_certificate else (),
        parties.sender,
        signer.sign(ToBeSigned(Purpose.KEY_CENTRE, text, intent)),
    ).write()


def _enveloped(key: PrivateKey, under: object, parties: Parties, ids: Ids) -> bytes:
    vector = ids.random(BLOCK)
    if isinstance(under, Sm2PublicKey):
        once = ids.random(BLOCK)
        content = cbc_seal(once, vector, key.pkcs8(), sm4=True)
        return EnvelopedData(
            sm2=True,
            recipient=parties.recipient,
            encrypted_key=sm2_cipher.encrypt(under, once),
            vector=vector,
            content=content,
        ).write()
    if not isinstance(under, rsa.RSAPublicKey):
        raise FormUnfit(Form.ENVELOPED_DATA)
    once = ids.random(32)
    content = cbc_seal(once, vector, der.sequence(key.pkcs8()), sm4=False)
    fill = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return EnvelopedData(
        sm2=False, recipient=parties.recipient, encrypted_key=under.encrypt(once, fill), vector=vector, content=content
    ).write()
