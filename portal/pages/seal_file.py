"""One seal (印章档案): picture, facts, certificates, life history, and the steps its reader may take now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from ca.reading.certificate import read_certificate
from foundation.errors import YinxinError
from foundation.principal import Permission, Principal
from foundation.web.frame import ground, require, room
from portal.languages import day, moment, pick
from portal.pages.seal_register import shows_picture
from portal.seals import steps as forms
from portal.seals.frame import page, told
from portal.seals.people import named
from portal.seals.words import COMMON, sentence, state_word
from portal.seals.words_files import BEGINNINGS, CUSTODY, FILE, KEYS, PUBLIC, ROLES
from seal.kinds import KINDS
from seal.management import finding, reasons
from seal.management.access import READERS
from seal.management.errors import ReasonNeeded
from seal.management.finding import FileView, StepView
from seal.management.made import Made, made
from seal.management.states import STEP_WORDS, State, Step
from seal.room import SealRoom

blueprint = Blueprint("seal_file", __name__, url_prefix="/seals/<uuid:file_id>")
_FORMATS = {4: "GB/T 38540-2020", 5: "GM/T 0031-2025"}
_CHANGEABLE = (State.IN_USE, State.SUSPENDED)


@blueprint.get("")
def one(file_id: UUID) -> str:
    return _page(require(*READERS), file_id)


@blueprint.post("/steps")
def take(file_id: UUID) -> BaseResponse | tuple[str, int]:
    principal = require(*READERS)
    wanted = request.form.get("step", "")
    step = Step(wanted) if wanted in set(Step) else None
    if step is None:
        return _page(principal, file_id, fault=pick(FILE["confirm_needed"])), 422
    if step in forms.GRAVE and request.form.get("confirm") != "yes":
        return _page(principal, file_id, step=step, fault=pick(FILE["confirm_needed"])), 422
    try:
        forms.carry_out(room(SealRoom), principal, file_id, step, request.form)
    except YinxinError as error:
        said = pick(FILE["reason_needed"]) if isinstance(error, ReasonNeeded) else told(error)
        return _page(principal, file_id, step=step, fault=said), 422
    return redirect(f"/seals/{file_id}?done=step", 303)


def _page(principal: Principal, file_id: UUID, *, step: Step | None = None, fault: str = "") -> str:
    seals = room(SealRoom)
    file = finding.file(seals, principal, file_id)
    history = finding.history(seals, principal, file_id)
    known = made(seals, principal, [file_id]).get(file_id)
    return page(
        "file",
        FILE,
        file=file,
        state=state_word(file.state),
        facts=_facts(file, known),
        pictured=shows_picture(principal, file),
        certificates=_certificates(known),
        history=_lines(history),
        forms=forms.forms(file),
        typed=request.form if request.method == "POST" else {},
        open_step=step,
        keys=_keys(principal, file),
        public=sentence(PUBLIC[file.public.value]) if file.public is not None else "",
        done=request.args.get("done", ""),
        fault=fault,
        **_links(principal, file),
    )


def _links(principal: Principal, file: FileView) -> dict[str, Any]:
    own = principal.department == file.department and file.seal_id is not None
    return {
        "may_rule": own and principal.may(Permission.SEAL_POLICY),
        "may_stamp": own and principal.may(Permission.SEAL_STAMP) and file.state is State.IN_USE,
        "may_change": own and principal.may(Permission.SEAL_APPLY) and file.state in _CHANGEABLE,
        "may_fetch": own and principal.may(Permission.SEAL_READ) and file.state in _CHANGEABLE,
    }


def _facts(file: FileView, known: Made | None) -> list[tuple[str, Any]]:
    word = {key: pick(text) for key, text in FILE.items()}
    until = f"{day(known.valid_from)} – {day(known.valid_until)}" if known and known.valid_from else None
    return [
        (word["ring_text"], file.ring_text),
        (word["line_text"], file.line_text),
        (pick(COMMON["kind"]), f"{sentence(KINDS[file.kind].words)}（{KINDS[file.kind].code}）"),
        (pick(COMMON["department"]), f"{file.department_name} {file.department}"),
        (word["custody"], sentence(CUSTODY[file.custody])),
        (word["custodian"], file.custodian),
        (word["validity"], until),
        (word["format"], _FORMATS.get(known.ses_version) if known else None),
        (word["filing_number"], file.filing_number),
        (word["filed_at"], moment(file.filed_at)),
        (word["version"], file.version),
    ]


def _certificates(known: Made | None) -> list[tuple[str, str, Any]]:
    read = [read_certificate(der) for der in known.certificates] if known else []
    return [(one.subject.text, f"{one.serial:x}", one.not_after) for one in read]


def _keys(principal: Principal, file: FileView) -> list[tuple[str, str]]:
    """How far the destruction of the keys is."""
    if file.state not in (State.DESTROYING, State.DESTROYED):
        return []
    found = finding.keys(room(SealRoom), principal, file.id)
    return [(f"{one.name} #{one.version}", sentence(KEYS[one.state])) for one in found]


def _lines(history: tuple[StepView, ...]) -> list[dict[str, Any]]:
    people = named(ground(), [one.actor for one in history])
    return [
        {
            "at": one.at,
            "step": sentence(BEGINNINGS.get(one.step) or STEP_WORDS[Step(one.step)]),
            "state": state_word(one.target),
            "who": people[one.actor],
            "role": pick(ROLES[one.role]),
            "reason": sentence(reasons.WORDS[one.reason]),
            "words": one.words or "",
        }
        for one in reversed(history)
    ]
