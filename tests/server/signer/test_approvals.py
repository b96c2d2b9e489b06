"""The signer of a whole house holds a seal to its rules: with its own journal, before and after it was started anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from ca import hierarchy
from ca.frozen import freeze
from foundation.clock import FixedClock
from foundation.principal import SYSTEM
from foundation.settings import Settings
from hsm.service.errors import PolicyRefused
from seal.approval.errors import Waiting
from seal.approval.models import CaseState, SealCase, SealPolicy
from seal.approval.rules import Rules
from seal.management.direct import make_directly
from seal.models import OrderState, SealOrder
from seal.orders import OfdOrder, PdfOrder, Placement, SealRequest
from seal.stamp import stamp_ofd, stamp_pdf
from server.house import House, open_house
from tests.seal import papers
from tests.seal.approving import official, put_rules
from tests.seal.conftest import MARKET, clerk

PLACE = Placement(1, 150, 240)
NAME = "印川市市场监督管理局"


def _asked(house: House, order: PdfOrder) -> Waiting:
    with pytest.raises(Waiting) as waiting:
        stamp_pdf(house.seal, clerk(MARKET), order)
    return waiting.value


def test_the_signer_of_a_house_holds_seals_to_their_rules(
    new_database: Callable[[str], str], tmp_path: Path, clock: FixedClock
) -> None:
    settings = Settings(home=tmp_path, database={"url": new_database("sqlite")})
    with open_house(settings, clock=clock) as house:
        freeze(house.ca)
        hierarchy.establish(house.ca)
        seal = make_directly(house.seal, SYSTEM, SealRequest(MARKET, NAME, "21990000000001", NAME))
        owner, second, approver = (official(house.seal, MARKET, number) for number in (1, 2, 3))
        put_rules(house.seal, seal.id, Rules(approvals=1, approvers=(approver.named,)), owner, second)
        order = PdfOrder(papers.pdf(), seal.id, PLACE, "house-1")
        waiting = _asked(house, order)
        with house.ground.db.begin() as session:  # what a web process in foreign hands can write
            session.execute(update(SealOrder).where(SealOrder.id == waiting.order_id).values(state=OrderState.RECORDED))
            session.execute(update(SealCase).where(SealCase.id == waiting.case_id).values(state=CaseState.APPROVED))
        with pytest.raises(PolicyRefused, match="not_approved"):
            stamp_pdf(house.seal, clerk(MARKET), order)
        with house.ground.db.begin() as session:
            session.execute(update(SealCase).values(state=CaseState.WAITING))
        assert waiting.case_id is not None
        approver.decide(house.seal, waiting.case_id)
        assert stamp_pdf(house.seal, clerk(MARKET), order).document.startswith(papers.pdf())
        ofd = OfdOrder(papers.ofd(), seal.id, PLACE, "house-2")
        with pytest.raises(Waiting) as asked:
            stamp_ofd(house.seal, clerk(MARKET), ofd)
        assert asked.value.case_id is not None
        approver.decide(house.seal, asked.value.case_id)
        assert stamp_ofd(house.seal, clerk(MARKET), ofd).document
        with house.ground.db.begin() as session:
            session.execute(delete(SealPolicy))
        with pytest.raises(PolicyRefused, match="rules_gone"):
            stamp_pdf(house.seal, clerk(MARKET), PdfOrder(papers.pdf(), seal.id, PLACE, "house-3"))
    with open_house(settings, clock=clock) as house, pytest.raises(PolicyRefused, match="rules_gone"):
        stamp_pdf(house.seal, clerk(MARKET), PdfOrder(papers.pdf(), seal.id, PLACE, "house-3"))
