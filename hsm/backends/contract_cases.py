"""The sentences of the contract (检测项目), each a function that raises when the back end breaks it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from foundation.errors import YinxinError
from foundation.text import Text
from hsm import sm2_cipher
from hsm.backends.backend import Erased, OpenKey, Use, ZSide
from hsm.backends.contract import LABEL, Bench, Broken, Case, LeftOut
from hsm.backends.device_key import write_kept
from hsm.backends.errors import AlgorithmNotHeld, DeviceKeyMissing, DeviceProblem, DeviceRefused
from hsm.errors import BadCiphertext, BadSignature, PurposeRefused, TokenSpent
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.public_keys import describe
from hsm.schemes import scheme_for
from hsm.signing import KeySigner, ToBeSigned
from hsm.sm2 import Sm2PublicKey, message_digest
from hsm.verifying import DEFAULT_SM2_ID, verify, verify_digest_sm2

ODD_MESSAGES: Final = (b"", b"\0", b"abc", b"\xff" * 55, b"\x30\x80" * 32, "证照".encode() * 100, bytes(1 << 20))
"""Empty, a zero, a word, padding borders, something like DER, Chinese, a MiB of nothing."""
_ROUNDS = 12
_NAMES = {
    Algorithm.SM2: "SM2",
    Algorithm.RSA_2048: "RSA-2048",
    Algorithm.RSA_3072: "RSA-3072",
    Algorithm.RSA_4096: "RSA-4096",
    Algorithm.P256: "P-256",
}


def status(on: Bench) -> Text:
    about = on.backend.status()
    text = f"{about.maker} · {about.model} · {about.serial} · {about.version}"
    return Text(text, text)


def random(on: Bench) -> None:
    first, second = on.backend.random(32), on.backend.random(32)
    if len(first) != 32 or len(second) != 32:
        raise Broken(Text("随机数长度不对", "random octets of another length"))
    if first == second or len(set(first + second)) < 16:
        raise Broken(Text("随机数不随机", "random octets that are not random"))


def generate(on: Bench) -> Text:
    """A key of each algorithm, of the kind and size asked for, and no two alike."""
    made = []
    for algorithm in on.algorithms:
        key, _ = on.key(algorithm)
        wanted = _NAMES.get(algorithm)
        if wanted is not None and describe(key.spki) != wanted:
            raise Broken(Text(f"要 {wanted}，得 {describe(key.spki)}", f"{describe(key.spki)} instead of {wanted}"))
        made.append(key.spki)
    first = on.algorithms[0] if Algorithm.P256 not in on.algorithms else Algorithm.P256
    made.append(on.new(first).spki)
    if len(set(made)) != len(made):
        raise Broken(Text("两次生成得到同一密钥", "two keys are the same"))
    names = ", ".join(on.algorithms)
    return Text(names, names)


def sign(on: Bench) -> None:
    for algorithm in on.algorithms:
        for message in ODD_MESSAGES:
            _signs(on, algorithm, on.key(algorithm)[1], message)


def altered(on: Bench) -> None:
    """A signature is over this message and by this key: the verifier we judge with is not asleep."""
    for algorithm in on.algorithms:
        made, key = on.key(algorithm)
        value = on.backend.sign(key, b"message")
        try:
            verify(made.spki, scheme_for(algorithm), b"another", value, sm2_id=DEFAULT_SM2_ID)
        except BadSignature:
            continue
        raise Broken(Text("签名对别的内容也成立", "a signature holds for another message"))


def z_side(on: Bench) -> Text:
    """SM2 is over e = SM3(Z‖M) with the ID 1234567812345678, whoever computes Z; and fresh each time."""
    if Algorithm.SM2 not in on.algorithms:
        raise LeftOut(Text("不含 SM2", "no SM2 here"))
    made, key = on.key(Algorithm.SM2)
    first, second = on.backend.sign(key, b"Z"), on.backend.sign(key, b"Z")
    verify_digest_sm2(made.spki, message_digest(made.spki, b"Z", sm2_id=DEFAULT_SM2_ID), first)
    if first == second:
        raise Broken(Text("两次签名相同，随机数重复", "two signatures are equal: the nonce repeats"))
    try:
        verify_digest_sm2(made.spki, message_digest(made.spki, b"Z", sm2_id=b"other"), first)
    except BadSignature:
        if on.backend.z_side is ZSide.CALLER:
            return Text("Z 由调用方计算", "Z is computed by the caller")
        return Text("Z 由后端计算", "Z is computed by the back end")
    raise Broken(Text("签名与签名者标识无关", "the signature does not depend on the signer ID"))


def purposes(on: Bench) -> None:
    """Through the signer of the key store: only for its purposes, each token once."""
    algorithm = on.algorithms[0]
    made, key = on.key(algorithm)
    signer = KeySigner(KeyRef(LABEL, 1, algorithm, frozenset({Purpose.CLIENT}), made.spki), key)
    token = ToBeSigned(Purpose.CLIENT, b"once", "contract")
    signer.sign(token)
    for wrong, error in ((token, TokenSpent), (ToBeSigned(Purpose.CRL, b"crl", "contract"), PurposeRefused)):
        try:
            signer.sign(wrong)
        except error:
            continue
        raise Broken(Text("越权签名未被拒绝", "a signature outside the key's purpose was made"))


def reopen(on: Bench) -> None:
    """What the key store keeps finds the key again; what it does not keep finds nothing."""
    for algorithm in on.algorithms:
        made, _ = on.key(algorithm)
        again = on.backend.open(made.kept, algorithm)
        if again.spki != made.spki:
            raise Broken(Text("重新打开得到另一公钥", "opened again it has another public half"))
        _signs(on, algorithm, again, b"again")
    if on.backend.holds_keys:
        made, _ = on.key(on.algorithms[0])
        for stranger in (write_kept(_other(made.reference or ""), Use.SIGNING, made.spki), b"\x30\x00"):
            try:
                on.backend.open(stranger, on.algorithms[0])
            except DeviceKeyMissing:
                continue
            raise Broken(Text("打开了不存在的密钥", "a key that is not there was opened"))


def unheld(on: Bench) -> None:
    """An algorithm it does not have is refused in words, before anything is made."""
    for algorithm in set(_NAMES) - on.backend.algorithms:
        try:
            on.new(algorithm)
        except AlgorithmNotHeld:
            continue
        raise Broken(Text(f"未声明 {algorithm} 却能生成", f"{algorithm} is made though not among its algorithms"))


def lost_session(on: Bench) -> None:
    if on.faults is None:
        raise LeftOut(Text("没有会话", "it has no sessions"))
    for algorithm in on.algorithms:
        _, key = on.key(algorithm)
        on.faults.lose_session()
        _signs(on, algorithm, key, b"after the session was lost")


def two_threads(on: Bench) -> None:
    algorithm = Algorithm.SM2 if Algorithm.SM2 in on.algorithms else on.algorithms[0]
    _, key = on.key(algorithm)

    def work(thread: int) -> None:
        for number in range(_ROUNDS):
            _signs(on, algorithm, key, f"{thread}/{number}".encode())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))


def fork(on: Bench) -> None:
    """A child signs with sessions of its own, and the parent's still work afterwards."""
    algorithm = on.algorithms[0]
    _, key = on.key(algorithm)
    _signs(on, algorithm, key, b"before the fork")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # nothing of the parent may run on here, whatever happens
        try:
            _signs(on, algorithm, key, b"in the child")
            os.write(write, b"signed")
        except YinxinError as error:
            os.write(write, error.detail.en.encode()[:4000])
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        said = answer.read().decode()
    os.waitpid(child, 0)
    if said != "signed":
        raise Broken(Text(f"子进程不能签名：{said}", f"a forked child cannot sign: {said or 'it died'}"))
    _signs(on, algorithm, key, b"after the fork")


