"""Makes `verify/code_vectors.json`: `python -m tests.verify.make_code_vectors`.

Signed by gmssl, not by our own engine, with the example key of GB/T 32918.5 and fixed nonces, so that the vectors are
the same at every making and come from an independent implementation. The browser's decoder is tested against them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from gmssl import sm2 as gmssl_sm2

from foundation import der
from hsm import sm2
from hsm.schemes import Scheme
from tests.verify import pki
from verify import base41, cbor, codes
from verify.code_templates import CodeTemplate, TemplateField, build_dictionary

PRIVATE = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
PUBLIC = (
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SPKI = sm2.spki_of_point(b"\x04" + bytes.fromhex(PUBLIC))
PLACE = Path(__file__).resolve().parents[2] / "verify" / "code_vectors.json"
ISSUED = date(2026, 11, 22)
BASE = "http://127.0.0.1:8000"

VALUES = {
    "ZZBH": "JY12199000000016",
    "CZZT": "印川市老街面馆（个人独资）",
    "CZZTDM": "92219900MA0000AAXX",
    "FDDBR": "张*",
    "DZ": "印川市新城区玉印路一百零八号一层",
    "JYXM": "热食类食品制售；冷食类食品制售；自制饮品制售",
    "ZZBFJG": "印川市市场监督管理局",
    "ZZYXQJZRQ": "2031年11月21日",
}
LABELS = {
    "ZZBH": ("许可证编号", "Licence number"),
    "CZZT": ("经营者名称", "Holder"),
    "CZZTDM": ("统一社会信用代码", "Credit code"),
    "FDDBR": ("法定代表人", "Legal representative"),
    "DZ": ("经营场所", "Place of business"),
    "JYXM": ("经营项目", "Business items"),
    "ZZBFJG": ("发证机关", "Issued by"),
    "ZZYXQJZRQ": ("有效期至", "Valid until"),
}


def sign(message: bytes, nonce: int) -> bytes:
    """DER over SM3(Z‖M), nonce fixed."""
    e = sm2.message_digest(SPKI, message, sm2_id=sm2.DEFAULT_SM2_ID)
    signer = gmssl_sm2.CryptSM2(private_key=PRIVATE, public_key="")
    signer.public_key = PUBLIC  # the constructor strips leading 0 and 4 (facts: standards 10)
    raw = bytes.fromhex(signer.sign(e, f"{nonce:064x}"))
    return der.sequence(der.integer(int.from_bytes(raw[:32], "big")), der.integer(int.from_bytes(raw[32:], "big")))


def certificate() -> bytes:
    name = pki.name("印川市证照编码签名（测试向量）", "印川市政务服务和大数据管理局")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    tbs = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(0x59696E78696E),
        Scheme.SM2_SM3.algorithm_identifier(),
        name,
        der.sequence(der.x509_time(start), der.x509_time(start + timedelta(days=3650))),
        name,
        SPKI,
    )
    signature = sign(tbs, 0xC0FFEE)
    return der.sequence(tbs, Scheme.SM2_SM3.algorithm_identifier(), der.bit_string(signature))


def template() -> CodeTemplate:
    fields = tuple(TemplateField(key, zh, en) for key, (zh, en) in LABELS.items())
    samples = [
        *VALUES.values(),
        "印川市市场监督管理局",
        "热食类食品制售",
        "自制饮品制售",
        "印川市新城区",
        "2030年11月20日",
    ]
    dictionary = build_dictionary([*samples, *samples], 1024)
    return CodeTemplate(
        "food-operation",
        1,
        "11100000MB0341032Y001",
        "食品经营许可证",
        "Food operation licence",
        fields,
        dictionary,
        "ZZYXQJZRQ",
    )


def message(protected: bytes, payload: bytes, signature: bytes) -> str:
    body = cbor.encode([protected, {}, payload, codes.signature_value.to_raw(signature)])
    return f"{BASE.upper()}/V#{base41.encode(body)}"


def build() -> dict[str, Any]:
    der_certificate, form = certificate(), template()
    kid = codes.kid_of(der_certificate)
    draft = codes.prepare(form, VALUES, 1234567, ISSUED, kid=kid)
    good = codes.assemble(draft, sign(draft.to_be_signed, 0x5EED), base_url=BASE)
    cases: list[dict[str, Any]] = [
        {
            "name": "good",
            "text": good,
            "result": "ok",
            "status_index": 1234567,
            "issued_on": ISSUED.isoformat(),
            "values": VALUES,
            "to_be_signed": draft.to_be_signed.hex(),
        },
        {"name": "good, only the fragment", "text": good.split("#")[1], "result": "ok", "values": VALUES},
        {
            "name": "good, host in lower case",
            "text": "http://127.0.0.1:8000/v#" + good.split("#")[1],
            "result": "ok",
            "values": VALUES,
        },
    ]
    unsigned = codes.prepare(form, VALUES | {"ZZBH": "JY12199000000017"}, 1234567, ISSUED, kid=kid)
    stolen = codes.assemble(unsigned, sign(draft.to_be_signed, 0x5EED), base_url=BASE)
    cases.append({"name": "number altered, signature kept", "text": stolen, "result": "code.signature_bad"})
    other = codes.prepare(form, VALUES, 1, ISSUED, kid=bytes(8))
    cases.append(_signed("key that nobody knows", other, "code.key_unknown"))
    newer = CodeTemplate.from_json({**form.to_json(), "version": 2})
    cases.append(
        _signed(
            "template of a later version", codes.prepare(newer, VALUES, 1, ISSUED, kid=kid), "code.unknown_template"
        )
    )
    retold = codes.CodeTemplate(
        "food-operation", 1, form.licence_type, form.name_zh, form.name_en, form.fields, b"x" * 40
    )
    cases.append(
        _signed(
            "same version, other dictionary", codes.prepare(retold, VALUES, 1, ISSUED, kid=kid), "code.unknown_template"
        )
    )
    early = codes.prepare(form, VALUES, 1, date(2025, 12, 31), kid=kid)
    cases.append(_signed("issued before the certificate", early, "code.key_not_valid"))
    payload = list(cbor.decode(draft.payload))
    payload[0] = 2
    cases.append(
        _signed("format version 2", codes.CodeDraft(draft.protected, cbor.encode(payload)), "code.unknown_format")
    )
    foreign = codes.CodeDraft(cbor.encode({1: -7, 4: kid}), draft.payload)
    cases.append(_signed("another algorithm", foreign, "code.unknown_format"))
    payload[0] = 1
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    payload[6] = deflate.compress(b"a" * 100_000) + deflate.flush()
    cases.append(
        _signed(
            "fields that unpack to 100 kB", codes.CodeDraft(draft.protected, cbor.encode(payload)), "code.unreadable"
        )
    )
    cases += [
        {"name": "cut off", "text": good[:-7], "result": "code.unreadable"},
        {"name": "one character lost", "text": good[:60] + good[61:], "result": "code.unreadable"},
        {"name": "a character outside the alphabet", "text": good[:-1] + "$", "result": "code.unreadable"},
        {"name": "another address", "text": "HTTPS://EXAMPLE.COM/PAY?A=1", "result": "code.unreadable"},
        {"name": "empty", "text": "", "result": "code.unreadable"},
        {"name": "longer than any QR code", "text": "0" * 5000, "result": "code.unreadable"},
    ]
    tail = cbor.encode([draft.protected, {}, draft.payload, bytes(64)]) + b"\x00"
    cases.append({"name": "an octet after the message", "text": base41.encode(tail), "result": "code.unreadable"})
    return {
        "about": "Licence codes made by tests/verify/make_code_vectors.py with gmssl, not by our own engine.",
        "alphabet": base41.ALPHABET,
        "cose_algorithm": codes.ALGORITHM,
        "sm2_id": sm2.DEFAULT_SM2_ID.decode(),
        "keys": [
            {
                "kid": kid.hex(),
                "point": "04" + PUBLIC,
                "certificate": base64.b64encode(der_certificate).decode(),
                "certificate_sha256": hashlib.sha256(der_certificate).hexdigest(),
                "not_before": "2026-01-01T00:00:00Z",
                "not_after": (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=3650))
                .isoformat()
                .replace("+00:00", "Z"),
            }
        ],
        "templates": [form.to_json()],
        "cases": cases,
    }


def _signed(name: str, draft: codes.CodeDraft, result: str) -> dict[str, Any]:
    nonce = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") >> 8
    return {
        "name": name,
        "text": message(draft.protected, draft.payload, sign(draft.to_be_signed, nonce)),
        "result": result,
    }


if __name__ == "__main__":
    PLACE.write_text(json.dumps(build(), ensure_ascii=False, indent=1) + "\n")
