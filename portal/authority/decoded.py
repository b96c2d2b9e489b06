"""A certificate in words (证书内容): every field and extension a person may need, extensions nobody knows as octets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from ca import oids
from ca.reading.certificate import Certificate, KeyUsage
from foundation import der
from hsm.digests import Digest
from hsm.public_keys import describe

MOST_OCTETS_SHOWN = 256

USAGES: dict[KeyUsage, Any] = {
    KeyUsage.DIGITAL_SIGNATURE: _("数字签名"),
    KeyUsage.NON_REPUDIATION: _("抗抵赖"),
    KeyUsage.KEY_ENCIPHERMENT: _("密钥加密"),
    KeyUsage.DATA_ENCIPHERMENT: _("数据加密"),
    KeyUsage.KEY_AGREEMENT: _("密钥协商"),
    KeyUsage.KEY_CERT_SIGN: _("签发证书"),
    KeyUsage.CRL_SIGN: _("签发撤销列表"),
    KeyUsage.ENCIPHER_ONLY: _("仅加密"),
    KeyUsage.DECIPHER_ONLY: _("仅解密"),
}
PURPOSES: dict[str, Any] = {
    oids.SERVER_AUTH: _("网站服务器身份"),
    oids.CLIENT_AUTH: _("登录身份"),
    oids.EMAIL_PROTECTION: _("安全邮件"),
    oids.TIME_STAMPING: _("时间戳"),
    oids.OCSP_SIGNING: _("证书状态应答"),
    oids.DOCUMENT_SIGNING: _("文件签名"),
}
NAMES: dict[str, Any] = {
    oids.COUNTRY: _("国家"),
    oids.STATE: _("省份"),
    oids.LOCALITY: _("地区"),
    oids.ORGANIZATION: _("单位"),
    oids.ORGANIZATIONAL_UNIT: _("部门"),
    oids.SERIAL_NUMBER: _("编号"),
    oids.COMMON_NAME: _("名称"),
}
EXTENSIONS: dict[str, Any] = {
    oids.AUTHORITY_KEY_ID: _("颁发者密钥标识"),
    oids.SUBJECT_KEY_ID: _("本证书密钥标识"),
    oids.KEY_USAGE: _("密钥用途"),
    oids.BASIC_CONSTRAINTS: _("基本约束"),
    oids.EXTENDED_KEY_USAGE: _("扩展用途"),
    oids.CERTIFICATE_POLICIES: _("证书策略"),
    oids.CRL_DISTRIBUTION_POINTS: _("撤销列表地址"),
    oids.AUTHORITY_INFO_ACCESS: _("颁发者信息地址"),
    oids.OCSP_NO_CHECK: _("无需查询状态"),
    oids.IDENTIFY_CODE: _("个人身份标识"),
    oids.INSURANCE_NUMBER: _("社会保险号"),
    oids.REGISTRATION_NUMBER: _("工商注册号"),
    oids.ORGANIZATION_CODE: _("组织机构代码"),
    oids.TAXATION_NUMBER: _("纳税人识别号"),
    "2.5.29.17": _("其他名称"),
    "2.5.29.30": _("名称约束"),
    "2.5.29.36": _("策略约束"),
    "2.5.29.46": _("增量列表地址"),
}


@dataclass(frozen=True, slots=True)
class Line:
    label: Any
    values: tuple[Any, ...]
    mono: bool = False
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Decoded:
    subject: list[Line]
    about: list[Line]
    extensions: list[Line]


def decoded(certificate: Certificate) -> Decoded:
    """For certificates of organisations and services; those of people are not opened on a page."""
    return Decoded(_name(certificate.subject.attributes), _about(certificate), _extensions(certificate))


def _name(attributes: tuple[tuple[str, str], ...]) -> list[Line]:
    return [Line(NAMES.get(kind, kind), (text,)) for kind, text in attributes]


def _about(certificate: Certificate) -> list[Line]:
    scheme = certificate.scheme.value.upper() if certificate.scheme is not None else _("未知算法")
    return [
        Line(_("颁发者"), (certificate.issuer.text,)),
        Line(_("序列号"), (f"{certificate.serial:x}",), mono=True),
        Line(_("签名算法"), (scheme,)),
        Line(_("公钥"), (describe(certificate.spki),)),
        Line(_("SHA-256 指纹"), (_spaced(certificate.fingerprint),), mono=True),
        Line(_("SM3 指纹"), (_spaced(Digest.SM3.of(certificate.der).hex()),), mono=True),
    ]


def _extensions(certificate: Certificate) -> list[Line]:
    return [
        Line(
            EXTENSIONS.get(one.oid, one.oid),
            _values(certificate, one.oid, one.value),
            mono=one.oid not in _PLAIN,
            critical=one.critical,
        )
        for one in certificate.extensions
    ]


_PLAIN = frozenset({oids.KEY_USAGE, oids.BASIC_CONSTRAINTS, oids.EXTENDED_KEY_USAGE, oids.OCSP_NO_CHECK})


def _values(certificate: Certificate, oid: str, value: bytes) -> tuple[Any, ...]:
    read = _READ.get(oid)
    return read(certificate) if read is not None else (_text(value),)


def _basic(certificate: Certificate) -> tuple[Any, ...]:
    below = certificate.path_len
    depth = (_("其下最多 %(count)s 级 CA", count=below),) if below is not None else ()
    return (_("CA 证书") if certificate.is_ca else _("非 CA 证书"), *depth)


def _usages(certificate: Certificate) -> tuple[Any, ...]:
    return tuple(USAGES[one] for one in KeyUsage if one in (certificate.key_usage or ()))


_READ: dict[str, Callable[[Certificate], tuple[Any, ...]]] = {
    oids.KEY_USAGE: _usages,
    oids.EXTENDED_KEY_USAGE: lambda one: tuple(PURPOSES.get(purpose, purpose) for purpose in one.eku),
    oids.BASIC_CONSTRAINTS: _basic,
    oids.SUBJECT_KEY_ID: lambda one: ((one.subject_key_id or b"").hex(),),
    oids.AUTHORITY_KEY_ID: lambda one: ((one.authority_key_id or b"").hex(),),
    oids.CRL_DISTRIBUTION_POINTS: lambda one: one.crl_urls,
    oids.AUTHORITY_INFO_ACCESS: lambda one: (*one.ocsp_urls, *one.issuer_urls),
    oids.CERTIFICATE_POLICIES: lambda one: one.policies,
    oids.OCSP_NO_CHECK: lambda _one: (_("是"),),
}


def _text(value: bytes) -> str:
    """A lone string as text, anything else in hexadecimal, cut where it gets long."""
    try:
        return der.parse(value).as_text()
    except der.DerError:
        shown = value[:MOST_OCTETS_SHOWN].hex()
        return shown + ("…" if len(value) > MOST_OCTETS_SHOWN else "")


def _spaced(digits: str) -> str:
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
