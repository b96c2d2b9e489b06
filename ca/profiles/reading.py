"""Reading profile files (读取模板文件): every fault names its file, the line and the field."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from pydantic import ValidationError

from ca.profiles.profile import Profile
from ca.profiles.schema import ProfileFile
from foundation.errors import FieldFault, InvalidInput
from foundation.text import Text

LEAST_OWN_NUMBER = 1000
"""Numbers below are ours: a later version of the program must not collide with an operator's profile."""
_MOST_OCTETS = 64 * 1024
_TABLE = re.compile(r"\s*\[+\s*([A-Za-z0-9_.-]+)\s*\]+")
_KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=")


class BadProfile(InvalidInput):
    """A profile file that says something it may not; the process does not start with it."""

    def __init__(self, where: str, faults: list[tuple[str, str]]) -> None:
        lines = "；".join(f"{place} {why}" for place, why in faults)
        super().__init__(
            "ca.profile_file",
            Text(
                f"证书模板文件 {where} 有误：{lines}。请改正后重新启动。",
                f"The certificate profile {where} is not right: {lines}. Correct it and start again.",
            ),
            faults=tuple(FieldFault(f"/{place}", Text(why, why)) for place, why in faults),
        )


def read_folder(folder: Path) -> dict[str, Profile]:
    """Every `*.toml` of a folder, by name; no two with one name or number."""
    found: dict[str, Profile] = {}
    numbers: dict[int, str] = {}
    for path in sorted(folder.glob("*.toml")):
        profile = read_file(path)
        other = numbers.setdefault(profile.number, profile.name)
        if other != profile.name:
            raise BadProfile(str(path), [("number", f"{profile.number} is the number of {other} already")])
        found[profile.name] = profile
    return found


def read_own(folder: Path, shipped: dict[str, Profile]) -> dict[str, Profile]:
    """An operator's profiles: new names, numbers from 1000, and leaves only."""
    if not folder.is_dir():
        raise BadProfile(str(folder), [("ca.profiles_dir", "no such folder")])
    found = read_folder(folder)
    for name, profile in found.items():
        where = str(folder / f"{name}.toml")
        if name in shipped:
            raise BadProfile(where, [("name", f"{name} is one of the shipped profiles; give yours another name")])
        if profile.number < LEAST_OWN_NUMBER:
            raise BadProfile(where, [("number", f"your own profiles are numbered from {LEAST_OWN_NUMBER}")])
        if profile.is_ca:
            raise BadProfile(where, [("role", "CAs are made by the hierarchy; your own profiles are leaves")])
    return found


def read_file(path: Path) -> Profile:
    try:
        text = path.read_bytes()[:_MOST_OCTETS].decode()
        said = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadProfile(str(path), [("", str(error))]) from error
    try:
        profile = ProfileFile.model_validate(said).profile()
    except ValidationError as error:
        faults = [(_place(text, fault["loc"]), fault["msg"].removeprefix("Value error, ")) for fault in error.errors()]
        raise BadProfile(str(path), faults) from error
    if profile.name != path.stem:
        place = _place(text, ("name",))
        raise BadProfile(str(path), [(place, f"the file is called {path.stem}.toml, so the name must be {path.stem}")])
    return profile


def read_content(content: str) -> Profile:
    """A profile as it was frozen: the canonical text of an earlier version."""
    try:
        return ProfileFile.model_validate(json.loads(content)).profile()
    except (ValueError, ValidationError) as error:
        raise BadProfile("ca_profile", [("content", "not a profile")]) from error


def _place(text: str, location: tuple[str | int, ...]) -> str:
    """`line 12: identity.allowed`, as near as the file allows: a missing field is at its table."""
    wanted = [str(part) for part in location if not isinstance(part, int)]
    best, line, table = 0, 1, list[str]()
    for number, content in enumerate(text.splitlines(), 1):
        header, key = _TABLE.match(content), _KEY.match(content)
        if header:
            table = header[1].split(".")
        elif not key:
            continue
        path = table if header else [*table, *(key[1].split(".") if key else [])]
        shared = next((at for at, (one, other) in enumerate(zip(path, wanted, strict=False)) if one != other), None)
        length = min(len(path), len(wanted)) if shared is None else 0
        if len(path) <= len(wanted) and length > best:
            best, line = length, number
    return f"line {line}: {'.'.join(wanted)}" if wanted else f"line {line}"
