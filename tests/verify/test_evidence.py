"""Evidence records (RFC 4998): what they prove, what they save an old seal from, and every way they can be wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from io import BytesIO

import pytest

from foundation import der
from foundation.clock import FixedClock
from hsm.digests import Digest
from hsm.keys import Algorithm
from seal.longlife.evidence.record import ArchiveStamp, Chain, EvidenceRecord, read_record, renewed_leaf
from seal.longlife.evidence.tree import Tree
from seal.longlife.evidence.vouching import with_lists
from seal.ofd import archive as ofd_archive
from tests.seal import papers
from tests.verify import odd_packages, pki, records_oracle, sealing
from tests.verify.archives import Archive, archive
from tests.verify.pki import NOW, Entity
from verify.judge import Context, judge
from verify.report import Report, Sub, Verdict
from verify.trust import TrustStore

DAY = timedelta(days=1)
NEIGHBOURS = [bytes([at]) * 9 for at in range(6)]


def first(document: bytes, tsa: Entity, days: float, digest: Digest, *, leaf: bytes | None = None) -> ArchiveStamp:
    """A stamp over a tree in which the document is one leaf among seven."""
    own = leaf or digest.of(document)
    tree = Tree([own, *map(digest.of, NEIGHBOURS)], digest)
    return ArchiveStamp(stamped(tsa, tree.root, days, digest), digest.oid, tree.reduced(own))


def stamped(tsa: Entity, imprint: bytes, days: float, digest: Digest) -> bytes:
    return sealing.token(tsa, imprint, at=NOW + days * DAY, digested=True, digest=digest)


def later(before: ArchiveStamp, tsa: Entity, days: float, digest: Digest) -> ArchiveStamp:
    return ArchiveStamp(stamped(tsa, digest.of(before.token), days, digest), digest.oid)


def record(*chains: tuple[ArchiveStamp, ...]) -> bytes:
    digests = tuple(dict.fromkeys(stamp.digest or "" for chain in chains for stamp in chain))
    return EvidenceRecord(digests, tuple(map(Chain.of, chains))).encoded()


def known(made: Archive, crls: list[bytes]) -> TrustStore:
    return TrustStore.build([made.region.root.certificate], intermediates=[made.region.issuing.certificate], crls=crls)


def ask(made: Archive, data: bytes, days: float, er: bytes | None, *, fresh: bool = True, **more: object) -> Report:
    at = NOW + days * DAY
    crls = made.crls(at) if fresh else []
    store = known(made, crls)
    return judge(data, name=None, context=Context(store, FixedClock(at)), record=er, **more)  # type: ignore[arg-type]


@pytest.fixture(params=[Algorithm.SM2, Algorithm.RSA_2048, Algorithm.P256], ids=["sm2", "rsa", "p256"])
def files(request: pytest.FixtureRequest) -> Archive:
    return archive(request.param)


@pytest.fixture
def one() -> Archive:
    return archive(Algorithm.P256)


# --- what it saves ---------------------------------------------------------------------------------------------------


def test_a_pdf_with_its_own_data_outlives_its_time_stamp(files: Archive) -> None:
    """B-LT at day 900: its stamp's authority ended on day 700. The record, renewed on day 600, carries it on."""
    file, digest = files.files["B-LT"], files.tsas[0].scheme.digest
    start = first(file, files.tsas[0], 2, digest)
    er = record((start, later(start, files.tsas[1], 600, digest)))
    assert ask(files, file, 900, None).verdict is Verdict.NOT_GENUINE
    report = ask(files, file, 900, er)
    assert (report.verdict, report.intact) == (Verdict.GENUINE, True)
    assert report.has("evidence.valid")
    assert [one.name for one in report.signatures] == ["Seal1", "EvidenceRecord 1.1", "EvidenceRecord 1.2"]


