"""Errors of the key room (密钥服务错误). Texts never carry key material or the signed data."""

from __future__ import annotations

from enum import StrEnum

from foundation.errors import Conflict, Damaged, Forbidden, InvalidInput, NotFound, Unavailable
from foundation.text import Text


class Reason(StrEnum):
    """Why a signature does not stand; verification reports map these to their own indications."""

    KEY = "key"
    MALFORMED = "malformed"
    OUT_OF_RANGE = "out-of-range"
    MISMATCH = "mismatch"


_REASONS = {
    Reason.KEY: Text("公钥无效或与签名算法不符", "the public key is invalid or of another algorithm"),
    Reason.MALFORMED: Text("签名值编码不合规范", "the signature value is not encoded as the standard says"),
    Reason.OUT_OF_RANGE: Text("签名值超出取值范围", "the signature value is out of range"),
    Reason.MISMATCH: Text("签名与内容或公钥不匹配", "the signature does not match the content and the public key"),
}


class BadSignature(InvalidInput):
    def __init__(self, reason: Reason, detail: str = "") -> None:
        text = _REASONS[reason]
        more = f" ({detail})" if detail else ""
        super().__init__(
            "hsm.bad_signature",
            Text(f"签名验证未通过：{text.zh}。", f"The signature does not verify: {text.en}{more}."),
        )
        self.reason = reason


class BadKey(InvalidInput):
    """A public key that must not be used: compressed, off the curve, of an unknown kind, too small, too large."""

    def __init__(self, why: str) -> None:
        super().__init__("hsm.bad_key", Text(f"公钥不可用：{why}", f"This public key cannot be used: {why}"))


class BadCiphertext(InvalidInput):
    """One error for every cause, so that trying altered ciphertexts teaches nothing."""

    def __init__(self) -> None:
        super().__init__(
            "hsm.bad_ciphertext",
            Text(
                "密文无法解密：格式损坏，或不是用本密钥加密的。",
                "The ciphertext cannot be decrypted: it is damaged or was made for another key.",
            ),
        )


class Sealed(Unavailable):
    """The key-encryption key is not to be had, so no key can be used (密钥库未解封)."""

    condition = "sealed"

    def __init__(self, code: str, detail: Text) -> None:
        super().__init__(f"hsm.{code}", detail)


class AwaitsOperator(Sealed):
    """Nothing is wrong: people must bring their shares or the passphrase before a key can be used (等待解封)."""


class EngineFault(Unavailable):
    """libcrypto is missing, too old, without SM2, or refused a call that must succeed."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "hsm.engine",
            Text(f"密码库调用失败：{what}", f"The cryptographic library failed: {what}. See `yinxin doctor`."),
        )


class SelfTestFailed(Unavailable):
    """The process must not start: what it would sign or accept cannot be trusted (GM/T 0028 自检)."""

    def __init__(self, test: str, why: str = "") -> None:
        super().__init__(
            "hsm.self_test",
            Text(
                f"密码自检“{test}”未通过，系统拒绝启动。",
                f"Cryptographic self-test {test} failed; refusing to start. {why}".rstrip(),
            ),
        )
        self.test = test


class KeyMissing(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("hsm.key_missing", Text(f"没有可用的密钥 {name}。", f"There is no usable key {name}."))


class KeyExists(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(
            "hsm.key_exists",
            Text(
                f"密钥 {name} 已存在，且名称、算法或用途不能更改。",
                f"The key {name} exists; its algorithm and purposes cannot change.",
            ),
        )


class KeyDamaged(Damaged):
    def __init__(self, what: str) -> None:
        super().__init__(
            "hsm.key_damaged",
            Text(
                f"密钥记录 {what} 未通过完整性校验：内容被改动，或被移到了别的行。请从备份核查。",
                f"The key record {what} fails its integrity check: altered, or moved to another row. Check a backup.",
            ),
        )


class PurposeRefused(Forbidden):
    def __init__(self, name: str, purpose: str) -> None:
        super().__init__(
            "hsm.purpose", Text(f"密钥 {name} 不得用于“{purpose}”。", f"The key {name} must not be used for {purpose}.")
        )


class TokenSpent(Conflict):
    def __init__(self, intent: str) -> None:
        super().__init__(
            "hsm.token_spent",
            Text(
                f"签名凭据（{intent}）已使用，请重新准备。",
                f"The signing token of intent {intent} is spent; prepare again.",
            ),
        )
