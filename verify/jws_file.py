"""The judgement of a JSON Web Signature (JWS 核验): RFC 7515, detached or not, certificate in `x5c` or known to us.

Algorithms from a list and nothing else: `none` and shared secrets prove nothing. SM2 has no registered name; ours is
`SGD_SM3_SM2` (GM/T 0006), r‖s with the usual signer ID. Keys a header offers (`jwk`, `jku`, `x5u`) are never used.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ca.reading import Certificate
from foundation.der import DerError
from hsm import signature_value
from hsm.digests import Digest, sha256
from hsm.errors import BadSignature
from hsm.schemes import Family, Scheme
from seal.detached.jws_shape import STATEMENT
from verify import jws_shape
from verify.checked import Broken, Checked, tell
from verify.context import Context
from verify.judged import File, Judged
from verify.jws_shape import Jws, JwsError, Signature
from verify.links import parsed, stands
from verify.path import validate
from verify.report import Finding, SignatureReport, Sub
from verify.trust import TrustStore, Use
from verify.words import finding

ALGORITHMS: Mapping[str, Scheme] = {
    "SGD_SM3_SM2": Scheme.SM2_SM3,
    "RS256": Scheme.RSA_SHA256,
    "RS384": Scheme.RSA_SHA384,
    "RS512": Scheme.RSA_SHA512,
    "PS256": Scheme.RSA_PSS_SHA256,
    "PS384": Scheme.RSA_PSS_SHA384,
    "PS512": Scheme.RSA_PSS_SHA512,
    "ES256": Scheme.ECDSA_SHA256,
    "ES384": Scheme.ECDSA_SHA384,
}
_ORDERS = {
    Scheme.SM2_SM3: signature_value.SM2_ORDER,
    Scheme.ECDSA_SHA256: signature_value.P256_ORDER,
    Scheme.ECDSA_SHA384: signature_value.P384_ORDER,
}
_PROVE_NOTHING = frozenset({"NONE", "HS256", "HS384", "HS512"})
MOST_CERTIFICATES = 16


def judge_jws(file: File, context: Context) -> Judged:
    """Never raises over what the file holds."""
    try:
        jws = jws_shape.read(file.data)
    except JwsError as error:
        return Judged(findings=(finding(error.code, *error.values),))
    reports = [_report(jws, one, number, file, context) for number, one in enumerate(jws.signatures, 1)]
    return Judged(tuple(reports))


def _report(jws: Jws, one: Signature, number: int, file: File, context: Context) -> SignatureReport:
    named = one.header.get("alg")
    form = f"{jws.form} {named if isinstance(named, str) else '?'}"
    try:
        checked = _check(jws, one, file.content, context)
    except JwsError as error:
        checked = Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(finding(error.code, *error.values),))
    except DerError as error:
        found = finding("signature.format", error.detail.en)
        checked = Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(found,))
    except Broken as broken:
        checked = broken.result
    covered = "content" if file.content is not None else None if jws.detached else "enclosed"
    return tell(checked, name=str(number), form=form, coverage=covered)


def _check(jws: Jws, one: Signature, content: bytes | None, context: Context) -> Checked:
    # 1. a header we understand to the last word
    scheme = _scheme(one)
    certificates = _certificates(one, context.trust)
    certificate = certificates[0]
    # 2. is it about this file
    payload, told = _payload(jws, one, content, certificate)
    # 3. the mathematics
    if not stands(certificate.spki, scheme, one.protected + b"." + payload, _value(one, scheme)):
        raise Broken(Sub.SIG_CRYPTO_FAILURE, finding("signature.crypto"), certificate=certificate)
    # 4. when, and by whose authority
    path = validate(certificate, context.trust, extra=certificates[1:], moment=context.moment, use=Use.SEAL)
    claimed = _claimed(one.header)
    told += [finding("jws.open_header", "、".join(one.unprotected))] if one.unprotected else []
    missing = any(item.code == "content.missing" for item in told)
    return Checked(
        intact=not missing,
        sub=path.sub or (Sub.SIGNED_DATA_NOT_FOUND if missing else None),
        certificate=certificate,
        scheme=scheme,
        path=path,
        claimed=claimed,
        findings=(finding("time.claimed"), *told, *path.findings),
    )


def _scheme(one: Signature) -> Scheme:
    named = one.header.get("alg")
    if not isinstance(named, str):
        raise JwsError("jws.algorithm_refused", "—")
    if named.upper() in _PROVE_NOTHING:
        raise JwsError("jws.algorithm_refused", named)
    if "crit" in one.header or "b64" in one.header:
        raise Broken(Sub.GENERIC, finding("jws.critical", str(one.header.get("crit", ["b64"]))[:80]))
    scheme = ALGORITHMS.get(named)
    if scheme is None:
        raise Broken(Sub.GENERIC, finding("signature.algorithm_unknown", named))
    return scheme


def _certificates(one: Signature, trust: TrustStore) -> tuple[Certificate, ...]:
    """Of the header, or one of those we know by its digest; a key without a certificate is nobody's."""
    listed = one.header.get("x5c")
    wanted = one.header.get("x5t#S256")
    if listed is not None:
        if not isinstance(listed, list) or not 0 < len(listed) <= MOST_CERTIFICATES:
            raise JwsError("signature.format", "x5c")
        found = tuple(parsed(_base64(item)) for item in listed)
    else:
        found = tuple(leaf for leaf in trust.leaves if wanted == _print(leaf))[:1]
    if not found:
        raise Broken(Sub.NO_SIGNING_CERTIFICATE_FOUND, finding("signature.no_certificate"))
    if wanted is not None and wanted != _print(found[0]):
        raise Broken(Sub.SIG_CONSTRAINTS_FAILURE, finding("signature.certificate_binding"), certificate=found[0])
    return found


