"""Paths of SM2 certificates, good and bad (SM2 证书路径用例): the classes of PKITS that are about certificates.

Each case makes its own chain; keys are kept by name, so a case costs a few signatures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from foundation import der
from tests.verify import extensions as ext
from tests.verify import pki
from tests.verify.extensions import ANY_POLICY, BRONZE, GOLD, SILVER
from tests.verify.pki import NOW, Entity, make
from verify.path import PathRules

DAY = timedelta(days=1)
CITY = ext.directory(("C", "CN"), ("O", "印川市"))


@dataclass(frozen=True)
class Question:
    root: Entity
    between: tuple[Entity, ...]
    leaf: Entity
    crls: tuple[bytes, ...] | None = None
    """None: a fresh list of everybody in the chain."""
    asked: PathRules = field(default_factory=PathRules)
    now: datetime = NOW
    ocsp: tuple[bytes, ...] = ()

    def lists(self) -> tuple[bytes, ...]:
        return self.crls if self.crls is not None else tuple(one.crl() for one in (self.root, *self.between))


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], Question]
    reasons: frozenset[str]
    because: frozenset[str]


CASES: list[Case] = []


def case(name: str, *reasons: str, because: tuple[str, ...] = ()) -> Callable[[Callable[[], Question]], None]:
    """Register a case; without reasons the path must be trusted."""

    def register(made: Callable[[], Question]) -> None:
        CASES.append(Case(name, made, frozenset(reasons), frozenset(because)))

    return register


def root() -> Entity:
    return make("路径根 CA", kind="ca")


def ca(label: str, issuer: Entity, *extra: bytes, **more: object) -> Entity:
    return make(label, issuer, kind="ca", extra=extra, **more)  # type: ignore[arg-type]


def leaf(issuer: Entity, *extra: bytes, **more: object) -> Entity:
    return make("市民张三", issuer, extra=extra, **more)  # type: ignore[arg-type]


def chain(
    ca_says: tuple[bytes, ...] = (), leaf_says: tuple[bytes, ...] = (), asked: PathRules | None = None
) -> Question:
    """Root, one CA, one leaf, with these extensions."""
    top = root()
    middle = ca("市级 CA", top, *ca_says)
    return Question(top, (middle,), leaf(middle, *leaf_says), asked=asked or PathRules())


def spoilt(entity: Entity) -> Entity:
    """The last octet of the signature changed."""
    data = entity.certificate
    entity.certificate = data[:-1] + bytes((data[-1] ^ 1,))
    return entity


# --- signature, validity, names --------------------------------------------------------------------------------------


@case("signature-good")
def _() -> Question:
    return chain()


@case("signature-of-the-leaf-spoilt", "certificate.signature")
def _() -> Question:
    q = chain()
    return Question(q.root, q.between, spoilt(q.leaf))


@case("signature-of-the-ca-spoilt", "certificate.signature")
def _() -> Question:
    q = chain()
    return Question(q.root, (spoilt(q.between[0]),), q.leaf)


@case("signature-under-another-signer-id", "certificate.signature")
def _() -> Question:
    """What `openssl verify` takes above the leaf: Z made with another ID than the standard's."""
    q = chain()
    body = der.parse(q.leaf.certificate).children(3)
    value = q.between[0].key.sign(body[0].raw, sm2_id=b"another-signer-id")  # type: ignore[union-attr]
    q.leaf.certificate = der.sequence(body[0].raw, body[1].raw, der.bit_string(value))
    return q


@case("validity-of-the-ca-over", "certificate.expired")
def _() -> Question:
    top = root()
    middle = ca("市级 CA", top, start=NOW - 20 * DAY, days=10)
    return Question(top, (middle,), leaf(middle))


@case("validity-of-the-leaf-not-begun", "certificate.not_yet_valid")
def _() -> Question:
    q = chain()
    return Question(q.root, q.between, leaf(q.between[0], start=NOW + DAY))


@case("validity-beyond-2050")
def _() -> Question:
    q = chain()
    return Question(q.root, q.between, leaf(q.between[0], days=365 * 40))


@case("names-differ-in-case-width-and-blanks")
def _() -> Question:
    top = root()
    middle = make("City CA", top, kind="ca")
    spelt = Entity("City CA", subject=pki.name("  ＣＩＴＹ   ca "))
    return Question(top, (middle,), leaf(spelt))


