"""SM2 signatures (GB/T 32918.2, signature value as in GM/T 0009).

The signer ID (签名者标识) is an argument of every call and has no default here: libcrypto would take a missing one for
the empty ID without a word, and the signature would verify nowhere else. Points are uncompressed, keys exactly SM2.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache

from foundation import der
from hsm import oids, signature_value
from hsm.digests import sm3
from hsm.errors import BadKey, BadSignature, EngineFault, Reason
from hsm.libcrypto import Libcrypto, Params, Pkey, engine

DEFAULT_SM2_ID = b"1234567812345678"
"""The ID of certificates, CRLs, CMS and seals (GM/T 0009 10). Callers pass it; nobody assumes it."""

_ALGORITHM = der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.SM2))
_SPKI_HEAD = der.sequence(_ALGORITHM, der.bit_string(bytes(65)))[:-65]
_DOMAIN = bytes.fromhex(
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"  # a
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"  # b
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"  # xG
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"  # yG
)
_NAME = b"SM2"
_MOST_SIGNATURE = 72


def spki_of_point(point: bytes) -> bytes:
    return _SPKI_HEAD + point


def point_of_spki(spki: bytes) -> bytes:
    """04‖X‖Y from a SubjectPublicKeyInfo that is exactly SM2, uncompressed (GM/T 0009 7.1)."""
    if not spki.startswith(_SPKI_HEAD) or len(spki) != len(_SPKI_HEAD) + 65 or spki[len(_SPKI_HEAD)] != 4:
        raise BadKey("not an uncompressed SM2 point")
    return spki[len(_SPKI_HEAD) :]


def pkcs8_of_scalar(scalar: bytes) -> bytes:
    """PKCS#8 around a private scalar of 32 octets: the form test vectors and escrowed keys come in (GM/T 0009 7.1)."""
    inner = der.sequence(der.integer(1), der.octet_string(scalar))
    return der.sequence(der.integer(0), _ALGORITHM, der.octet_string(inner))


def identity_digest(spki: bytes, *, sm2_id: bytes) -> bytes:
    """Z = SM3(ENTL‖ID‖a‖b‖G‖P), GB/T 32918.2 5.5."""
    identity = _checked(sm2_id)
    return sm3((len(identity) * 8).to_bytes(2, "big") + identity + _DOMAIN + point_of_spki(spki)[1:])


def message_digest(spki: bytes, message: bytes, *, sm2_id: bytes) -> bytes:
    """The digest e = SM3(Z‖M): what an SDF device signs and `verify_digest` checks."""
    return sm3(identity_digest(spki, sm2_id=sm2_id) + message)


class Sm2PublicKey:
    """Parsed once; safe to share between threads."""

    __slots__ = ("_engine", "_pkey", "spki")

    def __init__(self, spki: bytes, library: Libcrypto | None = None) -> None:
        point = point_of_spki(spki)
        self._engine = library or engine()
        self.spki = spki
        self._pkey = _from_point(self._engine, point)

    @property
    def pkey(self) -> Pkey:
        return self._pkey

    def verify(self, message: bytes, signature: bytes, *, sm2_id: bytes) -> None:
        identity = _identity(sm2_id)
        signature_value.read_strict(signature, signature_value.SM2_ORDER)
        lib = self._engine
        with lib.digest_context() as context:
            lib.must(
                lib.c.EVP_DigestVerifyInit_ex(context, None, b"SM3", None, None, self._pkey.pointer, identity.array),
                "EVP_DigestVerifyInit_ex",
            )
            result = lib.c.EVP_DigestVerify(context, signature, len(signature), message, len(message))
        self._judge(result)

    def verify_digest(self, e: bytes, signature: bytes) -> None:
        """`e` = SM3(Z‖M) made by the caller, who has then already decided on the ID."""
        if len(e) != 32:
            raise ValueError("e is an SM3 digest of 32 octets")
        signature_value.read_strict(signature, signature_value.SM2_ORDER)
        lib = self._engine
        with lib.key_context(self._pkey) as context:
            lib.must(lib.c.EVP_PKEY_verify_init(context), "EVP_PKEY_verify_init")
            result = lib.c.EVP_PKEY_verify(context, signature, len(signature), e, len(e))
        self._judge(result)

    def _judge(self, result: int) -> None:
        if result != 1:
            self._engine.drain()
            raise BadSignature(Reason.MISMATCH)


