"""Data inside a CMS signature (签名内附数据): `crls` of RFC 5652 10.2.1, Adobe's archive attribute, CAdES values.

Adobe's revocationInfoArchival (ISO 32000-2 12.8.3.3.2) is signed; certificate-values and revocation-values (EN 319
122-1 A.1.1) are not and need not be: every item is signed by its own issuer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ca.reading.shapes import fields
from foundation import der
from foundation.der import DerError, Node
from seal.cms import Attribute, SignedData, SignerInfo
from verify.times.items import Item, Sort

ARCHIVAL = "1.2.840.113583.1.1.8"
CERTIFICATE_VALUES = "1.2.840.113549.1.9.16.2.23"
REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24"
_OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"
_BASIC = der.oid("1.3.6.1.5.5.7.48.1.1")
MOST = 64


def items_of(signed: SignedData, signer: SignerInfo) -> tuple[Item, ...]:
    """May raise `DerError` over what only looks like such data."""
    return (*_outside(signed), *_archival(signer), *_values(signer.unsigned_attributes))


def _outside(signed: SignedData) -> Iterator[Item]:
    for raw in signed.crls:
        if raw[:1] == b"\x30":
            yield Item(Sort.LIST, raw)
            continue
        parts = der.parse(raw).children(2)  # [1] OtherRevocationInfoFormat (RFC 5940)
        if len(parts) == 2 and parts[0].as_oid() == _OCSP_RESPONSE:
            yield Item(Sort.ANSWER, parts[1].raw)


def _archival(signer: SignerInfo) -> Iterator[Item]:
    attribute = signer.signed(ARCHIVAL)
    for part in der.parse(attribute.values[0]).expect(der.SEQUENCE).children(3) if attribute is not None else ():
        if part.tag in (0xA0, 0xA1):
            sort = Sort.LIST if part.tag == 0xA0 else Sort.ANSWER
            yield from (Item(sort, one.raw) for one in _sole(part).children(MOST))


def items_in(attributes: Iterable[bytes]) -> tuple[Item, ...]:
    """The same values where they stand by themselves: cryptoInfos of an evidence record (RFC 4998 3.1)."""
    found: list[Attribute] = []
    for raw in attributes:
        try:
            kind, values = fields(der.parse(raw), 2, 2, "attribute")
            found.append(Attribute(kind.as_oid(), raw, tuple(one.raw for one in values.expect(der.SET).children(MOST))))
        except DerError:
            continue  # whatever else somebody keeps there proves nothing and disproves nothing
    try:
        return tuple(_values(found))
    except DerError:
        return ()


def _values(attributes: Iterable[Attribute]) -> Iterator[Item]:
    for attribute in attributes:
        if attribute.oid == CERTIFICATE_VALUES:
            for value in attribute.values:
                yield from (Item(Sort.CERTIFICATE, one.raw) for one in der.parse(value).children(MOST))
        elif attribute.oid == REVOCATION_VALUES:
            for value in attribute.values:
                for part in der.parse(value).expect(der.SEQUENCE).children(3):
                    yield from _revocation(part)


def _revocation(part: Node) -> Iterator[Item]:
    """CrlVals [0], ocspVals [1] of BasicOCSPResponse, which is wrapped as a responder would send it."""
    if part.tag == 0xA0:
        yield from (Item(Sort.LIST, one.raw) for one in _sole(part).children(MOST))
    elif part.tag == 0xA1:
        for one in _sole(part).children(MOST):
            wrapped = der.sequence(_BASIC, der.octet_string(one.raw))
            yield Item(Sort.ANSWER, der.sequence(der.enumerated(0), der.explicit(0, wrapped)))


def _sole(part: Node) -> Node:
    inner = part.children(1)
    if not inner:
        raise DerError("empty revocation data")
    return inner[0].expect(der.SEQUENCE)
