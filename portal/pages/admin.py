"""The overview (运行总览) for operators and auditors: certificate tree, counts, audit checkpoints, jobs."""

from __future__ import annotations

from flask import Blueprint, render_template

from ca.room import CaRoom
from foundation.audit.checkpoint import Ledger
from foundation.audit.verify import AuditReport, verify
from foundation.principal import Permission
from foundation.web.context import frame
from foundation.web.frame import ground, require, room
from hsm.room import HsmRoom
from licence.room import LicenceRoom
from portal.overview import overview

blueprint = Blueprint("admin", __name__)


@blueprint.get("/admin")
def show() -> str:
    require(Permission.ADMIN_READ)
    return _page()


@blueprint.post("/admin/audit")
def prove() -> str:
    """Reads every row and every checkpoint, so it is a button and not part of the page."""
    require(Permission.ADMIN_READ, Permission.AUDIT_READ)
    ledger = Ledger(frame().settings.checkpoint_dir)
    return _page(verify(ground().db, ground().audit, ledger, room(HsmRoom).checkpoint_signer()))


def _page(audit_report: AuditReport | None = None) -> str:
    figures = overview(room(CaRoom), room(LicenceRoom))
    return render_template("pages/admin.html", density="dense", overview=figures, audit_report=audit_report)
