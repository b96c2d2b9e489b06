"""The way to the signer: who may come, what is taken, and what a caller is told when nobody answers."""

from __future__ import annotations

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from foundation.errors import Conflict, Unavailable
from foundation.settings import Settings
from hsm.errors import KeyExists, KeyMissing, PurposeRefused, TokenSpent
from hsm.keys import Algorithm, Purpose
from hsm.schemes import Scheme
from hsm.service import coding, wire
from hsm.service import messages as m
from hsm.service.client import RemoteKeyStore, RemoteVault
from hsm.service.errors import BadMessage, LongSocketPath, OtherInstallation, PolicyRefused, SignerAway, StrangerRefused
from hsm.service.operations import Role
from hsm.service.policies import Stated
from hsm.service.server import Admission, greet
from hsm.signing import ToBeSigned
from hsm.verifying import DEFAULT_SM2_ID, verify
from server.signer import installation
from tests.server.signer.conftest import Served, serving


def _allow_all(served: Served) -> None:
    """Only the way is looked at here; policies have their own tests."""
    policies = dict.fromkeys(Purpose, lambda _: Stated())
    object.__setattr__(served.desk.opened, "policies", policies)


def test_the_key_store_behind_the_socket_is_the_key_store(served: Served) -> None:
    _allow_all(served)
    keys = RemoteKeyStore(served.channel())
    ref = keys.generate("k/one", Algorithm.SM2, {Purpose.TOKEN, Purpose.CODE})
    assert keys.find("k/one") == keys.ensure("k/one", Algorithm.SM2, {Purpose.CODE, Purpose.TOKEN}) == ref
    token = ToBeSigned(Purpose.CODE, b"content", "intent-1")
    value = keys.signer("k/one").sign(token)
    verify(ref.spki, Scheme.SM2_SM3, b"content", value, sm2_id=DEFAULT_SM2_ID)
    with pytest.raises(TokenSpent):
        keys.signer("k/one").sign(token)
    renewed = keys.renew("k/one")
    assert (renewed.version, keys.signer("k/one").ref, keys.signer("k/one", 1).ref) == (2, renewed, ref)
    keys.retire("k/one", 1)
    assert keys.find("k/one", 1) == ref
    assert keys.names("k/") == ["k/one"]


def test_errors_come_back_as_they_were_raised(served: Served) -> None:
    keys = RemoteKeyStore(served.channel())
    keys.generate("k", Algorithm.SM2, {Purpose.TOKEN})
    with pytest.raises(KeyExists) as caught:
        keys.generate("k", Algorithm.SM2, {Purpose.TOKEN})
    assert isinstance(caught.value, Conflict)
    assert (caught.value.code, "k" in caught.value.detail.zh) == ("hsm.key_exists", True)
    with pytest.raises(KeyMissing):
        keys.signer("nobody")
    with pytest.raises(PurposeRefused):
        keys.signer("k").sign(ToBeSigned(Purpose.CRL, b"x", "i"))
    with pytest.raises(PurposeRefused):  # also when the client does not look first
        served.channel().ask(m.SignCrl("k", 1, "i", b"x", b""), m.Signed)
    with pytest.raises(PolicyRefused):
        served.channel().ask(m.SignToken("k", 1, "i", b"x", b""), m.Signed)


def test_data_keys_leave_and_others_do_not(served: Served, settings: Settings) -> None:
    opened = served.desk.opened
    vault = RemoteVault.over(served.channel(), settings, opened.ground.ids)
    sealed = vault.cipher.encrypt("person", "name", "1", "陆堃")
    assert opened.vault.cipher.decrypt("person", "name", "1", sealed) == "陆堃"
    assert vault.cipher.blind("person", "name", "陆堃") == opened.vault.cipher.blind("person", "name", "陆堃")
    assert vault.mac.mac("audit", b"row") == opened.vault.mac.mac("audit", b"row")
    opened.vault.secrets.ensure("escrow", "hkdf-sha256")
    with pytest.raises(PolicyRefused):
        served.channel().ask(m.UnwrapDataKeys("escrow"), m.DataKeys)


