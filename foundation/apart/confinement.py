"""Taking everything away from a process that reads foreign files (进程约束): new files, sockets, processes, rights.

Two layers. Outside: namespaces by util-linux `unshare` where the system permits, with no network and no sight of other
processes. Inside, always: no new file descriptor of any kind (so neither file nor socket nor pipe), no new process,
bounded memory and processor time; when started by root also an account without rights and an empty root folder.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import socket
import subprocess
import tempfile
from functools import cache
from pathlib import Path

NOBODY = 65534
_NAMESPACES = ("--net", "--ipc", "--pid", "--fork", "--kill-child")


@cache
def launcher() -> tuple[str, ...]:
    """What to put before a command so that it starts without network and alone; empty where the system refuses."""
    program = shutil.which("unshare", path="/usr/bin:/bin:/usr/sbin:/sbin")
    if program is None:
        return ()
    user = () if os.geteuid() == 0 else ("--user",)
    for words in ((program, *user, *_NAMESPACES), (program, "--user", *_NAMESPACES)):
        try:
            done = subprocess.run(
                [*words, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=20, env={}
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return words
    return ()


def confine(memory: int, processor: int, written: int = 0) -> tuple[str, ...]:
    """For good, and tried afterwards: returns what is still possible and should not be. Raises when files still open.

    Everything that will be needed must be loaded before. `written`: octets that fit into files that are open already.
    """
    os.chdir("/")
    if os.geteuid() == 0:
        _leave_files()
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        except PermissionError:
            pass  # told below: a process of root can still fork
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, written)
    _limit(resource.RLIMIT_CPU, processor)
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, 0)
    return still_possible()


def _leave_files() -> None:
    """A root folder that was removed before it was entered: no name leads anywhere, and nothing can be made in it."""
    try:
        place = tempfile.mkdtemp()
        os.chdir(place)
        Path(place).rmdir()
        os.chroot(".")
    except OSError:
        pass  # a container without that right, or with nowhere to write: opening files is ended below all the same
    os.chdir("/")


def still_possible() -> tuple[str, ...]:
    """Opening a file and making a socket must fail; a new process should."""
    for attempt in (_open_file, _make_socket):
        try:
            attempt()
        except OSError as error:
            if error.errno == errno.EMFILE:
                continue
            raise
        raise PermissionError(errno.EPERM, f"{attempt.__name__} still works")
    try:
        child = os.fork()
    except OSError:
        return ()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return ("fork",)


def _open_file() -> None:
    os.close(os.open("/", os.O_RDONLY))


def _make_socket() -> None:
    socket.socket().close()


def _limit(what: int, most: int) -> None:
    """Never upwards: the system may have set less."""
    hard = resource.getrlimit(what)[1]
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (allowed, allowed))
