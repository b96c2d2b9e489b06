"""Suspending, resuming and revoking seals."""

from __future__ import annotations

import pytest

from ca.crl import current
from ca.reading import read_certificate, read_crl
from foundation.errors import Forbidden
from foundation.principal import SYSTEM
from seal.errors import SealNotInUse, SealUnknown
from seal.life import NoSuchStep, change_state
from seal.make import make_seal
from seal.models import SealState
from seal.orders import PdfOrder, Placement, SealRequest
from seal.stamp import stamp_pdf
from tests.seal import papers
from tests.seal.conftest import MARKET, Region, clerk

IN_USE, SUSPENDED, REVOKED = SealState.IN_USE, SealState.SUSPENDED, SealState.REVOKED


def _stamp(region: Region, seal_id: object) -> bytes:
    order = PdfOrder(papers.pdf(), seal_id, Placement(1, 100, 100), region.key())  # type: ignore[arg-type]
    return stamp_pdf(region.room, clerk(MARKET), order).document


def test_a_seal_is_suspended_resumed_and_revoked(region: Region) -> None:
    request = SealRequest(MARKET, "印川市市场监督管理局", "21990000000071", "印川市市场监督管理局")
    made = make_seal(region.room, SYSTEM, request)
    assert _stamp(region, made.id)
    assert change_state(region.room, SYSTEM, made.id, SUSPENDED).state == SUSPENDED
    with pytest.raises(SealNotInUse):
        _stamp(region, made.id)
    assert change_state(region.room, SYSTEM, made.id, SUSPENDED).state == SUSPENDED, "asked again, answered again"
    assert change_state(region.room, SYSTEM, made.id, IN_USE).state == IN_USE
    assert _stamp(region, made.id)
    assert change_state(region.room, SYSTEM, made.id, REVOKED).state == REVOKED
    with pytest.raises(SealNotInUse):
        _stamp(region, made.id)
    for wanted in (IN_USE, SUSPENDED):
        with pytest.raises(NoSuchStep):
            change_state(region.room, SYSTEM, made.id, wanted)
    for suite, octets in zip(("sm2", "rsa"), made.certificates, strict=True):
        listed = read_crl(current(region.room.ca, f"{suite}-issuing"))
        assert listed.find(read_certificate(octets).serial) is not None


def test_a_seal_not_made_yet_has_no_life(region: Region) -> None:
    with pytest.raises(NoSuchStep):
        change_state(region.room, SYSTEM, region.transport.id, SealState.RECORDED)
    with pytest.raises(SealUnknown):
        change_state(region.room, SYSTEM, region.room.ground.ids.uuid7(), REVOKED)


def test_a_clerk_changes_no_seal(region: Region) -> None:
    with pytest.raises(Forbidden):
        change_state(region.room, clerk(MARKET), region.seal_id, SUSPENDED)
