"""Work on foreign octets is done by processes that can do nothing else (T36): confined, bounded, and alone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foundation.apart import confinement, keeper
from foundation.apart.keeper import Keeper, Told
from foundation.apart.limits import MEBI, USUAL, Limits, Why
from foundation.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "tests.foundation.apart_works:"
PATIENT = replace(USUAL, seconds=120.0)


@pytest.fixture(scope="module")
def own() -> Iterator[Keeper]:
    one = Keeper()
    yield one
    one.close()


def ask(own: Keeper, name: str, question: Any = None, limits: Limits = PATIENT, *documents: bytes) -> Told:
    return own.ask(HOSTILE + name, question, documents, limits)


def test_question_and_documents_arrive_whole(own: Keeper) -> None:
    large = os.urandom(1000) * 1000
    told = ask(own, "echo", {"字": [1, None]}, PATIENT, b"", large, b"\xff")
    assert told.whole
    assert told.parts == ([{"字": [1, None]}, ["", large.hex(), "ff"]],)


def test_what_is_left_to_such_a_process(own: Keeper, tmp_path: Path) -> None:
    """No socket of any family, no file, no pipe, no process; nothing open but its answer; no way to take it back."""
    secret = tmp_path / "kek"
    secret.write_text("secret")
    told = ask(own, "attacks", str(secret))
    said = dict(told.parts)
    for name in ("socket", "unix", "pair", "file", "folder", "write", "pipe", "memory file", "run"):
        assert said[name] in ("OSError", "FileNotFoundError"), (name, said)
    assert (said["fork"], said["memory"], said["more files"]) == ("BlockingIOError", "MemoryError", "ValueError")
    assert (said["open"], said["processor"]) == ([0, 1, 2], USUAL.processor)
    assert said["user"] == confinement.NOBODY or os.geteuid() != 0
    assert said["trace"] == "PermissionError"
    killed = ask(own, "kills")
    assert killed.parts == ("PermissionError" if os.geteuid() == 0 else "worked",)
    assert ask(own, "echo").whole, "the first process of a namespace is not killed from within"


@pytest.mark.parametrize(
    ("name", "limits", "why"),
    [
        ("loops", replace(USUAL, seconds=0.2), Why.TIME),
        ("sleeps", replace(USUAL, seconds=0.2), Why.TIME),
        ("loops", replace(PATIENT, processor=1), Why.TIME),
        ("swells", PATIENT, Why.MEMORY),
        ("aborts", PATIENT, Why.GONE),
    ],
    ids=["clock", "asleep", "processor", "memory", "aborted"],
)
def test_what_ends_such_a_process_is_said_and_the_next_is_served(
    own: Keeper, name: str, limits: Limits, why: Why
) -> None:
    before = own.process_id
    told = ask(own, name, None, limits)
    assert (told.why, told.parts) == (why, ("begun",)), "what was told before counts"
    assert ask(own, "echo").whole
    assert own.process_id == before or before is None, "the zygote lives on"


def test_an_answer_has_a_limit(own: Keeper) -> None:
    told = ask(own, "floods", None, replace(PATIENT, answer=3 * MEBI))
    assert (told.why, len(told.parts)) == (Why.MEMORY, 2)


def test_an_error_of_ours_tells_nothing_of_the_file(own: Keeper) -> None:
    told = ask(own, "fails")
    assert (told.why, told.parts) == (Why.FAULT, ())
    assert ask(own, "leaves").why is Why.FAULT
    assert ask(own, "no_such_work").why is Why.FAULT


def test_a_reason_comes_back_as_a_reason(own: Keeper) -> None:
    told = ask(own, "refuses")
    assert (told.why, told.whole, told.parts) == (None, False, ())
    assert told.refusal is not None
    assert (told.refusal.code, told.refusal.text.zh, told.refusal.text.en) == ("test.refused", "不行?", "no")


@pytest.mark.parametrize(
    "line", ["{}\n", "[\n", "[1]\n", '["told",1,2]\n', '["bad",1]\n', '["told",1]', "\xff\n", "[" * 9999 + "\n"]
)
def test_nothing_of_another_shape_is_heard(own: Keeper, line: str) -> None:
    told = ask(own, "babbles", line)
    assert (told.why, told.parts) == (None, ({"found": "x"},))


ORDINARY = """
import json, os, sys
sys.path.insert(0, {root!r})
from foundation.apart import confinement
from foundation.apart.keeper import Keeper
from foundation.apart.limits import USUAL
from foundation.errors import Unavailable
if not {alone!r}:
    confinement.launcher = lambda: ()
own = Keeper()
told = own.ask("tests.foundation.apart_works:attacks", {root!r} + "/pyproject.toml", (), USUAL)
again = own.ask("tests.foundation.apart_works:echo", 1, (), USUAL).whole
try:
    own.ask("tests.foundation.apart_works:kills", 1, (), USUAL)