def wrong_password(on: Bench) -> None:
    if on.faults is None:
        raise LeftOut(Text("没有设备口令", "it has no password"))
    if not on.wrong_password:
        raise LeftOut(Text("按要求未试", "not asked for"))
    try:
        on.faults.try_password("0-wrong-on-purpose")
    except DeviceRefused:
        _, key = on.key(on.algorithms[0])
        _signs(on, on.algorithms[0], key, b"after the wrong password")
        return
    raise Broken(Text("错误口令未被拒绝", "a wrong password was accepted"))


def decrypt(on: Bench) -> None:
    if Algorithm.SM2 not in on.backend.deciphers:
        raise LeftOut(Text("不含解密", "it does not decrypt"))
    made, key = on.key(Algorithm.SM2, Use.DECRYPTION)
    for text in (b"\0", b"sixteen octets!!", bytes(range(256))):
        sealed = sm2_cipher.encrypt(Sm2PublicKey(made.spki), text)
        if on.backend.decrypt(key, sealed) != text:
            raise Broken(Text("解密得到别的内容", "decryption gives another text"))
    for wrong in (sealed[:-1] + bytes((sealed[-1] ^ 1,)), sealed[:40], b""):
        try:
            on.backend.decrypt(key, wrong)
        except BadCiphertext:
            continue
        raise Broken(Text("接受了被改动的密文", "an altered ciphertext was accepted"))


