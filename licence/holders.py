"""What this room must know about people (持证主体): one Protocol, implemented by `sso`, plugged in by `server`."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class HolderNumbers(Protocol):
    def holder_code(self, person_id: UUID) -> str | None:
        """The citizen number of a person whose identity was proved; None when it was not."""
        ...


class NoHolders:
    """Nobody is known: the CLI and the worker use it, where no citizen ever calls."""

    def holder_code(self, person_id: UUID) -> str | None:
        del person_id
        return None
