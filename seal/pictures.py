"""The pictures and the file of one seal (印模与印章文件), for those who may see it."""

from __future__ import annotations

from uuid import UUID

from foundation.principal import Principal
from seal import find, keeping
from seal.room import SealRoom
from seal.ses import read_seal


def svg(room: SealRoom, principal: Principal, seal_id: UUID) -> bytes:
    return keeping.file(room, find.row_of(room, principal, seal_id), "svg")


def ofd(room: SealRoom, principal: Principal, seal_id: UUID) -> bytes:
    return keeping.file(room, find.row_of(room, principal, seal_id), "ofd")


def esl(room: SealRoom, principal: Principal, seal_id: UUID) -> bytes:
    return keeping.held(room, find.row_of(room, principal, seal_id)).esl


def png(room: SealRoom, principal: Principal, seal_id: UUID) -> bytes:
    """The very picture inside the SESeal, so that what is shown is what was signed."""
    return read_seal(esl(room, principal, seal_id)).picture.data