def inventory(on: Bench) -> None:
    if not on.backend.holds_keys:
        raise LeftOut(Text("密钥不在后端内", "keys are not kept inside"))
    wanted = {on.key(algorithm)[0].reference for algorithm in on.algorithms}
    if not wanted <= {found.reference for found in on.backend.inventory()}:
        raise Broken(Text("清单缺少刚生成的密钥", "the inventory lacks a key that was just made"))


def destroy(on: Bench) -> Text | None:
    algorithm = on.algorithms[0]
    made, key = on.key(algorithm)  # the last case: nobody needs it any more
    erased = on.backend.destroy(made.kept)
    on.backend.destroy(made.kept)  # again: a crash between destroying and recording it
    if erased is Erased.BY_OPERATOR:
        return Text("须用厂商工具删除", "to be erased with the vendor's tool")
    if not on.backend.holds_keys:
        return None
    on.forget(algorithm)
    try:
        on.backend.sign(key, b"after its end")
    except DeviceProblem:
        pass
    else:
        raise Broken(Text("已销毁的密钥仍能签名", "a destroyed key still signs"))
    try:
        on.backend.open(made.kept, algorithm)
    except DeviceKeyMissing:
        return None
    raise Broken(Text("已销毁的密钥仍能打开", "a destroyed key still opens"))


def _signs(on: Bench, algorithm: Algorithm, key: OpenKey, message: bytes) -> None:
    value = on.backend.sign(key, message)
    try:
        verify(key.spki, scheme_for(algorithm), message, value, sm2_id=DEFAULT_SM2_ID)
    except BadSignature as error:
        raise Broken(
            Text(
                f"{algorithm} 对 {len(message)} 字节内容的签名不成立：{error.detail.zh}",
                f"{algorithm} over {len(message)} octets: {error.detail.en}",
            )
        ) from error


def _other(reference: str) -> str:
    """A reference of the same form that nothing has."""
    head, slash, _ = reference.rpartition("/")
    return f"{head}{slash}99999" if slash else "7978" + "0" * (len(reference) - 4)


CASES: Final[dict[str, tuple[Text, Case]]] = {
    "status": (Text("设备信息", "the device tells what it is"), status),
    "random": (Text("随机数", "random octets"), random),
    "generate": (Text("生成密钥", "keys are made"), generate),
    "sign": (Text("签名并验签", "signatures verify"), sign),
    "altered": (Text("改动内容后不成立", "altered content does not"), altered),
    "z-side": (Text("SM2 的 Z 值", "Z of SM2"), z_side),
    "purposes": (Text("专钥专用、凭据一次", "purposes and one-use tokens"), purposes),
    "reopen": (Text("重新打开密钥", "keys open again"), reopen),
    "unheld": (Text("拒绝未配置的算法", "other algorithms are refused"), unheld),
    "inventory": (Text("密钥清单", "inventory"), inventory),
    "lost-session": (Text("会话中断后恢复", "a lost session is opened again"), lost_session),
    "two-threads": (Text("两个线程同时签名", "two threads at once"), two_threads),
    "fork": (Text("派生进程后仍可签名", "signing after a fork"), fork),
    "wrong-password": (Text("拒绝错误口令", "a wrong password is refused"), wrong_password),
    "decrypt": (Text("解密", "decryption"), decrypt),
    "destroy": (Text("销毁密钥", "keys are destroyed"), destroy),
}
