"""Opening envelopes (解封加密私钥): the recipient's side, for holders whose signing key is a file and not a token.

Foreign envelopes are opened by the same code. The key inside must belong to the public half the envelope or the
certificate shows, or it is refused: installing a stranger's key would lose what is encrypted with it.
"""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from foundation import der
from foundation.der import DerError
from hsm import sm2_cipher
from hsm.errors import BadCiphertext, EngineFault, KeyDamaged
from hsm.escrow.cfca_key import TEXT_OCTETS, read_cfca_key
from hsm.escrow.ciphers import cbc_open, ecb_open
from hsm.escrow.enveloped_data import read_enveloped_data
from hsm.escrow.sealing import scalar
from hsm.escrow.shapes import Form
from hsm.escrow.signed_enveloped import SignedAndEnveloped, read_signed_and_enveloped
from hsm.escrow.skf_blob import read_skf_blob
from hsm.escrow.sm2_enveloped_key import read_sm2_enveloped_key
from hsm.schemes import Scheme
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey, pkcs8_of_scalar, spki_of_point
from hsm.sm2_ciphertexts import decrypt_any
from hsm.verifying import verify


def open_envelope(form: Form, octets: bytes, holder: bytes, spki: bytes, signer: bytes | None = None) -> bytes:
    """PKCS#8 of the key inside; `holder` is the recipient's PKCS#8, `spki` what the key must belong to.

    `signer` is the centre's public key, needed for the signed form. Raises `DerError`, `BadCiphertext`, `BadSignature`.
    """
    if form is Form.ENVELOPED_DATA:
        return _checked(_enveloped(octets, holder), spki)
    own = Sm2PrivateKey.load(holder)
    if form is Form.CFCA:
        text = sm2_cipher.decrypt(own, read_cfca_key(octets).der())
        if len(text) != TEXT_OCTETS or spki_of_point(b"\x04" + text[:64]) != spki:
            raise BadCiphertext
        return _checked(pkcs8_of_scalar(text[64:]), spki)
    if form is Form.SIGNED_AND_ENVELOPED:
        return _checked(pkcs8_of_scalar(_signed(read_signed_and_enveloped(octets), own, signer)), spki)
    if form is Form.SKF:
        blob = read_skf_blob(octets)
        locked, body, point = blob.encrypted_key, blob.encrypted_private_key, blob.point
    else:
        found = read_sm2_enveloped_key(octets)
        locked, body, point = found.encrypted_key, found.encrypted_private_key, found.point
    if spki_of_point(point) != spki:
        raise BadCiphertext
    return _checked(pkcs8_of_scalar(_plain(ecb_open(sm2_cipher.decrypt(own, locked.der()), body))), spki)


def _plain(text: bytes) -> bytes:
    """32 octets; 64 with zeros before; 48 with a block of padding after."""
    if len(text) == 64 and text[:32] == bytes(32):
        return text[32:]
    if len(text) == 48 and text[32:] == b"\x10" * 16:
        return text[:32]
    if len(text) != 32:
        raise BadCiphertext
    return text


def _signed(found: SignedAndEnveloped, own: Sm2PrivateKey, signer: bytes | None) -> bytes:
    text = ecb_open(decrypt_any(own, found.encrypted_key), found.content)
    if signer is None:
        raise BadCiphertext
    verify(signer, Scheme.SM2_SM3, text, found.signature, sm2_id=DEFAULT_SM2_ID)
    return _plain(text)


def _enveloped(octets: bytes, holder: bytes) -> bytes:
    found = read_enveloped_data(octets)
    if found.sm2:
        once = decrypt_any(Sm2PrivateKey.load(holder), found.encrypted_key)
        return cbc_open(once, found.vector, found.content, sm4=True)
    key = load_der_private_key(holder, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadCiphertext
    fill = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    try:
        once = key.decrypt(found.encrypted_key, fill)
    except ValueError as error:
        raise BadCiphertext from error
    package = cbc_open(once, found.vector, found.content, sm4=False)
    try:
        (only,) = der.parse(package).expect(der.SEQUENCE).children(1)
    except (DerError, ValueError) as error:
        raise BadCiphertext from error
    return only.raw


def _checked(pkcs8: bytes, spki: bytes) -> bytes:
    """The private key, once the public half computed from it is the expected one.

    A public half carried inside SM2's PKCS#8 is left out of account: whoever altered the scalar left it as it was.
    """
    try:
        pkcs8 = pkcs8_of_scalar(scalar(Sm2PrivateKey.load(pkcs8)))
        found = Sm2PrivateKey.load(pkcs8).spki
    except (EngineFault, KeyDamaged):
        found = _rsa_public_half(pkcs8)
    if found != spki:
        raise BadCiphertext
    return pkcs8


def _rsa_public_half(pkcs8: bytes) -> bytes:
    try:
        key = load_der_private_key(pkcs8, password=None)  # checks that its numbers belong together
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadCiphertext from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadCiphertext
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
