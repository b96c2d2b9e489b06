"""The register of seals (印章库): every seal the caller may see, what waits for him, and their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, request

from foundation.principal import Permission, Principal
from foundation.web.frame import language, require, room
from portal.languages import pick
from portal.seals.frame import page
from portal.seals.words import sentence, state_word
from portal.seals.words_files import CUSTODY, REGISTER
from portal.wording import Word
from seal.kinds import KINDS, SealKind
from seal.management import finding, picturing
from seal.management.access import READERS, serves_region
from seal.management.finding import FileView
from seal.management.made import made
from seal.management.states import STEP_WORDS, State
from seal.room import SealRoom

blueprint = Blueprint("seal_register", __name__, url_prefix="/seals")
_DOERS = (Permission.SEAL_APPLY, Permission.SEAL_APPROVE, Permission.SEAL_MAKE, Permission.SEAL_FILE)


@dataclass(frozen=True, slots=True)
class Row:
    file: FileView
    kind: str
    custody: str
    state: Word
    until: datetime | None
    steps: str
    pictured: bool


@blueprint.get("")
def listed() -> str:
    principal = require(*READERS)
    asked = {name: request.args.get(name, "").strip()[:40] for name in ("state", "kind", "code", "after")}
    found = finding.files(
        room(SealRoom),
        principal,
        states=(State(asked["state"]),) if asked["state"] in set(State) else (),
        kind=SealKind(asked["kind"]) if asked["kind"] in set(SealKind) else None,
        code=asked["code"] or None,
        after=_uuid(asked["after"]),
    )
    return page(
        "register",
        REGISTER,
        rows=_rows(principal, found.items),
        asked=asked,
        states=[(state.value, state_word(state).text) for state in State],
        kinds=[(kind.value, sentence(facts.words)) for kind, facts in KINDS.items()],
        may_apply=principal.may(Permission.SEAL_APPLY),
        following=found.next,
    )


@blueprint.get("/waiting")
def waiting() -> str:
    principal = require(*_DOERS)
    found = finding.files(room(SealRoom), principal, waiting=True, limit=finding.MOST)
    return page("waiting", REGISTER, rows=_rows(principal, found.items))


@blueprint.get("/<uuid:file_id>/picture.svg")
def picture(file_id: UUID) -> Response:
    data = picturing.svg(room(SealRoom), require(*READERS), file_id)
    return Response(data, content_type="image/svg+xml", headers={"Cache-Control": "private, max-age=300"})


def _rows(principal: Principal, files: tuple[FileView, ...]) -> list[Row]:
    known = made(room(SealRoom), principal, [one.id for one in files])
    return [
        Row(
            one,
            sentence(KINDS[one.kind].words),
            sentence(CUSTODY[one.custody]),
            state_word(one.state),
            known[one.id].valid_until if one.id in known else None,
            _steps(one),
            shows_picture(principal, one),
        )
        for one in files
    ]


def _steps(file: FileView) -> str:
    """What may be done now, the first of it written large."""
    said = ("、" if language() == "zh" else ", ").join(pick(STEP_WORDS[step]) for step in file.steps)
    return said[:1].upper() + said[1:]


def shows_picture(principal: Principal, file: FileView) -> bool:
    """A name seal's picture is for those who read names."""
    own = principal.department == file.department and (
        principal.may(Permission.SEAL_APPLY) or principal.may(Permission.SEAL_READ)
    )
    return not file.kind.personal or serves_region(principal) or own


def _uuid(text: str) -> UUID | None:
    """A paging mark somebody cut short begins at the first page again."""
    try:
        return UUID(text)
    except ValueError:
        return None
