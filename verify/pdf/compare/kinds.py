"""Kinds of change (改动类别) and their words. ISO 32000-2 12.8.2.2 (DocMDP) sorts what may be allowed."""

from __future__ import annotations

from enum import StrEnum

from foundation.text import Text


class Kind(StrEnum):
    # data for later verification: never changes what is shown
    ARCHIVE = "archive"
    METADATA = "metadata"
    # signatures
    SIGNATURE = "signature"
    EMPTY_FIELD = "empty_field"
    # filling a form
    FIELD_VALUE = "field_value"
    FIELD_LOOK = "field_look"
    STRUCTURE = "structure"
    # comments
    ANNOTATION = "annotation"
    # nobody may change these after sealing
    SIGNATURE_ALTERED = "signature_altered"
    FIELD = "field"
    FORM = "form"
    CONTENT = "content"
    RESOURCES = "resources"
    PAGE_BOX = "page_box"
    PAGE = "page"
    PAGES = "pages"
    LAYERS = "layers"
    SCRIPT = "script"
    ATTACHMENT = "attachment"
    NAMES = "names"
    OUTLINE = "outline"
    PERMISSIONS = "permissions"
    VIEW = "view"
    OBJECT_STREAM = "object_stream"


HARMLESS = frozenset({Kind.ARCHIVE, Kind.METADATA})
FILLING = frozenset({Kind.FIELD_VALUE, Kind.FIELD_LOOK, Kind.STRUCTURE, Kind.EMPTY_FIELD})

_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.ARCHIVE: ("追加了归档验证数据", "archive data was added"),
    Kind.METADATA: ("文档属性信息改动", "document properties changed"),
    Kind.SIGNATURE: ("加盖了签章", "it was signed"),
    Kind.EMPTY_FIELD: ("新增了空签名域", "an empty signature field was added"),
    Kind.FIELD_VALUE: ("表单填写内容改动", "the value of a form field changed"),
    Kind.FIELD_LOOK: ("表单域显示内容改动", "what a form field shows changed"),
    Kind.STRUCTURE: ("文档结构标签改动", "structure tags changed"),
    Kind.ANNOTATION: ("批注增删或改动", "an annotation was added, removed or changed"),
    Kind.SIGNATURE_ALTERED: ("已有签章被改动或移除", "an earlier signature was altered or removed"),
    Kind.FIELD: ("表单域被新增、移除或改动", "a form field was added, removed or altered"),
    Kind.FORM: ("表单设置改动", "settings of the form changed"),
    Kind.CONTENT: ("页面内容改动", "the content of a page changed"),
    Kind.RESOURCES: ("页面所用字体、图片等资源改动", "fonts, pictures or other resources of a page changed"),
    Kind.PAGE_BOX: ("页面裁切或旋转改动", "a page was cropped or turned"),
    Kind.PAGE: ("页面属性改动", "attributes of a page changed"),
    Kind.PAGES: ("页面被增删或换序", "pages were added, removed or put in another order"),
    Kind.LAYERS: ("图层显示改动", "layers were shown or hidden"),
    Kind.SCRIPT: ("脚本或自动动作改动", "scripts or actions changed"),
    Kind.ATTACHMENT: ("附件改动", "attachments changed"),
    Kind.NAMES: ("名称表改动", "names changed"),
    Kind.OUTLINE: ("书签改动", "bookmarks changed"),
    Kind.PERMISSIONS: ("签章许可声明改动", "the permissions of signatures changed"),
    Kind.VIEW: ("文档目录设置改动", "settings in the catalog changed"),
    Kind.OBJECT_STREAM: ("已有对象流被替换", "an existing object stream was replaced"),
}


def words(kind: Kind, page: int | None, field: str | None) -> Text:
    """E.g. 第 1 页，表单域“Name”：表单填写内容改动."""
    zh, en = _WORDS[kind]
    place_zh = "，".join(part for part in (f"第 {page} 页" if page else "", f"域“{field}”" if field else "") if part)
    place_en = ", ".join(part for part in (f"page {page}" if page else "", f'field "{field}"' if field else "") if part)
    return Text(f"{place_zh}：{zh}" if place_zh else zh, f"{place_en}: {en}" if place_en else en)
