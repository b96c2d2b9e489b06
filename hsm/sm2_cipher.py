"""SM2 encryption (GB/T 32918.4), ciphertext as SM2Cipher of GM/T 0009 7.2: SEQUENCE { x, y, C3, C2 }.

Only canonical DER is decrypted. Every failure is the one `BadCiphertext`, whatever its cause.
"""

from __future__ import annotations

import ctypes

from foundation import der
from foundation.der import DerError
from hsm.errors import BadCiphertext
from hsm.libcrypto import engine
from hsm.sm2 import Sm2PrivateKey, Sm2PublicKey

FIELD = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
MOST_OCTETS = 1 << 20
"""SM2 encrypts keys and short messages; longer content goes under SM4."""
_OVERHEAD = 128
_TRIES = 64


def encrypt(key: Sm2PublicKey, text: bytes) -> bytes:
    if not 0 < len(text) <= MOST_OCTETS:
        raise ValueError("SM2 encrypts 1 octet to 1 MiB")
    for _ in range(_TRIES):
        sealed = _encrypt_once(key, text)
        # An all-zero mask shows the text in clear; the standard draws again (GB/T 32918.4 6.1 A5).
        if _parts(sealed) != text:
            return sealed
    raise engine().fault("EVP_PKEY_encrypt gives empty masks")


def decrypt(key: Sm2PrivateKey, sealed: bytes) -> bytes:
    masked = _parts(sealed)
    lib = engine()
    with lib.key_context(key.pkey) as context:
        lib.must(lib.c.EVP_PKEY_decrypt_init(context), "EVP_PKEY_decrypt_init")
        room = len(sealed)
        text, size = ctypes.create_string_buffer(room), ctypes.c_size_t(room)
        result = lib.c.EVP_PKEY_decrypt(context, text, ctypes.byref(size), sealed, len(sealed))
    if result != 1:
        lib.drain()
        raise BadCiphertext
    plain = text.raw[: size.value]
    lib.c.OPENSSL_cleanse(text, room)
    if len(plain) != len(masked) or plain == masked:  # an all-zero mask must be refused (GB/T 32918.4 7.1 B4)
        raise BadCiphertext
    return plain


def _parts(sealed: bytes) -> bytes:
    """C2, after the shape was checked: minimal DER, coordinates in the field, C3 an SM3 digest, C2 not empty."""
    if len(sealed) > MOST_OCTETS + _OVERHEAD:
        raise BadCiphertext
    try:
        parts = der.parse(sealed).expect(der.SEQUENCE).children(most=4)
        if len(parts) != 4:
            raise BadCiphertext
        x, y = parts[0].as_integer(), parts[1].as_integer()
        check, masked = parts[2].as_octets(), parts[3].as_octets()
    except DerError as error:
        raise BadCiphertext from error
    if not (0 <= x < FIELD and 0 <= y < FIELD) or len(check) != 32 or not masked:
        raise BadCiphertext
    return masked


def _encrypt_once(key: Sm2PublicKey, text: bytes) -> bytes:
    lib = engine()
    with lib.key_context(key.pkey) as context:
        lib.must(lib.c.EVP_PKEY_encrypt_init(context), "EVP_PKEY_encrypt_init")
        room = len(text) + _OVERHEAD
        sealed, size = ctypes.create_string_buffer(room), ctypes.c_size_t(room)
        lib.must(lib.c.EVP_PKEY_encrypt(context, sealed, ctypes.byref(size), text, len(text)), "EVP_PKEY_encrypt")
    return sealed.raw[: size.value]
