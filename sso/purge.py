"""Forgetting (清理): what has no use left, so that a stolen copy of the database holds little.

A periodic job calls it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sso.models import LoginAttempt, SmsOutbox
from sso.protocol_models import AccessToken, AuthorisationCode, Interaction, SpentAssertion

SPENT = timedelta(days=1)
"""Attempts, messages and tokens stay a day for somebody asking what happened."""
CODES = timedelta(days=2)
"""Longer than any session: a code is how an `id_token_hint` finds the login it belongs to."""


def purge(session: Session, now: datetime) -> int:
    """How many rows went. An assertion's row is kept until the assertion itself could not be used any more."""
    still = select(AccessToken.code_id).where(AccessToken.code_id.is_not(None))
    statements = (
        delete(Interaction).where(Interaction.expires_at <= now),
        delete(SpentAssertion).where(SpentAssertion.expires_at <= now),
        delete(LoginAttempt).where(LoginAttempt.expires_at <= now - SPENT),
        delete(SmsOutbox).where(SmsOutbox.at <= now - SPENT),
        delete(AccessToken).where(AccessToken.expires_at <= now - SPENT),
        delete(AuthorisationCode).where(
            AuthorisationCode.expires_at <= now - CODES, AuthorisationCode.id.not_in(still)
        ),
    )
    connection = session.connection()
    return sum(connection.execute(statement).rowcount for statement in statements)
