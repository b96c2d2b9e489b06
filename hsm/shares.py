"""Shares of the key-encryption key (主密钥分量): SLIP-39, any three of five people open it, two learn nothing.

33 words each, with a checksum of their own, so that a slip of the pen is named and not taken for a wrong key.
Collected shares live in memory only and are forgotten as soon as they made a key or a wrong one was given.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics

from foundation.errors import InvalidInput
from foundation.text import Text

NEED, ALL = 3, 5
_MOST_WORDS = 400


class BadShare(InvalidInput):
    """`why` is a stable word; the words of the share are in no text."""

    def __init__(self, why: str, zh: str, en: str) -> None:
        super().__init__(f"hsm.share_{why}", Text(f"该分量未被接受：{zh}", f"This share was not taken: {en}"))


def split(key: bytes) -> list[str]:
    """Five shares, proven: every three of them next to each other give the key back."""
    shares: list[str] = generate_mnemonics(1, [(NEED, ALL)], key)[0]
    for first in range(ALL):
        three = [shares[(first + step) % ALL] for step in range(NEED)]
        if combine_mnemonics(three) != key:
            raise AssertionError("unreachable: shares that do not join")
    return shares


@dataclass(slots=True)
class Collected:
    """Shares given so far. Not safe between threads: its owner holds a lock."""

    shares: list[str] = field(default_factory=list, repr=False)

    def add(self, words: str) -> bytes | None:
        """The key when enough are there; `BadShare` names what is wrong with this one and keeps the others."""
        share = _read(words)
        for known in map(Share.from_mnemonic, self.shares):
            if known.common_parameters() != share.common_parameters():
                raise BadShare(
                    "of_another_set",
                    f"它属于另一组分量（编号 {share.identifier}，已收到的是 {known.identifier}）。",
                    f"it belongs to another set (number {share.identifier}; those given so far are of"
                    f" {known.identifier}).",
                )
            if known.index == share.index:
                raise BadShare(
                    "given_twice",
                    f"第 {share.index + 1} 份已经输入过，请由另一人输入另一份。",
                    f"share {share.index + 1} was given already; let another person give another one.",
                )
        self.shares.append(share.mnemonic())
        if len(self.shares) < share.member_threshold:
            return None
        try:
            key: bytes = combine_mnemonics(self.shares)
        except MnemonicError as error:
            raise BadShare("do_not_join", "这些分量不能合成主密钥。", "these shares do not make a key.") from error
        finally:
            self.shares.clear()
        return key


def _read(words: str) -> Share:
    if len(words) > _MOST_WORDS:
        raise BadShare("too_long", "内容过长，应为 33 个英文单词。", "it is too long; a share has 33 words.")
    try:
        return Share.from_mnemonic(" ".join(words.split()).lower())
    except (MnemonicError, ValueError) as error:
        raise BadShare(
            "misspelt",
            "校验码不符，有单词抄错、缺少或次序不对，请逐字核对后重输。",
            "its checksum does not fit; a word is misspelt, missing or out of order. Check every word and try again.",
        ) from error
