"""Write docs/settings.md from the settings tree (配置页): `python tools/make_settings_page.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pydantic import BaseModel, SecretStr  # noqa: E402 - the tree of this checkout, wherever it is started
from pydantic.fields import FieldInfo  # noqa: E402

from foundation.settings import Settings  # noqa: E402

PAGE = ROOT / "docs" / "settings.md"
HEAD = """# 配置 · Settings

由 `tools/make_settings_page.py` 从 `foundation/settings.py` 生成，请勿手改。
Generated from `foundation/settings.py`; do not edit by hand.

来源，先者优先 / sources, the first one wins:

1. 环境变量 / environment variables, named below;
2. `YINXIN_SECRETS_DIR` 指定的文件夹，文件名同环境变量名，内容即值 / files of the same names in that folder,
   as container secrets are (`/run/secrets/YINXIN_KEYS__PASSPHRASE`);
3. 一个 TOML 文件：`YINXIN_FILE`，默认为工作目录中的 `yinxin.toml` / one TOML file (`[web]`, `port = 8000`);
4. 下列默认值，即可运行的内置示例区域 / the defaults below, which run the embedded region.

写错的名字会被拒绝；`yinxin settings check` 检查，`yinxin settings show` 显示生效值（密钥打码）。
A name with a slip in it is refused. `yinxin settings check` checks, `yinxin settings show` prints what is in force with
secrets masked.
"""


def groups() -> list[tuple[str, str, dict[str, FieldInfo]]]:
    plain = {name: field for name, field in Settings.model_fields.items() if not _group(field)}
    return [("general", "YINXIN_", plain), *_nested(Settings, "", "YINXIN_")]


def _nested(model: type[BaseModel], path: str, prefix: str) -> list[tuple[str, str, dict[str, FieldInfo]]]:
    """Groups below, each followed by its own: `keys`, `keys.pkcs11`."""
    found = []
    for name, field in model.model_fields.items():
        if (group := _group(field)) is not None:
            place, variables = f"{path}{name}", f"{prefix}{name.upper()}__"
            plain = {key: one for key, one in group.model_fields.items() if not _group(one)}
            found += [(place, variables, plain), *_nested(group, f"{place}.", variables)]
    return found


def page() -> str:
    parts = [HEAD]
    for name, prefix, fields in groups():
        parts += [f"\n## {name}\n", "| 环境变量 / variable | 默认 / default | 说明 / what it does |", "|---|---|---|"]
        parts += [
            f"| `{prefix}{key.upper()}` | {_default(field)} | {field.description}{_choices(field)} |"
            for key, field in fields.items()
        ]
    return "\n".join(parts) + "\n"


def _group(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a group, also of one that may be left out."""
    kinds = [kind for kind in get_args(field.annotation) if kind is not type(None)] or [field.annotation]
    kind = kinds[0]
    return kind if len(kinds) == 1 and isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "必填 / required"
    if field.default is None or field.default == "":
        return "—"
    value: Any = field.default
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _choices(field: FieldInfo) -> str:
    options = [one for one in get_args(field.annotation) if isinstance(one, str)]
    text = f" ({', '.join(f'`{one}`' for one in options)})" if options else ""
    return text + (" (secret)" if SecretStr in get_args(field.annotation) else "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
