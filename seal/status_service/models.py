"""Tables of the seal-status service (印章状态发布): numbers of lists, and the answer last signed for each seal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class SealStatusList(Base):
    """One list. Recorded before it is signed; without `sha256` it was never published and its number stays unused."""

    __tablename__ = "seal_status_list"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger, doc="Counter of public changes it knows")
    this_update: Mapped[datetime]
    next_update: Mapped[datetime]
    entries: Mapped[int] = mapped_column(Integer)
    payload_sha256: Mapped[str] = mapped_column(String(64), doc="Of the payload that may be signed under this number")
    sha256: Mapped[str | None] = mapped_column(String(64), doc="Of the published file")


class SealStatusAnswer(Base):
    """The answer about one seal, signed once and given again until it is old or the seal's state changed."""

    __tablename__ = "seal_status_answer"

    code: Mapped[str] = mapped_column(String(14), primary_key=True)
    moves: Mapped[int] = mapped_column(Integer, doc="Lines of the seal's history it knows")
    this_update: Mapped[datetime]
    next_update: Mapped[datetime]
    payload_sha256: Mapped[str] = mapped_column(String(64))
    octets: Mapped[str | None] = mapped_column(Text, doc="NULL while it is being signed")
