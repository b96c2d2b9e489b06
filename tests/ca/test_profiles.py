"""Profiles as files: what a file may say, where its faults are, and that no version changes behind our back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from sqlalchemy import select, update

from ca.errors import LintFailed
from ca.frozen import ProfileChanged, freeze, frozen
from ca.issue import issue
from ca.models import CaCertificate, CaProfile
from ca.profiles import PROFILES, REQUESTABLE, Numbering, Role
from ca.profiles.reading import BadProfile, read_content, read_file, read_own
from ca.reading import IdentityExtensions, KeyUsage, identity_of, read_certificate
from ca.reading.alternative import AlternativeNames, names_of
from ca.room import CaRoom
from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.principal import SYSTEM
from foundation.settings import Settings
from hsm.keys import Algorithm
from tests.ca.conftest import CITIZEN_NUMBER, SUBJECTS, USCC, Region, fresh_key

OWN = """\
# a bank's counter terminals
name = "terminal"
version = 3
number = 1001
title = { zh = "柜面终端", en = "Counter terminal" }
role = "leaf"
holder = "service"
requestable = true
lifetime_days = 30
algorithms = ["sm2"]
key_usage = ["digitalSignature"]
extended_key_usage = ["clientAuth", "1.3.6.1.4.1.32473.9"]
policies = ["1.3.6.1.4.1.32473.5"]

[subject]
required = ["C", "O", "OU", "CN"]
allowed = ["C", "O", "OU", "CN"]
patterns = { OU = "[A-Z]{2}[0-9]{3}" }

[names]
kinds = ["dns"]
most = 2

