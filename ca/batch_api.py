"""Routes for many certificates at once (批量签发接口), and the list of profiles."""

from __future__ import annotations

from ca.batch_schemas import BatchBody, BatchLineOut, BatchOut, ProfileOut, ProfilesOut
from ca.chain import chain
from ca.enrol import enrol_many
from ca.issue import IssuedCertificate
from ca.room import CaRoom
from ca.schemas import pem
from foundation.errors import InvalidInput
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Call, api, collect
from foundation.web.frame import room
from hsm.digests import sha256

_MOST_BYTES = 16 * 1024 * 1024


@api(
    "POST", "/api/v1/ca/certificates/batch", tag="ca", summary="批量签发证书",
    summary_en="Issue up to 1,000 certificates; each line is answered for itself",
    description=Text(
        "每行一份证书请求，逐行给出证书或原因。同一幂等键和 reference 重复提交，得到同一张证书。",
        "One certificate request a line; each is answered with a certificate or the reason against it. "
        "The same idempotency key and reference again give the same certificate.",
    ),
    body=BatchBody, returns=BatchOut, problems=("invalid-input", "forbidden", "conflict", "unavailable"),
    permission=Permission.CA_ISSUE, audit="ca.certificate.issue", idempotent=True, max_bytes=_MOST_BYTES,
)  # fmt: skip
def issue_certificates(call: Call[BatchBody]) -> BatchOut:
    ca, lines = room(CaRoom), call.body.lines
    references = [line.reference for line in lines]
    if len(set(references)) != len(references):
        raise InvalidInput(
            "ca.batch_reference",
            Text("reference 有重复，请逐行使用不同的编号。", "Two lines have the same reference; each needs its own."),
        )
    caller = (call.principal.client_id or call.principal.label)[:60]  # each program counts its own keys
    prefix = f"api:{caller}:{sha256(call.key.encode()).hex()}"
    made = enrol_many(ca, call.principal, [line.enrolment(prefix) for line in lines])
    issued = [one for one in made if isinstance(one, IssuedCertificate)]
    chains = {one.issuer: one.der for one in issued}
    return BatchOut(
        issued=len(issued),
        refused=len(made) - len(issued),
        lines=[BatchLineOut.of(reference, one) for reference, one in zip(references, made, strict=True)],
        chains={slug: [pem(above) for above in chain(ca, octets)] for slug, octets in chains.items()},
    )


@api(
    "GET", "/api/v1/ca/profiles", tag="ca", summary="证书模板列表", summary_en="Certificate profiles in force",
    returns=ProfilesOut,
)  # fmt: skip
def list_profiles(call: Call) -> ProfilesOut:
    del call
    return ProfilesOut(items=[ProfileOut.of(profile) for profile in room(CaRoom).profiles()])


ROUTES = collect(globals())
