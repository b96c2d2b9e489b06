"""The registration room (注册审核服务): the certificate room, and what it must ask of floors above.

Who a logged-in person is and how a message reaches a phone are `sso`'s to know; `server` plugs both in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from ca.room import CaRoom
from foundation.ground import Ground
from hsm.delivery.keys import OneTimeKeys


@dataclass(frozen=True, slots=True, repr=False)
class KnownPerson:
    """A person in clear, for the moment it takes to fill in an application."""

    name: str
    citizen_number: str
    phone: str | None


class People(Protocol):
    def identity(self, person_id: UUID) -> KnownPerson:
        """The proofed identity behind a login; `NotFound` when the account is gone."""
        ...


class Messages(Protocol):
    def send(self, session: Session, phone: str, text: str) -> None:
        """Hand a message over inside the transaction that it belongs to."""
        ...


@dataclass(frozen=True)
class RegistrationRoom:
    ca: CaRoom
    people: People
    messages: Messages
    one_time: OneTimeKeys

    @property
    def ground(self) -> Ground:
        return self.ca.ground
