"""The way to the signer (通道): one call, wherever the desk is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from hsm.service.operations import Caller, Role

A = TypeVar("A")
ITSELF = frozenset({Role.CLIENT, Role.OPERATOR})


class Channel(Protocol):
    def ask(self, request: object, answer: type[A]) -> A:
        """The answer to a request of `messages` or of any module in the table; raises what the signer raised."""
        ...


class Asks(Protocol):
    def ask(self, caller: Caller, request: object) -> object: ...


class DirectChannel:
    """To a desk in this very process: the same checks and the same journal, without the separation."""

    def __init__(self, desk: Callable[[], Asks], caller: Caller) -> None:
        self._desk = desk
        self._caller = caller

    def ask(self, request: object, answer: type[A]) -> A:
        found = self._desk().ask(self._caller, request)
        if not isinstance(found, answer):
            raise TypeError(f"{type(request).__name__} is answered by {type(found).__name__}")
        return found
