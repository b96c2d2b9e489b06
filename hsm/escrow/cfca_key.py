"""CFCA's file for a returned encryption key (CFCA 加密私钥文件), the answer to a double-key request.

Text: 64 digits of counters, 16 digits of length, then base64 of SEQUENCE { 1, OCTET STRING }. The octets are a bare
C1C3C2 without 04 over X‖Y‖D, under the request's temporary key. Learnt from files its kit made; no standard says it.
"""

from __future__ import annotations

import base64
import binascii

from foundation import der
from foundation.der import DerError
from hsm.sm2_ciphertexts import Order, Sm2Cipher, readings

PREFIX = b"0" * 15 + b"1" + b"0" * 15 + b"1" + b"0" * 32
TEXT_OCTETS = 96
MOST_OCTETS = 1024


def write_cfca_key(encrypted: Sm2Cipher) -> bytes:
    body = base64.b64encode(der.sequence(der.integer(1), der.octet_string(encrypted.raw(prefix=False))))
    return PREFIX + b"%016d" % len(body) + body


def read_cfca_key(data: bytes) -> Sm2Cipher:
    """With or without the head; commas after each 64 characters are allowed. Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("too long for a CFCA key file")
    if data.startswith(PREFIX):
        length, data = data[64:80], data[80:]
        if not length.isdigit() or int(length) != len(data):
            raise DerError("length of a CFCA key file")
    try:
        octets = base64.b64decode(data.replace(b",", b""), validate=True)
    except binascii.Error as error:
        raise DerError("base64 of a CFCA key file") from error
    parts = der.parse(octets).expect(der.SEQUENCE).children(2)
    if len(parts) != 2 or parts[0].as_integer() != 1:
        raise DerError("a CFCA key file has a version and the key")
    sealed = parts[1].as_octets()
    found = next((one for one in readings(sealed, Order.C1C3C2) if len(one.masked) == TEXT_OCTETS), None)
    if found is None:
        raise DerError("the ciphertext of a CFCA key file")
    return found
