"""Revocation of SM2 certificates, every way it can be said (SM2 撤销用例): complete, partial, indirect, delta, OCSP."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from foundation import der
from hsm.digests import Digest
from tests.verify import extensions as ext
from tests.verify import pki
from tests.verify.path_cases import DAY, Question, ca, case, chain, leaf, root
from tests.verify.pki import NOW, Entity, make

HERE, THERE = ext.uri("http://crl.yinchuan.gov.cn/1.crl"), ext.uri("http://crl.yinchuan.gov.cn/2.crl")
NOBODY = 0x7777


def listed(q: Question, *lists: bytes) -> Question:
    """The same chain with these lists beside the root's own."""
    return Question(q.root, q.between, q.leaf, (q.root.crl(), *lists), now=q.now)


# --- complete lists --------------------------------------------------------------------------------------------------


@case("list-names-the-leaf", "certificate.revoked")
def _() -> Question:
    q = chain()
    q.between[0].revoke(q.leaf, at=NOW - DAY)
    return q


@case("list-names-the-ca", "certificate.revoked")
def _() -> Question:
    q = chain()
    q.root.revoke(q.between[0], at=NOW - DAY)
    return q


@case("list-names-others")
def _() -> Question:
    q = chain()
    q.between[0].revoke(Entity("别人", serial=NOBODY))
    return q


@case("list-missing", "revocation.unknown")
def _() -> Question:
    return listed(chain())


@case("list-spoilt", "revocation.unknown", because=("signature",))
def _() -> Question:
    q = chain()
    data = q.between[0].crl()
    return listed(q, data[:-1] + bytes((data[-1] ^ 1,)))


@case("list-of-another-ca", "revocation.unknown")
def _() -> Question:
    return listed(chain(), make("外省 CA", kind="ca").crl())


@case("list-under-a-stranger's-key", "revocation.unknown", because=("signature",))
def _() -> Question:
    q = chain()
    return listed(q, Entity("冒名者", subject=q.between[0].subject).crl())


@case("list-out-of-date", "revocation.stale")
def _() -> Question:
    q = chain()
    return listed(q, q.between[0].crl(at=NOW - 9 * DAY, days=7))


@case("list-with-an-unknown-critical-extension", "revocation.unknown", because=("critical-extension",))
def _() -> Question:
    q = chain()
    return listed(q, q.between[0].crl(extra=(pki.extension("1.2.3.4.5", der.null(), critical=True),)))


@case("list-with-an-unknown-critical-extension-in-another-entry", "revocation.unknown", because=("critical-extension",))
def _() -> Question:
    q = chain()
    return listed(q, q.between[0].crl(more=(ext.entry(NOBODY, NOW - DAY, odd=True),)))


@case("list-under-the-ca's-other-key")
def _() -> Question:
    """The root certified a second key of the CA for lists alone (PKITS 4.4.19)."""
    q = chain()
    lister = ca("市级 CA 列表密钥", q.root, subject=q.between[0].subject, usage=(6,))
    return Question(q.root, (*q.between, lister), q.leaf, (q.root.crl(), lister.crl()))


@case("list-under-the-ca's-other-key-revoked", "revocation.unknown", because=("signer",))
def _() -> Question:
    q = chain()
    lister = ca("市级 CA 列表密钥", q.root, subject=q.between[0].subject, usage=(6,))
    q.root.revoke(lister, at=NOW - DAY)
    return Question(q.root, (*q.between, lister), q.leaf, (q.root.crl(), lister.crl()))


@case("list-of-a-namesake-elsewhere-under-the-root", "revocation.unknown", because=("signature",))
def _() -> Question:
    """Another CA may certify that name; it does not thereby speak for our CA."""
    q = chain()
    rogue = ca("另一 CA", q.root)
    lister = ca("同名 CA", rogue, subject=q.between[0].subject)
    return Question(q.root, (*q.between, rogue, lister), q.leaf, (q.root.crl(), rogue.crl(), lister.crl()))