def test_another_account_is_refused_by_the_kernels_word(served: Served, settings: Settings) -> None:
    served.server.admission = Admission(frozenset({12345}), frozenset())
    with pytest.raises(StrangerRefused):
        served.channel().ask(m.AskStatus(), m.Status)
    served.server.admission = Admission(frozenset(), frozenset({os.geteuid()}))
    assert not served.channel().ask(m.AskStatus(), m.Status).sealed
    with pytest.raises(StrangerRefused):  # an operator signs nothing
        served.channel().ask(m.NamesOfKeys(""), m.Names)
    served.server.admission = Admission(frozenset({os.geteuid()}), frozenset())
    with pytest.raises(StrangerRefused):  # a web process seals and permits nothing
        served.channel().ask(m.PermitLate("x"), m.Done)
    assert served.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "other",
    [{"environment": "production", "web": {"public_url": "https://x.example"}, "sso": {"sms": "outbox"}}, {}],
    ids=["production", "region"],
)
def test_another_environment_or_region_is_refused_at_the_handshake(
    served: Served, settings: Settings, other: dict[str, object]
) -> None:
    region = settings.region.model_copy(update={"code": "110000"})
    stranger = settings.model_copy(update={"environment": "production"} if other else {"region": region})
    with pytest.raises(OtherInstallation):
        served.channel(stranger).ask(m.AskStatus(), m.Status)


@pytest.mark.parametrize(
    "octets",
    [
        b"\xff\xff\xff\xff\x08key.find",
        b"\x00\x00\x00\x05\x00abcd",
        b"\x00\x00\x00\x09\x40key.find",
        b"\x00\x00\x00\x09\x08sign.any",
        b"\x00\x00\x00\x0d\x08key.find\x00\x00\x00\x09",
        b"\x00\x00\x00\x09\x08key.find",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00\x10\x00\x20\x10sign.certificate",
    ],
    ids=["huge", "no-name", "long-name", "unknown", "cut", "empty", "http", "too-large"],
)
def test_octets_that_are_no_message_cost_only_their_own_connection(served: Served, octets: bytes) -> None:
    good = served.channel()
    assert good.ask(m.NamesOfKeys(""), m.Names).names == tuple(good.ask(m.NamesOfKeys(""), m.Names).names)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(5)
        link.connect(str(served.path))
        greet(link, installation(served.settings))
        link.sendall(octets)
        link.shutdown(socket.SHUT_WR)
        with pytest.raises((BadMessage, ConnectionResetError)):
            wire.receive_answer(link, m.Names)
        with suppress(ConnectionResetError):  # what it left unread is answered by the kernel
            assert link.recv(1) == b"", "nothing more is read from it"
    good.ask(m.NamesOfKeys(""), m.Names)


def test_a_connection_that_says_nothing_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hsm.service.server._HELLO_SECONDS", 0.1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(5)
        link.connect(str(served.path))
        while link.recv(1024):
            continue
    served.channel().ask(m.AskStatus(), m.Status)


