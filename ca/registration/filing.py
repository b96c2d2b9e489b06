"""What an application must be before anybody looks at it (申请受理检查), one small check for each rule.

Names and numbers of a person who applies for himself come from his proofed account, a department's code from its
login: nobody types in who he is. Then the very octets are linted that would be signed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ca.enrol import proven_key
from ca.names import Subject
from ca.prepare import prepare, wanted_from
from ca.profiles import Holder, Profile
from ca.reading.crl import Reason
from ca.reading.identity import IdentityExtensions
from ca.registration import policy
from ca.registration.content import Content
from ca.registration.policy import Channel, Delivery
from ca.registration.room import RegistrationRoom
from ca.registration.states import Kind
from ca.suites import Suite
from foundation.errors import FieldFault, Forbidden, InvalidInput
from foundation.numbers import is_citizen_number, is_uscc
from foundation.principal import Kind as PrincipalKind
from foundation.principal import Permission, Principal
from foundation.text import Text

_PHONE = re.compile(r"1[3-9]\d{9}")


@dataclass(frozen=True, slots=True, repr=False)
class Application:
    """What somebody asks for. `subject` and `identity` may be left empty where the login says them."""

    kind: Kind
    profile: str
    suite: Suite
    channel: Channel
    delivery: Delivery
    content: Content
    certificate_id: UUID | None = None
    reason: Reason | None = None


def check_channel(principal: Principal, profile: Profile, channel: Channel) -> None:
    """Whether the caller may apply this way, and whether the profile may be applied for this way."""
    if channel not in policy.channels(profile):
        raise InvalidInput(
            "ca.registration.channel",
            Text(
                f"“{profile.title.zh}”证书不能以这种方式申请。",
                f"A certificate of the kind “{profile.title.en}” cannot be applied for this way.",
            ),
            faults=(FieldFault("/channel", Text("不适用于该证书类型。", "Not for this kind of certificate.")),),
        )
    person = principal.kind in (PrincipalKind.CITIZEN, PrincipalKind.OFFICIAL) and principal.person_id is not None
    match channel:
        case Channel.SELF | Channel.COMPANY:
            if not person:
                raise Forbidden(
                    "ca.registration.person",
                    Text("请以个人账号登录后申请。", "Log in as a person to apply this way."),
                )
        case Channel.DEPARTMENT:
            principal.require(Permission.RA_APPLY)
            if principal.department is None:
                raise Forbidden(
                    "ca.registration.department",
                    Text("您的账号不属于任何部门。", "Your account belongs to no department."),
                )
        case Channel.COUNTER:
            principal.require(Permission.RA_REVIEW)
            if not person:
                raise Forbidden(
                    "ca.registration.person", Text("窗口受理须由工作人员本人进行。", "At a counter a person applies.")
                )


def completed(room: RegistrationRoom, principal: Principal, wanted: Application) -> Content:
    """The content with what the login says filled in; a contradiction is refused, not silently mended."""
    said = wanted.content
    if wanted.channel is Channel.SELF and principal.person_id is not None:
        known = room.people.identity(principal.person_id)
        _same("/subject/common_name", said.subject.common_name, known.name)
        _same("/identity/citizen_number", said.identity.citizen_number, known.citizen_number)
        said = replace(
            said,
            subject=Subject(known.name),
            identity=IdentityExtensions(citizen_number=known.citizen_number),
            phone=said.phone or known.phone,
        )
    if wanted.channel is Channel.DEPARTMENT:
        _same("/identity/organization_code", said.identity.organization_code, principal.department)
        said = replace(said, identity=replace(said.identity, organization_code=principal.department))
    return said


def _same(pointer: str, said: str | None, known: str | None) -> None:
    if said and said != known:
        raise InvalidInput(
            "ca.registration.not_yours",
            Text(
                "填写的身份与登录账号不一致。只能为本人或本单位申请。",
                "What is written is not who is logged in. Apply for yourself or your own department.",
            ),
            faults=(FieldFault(pointer, Text("与登录账号不一致。", "Differs from the account.")),),
        )


def owner(wanted: Application, content: Content) -> str | None:
    """The organisation an application belongs to."""
    if wanted.channel is Channel.SELF:
        return None
    code = content.identity.organization_code
    return code if code is not None and is_uscc(code) else None


def faults(profile: Profile, wanted: Application, content: Content) -> list[FieldFault]:
    """Everything wrong with what was written, at once."""
    found: list[FieldFault] = []

    def fault(pointer: str, zh: str, en: str) -> None:
        found.append(FieldFault(pointer, Text(zh, en)))

    if not content.subject.common_name.strip():
        fault("/subject/common_name", "名称不能为空。", "The name is missing.")
    number = content.identity.citizen_number
    if number is not None and not is_citizen_number(number):
        fault("/identity/citizen_number", "身份证号不正确。", "This is no citizen number.")
    if profile.holder is Holder.PERSON and content.holder_number is None:
        fault("/identity/citizen_number", "请填写身份证号或其他证件号。", "A person needs a number of a document.")
    code = content.identity.organization_code
    if code is not None and not is_uscc(code):
        fault("/identity/organization_code", "统一社会信用代码不正确。", "This is no unified social credit code.")
    if wanted.channel in (Channel.COMPANY, Channel.DEPARTMENT) and code is None:
        fault("/identity/organization_code", "请填写统一社会信用代码。", "State the unified social credit code.")
    if content.phone is not None and not _PHONE.fullmatch(content.phone):
        fault("/phone", "手机号不正确。", "This is no mobile number.")
    if content.phone is None and needs_phone(profile, wanted, content):
        fault("/phone", "领取码将发到持有者手机，请填写手机号。", "The code goes to the holder's phone; state it.")
    if wanted.delivery is Delivery.PKCS12 and wanted.suite is Suite.ML_DSA:
        fault("/delivery", "该算法的密钥不能以文件交付，请使用令牌。", "A key of this kind is not delivered in a file.")
    return found


def needs_phone(profile: Profile, wanted: Application, content: Content) -> bool:
    """A code for somebody else's personal key goes to that person only."""
    fetched_by_code = wanted.delivery is Delivery.PKCS12 or (wanted.delivery is Delivery.TOKEN and content.csr is None)
    return fetched_by_code and profile.personal and wanted.channel is not Channel.SELF


def check(room: RegistrationRoom, profile: Profile, wanted: Application, content: Content, now: datetime) -> None:
    """Raises with every fault; the last word have the lints of issuing itself, over the octets there would be."""
    found = faults(profile, wanted, content)
    if found:
        raise InvalidInput(
            "ca.registration.input",
            Text("申请信息有误，请按提示修改。", "The application has faults; see each."),
            faults=tuple(found),
        )
    rehearse(room, profile, wanted.suite, content, now)


def rehearse(room: RegistrationRoom, profile: Profile, suite: Suite, content: Content, now: datetime) -> None:
    """Prepare the certificate as if it were issued now, with a stand-in where the holder's key is yet to come."""
    spki = proven_key(content.csr) if content.csr is not None else _stand_in(room, suite)
    authority = room.ca.authority(f"{suite}-issuing")
    wanted = wanted_from(authority, profile, content.subject, spki, content.identity, "rehearsal", names=content.names)
    prepare(room.ca, wanted, now)


def _stand_in(room: RegistrationRoom, suite: Suite) -> bytes:
    """A public key nobody has the private half of, made once per process."""
    place = ("registration.stand_in", suite)
    known = room.ca.kept.get(place)
    if not isinstance(known, bytes):
        known = room.ca.kept[place] = room.one_time.make(suite.leaf_algorithm).spki
    return known