except Unavailable as ended:
    again = again and not {alone!r} and own.ask("tests.foundation.apart_works:echo", 1, (), USUAL).whole
print(json.dumps([confinement.launcher(), os.geteuid(), dict(told.parts), again]))
"""


def ordinary() -> tuple[str, dict[str, Any]]:
    """An interpreter an ordinary account may start, and that account; our own where there is none (root's folder)."""
    account: dict[str, Any] = {"user": 65533, "group": 65533, "extra_groups": []}
    right = "import sys; assert sys.version_info[:2] == " + str(sys.version_info[:2])
    for python in (sys.executable, "/usr/bin/python3") if os.geteuid() == 0 else ():
        try:
            if subprocess.run([python, "-c", right], capture_output=True, check=False, **account).returncode == 0:
                return python, account
        except PermissionError:
            continue
    return sys.executable, {}


@pytest.mark.parametrize("alone", [True, False], ids=["namespaces", "none"])
def test_what_is_left_to_it_where_the_service_is_not_root(alone: bool) -> None:
    """As in a container: an account of its own, with namespaces of users where the system has them, or without.

    Without, a process that was taken over can end the one it was copied from (they have one account): the answer is
    that it cannot be read just now, and the next file is read.
    """
    code = ORDINARY.format(root=str(ROOT), alone=alone)
    python, account = ordinary()
    beside = os.pathsep.join(one for one in sys.path if one.endswith("site-packages"))
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=False, env={"PYTHONPATH": beside}, **account
    )
    assert done.returncode == 0, done.stderr
    launcher, user, said, again = json.loads(done.stdout.splitlines()[-1])
    assert again
    assert user == account.get("user", os.geteuid())
    for name in ("socket", "unix", "pair", "file", "folder", "write", "pipe", "memory file", "run"):
        assert said[name] == "OSError", (name, said)
    assert (said["fork"], said["memory"], said["more files"]) == ("BlockingIOError", "MemoryError", "ValueError")
    assert said["trace"] == "PermissionError"
    assert launcher == [] or alone


def test_a_zygote_that_was_killed_is_replaced(own: Keeper) -> None:
    ask(own, "echo")
    victim = own.process_id
    assert victim is not None
    os.killpg(victim, signal.SIGKILL)
    assert ask(own, "echo", 7).parts == ([7, []],)
    assert own.process_id != victim


def test_one_that_is_dying_and_seems_to_live_is_replaced(own: Keeper) -> None:
    """Between a kill and its end the process still counts as alive, and its socket is gone."""
    ask(own, "echo")
    victim, started = own.process_id, own._started
    assert started is not None
    os.killpg(started.process_id, signal.SIGSTOP)  # and so it stays, as long as the question takes
    started._channel.shutdown(socket.SHUT_RDWR)
    assert started.lives
    assert ask(own, "echo", 7).parts == ([7, []],)
    assert own.process_id != victim
    assert not started.lives


def test_killed_while_it_works_it_is_asked_again(own: Keeper) -> None:
    found: list[Told] = []
    ask(own, "echo")
    victim = own.process_id
    limits = replace(PATIENT, seconds=1.0)
    thread = threading.Thread(target=lambda: found.append(ask(own, "sleeps", None, limits)))
    thread.start()
    assert victim is not None
    os.killpg(victim, signal.SIGKILL)
    thread.join(60)
    assert found[0].why is Why.TIME


def test_too_many_come_back_later() -> None:
    own = Keeper(at_once=1, waiting=1)
    try:
        threads = [
            threading.Thread(target=ask, args=(own, "sleeps", None, replace(PATIENT, seconds=2.0))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        while own._places._value:
            threading.Event().wait(0.01)
        with pytest.raises(Unavailable) as refused:
            ask(own, "echo")
        assert refused.value.code == "apart.busy"
        for thread in threads:
            thread.join()
        assert ask(own, "echo").whole
    finally:
        own.close()


def test_several_at_once_get_their_own_answers(own: Keeper) -> None:
    found: dict[int, Told] = {}

    def one(number: int) -> None:
        found[number] = ask(own, "echo", number, PATIENT, bytes([number]) * number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: told.parts[0] for number, told in found.items()} == {
        number: [number, [(bytes([number]) * number).hex()]] for number in range(12)
    }


def test_a_forked_process_has_a_keeper_of_its_own() -> None:
    assert keeper.ask(HOSTILE + "echo", 1).whole
    mine = keeper.shared().process_id
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        told = keeper.ask(HOSTILE + "echo", 2)
        other = keeper.shared().process_id
        keeper.shared().close()
        os.write(writer, b"own" if told.whole and other != mine else b"bad")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"own"
    assert keeper.ask(HOSTILE + "echo", 3).whole
    assert keeper.shared().process_id == mine
    os.close(reader)
    os.close(writer)
