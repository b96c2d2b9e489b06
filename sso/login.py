"""Logging in (登录): password, then a one-time SMS code, then a session.

Two factors for everyone (GB/T 22239-2019 8.1.4.1 d).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from foundation.masking import mask_phone
from foundation.principal import Kind, Principal
from foundation.web.limits import Counters
from sso import guards, passwords, people
from sso.errors import CodeGone, CodeRefused, LoginRefused
from sso.models import Credential, LoginAttempt, Person
from sso.room import SsoRoom

MOST_TRIES = 5
DIGITS = 6
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Attempt:
    """A login that waits for its SMS code."""

    id: UUID
    person_id: UUID
    masked_phone: str


def check_password(room: SsoRoom, *, identifier: str, password: str, address: str) -> Attempt:
    """First step. Sends the code when the password is right; `LoginRefused` for every other reason (T2)."""
    ground = room.ground
    typed, given = identifier[:64].replace("\0", ""), password[: people.LONGEST_PASSWORD]
    guards.spend(ground, guards.password_caps(ground, typed, address), "sso.password_tries")
    with ground.db.read() as session:
        person = people.find(ground, session, typed)
        whose = person.id if person is not None else NOBODY  # asked in both cases: time must not tell them apart
        stored = session.scalar(select(Credential.password_hash).where(Credential.person_id == whose))
    try:
        passwords.check(ground, given, stored)
    except passwords.WrongPassword as error:
        raise LoginRefused from error
    if person is None or stored is None:
        raise LoginRefused
    guards.forgive(ground, typed, address)
    guards.spend(ground, guards.sms_caps(person.id, address), "sso.sms_tries")
    attempt_id = ground.ids.uuid7()
    with ground.db.begin() as session:
        passwords.refresh(ground, session, person.id, given, stored)
        phone = people.reveal(ground, person).phone
        _send(room, session, LoginAttempt(id=attempt_id, person_id=person.id), phone)
    return Attempt(attempt_id, person.id, mask_phone(phone))


def send_again(room: SsoRoom, attempt_id: UUID, address: str) -> None:
    """A new code in place of the old one, at most one a minute. Raises `TooMany` or `CodeGone`."""
    ground = room.ground
    with ground.db.read() as session:
        attempt = _open(room, session, attempt_id)
    guards.spend(ground, guards.sms_caps(attempt.person_id, address), "sso.sms_tries")
    with ground.db.begin() as session:
        phone = people.known(ground, session, attempt.person_id).phone
        _send(room, session, LoginAttempt(id=attempt_id, person_id=attempt.person_id), phone)


def attempt(room: SsoRoom, attempt_id: UUID) -> Attempt:
    """The waiting attempt, for its page. Raises `CodeGone`."""
    with room.ground.db.read() as session:
        row = _open(room, session, attempt_id)
        phone = people.known(room.ground, session, row.person_id).phone
    return Attempt(row.id, row.person_id, mask_phone(phone))


def check_code(room: SsoRoom, attempt_id: UUID, code: str, log_in: Callable[[Session, UUID], None]) -> UUID:
    """Second step. One statement counts the try and spends a right code, so parallel tries count and win once.

    `log_in` opens the browser's session in the same transaction. A wrong try is committed before it is reported.
    """
    ground = room.ground
    now = ground.clock.now()
    mac = _mac(room, attempt_id, code)
    with ground.db.begin() as session:
        row = session.execute(
            update(LoginAttempt)
            .where(
                LoginAttempt.id == attempt_id,
                LoginAttempt.spent_at.is_(None),
                LoginAttempt.tries < MOST_TRIES,
                LoginAttempt.expires_at > now,
            )
            .values(
                tries=LoginAttempt.tries + 1,
                spent_at=case((LoginAttempt.code_mac == mac, now), else_=LoginAttempt.spent_at),
            )
            .returning(LoginAttempt.person_id, LoginAttempt.spent_at, LoginAttempt.tries)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if row is not None and row.spent_at is not None:
            _log_in(room, session, row.person_id, log_in)
            return UUID(str(row.person_id))
    if row is None or row.tries >= MOST_TRIES:
        raise CodeGone
    raise CodeRefused(MOST_TRIES - row.tries)


def _log_in(room: SsoRoom, session: Session, person_id: UUID, log_in: Callable[[Session, UUID], None]) -> None:
    person = session.get(Person, person_id)
    if person is None or person.disabled_at is not None:
        raise CodeGone  # disabled between the two steps
    log_in(session, person_id)
    principal = Principal(Kind.CITIZEN, people.label(person_id), person_id=person_id)
    room.ground.audit.record(
        session, principal, action="sso.login", object=people.label(person_id), payload={"factors": ["password", "sms"]}
    )


def _send(room: SsoRoom, session: Session, attempt: LoginAttempt, phone: str) -> None:
    ground = room.ground
    settings = ground.settings
    code = f"{int.from_bytes(ground.ids.random(8), 'big') % 10**DIGITS:0{DIGITS}}"
    now = ground.clock.now()
    attempt.code_mac = _mac(room, attempt.id, code)
    attempt.tries = 0
    attempt.sent_at = attempt.created_at = now
    attempt.expires_at = now + timedelta(seconds=settings.sso.otp_seconds)
    attempt.spent_at = None
    session.merge(attempt)
    text = (
        f"【{settings.region.name_zh}政务服务】您正在登录统一身份认证平台，验证码 {code}，"
        f"{settings.sso.otp_seconds // 60} 分钟内有效。工作人员不会索要验证码，请勿告诉任何人。"
    )
    room.sms.send(session, phone, text)


def _open(room: SsoRoom, session: Session, attempt_id: UUID) -> LoginAttempt:
    row = session.get(LoginAttempt, attempt_id)
    if row is None or row.spent_at is not None or row.expires_at <= room.ground.clock.now():
        raise CodeGone
    return row


def _mac(room: SsoRoom, attempt_id: UUID, code: str) -> str:
    return room.ground.mac.mac("sso.otp", f"{attempt_id}|{code}".encode()).hex()


def seconds_to_resend(room: SsoRoom, person_id: UUID) -> int:
    """How long until another code may be asked for."""
    with room.ground.db.read() as session:
        return Counters(room.ground.clock).retry_after(session, f"sso.sms|{person_id}", guards.MINUTE)