def test_nobody_there_is_a_clear_503_and_the_next_caller_does_not_wait(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []  # the time that passes is the time waited, however busy the machine
    its_time = SimpleNamespace(monotonic=lambda: sum(waits), sleep=waits.append)
    monkeypatch.setattr("hsm.service.socket_channel.time", its_time)
    served.server.close()
    channel = served.channel(wait=0.3)
    with pytest.raises(SignerAway) as caught:
        channel.ask(m.AskStatus(), m.Status)
    assert isinstance(caught.value, Unavailable)
    assert "yinxin signer status" in caught.value.detail.en
    assert waits, "the first caller waits for it"
    before = len(waits)
    with pytest.raises(SignerAway):
        channel.ask(m.AskStatus(), m.Status)
    assert len(waits) == before, "it fails fast while the signer is known to be away"


def test_a_signer_that_hangs_is_a_503(served: Served) -> None:
    hold = threading.Event()
    object.__setattr__(served.desk.opened, "policies", dict.fromkeys(Purpose, lambda _: hold.wait(10) or Stated()))
    RemoteKeyStore(served.channel()).generate("k", Algorithm.SM2, {Purpose.TOKEN})
    with pytest.raises(SignerAway, match="in time"):
        served.channel(timeout=0.2).ask(m.SignToken("k", 1, "i", b"x", b""), m.Signed)
    hold.set()


def test_a_signer_started_again_is_found_again(served: Served, socket_path: Path, settings: Settings) -> None:
    channel = served.channel(wait=5.0)
    keys = RemoteKeyStore(channel)
    keys.generate("k", Algorithm.SM2, {Purpose.TOKEN})
    served.server.close()
    for link in list(served.server._links):
        link.shutdown(socket.SHUT_RDWR)

    def again() -> None:
        time.sleep(0.3)
        with serving(socket_path, served.desk, settings, served.server.admission):
            released.wait(10)

    released = threading.Event()
    thread = threading.Thread(target=again)
    thread.start()
    try:
        assert keys.names() == ["k"]
    finally:
        released.set()
        thread.join()


def test_what_may_not_be_repeated_is_not_sent_twice(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection breaks after the request was carried out and before its answer."""
    carried_out: list[object] = []
    honest = wire.answered

    def broken(answer: object) -> tuple[bytes, bytes]:
        if isinstance(answer, m.Found):
            carried_out.append(answer)
            raise OSError("the connection breaks")
        return honest(answer)

    who = m.Who("system", "system:test")
    with monkeypatch.context() as patch:
        patch.setattr(wire, "answered", broken)
        with pytest.raises(SignerAway):
            served.channel(wait=0.5).ask(m.GenerateKey("once", Algorithm.SM2, frozenset({Purpose.CODE}), who), m.Found)
        assert len(carried_out) == 1
        with pytest.raises(SignerAway):  # asking for a key again is harmless, and is done
            served.channel(wait=0.5).ask(m.FindKey("once", None, active=False), m.Found)
        assert len(carried_out) > 2
    assert RemoteKeyStore(served.channel()).find("once") is not None


def test_sixty_requests_at_once_are_all_answered_and_all_in_the_journal(served: Served) -> None:
    _allow_all(served)
    keys = RemoteKeyStore(served.channel())
    ref = keys.generate("k", Algorithm.SM2, {Purpose.TOKEN})

    def sign(number: int) -> bytes:
        return keys.signer("k").sign(ToBeSigned(Purpose.TOKEN, b"%d" % number, f"intent-{number}"))

    with ThreadPoolExecutor(12) as pool:
        values = list(pool.map(sign, range(60)))
    for number, value in enumerate(values):
        verify(ref.spki, Scheme.SM2_SM3, b"%d" % number, value, sm2_id=DEFAULT_SM2_ID)
    journal = served.desk.journal.memory
    assert all(journal.signed_under(str(ref), f"intent-{number}") for number in range(60))


def test_a_second_signer_on_the_same_socket_is_refused(served: Served, settings: Settings) -> None:
    with (
        pytest.raises(SignerAway, match="another signer"),
        serving(served.path, served.desk, settings, served.server.admission),
    ):
        raise AssertionError("it started")
    served.channel().ask(m.AskStatus(), m.Status)


def test_a_path_too_long_for_a_socket_is_named(socket_path: Path, served: Served, settings: Settings) -> None:
    path = socket_path.parent / ("x" * 100) / "signer.sock"
    with pytest.raises(LongSocketPath, match="107"), serving(path, served.desk, settings, served.server.admission):
        raise AssertionError("it started")


def test_roles_are_told_apart() -> None:
    admission = Admission(frozenset({1}), frozenset({1, 2}))
    assert admission.roles(1) == {Role.CLIENT, Role.OPERATOR}
    assert admission.roles(2) == {Role.OPERATOR}
    assert admission.roles(0) == frozenset()


def test_a_greeting_of_another_protocol_is_refused(served: Served) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(5)
        link.connect(str(served.path))
        ours = installation(served.settings)
        wire.send(link, b"", coding.encode(wire.Hello(99, ours.environment, ours.region)))
        with pytest.raises(OtherInstallation):
            wire.receive_answer(link, wire.Hello)
