"""Keep the English catalogue (英文翻译) in step with the pages: `python tools/make_messages.py` after words changed.

Collects every Chinese sentence of the portal's templates and code, merges them into the one catalogue, keeps
its translations, drops what nobody says any more, and compiles it. What still lacks its English is listed, and
`tests/portal/test_words.py` fails for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "portal" / "translations" / "en" / "LC_MESSAGES"
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
SOURCES = ("portal",)


def said() -> dict[str, list[str]]:
    """Every sentence and the files that say it."""
    found: dict[str, list[str]] = {}
    for source in SOURCES:
        for name, _line, message, _comments, _context in extract_from_dir(
            ROOT / source,
            method_map=METHODS,
            keywords=KEYWORDS,
            options_map={"**/templates/**.html": {"trimmed": "true"}},
        ):
            texts = (message,) if isinstance(message, str) else message
            for text in texts:
                places = found.setdefault(text, [])
                if f"{source}/{name}" not in places:
                    places.append(f"{source}/{name}")
    return found


def catalogue() -> Catalog:
    """The committed translations."""
    path = FOLDER / "messages.po"
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en")


def renewed() -> Catalog:
    """What is said now, with the English that is known. No dates: the same words give the same file."""
    known = catalogue()
    fresh = Catalog(locale="en", project="yinxin", header_comment="# English of the pages; the Chinese is the source.")
    for text, places in sorted(said().items()):
        old = known.get(text)
        fresh.add(text, old.string if old else "", locations=[(place, 0) for place in places])
    return fresh


def main() -> int:
    fresh = renewed()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "messages.po").open("wb") as file:
        write_po(file, fresh, width=120, include_lineno=False, omit_header=True)
    with (FOLDER / "messages.mo").open("wb") as file:
        write_mo(file, fresh)
    missing = [message.id for message in fresh if message.id and not message.string]
    for text in missing:
        print(text)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