# --- partial lists: issuing distribution points ----------------------------------------------------------------------


@case("shard-of-the-point")
def _() -> Question:
    q = chain(leaf_says=(ext.crl_points(ext.point(HERE)),))
    return listed(q, q.between[0].crl(extra=(ext.issuing_point(HERE),)))


@case("shard-of-the-point-names-the-leaf", "certificate.revoked")
def _() -> Question:
    q = chain(leaf_says=(ext.crl_points(ext.point(HERE)),))
    q.between[0].revoke(q.leaf, at=NOW - DAY)
    return listed(q, q.between[0].crl(extra=(ext.issuing_point(HERE),)))


@case("shard-of-another-point", "revocation.unknown", because=("scope",))
def _() -> Question:
    q = chain(leaf_says=(ext.crl_points(ext.point(HERE)),))
    return listed(q, q.between[0].crl(extra=(ext.issuing_point(THERE),)))


@case("shard-named-relative-to-the-issuer")
def _() -> Question:
    rdn = der.sequence(der.oid("2.5.4.3"), der.utf8("列表一"))
    q = chain(leaf_says=(ext.crl_points(ext.point(relative=rdn)),))
    whole = der.sequence(der.parse(q.between[0].subject).content, der.tlv(der.SET, rdn))
    return listed(q, q.between[0].crl(extra=(ext.issuing_point(ext.dirname(whole)),)))


@case("list-of-users-for-a-user")
def _() -> Question:
    q = chain()
    return listed(q, q.between[0].crl(extra=(ext.issuing_point(users=True),)))


@case("list-of-authorities-for-a-user", "revocation.unknown", because=("scope",))
def _() -> Question:
    q = chain()
    return listed(q, q.between[0].crl(extra=(ext.issuing_point(authorities=True),)))


@case("list-of-attribute-certificates", "revocation.unknown", because=("scope",))
def _() -> Question:
    q = chain()
    return listed(q, q.between[0].crl(extra=(ext.issuing_point(attributes=True),)))


@case("list-for-some-reasons", "revocation.unknown", because=("reasons",))
def _() -> Question:
    q = chain()
    return listed(q, q.between[0].crl(extra=(ext.issuing_point(reasons=(1, 2)),)))


@case("lists-for-all-reasons-together")
def _() -> Question:
    q = chain()
    parts = [(1, 2), (3, 4, 5, 6, 7, 8)]
    return listed(q, *(q.between[0].crl(extra=(ext.issuing_point(reasons=bits),)) for bits in parts))


@case("list-for-some-reasons-names-the-leaf", "certificate.revoked")
def _() -> Question:
    q = chain()
    q.between[0].revoke(q.leaf, at=NOW - DAY)
    return listed(q, q.between[0].crl(extra=(ext.issuing_point(reasons=(1, 2)),)))


# --- indirect lists --------------------------------------------------------------------------------------------------


def indirect(*, names: bool = False, stated: bool = True, pointed: bool = True) -> Question:
    """The city's CA leaves its lists to a list office of the root."""
    top = root()
    middle = ca("市级 CA", top)
    office = make("列表中心", top, usage=(6,))
    point = ext.point(HERE, issuer=office.subject) if pointed else ext.point(HERE)
    one = leaf(middle, ext.crl_points(point))
    entries = (
        ext.entry(one.serial, NOW - DAY),  # the office's own certificate of that number, if there were one
        ext.entry(NOBODY, NOW - DAY, issuer=middle.subject),
        *((ext.entry(one.serial, NOW - DAY),) if names else ()),
    )
    crl = office.crl(extra=(ext.issuing_point(HERE, indirect=stated),), more=entries)
    return Question(top, (middle, office), one, (top.crl(), crl))


@case("indirect-list")
def _() -> Question:
    return indirect()


@case("indirect-list-names-the-leaf-after-its-issuer", "certificate.revoked")
def _() -> Question:
    return indirect(names=True)


