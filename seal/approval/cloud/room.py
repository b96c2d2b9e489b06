"""What cloud keys need of floors above (云签名服务): who a person is, a way to reach them; `server` plugs in `sso`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.ground import Ground
from seal.room import SealRoom


@dataclass(frozen=True, slots=True, repr=False)
class Proofed:
    """A person in clear, for the moment a certificate is made."""

    name: str
    citizen_number: str


class SecondFactor(Protocol):
    """The person's phone, as it was proofed at registration (第二因素)."""

    def proofed(self, person_id: UUID) -> Proofed:
        """The identity behind the account; `NotFound` when it is gone or disabled."""
        ...

    def allow(self, person_id: UUID, address: str) -> None:
        """Count one message; raises `TooMany`. Commits by itself."""
        ...

    def send(self, session: Session, person_id: UUID, text: str) -> str:
        """Hand the message over within the transaction that made its code; answers the masked phone."""
        ...


@dataclass(frozen=True)
class CloudRoom:
    seal: SealRoom
    factor: SecondFactor

    @property
    def ground(self) -> Ground:
        return self.seal.ground
