"""ctypes binding of the system libcrypto >= 3.0 (系统密码库), EVP calls only.

Every function has its argument types; every failure drains the thread's error queue; every context is made for one
call and freed in `finally`, so threads share nothing but finished keys. ctypes releases the GIL during each call.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_long, c_size_t, c_uint, c_ulong, c_void_p
from typing import Any

from hsm.errors import EngineFault

_DEFAULTS = ("libcrypto.so.3", "libcrypto.3.dylib")
_UNMODIFIED = ctypes.c_size_t(-1).value
_OCTET_STRING, _UTF8_STRING = 5, 4


class Param(ctypes.Structure):
    """OSSL_PARAM."""

    _fields_ = (
        ("key", c_char_p),
        ("data_type", c_uint),
        ("data", c_void_p),
        ("data_size", c_size_t),
        ("return_size", c_size_t),
    )


_SIZE, _PARAMS, _HANDLE = POINTER(c_size_t), POINTER(Param), POINTER(c_void_p)
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "OpenSSL_version_num": (c_ulong, ()),
    "OpenSSL_version": (c_char_p, (c_int,)),
    "ERR_get_error": (c_ulong, ()),
    "ERR_error_string_n": (None, (c_ulong, c_char_p, c_size_t)),
    "CRYPTO_free": (None, (c_void_p, c_char_p, c_int)),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_new_from_pkey": (c_void_p, (c_void_p, c_void_p, c_char_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_keygen_init": (c_int, (c_void_p,)),
    "EVP_PKEY_generate": (c_int, (c_void_p, _HANDLE)),
    "EVP_PKEY_fromdata_init": (c_int, (c_void_p,)),
    "EVP_PKEY_fromdata": (c_int, (c_void_p, _HANDLE, c_int, _PARAMS)),
    "EVP_PKEY_is_a": (c_int, (c_void_p, c_char_p)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_get_octet_string_param": (c_int, (c_void_p, c_char_p, c_char_p, c_size_t, _SIZE)),
    "EVP_PKEY2PKCS8": (c_void_p, (c_void_p,)),
    "i2d_PKCS8_PRIV_KEY_INFO": (c_int, (c_void_p, _HANDLE)),
    "PKCS8_PRIV_KEY_INFO_free": (None, (c_void_p,)),
    "d2i_AutoPrivateKey": (c_void_p, (_HANDLE, _HANDLE, c_long)),
    "OPENSSL_cleanse": (None, (c_void_p, c_size_t)),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_DigestSignInit_ex": (c_int, (c_void_p, c_void_p, c_char_p, c_void_p, c_char_p, c_void_p, _PARAMS)),
    "EVP_DigestSign": (c_int, (c_void_p, c_char_p, _SIZE, c_char_p, c_size_t)),
    "EVP_DigestVerifyInit_ex": (c_int, (c_void_p, c_void_p, c_char_p, c_void_p, c_char_p, c_void_p, _PARAMS)),
    "EVP_DigestVerify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
    "EVP_PKEY_verify_init": (c_int, (c_void_p,)),
    "EVP_PKEY_verify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
    "EVP_PKEY_encrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_encrypt": (c_int, (c_void_p, c_char_p, _SIZE, c_char_p, c_size_t)),
    "EVP_PKEY_decrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_decrypt": (c_int, (c_void_p, c_char_p, _SIZE, c_char_p, c_size_t)),
}


class Libcrypto:
    """One loaded library. `c` is the ctypes object; call it only from this room."""

    def __init__(self, path: str | None = None) -> None:
        self.c = _open(path)
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(self.c, name, None)
            if function is None:
                raise EngineFault(f"{name} is missing, OpenSSL 3.0 or later is needed")
            function.restype = result
            function.argtypes = arguments
        if self.c.OpenSSL_version_num() < 0x30000000:
            raise EngineFault(f"{self.version} is older than 3.0")

    @property
    def version(self) -> str:
        return str(self.c.OpenSSL_version(0).decode())

    def drain(self) -> str:
        """Empty this thread's error queue; the last reason is the text of the fault."""
        reason, buffer = "", ctypes.create_string_buffer(256)
        while code := self.c.ERR_get_error():
            self.c.ERR_error_string_n(code, buffer, len(buffer))
            reason = buffer.value.decode("ascii", "replace")
        return reason

    def fault(self, what: str) -> EngineFault:
        return EngineFault(f"{what}: {self.drain() or 'no reason given'}")

    def must(self, result: int, what: str) -> None:
        if result != 1:
            raise self.fault(what)

    @contextmanager
    def digest_context(self) -> Iterator[int]:
        context = self.c.EVP_MD_CTX_new()
        if not context:
            raise self.fault("EVP_MD_CTX_new")
        try:
            yield context
        finally:
            self.c.EVP_MD_CTX_free(context)

    @contextmanager
    def key_context(self, key: Pkey | None = None, *, name: bytes = b"") -> Iterator[int]:
        """A context over `key`, or over the algorithm `name` where there is no key yet."""
        if key is None:
            context = self.c.EVP_PKEY_CTX_new_from_name(None, name, None)
        else:
            context = self.c.EVP_PKEY_CTX_new_from_pkey(None, key.pointer, None)
        if not context:
            raise self.fault("EVP_PKEY_CTX_new")
        try:
            yield context
        finally:
            self.c.EVP_PKEY_CTX_free(context)


