"""Protections of the signer's process (进程加固): memory that is not swapped out, not dumped, not read by others.

Each is tried; what the system would not give is told in words, because a protection taken for granted is none.
"""

from __future__ import annotations

import ctypes
import os
import resource

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


def harden() -> tuple[str, ...]:
    """What could not be had; empty when everything could."""
    library = ctypes.CDLL(None, use_errno=True)
    steps = (
        ("进程可被转储 / core dumps stay possible (RLIMIT_CORE)", _no_core),
        (
            "内存可被同账号进程读取 / other processes of this account may read its memory (PR_SET_DUMPABLE)",
            _not_dumpable,
        ),
        ("子进程可获得新权限 / children may gain privileges (PR_SET_NO_NEW_PRIVS)", _no_new_privileges),
        ("内存可被换出到磁盘 / memory may be swapped to disk (mlockall; give CAP_IPC_LOCK or LimitMEMLOCK)", _locked),
    )
    lacking = []
    for words, step in steps:
        try:
            step(library)
        except OSError as error:
            lacking.append(f"{words}: {error.strerror}")
    return tuple(lacking)


def _no_core(library: ctypes.CDLL) -> None:
    del library
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _not_dumpable(library: ctypes.CDLL) -> None:
    """Also hands `/proc/self` to root, so that not even another process of the same account opens `mem`."""
    _must(library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))


def _no_new_privileges(library: ctypes.CDLL) -> None:
    _must(library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _locked(library: ctypes.CDLL) -> None:
    """Pages are locked as they are touched: locking whole thread stacks at once would pin hundreds of megabytes."""
    _must(library.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT))


def _must(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
