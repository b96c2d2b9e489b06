"""Operations on keys (密钥操作): make, renew, retire, find; and the data keys of personal fields and MACs."""

from __future__ import annotations

from foundation.principal import Kind, Principal
from hsm.secrets import FIELD, INDEX, MAC
from hsm.service import messages as m
from hsm.service.errors import PolicyRefused
from hsm.service.operations import RSA_SECONDS, Caller, Opened, Operation, anybody
from hsm.service.records import KEY, Entry

FOR_CLIENTS = frozenset({FIELD, INDEX, MAC})
"""Data keys that leave the signer: what a web process needs to read its own rows. No other secret does."""


def generate(opened: Opened, caller: Caller, request: m.GenerateKey) -> m.Found:
    del caller
    who = _principal(request.who)
    return m.Found(opened.keys.generate(request.name, request.algorithm, request.purposes, principal=who))


def ensure(opened: Opened, caller: Caller, request: m.EnsureKey) -> m.Found:
    del caller
    who = _principal(request.who)
    return m.Found(opened.keys.ensure(request.name, request.algorithm, request.purposes, principal=who))


def renew(opened: Opened, caller: Caller, request: m.RenewKey) -> m.Found:
    del caller
    return m.Found(opened.keys.renew(request.name, principal=_principal(request.who)))


def retire(opened: Opened, caller: Caller, request: m.RetireKey) -> m.Done:
    del caller
    opened.keys.retire(request.name, request.version, principal=_principal(request.who))
    opened.journal.write(Entry(KEY, "retire", key=f"{request.name}#{request.version}"))
    return m.Done()


def find(opened: Opened, caller: Caller, request: m.FindKey) -> m.Found:
    del caller
    if request.active:
        return m.Found(opened.keys.signer(request.name, request.version).ref)
    return m.Found(opened.keys.find(request.name, request.version))


def names(opened: Opened, caller: Caller, request: m.NamesOfKeys) -> m.Names:
    del caller
    return m.Names(tuple(opened.keys.names(request.prefix)))


def data_keys_only(opened: Opened, caller: Caller, request: m.UnwrapDataKeys | m.RotateDataKey) -> None:
    del opened, caller
    if request.name not in FOR_CLIENTS:
        raise PolicyRefused("data_key", "该密钥不离开签名进程", "that key does not leave the signer")


def unwrap(opened: Opened, caller: Caller, request: m.UnwrapDataKeys) -> m.DataKeys:
    del caller
    return _data_keys(opened, request.name)


def rotate(opened: Opened, caller: Caller, request: m.RotateDataKey) -> m.DataKeys:
    del caller
    made = opened.vault.secrets.rotate(request.name, _principal(request.who), opened.ground.audit)
    opened.journal.write(Entry(KEY, "rotate", key=f"{request.name}#{made.version}"))
    return _data_keys(opened, request.name)


def _data_keys(opened: Opened, name: str) -> m.DataKeys:
    versions = opened.vault.secrets.versions(name)
    return m.DataKeys(tuple(m.DataKey(one.version, one.algorithm, one.key) for one in versions))


def _principal(who: m.Who) -> Principal:
    return Principal(Kind(who.kind), who.label)


OPERATIONS = (
    Operation("key.generate", m.GenerateKey, m.Found, anybody, generate, repeatable=False, seconds=RSA_SECONDS),
    Operation("key.ensure", m.EnsureKey, m.Found, anybody, ensure, seconds=RSA_SECONDS),
    Operation("key.renew", m.RenewKey, m.Found, anybody, renew, repeatable=False, seconds=RSA_SECONDS),
    Operation("key.retire", m.RetireKey, m.Done, anybody, retire),
    Operation("key.find", m.FindKey, m.Found, anybody, find, changes_keys=False),
    Operation("key.names", m.NamesOfKeys, m.Names, anybody, names, changes_keys=False),
    Operation("data_key.unwrap", m.UnwrapDataKeys, m.DataKeys, data_keys_only, unwrap, changes_keys=False),
    Operation("data_key.rotate", m.RotateDataKey, m.DataKeys, data_keys_only, rotate, repeatable=False),
)
