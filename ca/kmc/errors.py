"""Errors of the key-management centre (密钥管理中心错误)."""

from __future__ import annotations

from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable
from foundation.text import Text


class CentreAbsent(Unavailable):
    def __init__(self) -> None:
        super().__init__(
            "kmc.absent",
            Text("本服务未接入密钥管理中心。", "This service has no key-management centre."),
        )


class PairUnknown(NotFound):
    def __init__(self) -> None:
        super().__init__("kmc.pair_unknown", Text("没有找到该双证书。", "There is no such pair of certificates."))


class RecoveryUnknown(NotFound):
    def __init__(self) -> None:
        super().__init__("kmc.recovery_unknown", Text("没有找到该恢复申请。", "There is no such recovery."))


class NoTwin(InvalidInput):
    def __init__(self) -> None:
        super().__init__(
            "kmc.no_twin",
            Text(
                "该证书模板没有对应的加密证书，请按单证书申请。",
                "This profile has no encryption certificate beside it. Apply for a single certificate.",
            ),
        )


class KeyKind(InvalidInput):
    def __init__(self) -> None:
        super().__init__(
            "kmc.key_kind",
            Text(
                "加密密钥只能封装给 SM2 或 RSA 公钥。",
                "An encryption key can be enveloped to an SM2 or RSA public key only.",
            ),
        )


class DeliveryUnfit(InvalidInput):
    def __init__(self, wanted: str, offered: tuple[str, ...]) -> None:
        super().__init__(
            "kmc.delivery",
            Text(
                f"该证书对不能以“{wanted}”交付，可选：{'、'.join(offered)}。",
                f"This pair is not delivered as {wanted}; choose one of {', '.join(offered)}.",
            ),
        )


class PairUnfinished(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "kmc.pair_unfinished",
            Text(
                "该双证书尚未签发完成，请稍后以同一请求编号重试。",
                "This pair is not finished. Send the same request again shortly.",
            ),
        )


class PairKeyTaken(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "kmc.request_key_taken",
            Text(
                "该请求编号已用于另一份申请，请更换编号后重试。",
                "This request key belongs to a different request. Use a new key.",
            ),
        )


class NotTheOwner(InvalidInput):
    """The new signing certificate is not the holder's, or is no longer good."""

    def __init__(self, why: Text) -> None:
        super().__init__(
            "kmc.not_the_owner",
            Text(f"无法恢复到该签名证书：{why.zh}。", f"Keys are not recovered to this certificate: {why.en}."),
        )


class BadRecipient(InvalidInput):
    def __init__(self, why: Text) -> None:
        super().__init__(
            "kmc.recipient",
            Text(f"接收机关的证书不可用：{why.zh}。", f"The organ's certificate cannot be used: {why.en}."),
        )


class NothingEscrowed(NotFound):
    def __init__(self) -> None:
        super().__init__(
            "kmc.nothing_escrowed",
            Text("该持有人没有托管的加密密钥。", "No encryption key of this holder is in escrow."),
        )


class Unproven(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "kmc.unproven",
            Text(
                "持有人尚未用新的签名密钥证明身份。",
                "The holder has not yet shown possession of the new signing key.",
            ),
        )


class ProofFailed(InvalidInput):
    def __init__(self) -> None:
        super().__init__(
            "kmc.proof",
            Text(
                "签名与质询不符：请用新签名证书的私钥对质询原文签名后重新提交。",
                "The signature does not fit the challenge. Sign its exact octets with the new certificate's key.",
            ),
        )


class DutiesMixed(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "kmc.separation",
            Text(
                "证书签发人员不能审批密钥恢复（职责分离），请由密钥管理人员审批。",
                "Whoever issues certificates does not decide on key recovery. Ask an officer of the key centre.",
            ),
        )


class NotTheRequester(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "kmc.not_requester",
            Text("只有申请人可以领取恢复的密钥。", "Only the one who asked collects the recovered keys."),
        )


class BadTranscript(InvalidInput):
    def __init__(self, why: Text) -> None:
        super().__init__(
            "kmc.transcript",
            Text(f"不是密钥恢复记录：{why.zh}。", f"This is no transcript of a key recovery: {why.en}."),
        )
