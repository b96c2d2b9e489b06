"""The red of official seals (印章红), once for all writers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    red: int
    green: int
    blue: int

    @property
    def hex(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def pdf(self) -> str:
        """Operands of `rg`."""
        return " ".join(f"{value / 255:.3f}" for value in (self.red, self.green, self.blue))

    @property
    def ofd(self) -> str:
        """CT_Color@Value."""
        return f"{self.red} {self.green} {self.blue}"


SEAL_RED = Colour(0xD9, 0x10, 0x1C)
