"""JWS, time stamps, revocation data, seals and codes as files: right, wrong, and what nobody can tell."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from foundation import der
from foundation.clock import FixedClock
from hsm import signature_value
from hsm.digests import sha256, sm3
from hsm.keys import Algorithm
from seal.detached.jws_shape import STATEMENT
from tests.verify import list_cases, pki, sealing
from tests.verify.pki import NOW, Entity, Region
from tests.verify.test_codes_judged import TEMPLATE, store, text_of
from tests.verify.test_codes_judged import region as code_region
from verify.detect import TIME_STAMPED_DATA, FileKind, detect
from verify.judge import Context, judge
from verify.report import Report, Verdict
from verify.trust import TrustStore

CONTENT = b'{"matter":"printing"}'
NAMES = {Algorithm.SM2: "SGD_SM3_SM2", Algorithm.RSA_2048: "RS256", Algorithm.P256: "ES256"}
__all__ = ["code_region"]


@pytest.fixture(scope="module")
def regions() -> dict[Algorithm, Region]:
    return {algorithm: pki.region(f"files {algorithm}", algorithm) for algorithm in NAMES}


@pytest.fixture(scope="module")
def context(regions: dict[Algorithm, Region]) -> Context:
    every = list(regions.values())
    trust = TrustStore.build(
        [one.root.certificate for one in every],
        intermediates=[one.issuing.certificate for one in every],
        crls=[crl for one in every for crl in one.crls()],
    )
    return Context(trust, FixedClock(NOW))


def check(data: bytes, context: Context, content: bytes | None = None) -> Report:
    return judge(data, name=None, context=context, content=content)


# --- JWS -------------------------------------------------------------------------------------------------------------


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def parts(entity: Entity, payload: bytes, **header: object) -> tuple[str, str, str]:
    """Header, payload and value of a JWS by `entity`; header members given as None are left out."""
    told = {
        "alg": NAMES[entity.algorithm],
        "iat": int(NOW.timestamp()),
        "x5c": [base64.b64encode(entity.certificate).decode()],
        "x5t#S256": unpadded(sha256(entity.certificate)),
        **header,
    }
    head = unpadded(json.dumps({name: value for name, value in told.items() if value is not None}).encode())
    body = unpadded(payload)
    value = entity.sign(f"{head}.{body}".encode())
    raw = value if entity.algorithm is Algorithm.RSA_2048 else signature_value.to_raw(value)
    return head, body, unpadded(raw)


def jws(entity: Entity, payload: bytes = CONTENT, *, detached: bool = False, **header: object) -> bytes:
    head, body, value = parts(entity, payload, **header)
    return f"{head}.{'' if detached else body}.{value}".encode()


@pytest.mark.parametrize("algorithm", NAMES)
@pytest.mark.parametrize("detached", [False, True])
def test_jws(context: Context, regions: dict[Algorithm, Region], algorithm: Algorithm, detached: bool) -> None:
    data = jws(regions[algorithm].seal, detached=detached)
    report = check(data, context, CONTENT)
    assert (report.kind, report.verdict, report.intact) == ("jws", Verdict.GENUINE, True), report.findings
    assert report.signatures[0].format == f"JWS {NAMES[algorithm]}"
    assert report.signatures[0].time == NOW
    other = check(data, context, CONTENT + b" ")
    assert (other.verdict, other.intact) == (Verdict.NOT_GENUINE, False)
    alone = check(data, context)
    assert alone.verdict is (Verdict.CANNOT_TELL if detached else Verdict.GENUINE)
    assert alone.has("content.missing") is detached


def test_a_statement_speaks_for_a_file(context: Context, regions: dict[Algorithm, Region]) -> None:
    def stated(**more: object) -> bytes:
        told = {"digest": "sm3", "size": len(CONTENT), "value": sm3(CONTENT).hex(), **more}
        return jws(regions[Algorithm.SM2].seal, json.dumps(told).encode(), cty=STATEMENT)

    assert check(stated(), context, CONTENT).verdict is Verdict.GENUINE
    assert check(stated(), context).has("content.missing")
    for more in ({"size": 1}, {"value": "00"}, {"digest": "sha1"}, {"digest": "none"}):
        assert check(stated(**more), context, CONTENT).verdict is Verdict.NOT_GENUINE


def test_json_serialisation(context: Context, regions: dict[Algorithm, Region]) -> None:
    first, second = regions[Algorithm.SM2].seal, regions[Algorithm.RSA_2048].seal
    signatures = []
    for one in (first, second):
        head, body, value = parts(one, CONTENT)
        signatures.append({"protected": head, "signature": value, "header": {"kid": "x"}})
    report = check(json.dumps({"payload": body, "signatures": signatures}).encode(), context)
    assert (report.verdict, len(report.signatures), report.has("jws.open_header")) == (Verdict.GENUINE, 2, True)
    flat = {"payload": body, **signatures[0]}
    assert check(json.dumps(flat).encode(), context).verdict is Verdict.GENUINE
    assert check(json.dumps({**flat, "signatures": signatures}).encode(), context).has("jws.ambiguous")
    double = json.dumps(flat)[:-1] + ',"payload":"e30"}'
    assert check(double.encode(), context).has("jws.ambiguous")
    clash = {"payload": body, **signatures[0], "header": {"alg": "none"}}
    assert check(json.dumps(clash).encode(), context).has("jws.ambiguous")


@pytest.mark.parametrize(
    ("header", "code", "verdict"),
    [
        ({"alg": "none"}, "jws.algorithm_refused", Verdict.NOT_GENUINE),
        ({"alg": "None"}, "jws.algorithm_refused", Verdict.NOT_GENUINE),
        ({"alg": "HS256"}, "jws.algorithm_refused", Verdict.NOT_GENUINE),
        ({"alg": 7}, "jws.algorithm_refused", Verdict.NOT_GENUINE),
        ({"alg": "EdDSA"}, "signature.algorithm_unknown", Verdict.CANNOT_TELL),
        ({"alg": "RS256"}, "signature.crypto", Verdict.NOT_GENUINE),
        ({"crit": ["exp"], "exp": 1}, "jws.critical", Verdict.CANNOT_TELL),
        ({"b64": False, "crit": ["b64"]}, "jws.critical", Verdict.CANNOT_TELL),
        ({"x5t#S256": "AAAA"}, "signature.certificate_binding", Verdict.NOT_GENUINE),
        ({"x5c": ["?"]}, "signature.format", Verdict.NOT_GENUINE),
        ({"x5c": []}, "signature.format", Verdict.NOT_GENUINE),
        ({"x5c": ["AAAA"]}, "signature.format", Verdict.NOT_GENUINE),
        ({"x5c": None, "jwk": {"kty": "EC"}}, "signature.no_certificate", Verdict.CANNOT_TELL),
    ],
)
def test_headers_that_are_not_followed(
    context: Context, regions: dict[Algorithm, Region], header: dict[str, object], code: str, verdict: Verdict
) -> None:
    report = check(jws(regions[Algorithm.SM2].seal, **header), context)  # type: ignore[arg-type]  # names of the header only
    assert (report.verdict, report.intact, report.has(code)) == (verdict, False, True), report.findings


def test_a_certificate_known_by_its_digest(context: Context, regions: dict[Algorithm, Region]) -> None:
    seal = regions[Algorithm.SM2].seal
    data = jws(seal, x5c=None)
    assert check(data, context).has("signature.no_certificate")
    held = replace(context.trust, leaves=TrustStore.build([seal.certificate]).anchors)
    assert check(data, replace(context, trust=held)).verdict is Verdict.GENUINE


def test_one_spelling_of_a_jws(context: Context, regions: dict[Algorithm, Region]) -> None:
    data = jws(regions[Algorithm.SM2].seal)
    head, body, value = data.split(b".")
    for other in (head + b"=." + body + b"." + value, data + b"." + value, head + b"." + body + b"." + value[:-4]):
        assert check(other, context).verdict is not Verdict.GENUINE
    for at in range(0, len(data), 11):
        altered = bytearray(data)
        altered[at] = ord("A") if altered[at] != ord("A") else ord("B")
        assert check(bytes(altered), context).verdict is not Verdict.GENUINE


# --- time stamps -----------------------------------------------------------------------------------------------------


def test_tokens_answers_and_stamped_data(context: Context, regions: dict[Algorithm, Region]) -> None:
    for region in regions.values():
        token = sealing.token(region.tsa, CONTENT, at=NOW)
        granted = der.sequence(der.sequence(der.integer(0)), token)
        evidence = der.explicit(0, der.sequence(token))
        inside = der.sequence(der.integer(1), der.octet_string(CONTENT), evidence)
        stamped = der.sequence(der.oid(TIME_STAMPED_DATA), der.explicit(0, inside))
        for data in (token, granted, stamped):
            report = check(data, context, CONTENT)
            assert (report.kind, report.verdict) == ("timestamp", Verdict.GENUINE), report.findings
            assert report.has("timestamp.valid")
            assert check(data, context, b"other").verdict is Verdict.NOT_GENUINE
        assert check(stamped, context).verdict is Verdict.GENUINE
        for data in (token, granted):
            assert (check(data, context).verdict, check(data, context).has("content.missing")) == (
                Verdict.CANNOT_TELL,
                True,
            )


def test_refusals_and_strangers(context: Context, regions: dict[Algorithm, Region]) -> None:
    refused = check(der.sequence(der.sequence(der.integer(2))), context)
    assert (refused.kind, refused.verdict, refused.has("timestamp.refused")) == ("timestamp", Verdict.NOT_GENUINE, True)
    stranger = sealing.token(pki.region("files strangers").tsa, CONTENT, at=NOW)
    assert check(stranger, context, CONTENT).verdict is Verdict.CANNOT_TELL
    altered = sealing.token(regions[Algorithm.SM2].tsa, CONTENT, at=NOW, altered=True)
    assert check(altered, context, CONTENT).has("time.broken")


def test_what_openssl_stamps_would_be_wrapped_alike(context: Context, regions: dict[Algorithm, Region]) -> None:
    token = sealing.token(regions[Algorithm.RSA_2048].tsa, CONTENT, at=NOW)
    text = b"-----BEGIN TIMESTAMP TOKEN-----\n" + base64.encodebytes(token) + b"-----END TIMESTAMP TOKEN-----\n"
    assert check(text, context, CONTENT).verdict is Verdict.GENUINE


# --- revocation data -------------------------------------------------------------------------------------------------


def test_lists(context: Context, regions: dict[Algorithm, Region]) -> None:
    for region in regions.values():
        good = check(region.issuing.crl(), context)
        assert (good.kind, good.verdict, good.signatures[0].kind) == ("list", Verdict.GENUINE, "list"), good.findings
        assert good.has("list.said")
        old = check(region.issuing.crl(days=-1), context)
        assert (old.verdict, old.has("list.old")) == (Verdict.CANNOT_TELL, True)
        forged = bytearray(region.issuing.crl())
        forged[-5] ^= 1
        assert check(bytes(forged), context).has("list.forged")
    stranger = check(pki.region("files strangers").issuing.crl(), context)
    assert (stranger.verdict, stranger.has("list.unknown_issuer")) == (Verdict.CANNOT_TELL, True)


@pytest.mark.parametrize("name", ["ROOTCA", "device-root"])
def test_national_lists(vectors: Path, name: str) -> None:
    """Of 2022: sound, and long out of date."""
    folder = vectors / "gm-pki"
    own = Context(TrustStore.load(folder / f"{name}.pem"), FixedClock(NOW))
    report = judge((folder / f"{name}.crl").read_bytes(), name=None, context=own)
    assert report.signatures[0].intact
    assert (report.verdict, report.has("list.old")) == (Verdict.CANNOT_TELL, True)


def test_status_answers(context: Context, regions: dict[Algorithm, Region]) -> None:
    for region in regions.values():
        own = list_cases.answer(region.seal, region.issuing, region.issuing)
        report = check(own, context)
        assert (report.kind, report.verdict, report.has("list.status")) == ("list", Verdict.GENUINE, True), (
            report.findings
        )
        assert report.signatures[0].format == "OCSP"
        altered = bytearray(own)
        altered[-3] ^= 1
        assert check(bytes(altered), context).verdict is not Verdict.GENUINE
        old = check(list_cases.answer(region.seal, region.issuing, region.issuing, days=-1), context)
        assert (old.verdict, old.has("list.old")) == (Verdict.CANNOT_TELL, True)
    region = regions[Algorithm.SM2]
    delegated = list_cases.responder(region.issuing)
    good = check(list_cases.answer(region.seal, region.issuing, delegated, carried=(delegated,)), context)
    assert good.verdict is Verdict.GENUINE, good.findings
    usurper = check(list_cases.answer(region.seal, region.issuing, region.code, carried=(region.code,)), context)
    assert (usurper.verdict, usurper.has("list.not_a_responder")) == (Verdict.NOT_GENUINE, True)
    nobody = check(list_cases.answer(region.seal, region.issuing, region.code), context)
    assert nobody.has("list.unknown_issuer")
    refused = check(der.sequence(der.enumerated(3)), context)
    assert (refused.verdict, refused.has("list.refused")) == (Verdict.CANNOT_TELL, True)


# --- kinds -----------------------------------------------------------------------------------------------------------


def test_a_code_in_a_file(code_region: Region) -> None:
    context = Context(store(code_region), FixedClock(NOW))
    text = text_of(code_region)
    report = judge(text.encode() + b"\r\n", name="code.txt", context=context)
    assert (report.kind, report.signatures[0].intact, report.signatures[0].trusted) == ("code", True, True)
    assert report.licence is not None
    assert report.licence.type == TEMPLATE.name_zh


def test_a_file_beside_what_needs_none_is_said(context: Context, regions: dict[Algorithm, Region]) -> None:
    report = check(regions[Algorithm.SM2].seal.certificate, context, CONTENT)
    assert (report.verdict, report.has("content.unused")) == (Verdict.GENUINE, True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("seal/UserV1.esl", FileKind.SEAL),
        ("seal/UserV5_ts.esl", FileKind.SEAL),
        ("seal/SignedValueV4.dat", FileKind.SEAL),
        ("seal/SignedValueV5.dat", FileKind.SEAL),
        ("ofd/hello-integrity.ofd", FileKind.OFD),
        ("gm-pki/ROOTCA.pem", FileKind.CERTIFICATE),
        ("gm-pki/ROOTCA.crl", FileKind.LIST),
        ("naughty-strings.json", FileKind.UNKNOWN),
        ("sm2/sm2_sig.vec", FileKind.UNKNOWN),
    ],
)
def test_kinds_of_the_vectors(vectors: Path, name: str, kind: FileKind) -> None:
    file = vectors / name
    assert detect(file.read_bytes()) is kind
