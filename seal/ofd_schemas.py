"""What of an order to stamp is for OFD files only (OFD 用章接口数据)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from foundation.errors import InvalidInput
from foundation.text import Text
from foundation.web.api import Wire
from seal.ofd_forms import OfdForm
from seal.orders import OfdOrder
from seal.places import Places


class OfdOptions(Wire):
    ofd_form: OfdForm = Field(
        OfdForm.SEAL, description="OFD only: a seal, or a plain digital signature of GB/T 35275 (shows nowhere)"
    )
    ofd_version: Literal["4", "5"] | None = Field(
        None, description="OFD only: 4 is GB/T 38540-2020, 5 is GM/T 0031-2025; default: the region's setting"
    )
    ofd_time_stamp: bool = Field(default=True, description="OFD only: a time stamp with the signature")
    ofd_document: str | None = Field(
        None,
        pattern=r"^([1-9][0-9]{0,2}|[0-9A-Fa-f]{32})$",
        description="OFD with several documents: which one, by its place from 1 or its DocID",
    )

    @property
    def plain(self) -> bool:
        return self.ofd_form is OfdForm.SIGN

    def ofd_order(self, data: bytes, seal: UUID, place: Places, key: str, *, closing: bool) -> OfdOrder:
        version = int(self.ofd_version) if self.ofd_version else None
        return OfdOrder(data, seal, place, key, closing, self.ofd_form, version, self.ofd_time_stamp, self.ofd_document)

    def refuse_for_pdf(self) -> None:
        """What a PDF has no place for is refused, not dropped."""
        if self.plain or self.ofd_version or self.ofd_document or not self.ofd_time_stamp:
            raise InvalidInput(
                "seal.ofd_only",
                Text("ofd_ 开头的选项只用于 OFD 文件。", "The options that begin with ofd_ are for OFD files only."),
            )