def test_the_record_is_carried_on_by_a_new_hash_tree(one: Archive) -> None:
    """SHA-256 gave way to SHA-512 on day 650: the first chain is covered by the second, over the file read anew."""
    file = one.files["B-LT"]
    start = first(file, one.tsas[0], 2, Digest.SHA256)
    chain = (start, later(start, one.tsas[1], 600, Digest.SHA256))
    leaf = renewed_leaf(Digest.SHA512.of(file), (Chain.of(chain),), Digest.SHA512)
    anew = first(file, one.tsas[1], 650, Digest.SHA512, leaf=leaf)
    er = record(chain, (anew, later(anew, one.tsas[2], 1200, Digest.SHA512)))
    assert ask(one, file, 1700, er).verdict is Verdict.GENUINE
    assert len(records_oracle.tokens(er, file)) == 4
    assert ask(one, file, 1700, record(chain)).verdict is not Verdict.GENUINE


def short_lived() -> tuple[Archive, bytes]:
    """A seal that lives a year on an OFD, without any time stamp inside."""
    return archive(Algorithm.SM2), _short_lived()


@cache
def _short_lived() -> bytes:
    made = archive(Algorithm.SM2)
    return ofd_archive.write(odd_packages.sealed(replace(made.region, seal=made.seal)))


def test_an_ofd_seal_stands_by_its_record(tmp_path: object) -> None:
    """There is no place in an OFD for such data; the region's own lists of those days decide together with it."""
    made, file = short_lived()
    lists = made.crls(NOW + 40 * DAY)
    er = record((first(file, made.tsas[0], 30, Digest.SM3),))

    def at(days: float, er: bytes | None) -> Report:
        store = known(made, [*lists, *made.crls(NOW + days * DAY)])
        return judge(file, name=None, context=Context(store, FixedClock(NOW + days * DAY)), record=er)

    assert at(100, None).verdict is Verdict.GENUINE
    assert at(400, None).verdict is not Verdict.GENUINE
    assert at(400, er).verdict is Verdict.GENUINE
    assert at(800, er).verdict is not Verdict.GENUINE, "the record's own authority has ended and nobody renewed it"


@pytest.mark.parametrize("how", ["record", "content", "swapped"])
def test_it_may_be_handed_in_either_way(one: Archive, how: str) -> None:
    file = one.files["B-T"]
    er = record((first(file, one.tsas[0], 2, Digest.SHA256),))
    store = known(one, one.crls(NOW + 5 * DAY))
    context = Context(store, FixedClock(NOW + 5 * DAY))
    report = {
        "record": lambda: judge(file, name=None, context=context, record=er),
        "content": lambda: judge(file, name=None, context=context, content=er),
        "swapped": lambda: judge(er, name=None, context=context, content=file),
    }[how]()
    assert (report.verdict, report.kind) == (Verdict.GENUINE, "evidence" if how == "swapped" else "pdf")
    assert not report.has("content.unused")


def test_any_file_at_all_is_proved_to_have_existed(one: Archive) -> None:
    file = b"minutes of a meeting"
    er = record((first(file, one.tsas[0], 2, Digest.SHA256),))
    store = known(one, one.crls(NOW + 5 * DAY))
    context = Context(store, FixedClock(NOW + 5 * DAY))
    assert judge(er, name=None, context=context, content=file).verdict is Verdict.GENUINE
    assert judge(er, name=None, context=context, content=file + b"!").verdict is Verdict.NOT_GENUINE
    alone = judge(er, name=None, context=context)
    assert (alone.verdict, alone.kind, alone.intact) == (Verdict.CANNOT_TELL, "evidence", False)
    assert alone.has("content.missing")


def test_a_record_younger_than_the_moment_asked_about_proves_nothing_yet(one: Archive) -> None:
    file = one.files["B-B"]
    er = record((first(file, one.tsas[0], 100, Digest.SHA256),))
    store = known(one, one.crls(NOW + 50 * DAY))
    context = Context(store, FixedClock(NOW + 200 * DAY), at=NOW + 50 * DAY)
    report = judge(file, name=None, context=context, record=er)
    assert report.has("time.later")
    assert not report.has("evidence.valid")


