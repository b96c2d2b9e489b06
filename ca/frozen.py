"""Profiles stay what they were (模板冻结): each version's content is remembered at the first start that has it.

A file edited without a new version is refused at start, for certificates of one version would differ and no row could
say how (T13; facts: pki 7.2, the 645 certificates of 2023). The remembered text also lets `recheck` judge a certificate
by the profile of its day.
"""

from __future__ import annotations

from sqlalchemy import select

from ca.models import CaProfile
from ca.profiles import Profile
from ca.profiles.reading import read_content
from ca.room import CaRoom
from foundation.errors import Conflict
from foundation.principal import SYSTEM
from foundation.text import Text


class ProfileChanged(Conflict):
    """The process does not start with it."""

    def __init__(self, profile: Profile, known: int) -> None:
        name, version = profile.name, profile.version
        super().__init__(
            "ca.profile_changed",
            Text(
                f"证书模板 {name}.toml 的内容已改动，但版本号仍为 {version}（已用过的最高版本为 {known}）。"
                f"请把 version 改为 {known + 1}，或恢复原文件后再启动。",
                f"The certificate profile {name}.toml was changed but still says version {version} "
                f"(the highest in use is {known}). Set version = {known + 1}, or restore the file, and start again.",
            ),
        )


def freeze(room: CaRoom) -> list[Profile]:
    """Compare every profile with what is remembered; remember the new ones. Returns those."""
    known = _known(room)
    fresh: list[Profile] = []
    for profile in room.profiles():
        versions = known.get(profile.name, {})
        if profile.version not in versions:
            if versions and profile.version < max(versions):
                raise ProfileChanged(profile, max(versions))
            fresh.append(profile)
        elif versions[profile.version] != profile.digest:
            raise ProfileChanged(profile, max(versions))
    if fresh:
        _remember(room, fresh)
    return fresh


def frozen(room: CaRoom, name: str, version: int, digest: str | None) -> Profile | None:
    """The profile as it was in that version; None when nobody remembers it. Raises `InvalidInput` when damaged."""
    now = room.find_profile(name)
    if now is not None and (now.version, now.digest) == (version, digest):
        return now
    with room.ground.db.read() as session:
        row = session.get(CaProfile, (name, version))
    if row is None:
        return now if now is not None and now.version == version and digest is None else None
    found = read_content(row.content)
    return found if digest in (None, found.digest) else None


def _known(room: CaRoom) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    with room.ground.db.read() as session:
        for name, version, digest in session.execute(select(CaProfile.name, CaProfile.version, CaProfile.digest)):
            found.setdefault(name, {})[version] = digest
    return found


def _remember(room: CaRoom, fresh: list[Profile]) -> None:
    """Two processes may start at once: what the other wrote a moment ago is compared like everything else."""
    now = room.ground.clock.now()
    with room.ground.db.begin() as session:
        for profile in fresh:
            row = session.get(CaProfile, (profile.name, profile.version))
            if row is not None:
                if row.digest != profile.digest:
                    raise ProfileChanged(profile, profile.version)
                continue
            session.add(
                CaProfile(
                    name=profile.name,
                    version=profile.version,
                    digest=profile.digest,
                    content=profile.content,
                    first_seen=now,
                )
            )
        room.ground.audit.record(
            session,
            SYSTEM,
            action="ca.profile.remember",
            object="profiles",
            payload={"profiles": [f"{one.name} {one.version} {one.digest}" for one in fresh]},
        )