@case("indirect-list-that-does-not-say-so", "revocation.unknown", because=("critical-extension",))
def _() -> Question:
    return indirect(stated=False)


@case("indirect-list-nobody-pointed-to", "revocation.unknown")
def _() -> Question:
    return indirect(pointed=False)


@case("indirect-list-of-a-revoked-office", "revocation.unknown", because=("signer",))
def _() -> Question:
    q = indirect()
    q.root.revoke(q.between[1], at=NOW - DAY)
    return Question(q.root, q.between, q.leaf, (q.root.crl(), *q.lists()[1:]))


# --- delta lists -----------------------------------------------------------------------------------------------------


def with_delta(base: int, number: int, *entries: bytes, revoked: int | None = None, stale: bool = False) -> Question:
    """A complete list of number 5 from yesterday, and a delta of today."""
    q = chain()
    issuer = q.between[0]
    if revoked is not None:
        issuer.revoke(q.leaf, at=NOW - 3 * DAY, reason=revoked)
    whole = issuer.crl(at=NOW - DAY, days=0.5 if stale else 7, number=5, extra=(ext.freshest(ext.point(THERE)),))
    issuer.revoked.clear()
    said = tuple(item or ext.entry(q.leaf.serial, NOW - DAY / 2) for item in entries)
    return listed(q, whole, issuer.crl(number=number, extra=(ext.delta(base),), more=said))


@case("delta-with-nothing-new")
def _() -> Question:
    return with_delta(5, 6)


@case("delta-names-the-leaf", "certificate.revoked")
def _() -> Question:
    return with_delta(5, 6, b"")


@case("delta-silent-about-what-the-list-names", "certificate.revoked")
def _() -> Question:
    return with_delta(5, 6, revoked=1)


@case("delta-lifts-a-hold")
def _() -> Question:
    q = with_delta(5, 6, revoked=6)
    lifted = ext.entry(q.leaf.serial, NOW - DAY / 2, reason=8)
    lists = q.lists()
    return listed(q, lists[1], q.between[0].crl(number=6, extra=(ext.delta(5),), more=(lifted,)))


@case("delta-that-leaves-a-gap-is-not-laid-over")
def _() -> Question:
    return with_delta(6, 7, b"")


@case("delta-fresh-over-a-list-out-of-date")
def _() -> Question:
    return with_delta(5, 6, stale=True)


@case("delta-alone", "revocation.unknown", because=("delta-alone",))
def _() -> Question:
    q = with_delta(5, 6)
    return listed(q, q.lists()[2])


@case("delta-under-another-key-is-not-laid-over")
def _() -> Question:
    q = chain()
    issuer = q.between[0]
    twin = Entity("冒名者", subject=issuer.subject)
    forged = twin.crl(number=6, extra=(ext.delta(5),), more=(ext.entry(q.leaf.serial, NOW - DAY),))
    return listed(q, issuer.crl(at=NOW - DAY, number=5), forged)


# --- answers ---------------------------------------------------------------------------------------------------------


def answer(
    about: Entity,
    issuer: Entity,
    signer: Entity,
    *,
    revoked: datetime | None = None,
    at: datetime = NOW,
    days: float = 1,
    digest: Digest = Digest.SHA1,
    carried: tuple[Entity, ...] = (),
) -> bytes:
    """An OCSP response made by hand."""
    point = der.parse(issuer.key.spki).children(2)[1].as_bits()
    named = der.octet_string(digest.of(issuer.subject)) + der.octet_string(digest.of(point))
    cert_id = der.sequence(der.sequence(der.oid(digest.oid)), named, der.integer(about.serial))
    state = b"\x80\x00" if revoked is None else der.tlv(0xA1, der.generalized_time(revoked))
    until = der.explicit(0, der.generalized_time(at + timedelta(days=days)))
    single = der.sequence(cert_id, state, der.generalized_time(at), until)
    own = der.parse(signer.key.spki).children(2)[1].as_bits()
    responder = der.explicit(2, der.octet_string(hashlib.sha1(own).digest()))  # noqa: S324 - RFC 6960 says SHA-1
    tbs = der.sequence(responder, der.generalized_time(at), der.sequence(single))
    certs = (der.explicit(0, der.sequence(*(one.certificate for one in carried))),) if carried else ()
    basic = der.sequence(tbs, signer.scheme.algorithm_identifier(), der.bit_string(signer.sign(tbs)), *certs)
    wrapped = der.sequence(der.oid("1.3.6.1.5.5.7.48.1.1"), der.octet_string(basic))
    return der.sequence(der.enumerated(0), der.explicit(0, wrapped))


