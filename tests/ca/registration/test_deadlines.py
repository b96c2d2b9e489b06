"""The clock of revocations: classes by reason, what is left, and the alarm when it is late (BR 4.9.1.1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from ca.profiles import profile_named
from ca.reading.crl import Reason
from ca.registration import deadlines, policy
from ca.registration.machine import REGISTRAR as SYSTEM
from ca.registration.recover import expire
from ca.registration.states import Kind, State, Step
from foundation.metrics import exposition
from tests.ca.registration.desk import AUDITOR, BOTH, CITIZEN, NEIGHBOUR, OFFICER, Desk, csr

DAY, FIVE = timedelta(hours=24), timedelta(days=5)


@pytest.mark.parametrize("reason", list(Reason))
def test_the_subscriber_s_word_and_lost_keys_are_urgent(reason: Reason) -> None:
    assert policy.deadline(Kind.REVOKE, reason, subscriber=True) == DAY
    urgent = reason in (Reason.UNSPECIFIED, Reason.KEY_COMPROMISE, Reason.CA_COMPROMISE)
    assert policy.deadline(Kind.REVOKE, reason, subscriber=False) == (DAY if urgent else FIVE)


def test_only_what_ends_a_certificate_has_a_clock() -> None:
    for kind in Kind:
        if kind is not Kind.REVOKE:
            lost = policy.deadline(kind, Reason.KEY_COMPROMISE, subscriber=True)
            assert lost == (DAY if kind is Kind.REKEY else None)


def test_reasons_fit_the_request() -> None:
    """RFC 5280 5.3.1: a hold is no reason to revoke, nobody but a CA is compromised as one."""
    for subscriber in (True, False):
        offered = policy.reasons(Kind.REVOKE, subscriber=subscriber)
        assert not {Reason.CERTIFICATE_HOLD, Reason.REMOVE_FROM_CRL, Reason.CA_COMPROMISE} & set(offered)
        assert (Reason.PRIVILEGE_WITHDRAWN in offered) is not subscriber
        assert (Reason.UNSPECIFIED in offered) is subscriber
    assert policy.reasons(Kind.CHANGE, subscriber=True) == (Reason.AFFILIATION_CHANGED,)
    assert policy.reasons(Kind.HOLD, subscriber=False) == (Reason.CERTIFICATE_HOLD,)
    assert policy.reasons(Kind.RENEW, subscriber=True) == policy.reasons(Kind.RELEASE, subscriber=True) == ()
    assert policy.needed(Kind.REVOKE, profile_named("citizen"), subscriber=True) == 0


def test_time_left_runs_out_and_is_said_aloud(own_desk: Desk) -> None:
    desk = own_desk
    certificates = [desk.certificate(CITIZEN, desk.own(csr=csr())) for _ in range(2)]
    urgent = desk.submitted(OFFICER, desk.about(Kind.REVOKE, certificates[0], reason=Reason.KEY_COMPROMISE))
    usual = desk.submitted(OFFICER, desk.about(Kind.REVOKE, certificates[1], reason=Reason.PRIVILEGE_WITHDRAWN))
    assert [(one.id, one.left, one.urgent) for one in deadlines.cases(desk.room, BOTH)] == [
        (urgent, DAY, True),
        (usual, FIVE, False),
    ]
    assert [one.id for one in deadlines.cases(desk.room, CITIZEN)] == [urgent, usual]
    assert deadlines.cases(desk.room, NEIGHBOUR) == []
    assert len(deadlines.cases(desk.room, AUDITOR)) == 2
    assert deadlines.alarm(desk.room, SYSTEM) == []
    desk.region.clock.advance(hours=25)
    with capture_logs() as logs:
        assert [one.id for one in deadlines.alarm(desk.room, SYSTEM)] == [urgent]
    assert [(one["event"], one["registration"]) for one in logs] == [("revocation.overdue", str(urgent))]
    assert b'yinxin_revocation_requests_overdue{allowed="24h"} 1.0' in exposition()
    assert desk.take(BOTH, urgent, Step.REVIEW) is State.DONE
    assert deadlines.alarm(desk.room, SYSTEM) == []
    assert b'yinxin_revocation_requests_overdue{allowed="24h"} 0.0' in exposition()
    desk.region.clock.advance(days=200)
    expire(desk.room)
    assert desk.state(usual) == State.SUBMITTED  # late is late; it never just goes away
    assert deadlines.alarm(desk.room, SYSTEM)[0].id == usual
