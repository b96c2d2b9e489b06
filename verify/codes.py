"""The printed code of a licence (证照二维码): an offline-verifiable COSE_Sign1 behind a URL fragment.

`prepare` → sign (`licence`, with a CODE key) → `assemble`; `read` → `check` on the other side. Text is
`<BASE>/V#` + base41(COSE_Sign1 without tag 18), RFC 9052 4.2; SM2 with SM3, default signer ID, raw r‖s. A fragment
never reaches a server's log. Test vectors for other implementations: `verify/code_vectors.json`.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from foundation.clock import SHANGHAI
from foundation.errors import InvalidInput
from foundation.text import Text
from hsm import signature_value
from hsm.errors import BadSignature
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify
from verify import base41, cbor
from verify.code_errors import CodeError, CodeFault
from verify.code_templates import MOST_FIELDS, CodeTemplate

ALGORITHM = -65537
"""Private-use COSE algorithm: SM2 with SM3, signature r‖s of 64 octets. IANA has registered none."""
FORMAT = 1
SEPARATOR = "\x1f"
MOST_TEXT = 4296
"""What the largest QR code holds (version 40-L, alphanumeric)."""
MOST_FIELD_OCTETS = 8 * 1024
_EPOCH = date(1970, 1, 1)
_SHAPE = re.compile(r"(?:(?P<base>https?://[^/#?\s]{1,253})/v/?#|#?)(?P<body>[^#]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CodeDraft:
    """A code without its signature. `to_be_signed` goes to the signer under purpose CODE."""

    protected: bytes
    payload: bytes

    @property
    def to_be_signed(self) -> bytes:
        """Sig_structure of RFC 9052 4.4."""
        return cbor.encode(["Signature1", self.protected, b"", self.payload])


@dataclass(frozen=True, slots=True)
class ParsedCode:
    """A well-formed code; nothing about it is proved yet. `base` is the site it points to, not who signed it."""

    base: str | None
    protected: bytes
    payload: bytes
    signature: bytes
    kid: bytes
    template_id: str
    template_version: int
    template_mark: bytes
    status_index: int
    issued_on: date
    compressed: bytes

    @property
    def to_be_signed(self) -> bytes:
        return CodeDraft(self.protected, self.payload).to_be_signed


@dataclass(frozen=True, slots=True)
class CodeKey:
    """One code-signer certificate the verifier accepts; `revoked_at` is None while it stands."""

    certificate: bytes
    spki: bytes
    subject: str
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None

    @property
    def kid(self) -> bytes:
        return kid_of(self.certificate)


@dataclass(frozen=True, slots=True)
class CodeTrust:
    keys: tuple[CodeKey, ...] = ()
    templates: tuple[CodeTemplate, ...] = ()

    def template(self, parsed: ParsedCode) -> CodeTemplate | None:
        wanted = (parsed.template_id, parsed.template_version, parsed.template_mark)
        return next((t for t in self.templates if (t.id, t.version, t.mark) == wanted), None)


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """A code whose signature holds: the words of the licence as the authority signed them."""

    parsed: ParsedCode
    key: CodeKey
    template: CodeTemplate
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def expires_on(self) -> date | None:
        name = self.template.expiry_field
        return read_date(self.values.get(name, "")) if name else None


def kid_of(certificate: bytes) -> bytes:
    return hashlib.sha256(certificate).digest()[:8]


def prepare(
    template: CodeTemplate, fields: Mapping[str, str], status_index: int, issued_on: date, *, kid: bytes
) -> CodeDraft:
    """The code before its signature. Every field of the template must be given; none may hold control characters."""
    missing = [f.key for f in template.fields if f.key not in fields]
    values = [fields.get(f.key, "") for f in template.fields]
    if missing or any(char < " " or char == "\x7f" for value in values for char in value):
        raise InvalidInput(
            "verify.code_fields",
            Text(
                f"二维码内容不完整或含有控制字符（缺少：{'、'.join(missing) or '无'}）。",
                f"Fields of the code are missing ({', '.join(missing) or 'none'}) or hold control characters.",
            ),
        )
    body = SEPARATOR.join(values).encode("gb18030")
    if len(body) > MOST_FIELD_OCTETS or not 0 <= status_index < 2**32 or len(kid) != 8:
        raise InvalidInput(
            "verify.code_fields",
            Text(
                "二维码内容过长或状态序号无效。",
                "The fields are too long, or the status index is not valid.",
            ),
        )
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, template.dictionary)
    payload = cbor.encode(
        [
            FORMAT,
            template.id,
            template.version,
            template.mark,
            status_index,
            (issued_on - _EPOCH).days,
            deflate.compress(body) + deflate.flush(),
        ]
    )
    return CodeDraft(cbor.encode({1: ALGORITHM, 4: kid}), payload)


def assemble(draft: CodeDraft, signature: bytes, *, base_url: str) -> str:
    """The text to print: upper case throughout, so a QR code needs half the room. `signature` is the signer's DER."""
    message = cbor.encode([draft.protected, {}, draft.payload, signature_value.to_raw(signature)])
    text = f"{base_url.rstrip('/').upper()}/V#{base41.encode(message)}"
    if len(text) > MOST_TEXT:
        raise InvalidInput(
            "verify.code_too_long",
            Text("内容超出二维码容量，请缩短字段。", "The text does not fit a QR code. Shorten the fields."),
        )
    return text


