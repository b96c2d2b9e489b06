"""What pages ask of the regions: one change, whose signatures count, what was published, since when a root is out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from ca.hierarchy import establish
from ca.reading import read_certificate
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.errors import NotFound
from tests.ca.conftest import ROOMS, build_room
from tests.conftest import START
from tests.verify.pki import make
from tests.verify.test_regions import CLERK, DAY, SECOND, b64, edition, entry, publish
from verify.regions import changes, published, publishing
from verify.regions.book import Book
from verify.regions.models import ChangeState
from verify.regions.room import RegionsRoom
from verify.regions.shapes import BadEntry
from verify.regions.signed import claimed_signers


@pytest.fixture(params=ROOMS)
def room(
    request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[str], str], clock: FixedClock
) -> Iterator[RegionsRoom]:
    ca = build_room(tmp_path, new_database(request.param), clock)
    establish(ca, (Suite.SM2,))
    yield RegionsRoom(ca.ground, ca.keys, ca)
    ca.ground.db.dispose()


def test_one_change_the_pins_and_what_was_published(room: RegionsRoom) -> None:
    signer = make("seen signer")
    made = changes.propose_signers(room, CLERK, "nation", b64(signer), 1, "by letter")
    assert changes.find(room, made.id) == made
    assert changes.pinned(room) == {}
    decided = changes.decide(room, SECOND, made.id, agree=True)
    assert changes.find(room, made.id) == decided
    assert decided.state is ChangeState.AGREED
    assert [one.der for one in changes.pinned(room)["nation"].certificates] == [signer.certificate]
    with pytest.raises(NotFound):
        changes.find(room, UUID(int=1))
    assert published.newest(room) is None
    publishing.current(room)
    newest = published.newest(room)
    assert newest is not None
    assert (newest.number, newest.signer.der) == (1, publishing.signer_certificate(room))


def test_a_root_is_out_since_the_earliest_day_anybody_says() -> None:
    root = make("seen root", kind="ca")
    print_ = read_certificate(root.certificate).fingerprint
    own, listed = entry(root, withdrawn_since=START + DAY), entry(root, withdrawn_since=START)
    assert Book((entry(root),)).withdrawn(print_) is None
    assert Book((entry(root),), (edition(listed),)).withdrawn(print_) == START
    assert Book((own,), (edition(listed),)).withdrawn(print_) == START


@pytest.mark.parametrize(
    "octets", [b"", b"{}", b'{"payload":"","signatures":[]}', b'{"payload":"","signatures":[{"protected":"e30"}]}',
               b'{"payload":"","signatures":["x"]}'],
    ids=["empty", "object", "none", "no-header", "no-object"],
)  # fmt: skip
def test_signers_of_what_is_no_list_are_refused(octets: bytes) -> None:
    with pytest.raises(BadEntry):
        claimed_signers(octets)


def test_claimed_signers_are_those_the_list_brings() -> None:
    first, second = make("seen first"), make("seen second")
    octets = publish(edition(entry(make("seen other", kind="ca"))), first, second)
    assert [one.der for one in claimed_signers(octets)] == [first.certificate, second.certificate]
