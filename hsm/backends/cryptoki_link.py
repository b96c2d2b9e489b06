"""Opening and understanding a PKCS#11 token (PKCS#11 密码设备): module, token, login, the meaning of its errors.

The library is initialised once per process and again after a fork (PKCS#11 v2.40 6.7.1). All calls into one module
go through one gate: python-pkcs11 initialises without locks and SoftHSM then has none (facts/security 4.3).
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pkcs11
from pkcs11 import exceptions as ckr
from pkcs11.attributes import AttributeMapper
from pkcs11.constants import Attribute, TokenFlag
from pkcs11.types import Session, SignMixin, Token

from foundation.device_settings import Pkcs11Settings
from foundation.errors import YinxinError
from foundation.text import Text
from hsm.backends.cryptoki_numbers import key_type
from hsm.backends.errors import (
    AlgorithmNotHeld,
    DeviceFault,
    DeviceProblem,
    DeviceRefused,
    DeviceSettingsWrong,
    DeviceUnavailable,
)
from hsm.backends.pin_file import PinFile
from hsm.backends.worker import Gate, Verdict

NAME = "pkcs11"
_REFUSED = (ckr.PinIncorrect, ckr.PinInvalid, ckr.PinLenRange, ckr.PinLocked, ckr.PinExpired, ckr.FunctionRejected)
_IN_PASSING = (
    ckr.DeviceError,
    ckr.DeviceRemoved,
    ckr.FunctionFailed,
    ckr.FunctionCancelled,
    ckr.GeneralError,
    ckr.KeyHandleInvalid,  # handles die with their session
    ckr.ObjectHandleInvalid,
    ckr.NoSuchToken,  # several processes opening SoftHSM at once see these two
    ckr.UserPinNotInitialized,
    ckr.OperationActive,
    ckr.SessionClosed,
    ckr.SessionCount,
    ckr.SessionHandleInvalid,
    ckr.TokenNotPresent,
    ckr.TokenNotRecognised,
    ckr.UserNotLoggedIn,  # another session of ours logged out
)
_HALF_SEEN = (ckr.NoSuchToken, ckr.UserPinNotInitialized, ckr.TokenNotRecognised, ckr.GeneralError)
"""What a process hears that looked at the token while another one was writing to it."""
_MEANING: tuple[tuple[tuple[type[Exception], ...], Callable[[str, str], DeviceProblem]], ...] = (
    (_REFUSED, DeviceRefused),
    ((ckr.MechanismInvalid, ckr.DomainParamsInvalid), AlgorithmNotHeld),
)
_gates: dict[str, Gate] = {}
_stale: set[str] = set()
"""Modules to be initialised once more by whoever comes first: after a fork, or when they missed a token. Sessions of
others on the same module end by it and are opened again; the gate keeps them out meanwhile."""
_gates_lock = threading.Lock()


def gate_of(module: str) -> Gate:
    with _gates_lock:
        return _gates.setdefault(module, Gate())


@dataclass
class OpenToken:
    """A session, logged in, with the private keys looked up in it."""

    session: Session
    keys: dict[str, SignMixin] = field(default_factory=dict)


class TokenLink:
    def __init__(self, settings: Pkcs11Settings) -> None:
        self._settings = settings
        self._module = str(settings.module)
        self._pin = PinFile(NAME, settings.pin_file)

    def open(self) -> OpenToken:
        try:
            return OpenToken(self._login(self.token(), self._pin.read()))
        except _REFUSED as error:
            self._pin.refused()
            raise DeviceRefused(NAME, _named(error)) from error
        except _HALF_SEEN:
            _stale.add(self._module)  # SoftHSM looks at its tokens once: what it missed then, it misses for ever
            raise

    def token(self) -> Token:
        library = self._library()
        found: Iterator[Token] = library.get_tokens(token_label=self._settings.token)
        token = next(found, None)
        if token is None:
            raise ckr.NoSuchToken
        return token

    def close(self, session: OpenToken) -> None:
        try:
            session.session.close()
        except ckr.PKCS11Error:
            return  # it was broken, that is why

    def forked(self) -> None:
        _stale.add(self._module)

    def judge(self, error: Exception) -> Verdict | None:
        if isinstance(error, YinxinError):
            return Verdict(error, again=False)
        if not isinstance(error, ckr.PKCS11Error):
            return None
        if isinstance(error, _IN_PASSING) or "not initialized" in str(error):
            lost = isinstance(error, ckr.NoSuchToken)
            return Verdict(self._no_token() if lost else DeviceUnavailable(NAME, _named(error)), again=True)
        kind = next((made for classes, made in _MEANING if isinstance(error, classes)), DeviceFault)
        return Verdict(kind(NAME, _named(error)), again=False)

    def try_pin(self, session: OpenToken, pin: str) -> None:
        """Log in with that PIN, once: for the contract's question whether a wrong one is refused."""
        token = session.session.token
        if token.flags & (TokenFlag.USER_PIN_COUNT_LOW | TokenFlag.USER_PIN_FINAL_TRY):
            raise DeviceRefused(NAME, "a wrong PIN was given lately; not adding another")
        self.close(session)
        token.open(rw=True, user_pin=pin)

    def _login(self, token: Token, pin: str) -> Session:
        mapper = AttributeMapper()
        pack, _ = mapper.attribute_types[Attribute.KEY_TYPE]
        mapper.register_handler(
            Attribute.KEY_TYPE, pack, lambda octets: key_type(int.from_bytes(octets, sys.byteorder))
        )
        try:
            return token.open(rw=True, user_pin=pin, attribute_mapper=mapper)
        except ckr.UserAlreadyLoggedIn:  # another session of this process is; the token counts that for all
            return token.open(rw=True, attribute_mapper=mapper)

    def _library(self) -> Any:
        if not self._settings.module.is_file():
            raise self._wrong_module("没有这个文件", "no such file")
        try:
            library = pkcs11.lib(self._module)
            if self._module in _stale:
                _initialise_again(library)
                _stale.discard(self._module)
        except ckr.PKCS11Error as error:
            if "loading" not in str(error):
                raise
            raise self._wrong_module(
                "不是可加载的 PKCS#11 库", "it is no PKCS#11 library that can be loaded"
            ) from error
        return library

    def _wrong_module(self, zh: str, en: str) -> DeviceSettingsWrong:
        return DeviceSettingsWrong(NAME, Text(f"keys.pkcs11.module {self._module}：{zh}", f"{self._module}: {en}"))

    def _no_token(self) -> DeviceSettingsWrong:
        label = self._settings.token
        return DeviceSettingsWrong(
            NAME, Text(f"找不到标签为“{label}”的令牌，或令牌未插好", f"there is no token labelled {label!r}")
        )


def _initialise_again(library: Any) -> None:
    try:
        library.finalize()
    except ckr.PKCS11Error:  # what the parent had is not ours to end; the binding now counts it as ended
        library.initialize()
        return
    library.initialize()


def _named(error: Exception) -> str:
    """`PinIncorrect`, with the binding's words where it has any. The binding never repeats what it was given."""
    words = str(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
