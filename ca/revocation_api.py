"""Routes of status (证书状态接口): hold, release, mass revocation, health of lists and answers."""

from __future__ import annotations

from uuid import UUID

from ca import mass_selection, revocation_health, revoke_many
from ca.revocation_schemas import HealthOut, HoldOut, MassBody, MassesOut, MassOut, MassPath, ReleaseOut
from ca.revoke import hold, release
from ca.room import CaRoom
from ca.schemas import CertificatePath
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Call, api, collect
from foundation.web.frame import room

_CERTIFICATE = "/api/v1/ca/certificates/{id}"
_MASSES = "/api/v1/ca/mass-revocations"
_MASS = _MASSES + "/{id}"


@api(
    "POST", _CERTIFICATE + "/hold", tag="ca", summary="挂起证书", summary_en="Put a certificate on hold",
    path=CertificatePath, returns=HoldOut, problems=("not-found", "conflict", "invalid-input"),
    permission=Permission.CA_REVOKE, audit="ca.certificate.hold",
)  # fmt: skip
def hold_certificate(call: Call[None, None, CertificatePath]) -> HoldOut:
    return HoldOut.of(hold(room(CaRoom), call.principal, certificate_id=call.path.id))


@api(
    "POST", _CERTIFICATE + "/release", tag="ca", summary="解除挂起", summary_en="Lift the hold of a certificate",
    path=CertificatePath, returns=ReleaseOut, problems=("not-found", "conflict"),
    permission=Permission.CA_REVOKE, audit="ca.certificate.release",
)  # fmt: skip
def release_certificate(call: Call[None, None, CertificatePath]) -> ReleaseOut:
    return ReleaseOut.of(release(room(CaRoom), call.principal, certificate_id=call.path.id))


@api(
    "POST", _MASSES, tag="ca", summary="准备批量撤销", summary_en="Prepare a mass revocation",
    description=Text(
        "固定证书范围并返回数量；经另一人批准后由后台执行。",
        "Freezes the set and says how many; it is carried out once somebody else has approved it.",
    ),
    body=MassBody, returns=MassOut, status=201, problems=("invalid-input",),
    permission=Permission.CA_REVOKE, audit="ca.revoke_many.prepare", idempotent=True,
)  # fmt: skip
def prepare_mass_revocation(call: Call[MassBody]) -> MassOut:
    body = call.body
    made = mass_selection.prepare(room(CaRoom), call.principal, body.selection(), body.code(), body.invalid_since)
    return MassOut.of(made)


@api(
    "GET", _MASSES, tag="ca", summary="批量撤销列表", summary_en="Mass revocations, newest first",
    returns=MassesOut, permission=Permission.CA_REVOKE,
)  # fmt: skip
def list_mass_revocations(call: Call) -> MassesOut:
    return MassesOut(items=[MassOut.of(one) for one in mass_selection.recent(room(CaRoom), call.principal)])


@api(
    "GET", _MASS, tag="ca", summary="批量撤销进度", summary_en="How far a mass revocation is",
    path=MassPath, returns=MassOut, problems=("not-found",), permission=Permission.CA_REVOKE,
)  # fmt: skip
def get_mass_revocation(call: Call[None, None, MassPath]) -> MassOut:
    return _progress(call, call.path.id)


@api(
    "POST", _MASS + "/approve", tag="ca", summary="批准批量撤销", summary_en="Approve a mass revocation",
    description=Text("不能批准自己提出的。", "Not one's own."),
    path=MassPath, returns=MassOut, problems=("not-found", "conflict"),
    permission=Permission.CA_REVOKE, audit="ca.revoke_many.approve",
)  # fmt: skip
def approve_mass_revocation(call: Call[None, None, MassPath]) -> MassOut:
    revoke_many.approve(room(CaRoom), call.principal, call.path.id)
    return _progress(call, call.path.id)


@api(
    "POST", _MASS + "/cancel", tag="ca", summary="取消批量撤销", summary_en="Cancel a mass revocation",
    description=Text("已撤销的不会恢复。", "What is revoked stays revoked."),
    path=MassPath, returns=MassOut, problems=("not-found", "conflict"),
    permission=Permission.CA_REVOKE, audit="ca.revoke_many.cancel",
)  # fmt: skip
def cancel_mass_revocation(call: Call[None, None, MassPath]) -> MassOut:
    revoke_many.cancel(room(CaRoom), call.principal, call.path.id)
    return _progress(call, call.path.id)


def _progress(call: Call[None, None, MassPath], job: UUID) -> MassOut:
    return MassOut.of(mass_selection.progress(room(CaRoom), call.principal, job))


@api(
    "GET", "/api/v1/ca/revocation-health", tag="ca", summary="撤销服务健康状况",
    summary_en="Ages of every list and of the stored OCSP answers, and the last check",
    returns=HealthOut, permission=Permission.CA_READ,
)  # fmt: skip
def get_revocation_health(call: Call) -> HealthOut:
    del call
    return HealthOut.of(revocation_health.health(room(CaRoom)))


ROUTES = collect(globals())
