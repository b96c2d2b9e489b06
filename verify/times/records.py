"""Evidence records judged (证据记录核验), RFC 4998 4.3, 5.3 and 6: what they cover, in which order, and who vouches.

Every archive time stamp must cover what stood before it; the newest is judged now, each older one at the time of the
next. What holds gives the earliest time the file is proved to have existed at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from ca.reading import read_token
from foundation.der import DerError
from hsm.digests import Digest
from seal import cms
from seal.longlife.evidence.record import Chain, EvidenceRecord, digest_named, renewed_leaf
from seal.longlife.evidence.tree import Reduced, father, root_of
from verify.moments import Moment
from verify.report import Finding
from verify.stamps import CLOCK_SKEW, StampResult, check_stamp
from verify.times.carried import items_in, items_of
from verify.times.evidence import EvidenceStore, enlarge
from verify.times.items import Item
from verify.trust import TrustStore
from verify.words import finding

Document = Callable[[Digest], bytes]
"""The digest of the file the record is about, under the algorithm asked for."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One archive time stamp: `place` as chain.stamp from 1; `root` is what its token must be about."""

    place: str
    token: bytes
    digest: Digest | None
    root: bytes | None
    problem: Finding | None = None


@dataclass(frozen=True, slots=True)
class RecordResult:
    """`proved`: since when the file existed for sure; None when nothing vouches for it."""

    proved: datetime | None
    trust: TrustStore
    """With the revocation data it carries."""
    marks: tuple[Mark, ...] = ()
    stamps: tuple[StampResult, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def intact(self) -> bool:
        return (
            bool(self.stamps)
            and not any(mark.problem for mark in self.marks)
            and all(stamp.intact for stamp in self.stamps)
        )


def check_record(record: EvidenceRecord, document: Document | None, trust: TrustStore, moment: Moment) -> RecordResult:
    """Judge `record` about `document`; without one, only by itself, which proves nothing of any file."""
    if record.encrypted:
        return RecordResult(None, trust, findings=(finding("evidence.encrypted"),))
    known = enlarge(trust, items_in(record.infos))
    marks = tuple(_ordered(list(_marks(record, document))))
    # from the newest to the oldest: each is judged at the earliest trusted time of those that cover it
    carried = [_items(mark.token) for mark in marks]
    known = enlarge(trust, (*items_in(record.infos), *(item for items in carried for item in items)))
    results: list[StampResult] = []
    proved = moment.proved
    for at, mark in reversed(list(enumerate(marks))):
        told = _stamp(mark, known, replace(moment, proved=proved))
        results.append(told)
        if told.trusted and told.time is not None and (proved is None or told.time < proved):
            proved = told.time
            _prove(known, carried[:at], told.time)
    stamps = tuple(reversed(results))
    unlisted = {mark.digest.oid for mark in marks if mark.digest} - set(record.digests)
    found = (finding("evidence.unlisted_digest"),) if unlisted else ()
    result = RecordResult(None, known, marks, stamps, found)
    held = document is not None and result.intact and any(stamp.trusted for stamp in stamps)
    return replace(result, proved=proved if held else None)


def _items(token: bytes) -> tuple[Item, ...]:
    """Lists and answers beside the token's certificates (RFC 5652 5.1)."""
    try:
        signed = cms.read(token)
        return tuple(item for signer in signed.signers[:1] for item in items_of(signed, signer))
    except DerError:
        return ()


def _prove(trust: TrustStore, covered: list[tuple[Item, ...]], at: datetime) -> None:
    """A renewal covers the whole token before it, with what that carries."""
    if isinstance(trust, EvidenceStore):
        for items in covered:
            for item in items:
                trust.prove(item.octets, at)


def _stamp(mark: Mark, trust: TrustStore, moment: Moment) -> StampResult:
    if mark.problem is not None or mark.root is None:
        return StampResult(None, intact=False, trusted=False, path=None, findings=())
    root = mark.root
    return check_stamp(mark.token, lambda digest: root if digest is mark.digest else b"", trust, moment, archive=True)


def _marks(record: EvidenceRecord, document: Document | None) -> Iterator[Mark]:
    for at, chain in enumerate(record.chains):
        digest = _digest_of(chain)
        before: bytes | None = None
        for number, stamp in enumerate(chain.stamps):
            place = f"{at + 1}.{number + 1}"
            if digest is None:
                yield Mark(place, stamp.token, None, None, finding("evidence.digest", place))
                continue
            if before is not None:
                root = root_of(digest.of(before), stamp.reduced, digest)
                problem = None if root else finding("evidence.chain", place)
            else:
                root = _first(record.chains[:at], document, digest, stamp.reduced, stamp.token)
                problem = None if root else finding("evidence.not_about" if at == 0 else "evidence.chain", place)
            yield Mark(place, stamp.token, digest, root, problem)
            before = stamp.token


def _first(
    earlier: tuple[Chain, ...], document: Document | None, digest: Digest, reduced: Reduced, token: bytes
) -> bytes | None:
    """The root of a chain's first tree; without a file, the one its lists come to by themselves."""
    if document is not None:
        leaf = renewed_leaf(document(digest), earlier, digest) if earlier else document(digest)
        return root_of(leaf, reduced, digest)
    if not reduced:
        return _imprint(token)
    return root_of(reduced[0][0], reduced, digest) if len(reduced[0]) > 1 else father(reduced[0], digest)


def _digest_of(chain: Chain) -> Digest | None:
    """One algorithm for the whole chain (RFC 4998 5.3), which must be that of its tokens too."""
    named = set()
    for stamp in chain.stamps:
        try:
            inside = read_token(stamp.token).info.digest
        except DerError:
            return None
        named |= {inside, digest_named(stamp.digest) if stamp.digest is not None else inside}
    return named.pop() if len(named) == 1 else None


def _imprint(token: bytes) -> bytes:
    try:
        return read_token(token).info.imprint
    except DerError:
        return b""


def _ordered(marks: list[Mark]) -> Iterator[Mark]:
    """None may be older than the one it covers."""
    latest: datetime | None = None
    for mark in marks:
        time = read_token(mark.token).info.time if mark.problem is None else None
        if time is not None and latest is not None and time + CLOCK_SKEW < latest:
            yield replace(mark, problem=finding("evidence.disordered", mark.place))
            continue
        latest = max(time, latest) if time is not None and latest is not None else time or latest
        yield mark
