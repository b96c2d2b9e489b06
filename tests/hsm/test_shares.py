"""Shares of the key-encryption key: any three of five, two are nothing, and each mistake has its own words."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest

from hsm.shares import ALL, NEED, BadShare, Collected, split

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def shares() -> list[str]:
    return split(KEY)


def test_any_three_of_five_make_the_key_in_any_order(shares: list[str]) -> None:
    assert len(shares) == ALL
    assert {len(share.split()) for share in shares} == {33}
    for three in combinations(shares, NEED):
        for order in (three, three[::-1]):
            collected = Collected()
            assert [collected.add(share) for share in order] == [None, None, KEY]
            assert collected.shares == [], "nothing is kept"


def test_shares_are_taken_as_people_type_them(shares: list[str]) -> None:
    collected = Collected()
    assert collected.add("  " + shares[0].upper().replace(" ", "\n ") + "\n") is None
    assert len(collected.shares) == 1


def test_a_share_of_another_set_is_named_and_the_others_are_kept(shares: list[str]) -> None:
    collected, other = Collected(), split(bytes(32))
    collected.add(shares[0])
    with pytest.raises(BadShare, match="another set") as caught:
        collected.add(other[1])
    assert caught.value.code == "hsm.share_of_another_set"
    assert other[1] not in str(caught.value)
    with pytest.raises(BadShare, match="given already"):
        collected.add(shares[0])
    assert collected.add(shares[1]) is None
    assert collected.add(shares[2]) == KEY


@pytest.mark.parametrize(
    "spoil",
    [
        lambda words: words[:-1],
        lambda words: [*words, words[0]],
        lambda words: [*words[:4], "academic" if words[4] != "academic" else "acid", *words[5:]],
        lambda words: [words[1], words[0], *words[2:]],
        lambda words: ["印信", *words[1:]],
        lambda words: words[:0],
        lambda words: words * 40,
    ],
    ids=["short", "long", "other-word", "swapped", "foreign", "empty", "endless"],
)
def test_a_slip_of_the_pen_is_named(shares: list[str], spoil: object) -> None:
    collected = Collected()
    with pytest.raises(BadShare) as caught:
        collected.add(" ".join(spoil(shares[0].split())))  # type: ignore[operator]
    assert caught.value.code in ("hsm.share_misspelt", "hsm.share_too_long")
    assert collected.shares == []


def test_every_pair_is_told_apart() -> None:
    first, second = split(KEY), split(KEY)
    assert not set(first) & set(second), "the same key splits into other shares each time"
    assert all(one != two for one, two in permutations(first, 2))