class Pkey:
    """An EVP_PKEY we own: exactly the algorithm it was asked to be, freed with the last reference."""

    __slots__ = ("_free", "pointer")

    def __init__(self, engine: Libcrypto, pointer: int, algorithm: bytes) -> None:
        self.pointer = pointer
        self._free = engine.c.EVP_PKEY_free
        if engine.c.EVP_PKEY_is_a(pointer, algorithm) != 1:
            raise EngineFault(f"the key is not {algorithm.decode()}")

    def __del__(self) -> None:
        self._free(self.pointer)


class Params:
    """An OSSL_PARAM array that keeps its buffers alive; read-only after making."""

    __slots__ = ("_buffers", "array")

    def __init__(self, *, octets: dict[bytes, bytes] | None = None, texts: dict[bytes, bytes] | None = None) -> None:
        wanted = [(k, v, _OCTET_STRING) for k, v in (octets or {}).items()]
        wanted += [(k, v, _UTF8_STRING) for k, v in (texts or {}).items()]
        self.array = (Param * (len(wanted) + 1))()
        self._buffers = []
        for place, (key, value, kind) in enumerate(wanted):
            buffer = ctypes.create_string_buffer(value, len(value))
            self._buffers.append(buffer)
            self.array[place] = Param(key, kind, ctypes.cast(buffer, c_void_p), len(value), _UNMODIFIED)


def _open(path: str | None) -> ctypes.CDLL:
    tried = (path,) if path else _DEFAULTS
    for name in tried:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise EngineFault(f"cannot load {' or '.join(tried)}; install libssl3 or set keys.libcrypto")


_lock = threading.Lock()
_loaded: tuple[str | None, Libcrypto] | None = None


def configure(path: str | None) -> Libcrypto:
    """Choose the library of this process (setting `keys.libcrypto`); afterwards it cannot be changed."""
    global _loaded  # noqa: PLW0603 - one libcrypto per process: keys of one library are no keys of another
    with _lock:
        if _loaded is None:
            _loaded = (path, Libcrypto(path))
        elif path is not None and path != _loaded[0]:
            raise EngineFault(f"{path} asked for, but {_loaded[0] or 'the default'} is already in use")
        return _loaded[1]


def chosen() -> str | None:
    """The path that was configured, for a process beside this one; None: the system's own."""
    return _loaded[0] if _loaded is not None else None


def engine() -> Libcrypto:
    """The library of this process, loaded at first use."""
    return _loaded[1] if _loaded is not None else configure(None)
