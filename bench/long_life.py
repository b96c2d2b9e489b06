"""Long life (长期验证): a stranger's B-LT file judged beside pyHanko, and what extending a sealed file costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.measure import Figure, measure
from bench.peers import pyhanko_long
from bench.stamping import paper
from foundation.clock import FixedClock
from verify.judge import Context, judge
from verify.trust import TrustStore

_AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def figures() -> Iterator[Figure]:
    who = pyhanko_long.stranger(_AT)
    document = pyhanko_long.sealed(paper(), who)
    day = _AT + timedelta(days=1)
    context = Context(TrustStore.build([who.root]), FixedClock(day))
    (seal,) = judge(document, name=None, context=context).signatures
    if not (seal.intact and seal.trusted and pyhanko_long.judged(document, who, day)):
        raise RuntimeError("the stranger's file does not verify; a speed would mean nothing")
    ours, wall = measure(lambda: judge(document, name=None, context=context), times=10)
    peer, _ = measure(lambda: pyhanko_long.judged(document, who, day), times=5)
    note = "path, lists and time stamp out of the file, changes"
    yield Figure("verify a foreign B-LT PDF, RSA", ours, wall, "pyHanko with its DSS, RSA", peer, note)
