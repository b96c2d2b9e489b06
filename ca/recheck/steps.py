"""One certificate against its row (逐项核对): a visible list of small steps, as in the lints.

Each raises `Wrong` with what does not fit. A later step may lean on an earlier one, so the first that fails ends the
list for that certificate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ca import lints
from ca.errors import LintFailed
from ca.frozen import frozen
from ca.lints import Proposal
from ca.models import CaCertificate
from ca.profiles import ROOT
from ca.reading.certificate import Certificate, read_certificate, read_tbs
from ca.room import CaRoom
from ca.signatures import check_certificate
from ca.storing import blind_name, opened, opened_name
from ca.suites import Suite
from ca.template import Issuer, Places
from foundation.der import DerError
from foundation.errors import YinxinError
from hsm.digests import sha256
from hsm.errors import BadSignature

_TOLERANCE = timedelta(seconds=2)


class Wrong(Exception):  # noqa: N818 - a finding, caught by the run and never shown as an error
    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(code)
        self.code, self.zh, self.en = code, zh, en


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """What the steps look at."""

    room: CaRoom
    row: CaCertificate
    made: Certificate
    installed: bool
    """Signed in an offline ceremony and taken in afterwards: its ceremony's plan is its profile."""


def opened_certificate(room: CaRoom, row: CaCertificate) -> Certificate:
    try:
        return read_certificate(opened(room.ground.cipher, row, "der"))
    except (YinxinError, ValueError) as error:  # ValueError: not even base64
        raise Wrong("unreadable", "证书无法解密或解析", "the certificate cannot be opened or parsed") from error


def check_fingerprint(s: Subject) -> None:
    if s.made.fingerprint != s.row.fingerprint:
        raise Wrong("fingerprint", "证书内容与登记的指纹不一致", "the octets are not those of the recorded fingerprint")


def check_serial(s: Subject) -> None:
    if f"{s.made.serial:x}" != s.row.serial:
        raise Wrong("serial", "序列号与登记不一致", "the serial number is not the recorded one")


def check_issuer(s: Subject) -> None:
    expected = s.made.subject.raw if s.row.profile == ROOT.name else _above(s).subject.raw
    if s.made.issuer.raw != expected:
        raise Wrong("issuer", "颁发者不是登记的 CA", "the issuer is not the recorded CA")


def check_dates(s: Subject) -> None:
    """As recorded; and begun when the intent was recorded, issued after that (T14)."""
    row, made = s.row, s.made
    if (made.not_before, made.not_after) != (row.not_before, row.not_after):
        raise Wrong("dates", "有效期与登记不一致", "the validity is not the recorded one")
    late = row.issued_at is None or row.issued_at < row.recorded_at - _TOLERANCE
    if late or (not s.installed and abs(row.recorded_at - made.not_before) > _TOLERANCE):
        raise Wrong("back_dated", "生效时间不是登记签发的时间", "validity does not begin when it was recorded")


def check_names(s: Subject) -> None:
    """Common name and organisation as in the row; the look-up index is the one of that name."""
    cipher = s.room.ground.cipher
    try:
        name = opened_name(cipher, s.row)
    except YinxinError as error:
        raise Wrong("name", "登记的名称无法解密", "the recorded name cannot be opened") from error
    known = (name, s.row.organization, s.row.subject_blind)
    if known != (s.made.subject.common_name, s.made.subject.organization, blind_name(cipher, name)):
        raise Wrong("name", "名称与登记不一致", "the name is not the recorded one")


def check_key(s: Subject) -> None:
    if sha256(s.made.spki).hex() != s.row.key_hash:
        raise Wrong("key", "公钥与登记不一致", "the public key is not the recorded one")


def check_signature(s: Subject) -> None:
    """Under the key of its CA, also for one that has ended or was revoked."""
    spki = s.made.spki if s.row.profile == ROOT.name else _above(s).spki
    try:
        check_certificate(s.made, spki)
    except BadSignature as error:
        raise Wrong("signature", "签名无效", "the signature does not verify") from error


def check_policy(s: Subject) -> None:
    """The lints, as of the moment of issue and with the profile of that version."""
    if s.installed:
        return
    row, room = s.row, s.room
    try:
        profile = frozen(room, row.profile, row.profile_version, row.profile_digest)
    except YinxinError as error:
        raise Wrong("profile", "登记的模板内容损坏", "the remembered profile is damaged") from error
    if profile is None:
        raise Wrong("profile", "签发所用的模板版本没有留存", "nobody remembers the version of its profile")
    if row.personal != profile.personal:
        raise Wrong("profile", "个人信息标志与模板不一致", "it is not kept as its profile demands")
    above = None if row.profile == ROOT.name else room.authority(row.authority)
    issuer = above.issuer if above else _itself(s)
    certificate = above.certificate if above else None
    tbs, begin = read_tbs(s.made.tbs), s.made.not_before
    proposal = Proposal(tbs, profile, issuer, certificate, _places(s), begin, room.production, None, row.shard)
    try:
        lints.check(proposal)
    except (LintFailed, DerError) as error:
        raise Wrong("policy", error.detail.zh, error.detail.en) from error


STEPS: Final[tuple[Callable[[Subject], None], ...]] = (
    check_fingerprint,
    check_serial,
    check_issuer,
    check_dates,
    check_names,
    check_key,
    check_signature,
    check_policy,
)


def _above(s: Subject) -> Certificate:
    try:
        return s.room.authority(s.row.authority).certificate
    except YinxinError as error:
        raise Wrong("issuer", "登记的 CA 不存在", "the recorded CA is not there") from error


def _itself(s: Subject) -> Issuer:
    suite = Suite(s.row.authority.split("-")[0])
    return Issuer(s.row.authority, suite, s.made.subject.raw, s.made.subject_key_id or b"")


def _places(s: Subject) -> Places:
    """Where things were when it was issued: the platform may have another address since, and one in each."""
    tail = f"/ca/{s.row.authority}.cer"
    said = next((url for url in s.made.issuer_urls if url.endswith(tail)), None)
    now = s.room.places
    return now if said is None else Places(said.removesuffix(tail), now.policy_arc)
