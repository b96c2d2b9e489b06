"""Codes for approvers go to the phone `sso` knows, are counted with those of the login, and never name the phone."""

from __future__ import annotations

import pytest

from foundation.errors import NotFound, TooMany
from foundation.ground import Ground
from foundation.numbers import citizen_number_check
from foundation.principal import SYSTEM
from server.approver_phones import ApproverPhones
from sso import people
from sso.sms import OutboxSender, outbox

FIRST17 = "21990019850101001"


def test_a_code_reaches_the_proofed_phone(ground: Ground) -> None:
    phones = ApproverPhones(ground, OutboxSender(ground))
    number = FIRST17 + citizen_number_check(FIRST17)
    person = people.add_person(ground, SYSTEM, people.NewPerson("审批甲", number, "13812340001", "long enough words"))
    assert (phones.proofed(person).name, phones.proofed(person).citizen_number) == ("审批甲", number)
    phones.allow(person, "192.0.2.1")
    with pytest.raises(TooMany):
        phones.allow(person, "192.0.2.1")
    with ground.db.begin() as session:
        assert "1234" not in phones.send(session, person, "验证码 000000")
    assert [one.text for one in outbox(ground)] == ["13812340001 验证码 000000"]
    people.disable(ground, SYSTEM, person)
    with pytest.raises(NotFound):
        phones.proofed(person)
