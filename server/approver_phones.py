"""Approvers' phones for `seal` (审批人手机), answered by `sso`: neither room knows the other."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from foundation.ground import Ground
from foundation.masking import mask_phone
from seal.approval.cloud.room import Proofed
from sso import guards, people
from sso.sms import SmsSender


class ApproverPhones:
    """`seal.approval.cloud.room.SecondFactor`. Messages count with those of the login: one a minute, ten a day."""

    def __init__(self, ground: Ground, sms: SmsSender) -> None:
        self._ground = ground
        self._sms = sms

    def proofed(self, person_id: UUID) -> Proofed:
        with self._ground.db.read() as session:
            person = people.known(self._ground, session, person_id)
        return Proofed(person.name, person.citizen_number)

    def allow(self, person_id: UUID, address: str) -> None:
        guards.spend(self._ground, guards.sms_caps(person_id, address), "sso.sms_tries")

    def send(self, session: Session, person_id: UUID, text: str) -> str:
        phone = people.known(self._ground, session, person_id).phone
        self._sms.send(session, phone, text)
        return mask_phone(phone)