def test_an_unknown_authority_proves_nothing_and_takes_nothing(one: Archive) -> None:
    stranger = pki.region("别处")
    file = one.files["B-T"]
    er = record((first(file, stranger.tsa, 2, Digest.SM3),))
    report = ask(one, file, 5, er)
    assert report.verdict is Verdict.GENUINE
    assert not report.has("evidence.valid")


# --- what is wrong with it -------------------------------------------------------------------------------------------


def _swap_hash(made: Archive, file: bytes) -> bytes:
    start = first(file, made.tsas[0], 2, Digest.SHA256)
    lists = (start.reduced[0], (b"\x00" * 32,), *start.reduced[2:])
    return record((replace(start, reduced=lists),))


def _uncovered(made: Archive, file: bytes) -> bytes:
    start = first(file, made.tsas[0], 2, Digest.SHA256)
    other = first(b"another", made.tsas[0], 2, Digest.SHA256)
    return record((start, later(other, made.tsas[1], 600, Digest.SHA256)))


def _disordered(made: Archive, file: bytes) -> bytes:
    start = first(file, made.tsas[1], 620, Digest.SHA256)
    return record((start, later(start, made.tsas[1], 610, Digest.SHA256)))


def _mixed(made: Archive, file: bytes) -> bytes:
    start = first(file, made.tsas[0], 2, Digest.SHA256)
    return record((start, later(start, made.tsas[1], 600, Digest.SHA512)))


def _said_otherwise(made: Archive, file: bytes) -> bytes:
    start = first(file, made.tsas[0], 2, Digest.SHA256)
    return record((replace(start, digest=Digest.SHA512.oid),))


def _tree_without_the_chain(made: Archive, file: bytes) -> bytes:
    """A new tree over the file alone would let anybody drop what was said before."""
    start = first(file, made.tsas[0], 2, Digest.SHA256)
    return record((start,), (first(file, made.tsas[1], 600, Digest.SHA512),))


def _forged(made: Archive, file: bytes) -> bytes:
    start = first(file, made.tsas[0], 2, Digest.SHA256)
    return record((replace(start, token=start.token[:-9] + bytes(9)),))


def _cut(made: Archive, file: bytes) -> bytes:
    return record((first(file, made.tsas[0], 2, Digest.SHA256),))[:-20]


def _version(made: Archive, file: bytes) -> bytes:
    er = read_record(record((first(file, made.tsas[0], 2, Digest.SHA256),)))
    whole = der.parse(er.encoded()).children()
    return der.sequence(der.integer(2), *(part.raw for part in whole[1:]))


WRONG: dict[str, tuple[Callable[[Archive, bytes], bytes], str]] = {
    "a hash of the tree": (_swap_hash, "time.broken"),
    "a renewal of another record": (_uncovered, "time.broken"),
    "times in the wrong order": (_disordered, "evidence.disordered"),
    "two algorithms in a chain": (_mixed, "evidence.digest"),
    "another algorithm than the token's": (_said_otherwise, "evidence.digest"),
    "a new tree without the old chain": (_tree_without_the_chain, "evidence.chain"),
    "a forged token": (_forged, "time.broken"),
    "cut off": (_cut, "evidence.damaged"),
    "another version": (_version, "evidence.damaged"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_record_that_is_wrong_is_refused_with_its_reason(one: Archive, case: str) -> None:
    build, code = WRONG[case]
    file = one.files["B-T"]
    report = ask(one, file, 640, build(one, file))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has(code), [found.code for found in report.findings]
    assert not report.has("evidence.valid")


def test_of_another_file_it_says_so(one: Archive) -> None:
    er = record((first(papers.pdf(), one.tsas[0], 2, Digest.SHA256),))
    report = ask(one, one.files["B-T"], 5, er)
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False)
    assert report.has("evidence.not_about")


def test_a_group_of_files_is_one_list(one: Archive) -> None:
    """RFC 4998 4.2: all members of a group stand in the first list; each is proved by the same record."""
    group = [b"contract", b"annex", b"minutes"]
    leaves = tuple(sorted(Digest.SHA256.of(item) for item in group))
    token = stamped(one.tsas[0], Digest.SHA256.of(b"".join(leaves)), 2, Digest.SHA256)
    er = record((ArchiveStamp(token, Digest.SHA256.oid, (leaves,)),))
    store = known(one, one.crls(NOW + 5 * DAY))
    said = {
        item: judge(er, name=None, context=Context(store, FixedClock(NOW + 5 * DAY)), content=item).verdict
        for item in (*group, b"other")
    }
    assert said == {**dict.fromkeys(group, Verdict.GENUINE), b"other": Verdict.NOT_GENUINE}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 33])
