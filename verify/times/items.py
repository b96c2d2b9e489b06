"""Pieces of validation data (验证数据项), wherever they come from: a file, a CMS signature, the network."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ca.reading import Certificate


class Sort(StrEnum):
    CERTIFICATE = "certificate"
    LIST = "list"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of data; in a file, `end` is the octet before which it stands whole."""

    sort: Sort
    octets: bytes
    end: int = 0


class Online(Protocol):
    """Asks the places a certificate names. What comes back is a candidate to be judged, never believed as it is."""

    def about(self, path: tuple[Certificate, ...]) -> tuple[Item, ...]: ...
