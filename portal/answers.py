"""What a scanned code can turn out to be (扫码结果): every verdict the browser may show, worded once for every page.

The pages carry these as templates; the scripts pick one by key and decide nothing about words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from verify.report import Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    key: str
    verdict: Verdict
    heading: Any
    text: Any


ANSWERS: tuple[Answer, ...] = (
    Answer("valid", Verdict.GENUINE, _("真实有效"), _("签名真实，登记簿确认该证照目前有效。")),
    Answer("revoked", Verdict.NOT_GENUINE, _("证照已注销"), _("签名真实，但发证机关已注销该证照，不能再使用。")),
    Answer("expired", Verdict.NOT_GENUINE, _("证照已过期"), _("签名真实，但证照已过有效期，请持证人换发。")),
    Answer("not_yet_valid", Verdict.NOT_GENUINE, _("尚未生效"), _("签名真实，但证照的生效日期还没有到。")),
    Answer("suspended", Verdict.NOT_GENUINE, _("证照已暂停"), _("签名真实，但证照目前被暂停使用，请联系发证机关。")),
    Answer("superseded", Verdict.NOT_GENUINE, _("证照已换发"), _("签名真实，但已有新证照替代，请出示新证照。")),
    Answer(
        "offline",
        Verdict.CANNOT_TELL,
        _("签名有效，状态未知（离线）"),
        _("内容确由发证机关签发、未被改动；现在连不上登记簿，不知道是否已注销。联网后请再核验一次。"),
    ),
    Answer(
        "unregistered",
        Verdict.CANNOT_TELL,
        _("签名有效，登记簿中没有"),
        _("内容确由发证机关签发，但登记簿中查不到，可能来自其他地区。请向发证机关核实。"),
    ),
    Answer(
        "code.signature_bad",
        Verdict.NOT_GENUINE,
        _("不是真的"),
        _("签名不正确：二维码内容被改动过，或不是该机关签发的。请勿采信，留存线索并报告。"),
    ),
    Answer(
        "code.key_not_valid",
        Verdict.NOT_GENUINE,
        _("不能采信"),
        _("签发此二维码的证书在签发之日无效，或已被吊销。请向发证机关核实。"),
    ),
    Answer(
        "code.key_unknown",
        Verdict.CANNOT_TELL,
        _("无法判断"),
        _("不认识签发此二维码的机关：它可能来自其他地区。请联网更新后再试，或向发证机关核实。"),
    ),
    Answer(
        "code.unknown_template",
        Verdict.CANNOT_TELL,
        _("无法判断"),
        _("签名正确，但本机没有这类证照的编码模板。请联网更新后再试。"),
    ),
    Answer(
        "code.unknown_format",
        Verdict.CANNOT_TELL,
        _("无法判断"),
        _("这是较新或其他格式的二维码，本页面还不认识。请刷新页面后再试。"),
    ),
    Answer(
        "code.unreadable",
        Verdict.CANNOT_TELL,
        _("不是完整的证照二维码"),
        _("读到的内容不是证照二维码，或没有读全。请擦净、放平后重新扫描。"),
    ),
    Answer(
        "no_trust",
        Verdict.CANNOT_TELL,
        _("无法判断"),
        _("本机还没有下载过发证机关的公钥，现在又连不上网络。请联网打开一次本页面后再试。"),
    ),
)
