"""A process others may not look into (进程防窥): for those that start processes which read foreign octets."""

from __future__ import annotations

import ctypes

_PR_SET_DUMPABLE = 4


def close_to_others() -> None:
    """No other process of this account may trace it or read its memory (prctl(2)); root still may."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