def test_every_leaf_leads_to_the_root_by_another_reckoning(one: Archive, size: int) -> None:
    documents = [bytes([at]) * 5 for at in range(size)]
    tree = Tree([Digest.SHA256.of(item) for item in documents], Digest.SHA256)
    token = stamped(one.tsas[0], tree.root, 2, Digest.SHA256)
    for item in documents:
        stamp = ArchiveStamp(token, Digest.SHA256.oid, tree.reduced(Digest.SHA256.of(item)))
        assert records_oracle.tokens(record((stamp,)), item) == [(token, tree.root)]
        assert sum(map(len, stamp.reduced)) <= size.bit_length() + 1


def test_hostile_octets_are_answered(one: Archive) -> None:
    """Every cut and a flip in every part: a report, and never a proof."""
    file = b"minutes"
    er = record((first(file, one.tsas[0], 2, Digest.SHA256),))
    context = Context(known(one, one.crls(NOW + 5 * DAY)), FixedClock(NOW))
    broken = [er[:at] for at in range(1, 60)] + [
        er[:at] + bytes((er[at] ^ 0x41,)) + er[at + 1 :] for at in range(0, len(er), 97)
    ]
    for data in broken:
        report = judge(file, name=None, context=context, record=data)
        assert not report.has("evidence.valid")
    assert BytesIO(er).read(1) == b"\x30"


def test_the_seal_revoked_later_for_another_reason_still_stands(one: Archive) -> None:
    made = archive(Algorithm.RSA_2048)
    file = made.files["B-B"]
    er = record((first(file, made.tsas[0], 10, Digest.SHA256),))
    made.region.issuing.revoke(made.seal, at=NOW + 20 * DAY, reason=5)
    without, under = ask(made, file, 30, None), ask(made, file, 30, er)
    assert without.signatures[0].sub_indication is Sub.REVOKED_NO_POE
    assert under.verdict is Verdict.GENUINE


def test_an_ofd_is_judged_by_the_lists_inside_its_record(one: Archive) -> None:
    """Sealed and stamped on day 0; the record of day 1 carries the lists of that day; the seal ended on day 335."""
    del one
    made, file = short_lived()
    start = first(file, made.tsas[0], 0.1, Digest.SM3)
    start = replace(start, token=with_lists(start.token, tuple(made.crls(NOW + DAY, days=2))))
    short = record((start,))
    again = later(start, made.tsas[1], 600, Digest.SM3)
    again = replace(again, token=with_lists(again.token, tuple(made.crls(NOW + 599.9 * DAY, days=2))))
    whole = record((start, again))
    said = {}
    for days in (400, 900):
        store = known(made, made.crls(NOW + days * DAY))
        context = Context(store, FixedClock(NOW + days * DAY))
        for label, er in (("none", None), ("short", short), ("renewed", whole)):
            said[days, label] = judge(file, name=None, context=context, record=er).verdict is Verdict.GENUINE
    assert said == {
        (400, "none"): False, (400, "short"): True, (400, "renewed"): False,
        (900, "none"): False, (900, "short"): False, (900, "renewed"): True,
    }  # fmt: skip