@case("names-of-another-ca", "certificate.unknown_issuer")
def _() -> Question:
    q = chain()
    stranger = make("外省 CA", kind="ca")
    return Question(q.root, q.between, leaf(stranger))


@case("self-issued-new-key")
def _() -> Question:
    """A CA certifies its own next key; the leaf hangs on the new one, and lists come under both."""
    top = root()
    old = ca("换钥 CA 旧钥", top, subject=pki.name("换钥 CA"), path_len=0)
    new = ca("换钥 CA 新钥", old, subject=pki.name("换钥 CA"))
    return Question(top, (old, new), leaf(new), crls=(top.crl(), old.crl()))


# --- basic constraints, key usage ------------------------------------------------------------------------------------


@case("constraints-path-length-kept")
def _() -> Question:
    top = root()
    upper = ca("省级 CA", top, path_len=1)
    lower = ca("市级 CA", upper, path_len=0)
    return Question(top, (upper, lower), leaf(lower))


@case("constraints-path-too-long", "certificate.path_length")
def _() -> Question:
    top = root()
    upper = ca("省级 CA", top, path_len=0)
    lower = ca("市级 CA", upper)
    return Question(top, (upper, lower), leaf(lower))


@case("constraints-of-a-ca-two-levels-up", "certificate.path_length")
def _() -> Question:
    top = root()
    upper = ca("省级 CA", top, path_len=1)
    middle = ca("市级 CA", upper, path_len=6)
    lower = ca("县级 CA", middle)
    return Question(top, (upper, middle, lower), leaf(lower))


@case("constraints-no-ca", "certificate.not_a_ca")
def _() -> Question:
    top = root()
    middle = make("不是 CA", top, usage=(5, 6))
    return Question(top, (middle,), leaf(middle))


@case("usage-no-certificates", "certificate.may_not_certify")
def _() -> Question:
    top = root()
    middle = ca("只签列表的 CA", top, usage=(6,))
    return Question(top, (middle,), leaf(middle))


@case("usage-no-lists", "revocation.unknown", because=("not-allowed",))
def _() -> Question:
    top = root()
    middle = ca("不签列表的 CA", top, usage=(5,))
    return Question(top, (middle,), leaf(middle))


@case("usage-unstated")
def _() -> Question:
    top = root()
    middle = ca("未述用途的 CA", top, usage=())
    return Question(top, (middle,), leaf(middle))


@case("critical-extension-unknown", "certificate.critical_extension")
def _() -> Question:
    return chain((pki.extension("1.2.3.4.5", der.null(), critical=True),))


@case("critical-extension-damaged", "certificate.malformed_extension")
def _() -> Question:
    return chain((pki.extension("2.5.29.30", b"\x30\x05", critical=True),))


# --- policies --------------------------------------------------------------------------------------------------------

_EXPLICIT = PathRules(explicit_policy=True)


@case("policy-the-same-all-the-way")
def _() -> Question:
    return chain((ext.policies(GOLD),), (ext.policies(GOLD),), _EXPLICIT)


@case("policy-none-though-demanded", "certificate.policy")
def _() -> Question:
    return chain((ext.policies(GOLD),), (ext.policies(SILVER),), _EXPLICIT)


@case("policy-not-the-wanted-one", "certificate.policy")
def _() -> Question:
    asked = PathRules(frozenset((SILVER,)), explicit_policy=True)
    return chain((ext.policies(GOLD),), (ext.policies(GOLD),), asked)


@case("policy-demanded-by-the-ca", "certificate.policy")
def _() -> Question:
    return chain((ext.policies(GOLD), ext.policy_constraints(require=0)), (ext.policies(SILVER),))


@case("policy-mapped")
def _() -> Question:
    asked = PathRules(frozenset((GOLD,)), explicit_policy=True)
    return chain((ext.policies(GOLD), ext.mappings((GOLD, SILVER))), (ext.policies(SILVER),), asked)


@case("policy-mapped-away", "certificate.policy")
def _() -> Question:
    return chain((ext.policies(GOLD), ext.mappings((GOLD, SILVER))), (ext.policies(BRONZE),), _EXPLICIT)