def answered(q: Question, *answers: bytes, lists: tuple[bytes, ...] = ()) -> Question:
    return Question(q.root, q.between, q.leaf, (q.root.crl(), *lists), ocsp=answers)


def responder(issuer: Entity, *, eku: str = "1.3.6.1.5.5.7.3.9", usage: tuple[int, ...] = (0,)) -> Entity:
    purpose = pki.extension("2.5.29.37", der.sequence(der.oid(eku)))
    return make("OCSP 应答者", issuer, extra=(purpose, ext.no_check()), usage=usage)


@case("answer-of-the-issuer")
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    return answered(q, answer(q.leaf, q.between[0], q.between[0]))


@case("answer-with-sm3-hashes")
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    return answered(q, answer(q.leaf, q.between[0], q.between[0], digest=Digest.SM3))


@case("answer-says-revoked", "certificate.revoked")
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    return answered(q, answer(q.leaf, q.between[0], q.between[0], revoked=NOW - DAY))


@case("answer-of-a-delegated-responder")
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    one = responder(q.between[0])
    return answered(q, answer(q.leaf, q.between[0], one, carried=(one,)))


@case("answer-of-a-certificate-without-that-purpose", "revocation.unknown", because=("responder",))
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    one = responder(q.between[0], eku="1.3.6.1.5.5.7.3.2")
    return answered(q, answer(q.leaf, q.between[0], one, carried=(one,)))


@case("answer-of-another-ca's-responder", "revocation.unknown", because=("responder",))
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    one = responder(q.root)
    return answered(q, answer(q.leaf, q.between[0], one, carried=(one,)))


@case("answer-of-a-revoked-responder", "revocation.unknown", because=("responder", "scope"))
def _() -> Question:
    """The responder's own shard names it; that shard does not speak about the leaf."""
    q = chain(leaf_says=(ext.online(),))
    purpose = pki.extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.9")))
    one = make("OCSP 应答者", q.between[0], extra=(purpose, ext.crl_points(ext.point(HERE))))
    q.between[0].revoke(one, at=NOW - DAY)
    shard = q.between[0].crl(extra=(ext.issuing_point(HERE),))
    return answered(q, answer(q.leaf, q.between[0], one, carried=(one,)), lists=(shard,))


@case("answer-about-another-issuer", "revocation.unknown")
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    stranger = make("外省 CA", kind="ca")
    return answered(q, answer(q.leaf, stranger, q.between[0]))


@case("answer-out-of-date", "revocation.stale")
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    return answered(q, answer(q.leaf, q.between[0], q.between[0], at=NOW - 3 * DAY))


@case("answer-older-than-the-list-that-revokes", "certificate.revoked")
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    good = answer(q.leaf, q.between[0], q.between[0], at=NOW - DAY, days=3)
    q.between[0].revoke(q.leaf, at=NOW - 2 * DAY)
    return answered(q, good, lists=(q.between[0].crl(),))


@case("answer-spoilt", "revocation.unknown", because=("responder",))
def _() -> Question:
    q = chain(leaf_says=(ext.online(),))
    data = answer(q.leaf, q.between[0], q.between[0])
    return answered(q, data[:-1] + bytes((data[-1] ^ 1,)))
