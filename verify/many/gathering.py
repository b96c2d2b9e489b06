"""What to judge, one after the other (收集文件): folders with everything below, paths from a list, members of a stream.

Nothing is opened that is not a regular file, and no more is held than the file at hand.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from verify.context import MOST_OCTETS, Context
from verify.many import tar
from verify.many.refusals import refused
from verify.report import Report

MOST_DEEP = 64
MOST_PATH = 4096
_MEBI = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Item:
    """`octets`, or already an answer."""

    name: str
    octets: bytes = b""
    answer: Report | None = None


def folder(place: Path, context: Context, prefix: str = "", depth: int = 0) -> Iterator[Item]:
    """Everything below, in the order of names; links to folders are named and not followed."""
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError as error:
        yield Item(prefix, answer=refused(prefix or place.name, "file.unreadable", context, error.strerror))
        return
    for entry in entries:
        name = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if depth >= MOST_DEEP:
                yield Item(name, answer=refused(name, "file.too_deep", context))
            else:
                yield from folder(Path(entry.path), context, f"{name}/", depth + 1)
        elif entry.is_symlink() and Path(entry.path).is_dir():
            yield Item(name, answer=refused(name, "file.folder_link", context))
        else:
            yield file(Path(entry.path), name, context)


def file(path: Path, name: str, context: Context) -> Item:
    """One regular file. Opened without waiting, so that a pipe without a writer cannot hold us up."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        special = _is_special(path)
        code = "file.special" if special else "file.unreadable"
        return Item(name, answer=refused(name, code, context, *(() if special else (error.strerror,))))
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            return Item(name, answer=refused(name, "file.special", context))
        if found.st_size > context.most_octets:
            return Item(name, answer=refused(name, "file.too_large", context, context.most_octets // _MEBI))
        try:
            octets = opened.read(context.most_octets + 1)
        except OSError as error:
            return Item(name, answer=refused(name, "file.unreadable", context, error.strerror))
    if len(octets) > context.most_octets:
        return Item(name, answer=refused(name, "file.too_large", context, context.most_octets // _MEBI))
    return Item(name, octets)


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def stream(pipe: BinaryIO, context: Context) -> Iterator[Item]:
    """A tar archive by its first block, else paths, separated by NUL or by lines."""
    head = tar.filled(pipe, tar.BLOCK)
    if tar.looks_like(head):
        for member in tar.members(pipe, head, min(context.most_octets, MOST_OCTETS)):
            if member.problem is not None:
                values = (context.most_octets // _MEBI,) if member.problem == "file.too_large" else ()
                yield Item(member.name, answer=refused(member.name, member.problem, context, *values))
            else:
                yield Item(member.name, member.octets)
        return
    for path in _paths(pipe, head):
        name = os.fsdecode(path)
        if len(path) > MOST_PATH:
            yield Item(name[:80], answer=refused(name[:80], "file.unreadable", context, "path too long"))
        elif Path(name).is_dir():
            yield from folder(Path(name), context, f"{name.rstrip('/')}/")
        else:
            yield file(Path(name), name, context)


def _paths(pipe: BinaryIO, head: bytes) -> Iterator[bytes]:
    """By NUL when the first separator is one; a path that never ends is cut off and told."""
    first = min((at for at in (head.find(b"\0"), head.find(b"\n")) if at >= 0), default=-1)
    mark = b"\0" if first >= 0 and head[first : first + 1] == b"\0" else b"\n"
    rest = head
    while True:
        *whole, rest = rest.split(mark)
        for one in whole:
            if one := one.strip(b"\r") if mark == b"\n" else one:
                yield one
        if len(rest) > 4 * MOST_PATH:
            yield rest
            return
        more = pipe.read1(64 * 1024) if hasattr(pipe, "read1") else pipe.read(64 * 1024)
        if not more:
            break
        rest += more
    if rest := rest.strip(b"\r\n"):
        yield rest