[identity]
allowed = ["organization_code", "citizen_number"]
required = ["organization_code"]
numbering = "2023"
"""


def write(folder: Path, text: str, name: str = "terminal") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_kind_of_certificate_has_its_file() -> None:
    wanted = {
        "citizen", "legal-person", "agent", "official", "department-seal", "seal-maker", "device", "tls-server",
        "tsa", "ocsp", "sub-issuing", "root", "issuing", "code-signer",
    }  # fmt: skip
    twins = {f"{name}-encryption" for name in ("citizen", "legal-person", "agent", "official", "device", "tls-server")}
    assert wanted | twins <= PROFILES.keys()
    assert len({profile.number for profile in PROFILES.values()}) == len(PROFILES)
    assert not any(profile.requestable for profile in PROFILES.values() if profile.is_ca or profile.encrypts)
    assert all(profile.role is Role.LEAF for profile in REQUESTABLE)


def test_an_encryption_twin_has_exactly_the_usages_of_its_key() -> None:
    """GB/T 20518 and RFC 3279 2.3.1: SM2 enciphers and agrees on keys, RSA only enciphers, and neither signs."""
    enciphers = (KeyUsage.KEY_ENCIPHERMENT, KeyUsage.DATA_ENCIPHERMENT)
    for profile in PROFILES.values():
        if not profile.encrypts:
            continue
        assert profile.usage_for(Algorithm.SM2) == (*enciphers, KeyUsage.KEY_AGREEMENT)
        assert profile.usage_for(Algorithm.RSA_2048) == profile.usage_for(Algorithm.RSA_4096) == enciphers
        assert not {Algorithm.P256, Algorithm.ML_DSA_65} & profile.algorithms
        signing = PROFILES[profile.name.removesuffix("-encryption")]
        assert (profile.subject, profile.identity, profile.lifetime) == (
            signing.subject,
            signing.identity,
            signing.lifetime,
        )


def test_a_file_becomes_a_profile_and_its_canonical_text_becomes_it_again(tmp_path: Path) -> None:
    profile = read_file(write(tmp_path, OWN))
    assert (profile.version, profile.number, profile.numbering) == (3, 1001, Numbering.OF_2023)
    assert profile.eku == ("1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.32473.9")
    assert read_content(profile.content) == profile


def test_spelling_does_not_change_the_digest_and_content_does(tmp_path: Path) -> None:
    profile = read_file(write(tmp_path, OWN))
    other = OWN.replace("# a bank's counter terminals", "").replace("most = 2", "required = false\nmost = 2")
    assert read_file(write(tmp_path, other)).digest == profile.digest
    assert read_file(write(tmp_path, OWN.replace("most = 2", "most = 3"))).digest != profile.digest


FAULTS = [
    ("version = 3", "version = 0", "line 3: version"),
    ("version = 3", "vresion = 3", "line 3: vresion"),
    ("number = 1001\n", "", "number"),
    ('"sm2"', '"sm9"', "line 10: algorithms"),
    ('["digitalSignature"]', '["digitalSignature", "keyCertSign"]', "only a CA signs"),
    ('["digitalSignature"]', '["nonRepudiation", "keyEncipherment"]', "escrowed"),
    ('"clientAuth"', '"clientauth"', "line 12: extended_key_usage"),
    ('["1.3.6.1.4.1.32473.5"]', '["1.03"]', "line 13: policies"),
    ('"[A-Z]{2}[0-9]{3}"', '"[A-Z"', "line 18: subject.patterns"),
    ('required = ["C", "O", "OU", "CN"]', 'required = ["C", "L", "CN"]', "line 15: subject"),
    ('kinds = ["dns"]', 'kinds = ["dns", "phone"]', "line 21: names.kinds"),
    ("most = 2", "most = 1000", "line 22: names.most"),
    ('"citizen_number"]', '"military_number"]', "line 24: identity"),
    ('required = ["organization_code"]', 'required = ["passport_number"]', "line 24: identity"),
    ('role = "leaf"', 'role = "issuing"', "a CA"),
    ("[identity]", "[constraints]\npath_length = 1\n\n[identity]", "only a CA has constraints"),
    ('name = "terminal"', 'name = "Terminal"', "line 2: name"),
    ('name = "terminal"', 'name = "teller"', "must be terminal"),
    ("[names]", "[names", "line 20"),
]


@pytest.mark.parametrize(("old", "new", "said"), FAULTS, ids=[str(at) for at in range(len(FAULTS))])
def test_a_fault_names_the_file_the_line_and_the_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in OWN
    path = write(tmp_path, OWN.replace(old, new))
    with pytest.raises(BadProfile) as caught:
        read_file(path)
    assert str(path) in caught.value.detail.en
    assert said in caught.value.detail.en
    assert said in caught.value.detail.zh


def test_a_file_that_is_no_text_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "terminal.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadProfile):
        read_file(path)
    with pytest.raises(BadProfile):
        read_file(tmp_path / "missing.toml")
    with pytest.raises(BadProfile):
        read_content("{}")


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (OWN.replace('"terminal"', '"citizen"'), "citizen", "shipped"),
        (OWN.replace("number = 1001", "number = 12"), "terminal", "numbered from 1000"),
    ],
)
def test_own_profiles_may_not_take_what_is_ours(tmp_path: Path, text: str, name: str, said: str) -> None:
    write(tmp_path, text, name)
    with pytest.raises(BadProfile) as caught:
        read_own(tmp_path, PROFILES)
    assert said in caught.value.detail.en


def test_two_own_profiles_may_not_share_a_number(tmp_path: Path) -> None:
    write(tmp_path, OWN)
    write(tmp_path, OWN.replace('"terminal"', '"teller"'), "teller")
    with pytest.raises(BadProfile):
        read_own(tmp_path, PROFILES)
    with pytest.raises(BadProfile):
        read_own(tmp_path / "nowhere", PROFILES)


def with_own(region: Region, folder: Path) -> CaRoom:
    """The region's room as it is after a restart with the operator's folder in its settings."""
    ground = region.room.ground
    said = ground.settings.model_dump()
    settings = Settings(**{**said, "database": {"url": ground.settings.database.url}, "ca": {"profiles_dir": folder}})
    return CaRoom.build(dataclasses.replace(ground, settings=settings), region.room.keys)


def test_an_operators_profile_issues_what_it_says(own_region: Region, tmp_path: Path) -> None:
    write(tmp_path, OWN)
    room = with_own(own_region, tmp_path)
    assert [one.name for one in freeze(room)] == ["terminal"]
    subject = dataclasses.replace(SUBJECTS["device"], organizational_unit="AB123")
    identity = IdentityExtensions(organization_code=USCC, citizen_number=CITIZEN_NUMBER)

    def order(key: str, **changes: object) -> bytes:
        parts: dict[str, object] = {"subject": subject, "identity": identity, "names": AlternativeNames(("t.example",))}
        spki = fresh_key(Suite.SM2)
        parts |= changes
        return issue(room, SYSTEM, suite=Suite.SM2, profile="terminal", spki=spki, request_key=key, **parts).der  # type: ignore[arg-type]

    made = read_certificate(order("own-1"))
    assert {"1.2.156.10260.4.4", "1.2.156.10260.4.1.1.1"} < {extension.oid for extension in made.extensions}
    assert identity_of(made) == identity
    assert names_of(made).dns == ("t.example",)
    assert made.policies[0].endswith(".1.1001")
    assert made.policies[1] == "1.3.6.1.4.1.32473.5"
    with room.ground.db.read() as session:
        row = session.scalars(select(CaCertificate).where(CaCertificate.request_key == "own-1")).one()
    assert (row.profile_version, row.profile_digest) == (3, room.profile("terminal").digest)
    for check, changes in {
        "subject_pattern": {"subject": dataclasses.replace(subject, organizational_unit="x")},
        "subject_allowed": {"subject": dataclasses.replace(subject, locality="印川市")},
        "identity": {"identity": IdentityExtensions(citizen_number=CITIZEN_NUMBER)},
        "order": {"identity": dataclasses.replace(identity, military_number="军1")},
        "names": {"names": AlternativeNames(("a.example", "b.example", "c.example"))},
    }.items():
        with pytest.raises(LintFailed) as caught:
            order(f"own-{check}", **changes)
        assert caught.value.check == check


def test_a_file_edited_without_a_new_version_is_refused_at_start(own_region: Region, tmp_path: Path) -> None:
    write(tmp_path, OWN)
    freeze(with_own(own_region, tmp_path))
    assert freeze(with_own(own_region, tmp_path)) == []
    edited = OWN.replace("lifetime_days = 30", "lifetime_days = 3000")
    write(tmp_path, edited)
    with pytest.raises(ProfileChanged) as caught:
        freeze(with_own(own_region, tmp_path))
    assert "terminal.toml" in caught.value.detail.zh
    assert "version = 4" in caught.value.detail.en
    write(tmp_path, edited.replace("version = 3", "version = 4"))
    assert [one.version for one in freeze(with_own(own_region, tmp_path))] == [4]
    write(tmp_path, OWN.replace("version = 3", "version = 2"))
    with pytest.raises(ProfileChanged):
        freeze(with_own(own_region, tmp_path))


def test_two_processes_that_start_at_once_agree(own_region: Region, tmp_path: Path) -> None:
    """The second finds what the first wrote after both had looked."""
    write(tmp_path, OWN)
    room = with_own(own_region, tmp_path)
    freeze(room)
    from ca import frozen as module

    module._remember(room, [room.profile("terminal")])
    with room.ground.db.begin() as session:
        session.execute(update(CaProfile).where(CaProfile.name == "terminal").values(digest="0" * 64))
    with pytest.raises(ProfileChanged):
        module._remember(room, [room.profile("terminal")])


def test_an_old_version_is_read_again_as_it_was(own_region: Region, tmp_path: Path) -> None:
    write(tmp_path, OWN)
    old = with_own(own_region, tmp_path)
    freeze(old)
    was = old.profile("terminal")
    write(tmp_path, OWN.replace("version = 3", "version = 4").replace("most = 2", "most = 9"))
    now = with_own(own_region, tmp_path)
    freeze(now)
    assert frozen(now, "terminal", 3, was.digest) == was
    assert frozen(now, "terminal", 3, "0" * 64) is None
    assert frozen(now, "terminal", 9, None) is None
    assert frozen(now, "terminal", 4, now.profile("terminal").digest) == now.profile("terminal")


def test_a_profile_nobody_knows_is_refused(region: Region) -> None:
    with pytest.raises(InvalidInput):
        region.room.profile("nobody")


NAMES: list[tuple[str, AlternativeNames]] = [
    ("names", AlternativeNames(email=("a@example.cn",))),
    ("names", AlternativeNames(("a.example", "a.example"))),
    ("names", AlternativeNames()),
    ("host_name", AlternativeNames(("A.example",))),
    ("host_name", AlternativeNames(("-a.example",))),
    ("host_name", AlternativeNames(("a..example",))),
    ("host_name", AlternativeNames(("10.0.0.1",))),
    ("host_name", AlternativeNames(("*.cn",))),
    ("host_name", AlternativeNames(("a.*.example",))),
    ("host_name", AlternativeNames(("a" * 64 + ".example",))),
    ("host_name", AlternativeNames(("a.example\x00.evil",))),
    ("address", AlternativeNames(("oa.yinchuan.gov.cn",), ("127.0.0.1",))),
    ("address", AlternativeNames(("oa.yinchuan.gov.cn",), ("::",))),
    ("common_name", AlternativeNames(("other.example",))),
]


@pytest.mark.parametrize(("check", "names"), NAMES, ids=[f"{at}-{name}" for at, (name, _) in enumerate(NAMES)])
def test_names_of_a_server_are_held_to_the_rules(region: Region, check: str, names: AlternativeNames) -> None:
    with pytest.raises(LintFailed) as caught:
        serve(region, "tls-server", names)
    assert caught.value.check == check


@pytest.mark.parametrize(
    ("check", "names"),
    [
        ("mailbox", AlternativeNames(email=("nobody",))),
        ("mailbox", AlternativeNames(email=("a@b@example.cn",))),
        ("uri", AlternativeNames(uri=("nowhere",))),
        ("uri", AlternativeNames(uri=("https://u:p@example.cn/",))),
        ("uri", AlternativeNames(uri=("https://[",))),
    ],
    ids=str,
)
def test_names_of_a_device_are_held_to_the_rules(region: Region, check: str, names: AlternativeNames) -> None:
    with pytest.raises(LintFailed) as caught:
        serve(region, "device", names)
    assert caught.value.check == check


@pytest.mark.parametrize(
    "names", [AlternativeNames(("\u4f60.example",)), AlternativeNames(ip=("10.0.0.256",))], ids=str
)
def test_names_that_cannot_be_written_are_refused(region: Region, names: AlternativeNames) -> None:
    with pytest.raises(InvalidInput) as caught:
        serve(region, "device", names)
    assert caught.value.code == "ca.alternative_name"


def test_a_wildcard_covers_one_zone(region: Region) -> None:
    serve(region, "tls-server", AlternativeNames(("oa.yinchuan.gov.cn", "*.oa.yinchuan.gov.cn")))
    serve(region, "device", AlternativeNames(uri=("urn:device:1",)))


def serve(region: Region, profile: str, names: AlternativeNames) -> None:
    issue(
        region.room,
        SYSTEM,
        suite=Suite.SM2,
        profile=profile,
        subject=SUBJECTS[profile],
        spki=fresh_key(Suite.SM2),
        names=names,
        request_key=f"names-{region.room.ground.ids.token()}",
    )
