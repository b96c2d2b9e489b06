"""Issuing certificates (签发): build and sign beside the bare signature; the whole of it beside `openssl ca` and cfssl.

The whole is: parse, proof of possession, lints, intent and audit row committed, sign, verify back, compare, store,
audit. Peers run in the same minutes on the same machine, for it may be crowded.
"""

from __future__ import annotations

import base64
import gc
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from flask import Request
from flask.testing import FlaskClient

from bench.measure import Figure, cpu, measure
from bench.peers import cfssl, openssl_ca
from ca import api, batch_api
from ca.enrol import Enrolment, enrol
from ca.hierarchy import establish
from ca.names import Subject, write_name
from ca.prepare import key_id_of
from ca.profiles import PROFILES
from ca.reading.identity import NO_IDENTITY
from ca.suites import Suite
from ca.template import Issuer, Places, compile_template
from foundation import der
from foundation.principal import Kind, Permission, Principal
from foundation.settings import Settings
from foundation.web.frame import make_app
from hsm import private_keys
from hsm.schemes import scheme_for
from server.house import House, open_house

MANY = 400
_CALLER = Principal(Kind.OFFICIAL, "official:bench", frozenset({Permission.CA_ISSUE}))


def figures() -> Iterator[Figure]:
    yield from _signing()
    with tempfile.TemporaryDirectory(prefix="yinxin-bench-") as home:
        settings = Settings(home=Path(home), ca={"suites": ["sm2", "p256"]}, web={"rate_limits": False})
        with open_house(settings, upgrade=True) as house:
            establish(house.ca)
            yield from _whole(house, Suite.SM2, Path(home) / "sm2")
            yield from _whole(house, Suite.P256, Path(home) / "p256")


def _signing() -> Iterator[Figure]:
    """A certificate with its name, template and signature, against a signature over as many octets."""
    key = private_keys.generate(Suite.SM2.authority_algorithm)
    key_id = key_id_of(key.spki)
    issuer = Issuer("sm2-issuing", Suite.SM2, write_name(Subject("CA")), key_id)
    places = Places("https://yinxin.example", "1.3.6.1.4.1.32473.219900")
    template = compile_template(PROFILES["device"], issuer, places)
    now, then = datetime(2026, 11, 22, tzinfo=UTC), datetime(2029, 11, 22, tzinfo=UTC)
    number = iter(range(1 << 100, (1 << 100) + 10**6))

    def build() -> bytes:
        serial = next(number)
        subject = write_name(Subject(f"gateway-{serial}", organization="印川市大数据局"))
        return template.tbs(
            serial=serial, not_before=now, not_after=then, subject=subject, spki=key.spki, key_id=key_id
        )

    message = build()
    bare = lambda: private_keys.sign(key, message)  # noqa: E731
    both = lambda: private_keys.sign(key, build())  # noqa: E731 - one expression, measured
    # in turns, for the machine is not equally busy for long
    rounds = [(measure(both, times=100, rounds=1), measure(bare, times=100, rounds=1)) for _ in range(9)]
    (ms, wall), (least, _) = (min(side) for side in zip(*rounds, strict=True))
    yield Figure("certificate, SM2: build and sign", ms, wall, "the bare SM2 signature", least)


def _whole(house: House, suite: Suite, folder: Path) -> Iterator[Figure]:
    client = _client(house)
    rounds = []
    for number in range(4):
        gc.collect()
        body = {"lines": [_line(suite, number, at, csr) for at, csr in enumerate(_requests(suite, MANY))]}
        started = cpu()
        answer = client.post(
            "/api/v1/ca/certificates/batch", json=body, headers={"Idempotency-Key": f"{suite}-{number}"}
        )
        rounds.append((cpu() - started) * 1000 / MANY)
        if answer.status_code != 200 or answer.json["issued"] != MANY:  # type: ignore[index]
            raise RuntimeError(f"the batch was not issued: {answer.get_data(as_text=True)[:300]}")
    requests = _requests(suite, MANY)
    if suite is Suite.SM2:
        peer, said = min(openssl_ca.batch(folder / str(n), requests, sm2=True) for n in range(3)), "openssl ca -batch"
    else:
        peer, said = min(cfssl.sign(folder / str(n), requests) for n in range(3)), "cfssl serve, server side"
    note = f"HTTP batch of {MANY}, everything stored twice with audit"
    name = f"certificate, {suite.value}: whole issuance"
    yield Figure(name, min(rounds[1:]), min(rounds[1:]), said, peer, note)
    one = iter(_requests(suite, 80))
    ms, wall = measure(lambda: _single(house, suite, next(one)), times=20)
    yield Figure(f"certificate, {suite.value}: one at a time", ms, wall, said, peer, "two commits for each")


def _single(house: House, suite: Suite, csr: bytes) -> None:
    subject = Subject("gateway", organization="印川市大数据局")
    key = f"single:{house.ground.ids.token(9)}"
    enrol(house.ca, _CALLER, Enrolment(suite, "device", subject, NO_IDENTITY, csr, key))


def _client(house: House) -> FlaskClient:
    def caller(request: Request) -> Principal:
        del request
        return _CALLER

    routes = (*api.ROUTES, *batch_api.ROUTES)
    return make_app(house.settings, house.ground, [house.ca], routes, authenticators=[caller]).test_client()


def _line(suite: Suite, number: int, at: int, csr: bytes) -> dict[str, object]:
    return {
        "reference": f"{number}-{at}",
        "suite": suite.value,
        "profile": "device",
        "subject": {"common_name": f"gateway-{number}-{at}", "organization": "印川市大数据局"},
        "csr": base64.b64encode(csr).decode(),
    }


def _requests(suite: Suite, many: int) -> list[bytes]:
    return [_request(suite, f"gateway-{number}") for number in range(many)]


def _request(suite: Suite, name: str) -> bytes:
    """A PKCS#10 request of a fresh key."""
    key = private_keys.generate(suite.leaf_algorithm)
    info = der.sequence(der.integer(0), write_name(Subject(name)), key.spki, der.implicit(0, der.sequence()))
    value = private_keys.sign(key, info)
    return der.sequence(info, scheme_for(suite.leaf_algorithm).algorithm_identifier(), der.bit_string(value))