@case("policy-mapping-inhibited", "certificate.policy")
def _() -> Question:
    asked = PathRules(explicit_policy=True, inhibit_mapping=True)
    return chain((ext.policies(GOLD), ext.mappings((GOLD, SILVER))), (ext.policies(SILVER),), asked)


@case("policy-any-mapped", "certificate.policy_mapping", "certificate.policy")
def _() -> Question:
    return chain((ext.policies(GOLD), ext.mappings((ANY_POLICY, SILVER))), (ext.policies(SILVER),), _EXPLICIT)


@case("policy-any")
def _() -> Question:
    return chain(
        (ext.policies(ANY_POLICY),), (ext.policies(GOLD),), PathRules(frozenset((GOLD,)), explicit_policy=True)
    )


@case("policy-any-inhibited", "certificate.policy")
def _() -> Question:
    top = root()
    upper = ca("省级 CA", top, ext.policies(GOLD), ext.inhibit_any(0))
    lower = ca("市级 CA", upper, ext.policies(ANY_POLICY))
    return Question(top, (upper, lower), leaf(lower, ext.policies(GOLD)), asked=_EXPLICIT)


# --- name constraints ------------------------------------------------------------------------------------------------


def constrained(permitted: tuple[bytes, ...], excluded: tuple[bytes, ...], subject: bytes, *names: bytes) -> Question:
    top = root()
    middle = ca("受约束 CA", top, ext.name_constraints(permitted, excluded))
    says = (ext.alternative(*names),) if names else ()
    return Question(top, (middle,), leaf(middle, *says, subject=subject))


INSIDE = ext.directory(("C", "CN"), ("O", "印川市"), ("CN", "民政局"))
OUTSIDE = ext.directory(("C", "CN"), ("O", "平江市"), ("CN", "民政局"))


@case("names-permitted")
def _() -> Question:
    return constrained((ext.dirname(CITY),), (), INSIDE)


@case("names-not-permitted", "certificate.name_not_permitted")
def _() -> Question:
    return constrained((ext.dirname(CITY),), (), OUTSIDE)


@case("names-excluded", "certificate.name_excluded")
def _() -> Question:
    return constrained((), (ext.dirname(CITY),), INSIDE)


@case("names-of-every-kind-permitted")
def _() -> Question:
    allowed = (
        ext.dns("gov.cn"),
        ext.email("gov.cn"),
        ext.uri(".gov.cn"),
        ext.address(bytes((10, 0, 0, 0, 255, 0, 0, 0))),
    )
    names = (
        ext.dns("yc.gov.cn"),
        ext.email("a@gov.cn"),
        ext.uri("https://yc.gov.cn/x"),
        ext.address(bytes((10, 1, 2, 3))),
    )
    return constrained(allowed, (), INSIDE, *names)


@case("names-host-not-permitted", "certificate.name_not_permitted")
def _() -> Question:
    return constrained((ext.dns("gov.cn"),), (), INSIDE, ext.dns("evilgov.cn"))


@case("names-mail-excluded", "certificate.name_excluded")
def _() -> Question:
    return constrained((), (ext.email(".gov.cn"),), INSIDE, ext.email("boss@YC.gov.cn"))


@case("names-uri-without-a-host", "certificate.name_unsupported")
def _() -> Question:
    return constrained((ext.uri(".gov.cn"),), (), INSIDE, ext.uri("urn:x:y"))


@case("names-address-not-permitted", "certificate.name_not_permitted")
def _() -> Question:
    return constrained(
        (ext.address(bytes((10, 0, 0, 0, 255, 0, 0, 0))),), (), INSIDE, ext.address(bytes((11, 1, 2, 3)))
    )


@case("names-of-a-kind-nobody-can-judge", "certificate.name_unsupported")
def _() -> Question:
    return constrained((), (ext.other("1.2.3"),), INSIDE, ext.other("1.2.3"))


@case("names-two-cas-must-agree", "certificate.name_not_permitted")
def _() -> Question:
    top = root()
    upper = ca("省级 CA", top, ext.name_constraints((ext.dirname(CITY),)), subject=CITY)
    lower = ca("市级 CA", upper, ext.name_constraints((ext.dirname(OUTSIDE),)), subject=INSIDE)
    return Question(
        top, (upper, lower), leaf(lower, subject=ext.directory(("C", "CN"), ("O", "印川市"), ("CN", "教育局")))
    )
