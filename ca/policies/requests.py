"""A request of an issuing CA to its offline root (下级 CA 证书请求): signed only when it says exactly what it must.

It is no certificate and cannot become one: its first member is the version, its third the public key.
"""

from __future__ import annotations

from ca.hierarchy import issuing_subject
from ca.names import write_name
from ca.offline import CSR_INTENT, request_info
from ca.room import CaRoom
from ca.suites import Suite
from hsm.service.errors import PolicyRefused
from hsm.service.policies import Asked, Stated


def is_request(asked: Asked) -> bool:
    return asked.intent.startswith(CSR_INTENT)


def check(room: CaRoom, asked: Asked) -> Stated:
    for suite in room.suites:
        if asked.ref.name == f"ca/{suite}-issuing" and asked.data == _info(room, suite, asked.ref.spki):
            return Stated(facts={"request": str(suite)})
    raise PolicyRefused("request", "不是本签发 CA 的证书请求", "this is not the request of that issuing CA")


def _info(room: CaRoom, suite: Suite, spki: bytes) -> bytes:
    return request_info(write_name(issuing_subject(room, suite)), spki)