def _base64(item: object) -> bytes:
    try:
        return base64.b64decode(item if isinstance(item, str) else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise JwsError("signature.format", "x5c") from error


def _print(certificate: Certificate) -> str:
    return jws_shape.encoded(sha256(certificate.der)).decode()


def _payload(jws: Jws, one: Signature, content: bytes | None, certificate: Certificate) -> tuple[bytes, list[Finding]]:
    """(what was signed, in base64url; what to tell). A statement inside speaks for a file by its digest."""
    if jws.detached:
        if content is None:
            raise Broken(Sub.SIGNED_DATA_NOT_FOUND, finding("content.missing"), certificate=certificate)
        return jws_shape.encoded(content), []
    payload = jws_shape.decoded(jws.payload)
    if one.header.get("cty") == STATEMENT:
        if content is None:
            return jws.payload, [finding("content.missing")]
        if not _speaks_for(payload, content):
            raise Broken(Sub.HASH_FAILURE, finding("signature.hash"), certificate=certificate)
        return jws.payload, []
    if content is not None and content != payload:
        raise Broken(Sub.HASH_FAILURE, finding("signature.hash"), certificate=certificate)
    return jws.payload, []


def _speaks_for(statement: bytes, content: bytes) -> bool:
    try:
        told = json.loads(statement)
        digest = Digest(told["digest"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return False
    return not digest.weak and told.get("value") == digest.of(content).hex() and told.get("size") == len(content)


def _value(one: Signature, scheme: Scheme) -> bytes:
    """R‖s as JOSE has it, to DER; RSA as it is."""
    if scheme.family not in (Family.SM2, Family.ECDSA):
        return one.value
    try:
        return signature_value.from_raw(one.value, _ORDERS[scheme])
    except BadSignature:
        return b""


def _claimed(header: Mapping[str, Any]) -> datetime | None:
    """`iat`, as our own have it, or `sigT` of JAdES."""
    at = header.get("iat")
    if isinstance(at, int) and not isinstance(at, bool) and 0 <= at < 1 << 36:
        return datetime.fromtimestamp(at, UTC)
    told = header.get("sigT")
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