def read(text: str) -> ParsedCode:
    """Parse a scanned text: whole URL, fragment or bare base41. Bounded and strict; raises `CodeError`."""
    text = text.strip()
    shape = _SHAPE.fullmatch(text) if len(text) <= MOST_TEXT else None
    if shape is None:
        raise CodeError(CodeFault.UNREADABLE, "shape of the text")
    try:
        message = cbor.decode(base41.decode(shape["body"]))
    except (base41.NotBase41, cbor.CborError) as error:
        raise CodeError(CodeFault.UNREADABLE, str(error)) from error
    match message:
        case [bytes() as protected, {**rest}, bytes() as payload, bytes() as signature] if not rest:
            pass
        case _:
            raise CodeError(CodeFault.UNKNOWN_FORMAT, "not a COSE_Sign1 of ours")
    return _parse(shape["base"], protected, payload, signature)


def read_to_be_signed(data: bytes) -> ParsedCode:
    """A Sig_structure as if it were signed with nothing; the signer looks at one before it signs."""
    try:
        structure = cbor.decode(data)
    except cbor.CborError as error:
        raise CodeError(CodeFault.UNREADABLE, str(error)) from error
    match structure:
        case ["Signature1", bytes() as protected, b"", bytes() as payload]:
            return _parse(None, protected, payload, bytes(64))
    raise CodeError(CodeFault.UNKNOWN_FORMAT, "not a Sig_structure of ours")


def _parse(base: str | None, protected: bytes, payload: bytes, signature: bytes) -> ParsedCode:
    try:
        header, content = cbor.decode(protected), cbor.decode(payload)
    except cbor.CborError as error:
        raise CodeError(CodeFault.UNREADABLE, str(error)) from error
    match header:
        case {1: int() as algorithm, 4: bytes() as kid, **others} if (algorithm, others, len(kid)) == (
            ALGORITHM,
            {},
            8,
        ):
            pass
        case _:
            raise CodeError(CodeFault.UNKNOWN_FORMAT, "algorithm or header")
    match content:
        case [int(), str() as name, int() as edition, bytes() as mark, int() as index, int() as day, bytes() as packed]:
            known = content[0] == FORMAT and len(mark) == 4 and len(signature) == 64
            if known and 0 <= day < 2**20 and 0 <= index < 2**32:
                issued = _EPOCH + timedelta(days=day)
                return ParsedCode(base, protected, payload, signature, kid, name, edition, mark, index, issued, packed)
    raise CodeError(CodeFault.UNKNOWN_FORMAT, "algorithm, version or shape of the payload")


def check(parsed: ParsedCode, trust: CodeTrust) -> CheckedCode:
    """Signature, key life and template, in this order; raises `CodeError` with the first thing that does not hold.

    The template comes after the signature: a forged code must be called forged even where its template is unknown.
    """
    key = _signer(parsed, [key for key in trust.keys if key.kid == parsed.kid])
    # The day of issue is counted in China. A revoked key is refused for any day: a thief writes the day he likes.
    day_start = datetime.combine(parsed.issued_on, datetime.min.time(), SHANGHAI)
    day_end = datetime.combine(parsed.issued_on, datetime.max.time(), SHANGHAI)
    if key.not_before > day_end or day_start > key.not_after or key.revoked_at is not None:
        raise CodeError(CodeFault.KEY_NOT_VALID, key.subject)
    template = trust.template(parsed)
    if template is None:
        raise CodeError(CodeFault.UNKNOWN_TEMPLATE, f"{parsed.template_id} v{parsed.template_version}")
    values = _unpack(parsed.compressed, template)
    return CheckedCode(parsed, key, template, dict(zip((f.key for f in template.fields), values, strict=True)))


def _signer(parsed: ParsedCode, candidates: Sequence[CodeKey]) -> CodeKey:
    """Eight octets may collide: every key with this kid is tried."""
    if not candidates:
        raise CodeError(CodeFault.KEY_UNKNOWN, parsed.kid.hex())
    for key in candidates:
        try:
            signature = signature_value.from_raw(parsed.signature, signature_value.SM2_ORDER)
            verify(key.spki, Scheme.SM2_SM3, parsed.to_be_signed, signature, sm2_id=DEFAULT_SM2_ID)
        except BadSignature:
            continue
        return key
    raise CodeError(CodeFault.SIGNATURE_BAD, parsed.kid.hex())


def _unpack(packed: bytes, template: CodeTemplate) -> list[str]:
    inflate = zlib.decompressobj(-15, template.dictionary)
    try:
        body = inflate.decompress(packed, MOST_FIELD_OCTETS + 1)
        text = body.decode("gb18030")
    except (zlib.error, UnicodeDecodeError) as error:
        raise CodeError(CodeFault.UNREADABLE, "fields") from error
    values = text.split(SEPARATOR)
    whole = inflate.eof and not inflate.unused_data and len(body) <= MOST_FIELD_OCTETS
    if not whole or len(values) != len(template.fields) or len(values) > MOST_FIELDS:
        raise CodeError(CodeFault.UNREADABLE, "fields")
    return values


def read_date(text: str) -> date | None:
    """`2029-05-31`, `2029年5月31日` or `20290531`; None for 长期 and anything that is no date."""
    found = re.fullmatch(r"(\d{4})(?:-|年)?(\d{1,2})(?:-|月)?(\d{1,2})日?", text.strip())
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