class Sm2PrivateKey:
    """Lives inside libcrypto; Python holds a pointer. Only `hsm.keystore` and the self-test make these."""

    __slots__ = ("_engine", "_pkey", "spki")

    def __init__(self, pkey: Pkey, library: Libcrypto) -> None:
        self._engine = library
        self._pkey = pkey
        self.spki = spki_of_point(_point(library, pkey))

    @property
    def pkey(self) -> Pkey:
        return self._pkey

    @classmethod
    def generate(cls, library: Libcrypto | None = None) -> Sm2PrivateKey:
        lib = library or engine()
        pointer = ctypes.c_void_p()
        with lib.key_context(name=_NAME) as context:
            lib.must(lib.c.EVP_PKEY_keygen_init(context), "EVP_PKEY_keygen_init")
            lib.must(lib.c.EVP_PKEY_generate(context, ctypes.byref(pointer)), "EVP_PKEY_generate")
        return cls(_own(lib, pointer.value), lib)

    @classmethod
    def load(cls, pkcs8: bytes, library: Libcrypto | None = None) -> Sm2PrivateKey:
        """From PKCS#8; a key of any other kind or curve is refused."""
        lib = library or engine()
        buffer = ctypes.create_string_buffer(pkcs8, len(pkcs8))
        place = ctypes.c_void_p(ctypes.addressof(buffer))
        try:
            pointer = lib.c.d2i_AutoPrivateKey(None, ctypes.byref(place), len(pkcs8))
        finally:
            lib.c.OPENSSL_cleanse(buffer, len(pkcs8))
        if not pointer:
            raise lib.fault("d2i_AutoPrivateKey")
        return cls(_own(lib, pointer), lib)

    def pkcs8(self) -> bytes:
        """For wrapping under the key-encryption key at once; never kept, never returned from this room."""
        lib = self._engine
        info = lib.c.EVP_PKEY2PKCS8(self._pkey.pointer)
        if not info:
            raise lib.fault("EVP_PKEY2PKCS8")
        place = ctypes.c_void_p()
        try:
            size = lib.c.i2d_PKCS8_PRIV_KEY_INFO(info, ctypes.byref(place))
            if size <= 0 or not place.value:
                raise lib.fault("i2d_PKCS8_PRIV_KEY_INFO")
            octets = ctypes.string_at(place.value, size)
            lib.c.OPENSSL_cleanse(place, size)
            return octets
        finally:
            lib.c.CRYPTO_free(place, b"", 0)
            lib.c.PKCS8_PRIV_KEY_INFO_free(info)

    def sign(self, message: bytes, *, sm2_id: bytes) -> bytes:
        identity = _identity(sm2_id)
        lib = self._engine
        value, size = ctypes.create_string_buffer(_MOST_SIGNATURE), ctypes.c_size_t(_MOST_SIGNATURE)
        with lib.digest_context() as context:
            lib.must(
                lib.c.EVP_DigestSignInit_ex(context, None, b"SM3", None, None, self._pkey.pointer, identity.array),
                "EVP_DigestSignInit_ex",
            )
            lib.must(lib.c.EVP_DigestSign(context, value, ctypes.byref(size), message, len(message)), "EVP_DigestSign")
        return value.raw[: size.value]


def _checked(sm2_id: bytes) -> bytes:
    if not isinstance(sm2_id, bytes) or not 0 < len(sm2_id) < 8192:  # ENTL counts bits in two octets
        raise ValueError("an SM2 signer ID of 1 to 8191 octets must be given")
    return sm2_id


def _identity(sm2_id: bytes) -> Params:
    return _named(_checked(sm2_id))


@lru_cache(maxsize=16)
def _named(sm2_id: bytes) -> Params:
    """Read-only once made, so calls and threads share it."""
    return Params(octets={b"distid": sm2_id})


def _own(lib: Libcrypto, pointer: int | None) -> Pkey:
    if not pointer:
        raise lib.fault("no key came back")
    return Pkey(lib, pointer, _NAME)


def _from_point(lib: Libcrypto, point: bytes) -> Pkey:
    pointer = ctypes.c_void_p()
    params = Params(octets={b"pub": point}, texts={b"group": _NAME})
    with lib.key_context(name=_NAME) as context:
        lib.must(lib.c.EVP_PKEY_fromdata_init(context), "EVP_PKEY_fromdata_init")
        public_only = 0x86  # EVP_PKEY_PUBLIC_KEY: parameters and public half
        if lib.c.EVP_PKEY_fromdata(context, ctypes.byref(pointer), public_only, params.array) != 1:
            lib.drain()
            raise BadKey("the point is not on the SM2 curve")
    return _own(lib, pointer.value)


def _point(lib: Libcrypto, pkey: Pkey) -> bytes:
    buffer, size = ctypes.create_string_buffer(128), ctypes.c_size_t()
    lib.must(
        lib.c.EVP_PKEY_get_octet_string_param(pkey.pointer, b"encoded-pub-key", buffer, 128, ctypes.byref(size)),
        "EVP_PKEY_get_octet_string_param",
    )
    point = buffer.raw[: size.value]
    if len(point) != 65 or point[0] != 4:
        raise EngineFault("the public half is not an uncompressed SM2 point")
    return point
