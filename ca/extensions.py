"""Writing extensions (扩展项编码): alternative names, identity numbers, constraints.

RFC 5280 4.2.1 and GB/T 20518 5.2.4, with the renumbering of GM/T 0015-2023.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from ca import oids
from ca.names import write_attributes
from ca.profiles import Constraints, Numbering, Subtrees
from ca.reading.alternative import AlternativeNames
from ca.reading.identity import NO_IDENTITY, IdentityExtensions
from foundation import der
from foundation.errors import FieldFault, InvalidInput
from foundation.text import Text

_EMAIL, _DNS, _DIRECTORY, _URI, _IP = 1, 2, 4, 6, 7


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """Extension; FALSE is the default and so never written (X.690 11.5)."""
    return der.sequence(der.oid(oid), der.boolean(value=True) if critical else b"", der.octet_string(value))


# --- alternative names -----------------------------------------------------------------------------------------------


def alternative_names(names: AlternativeNames) -> bytes:
    """SubjectAltName, or nothing. Not critical: all our subjects have a name of their own (RFC 5280 4.2.1.6)."""
    if not names:
        return b""
    try:
        written = [
            *(_ascii(_DNS, name) for name in names.dns),
            *(_octets(_IP, ipaddress.ip_address(name).packed) for name in names.ip),
            *(_ascii(_EMAIL, name) for name in names.email),
            *(_ascii(_URI, name) for name in names.uri),
        ]
    except ValueError as error:  # not ASCII, or no address
        raise InvalidInput(
            "ca.alternative_name",
            Text(
                "备用名称格式不对：域名、邮箱、网址须为 ASCII（国际化域名用 xn-- 形式），IP 须为规范写法。",
                "An alternative name is not well formed: ASCII only (xn-- for international names), addresses in full.",
            ),
        ) from error
    return extension(oids.SUBJECT_ALT_NAME, der.sequence(*written))


def _ascii(number: int, text: str) -> bytes:
    return _octets(number, text.encode("ascii"))


def _octets(number: int, content: bytes) -> bytes:
    return der.implicit(number, der.octet_string(content))


# --- identity numbers ------------------------------------------------------------------------------------------------

ARCS: Final = {
    Numbering.OF_2018: (
        oids.IDENTIFY_CODE,
        oids.INSURANCE_NUMBER,
        oids.REGISTRATION_NUMBER,
        oids.ORGANIZATION_CODE,
        oids.TAXATION_NUMBER,
    ),
    Numbering.OF_2023: (
        oids.CITIZEN_NUMBER_2023,
        oids.PASSPORT_NUMBER_2023,
        oids.INSURANCE_NUMBER_2023,
        oids.ORGANIZATION_CODE_2023,
    ),
}
IDENTITY_ARCS: Final = frozenset(oid for arcs in ARCS.values() for oid in arcs)


def identity_extensions(identity: IdentityExtensions, numbering: Numbering = Numbering.OF_2018) -> bytes:
    """Identity extensions in arc order, in the numbering of the profile."""
    if identity == NO_IDENTITY:
        return b""
    _check_characters(identity)
    found = _of_2018(identity) if numbering is Numbering.OF_2018 else _of_2023(identity)
    return b"".join(extension(oid, value) for oid, value in found)


def _of_2018(identity: IdentityExtensions) -> list[tuple[str, bytes]]:
    """IdentifyCode is a CHOICE, written with IMPLICIT tags (facts: standards 1.5)."""
    found: list[tuple[str, bytes]] = []
    if identity.citizen_number is not None:
        found.append((oids.IDENTIFY_CODE, der.implicit(0, der.printable(identity.citizen_number))))
    elif identity.military_number is not None:
        found.append((oids.IDENTIFY_CODE, der.implicit(1, der.utf8(identity.military_number))))
    elif identity.passport_number is not None:
        found.append((oids.IDENTIFY_CODE, der.implicit(2, der.printable(identity.passport_number))))
    plain = (
        (oids.INSURANCE_NUMBER, identity.insurance_number),
        (oids.REGISTRATION_NUMBER, identity.registration_number),
        (oids.ORGANIZATION_CODE, identity.organization_code),
        (oids.TAXATION_NUMBER, identity.taxation_number),
    )
    return found + [(oid, der.printable(value)) for oid, value in plain if value is not None]


def _of_2023(identity: IdentityExtensions) -> list[tuple[str, bytes]]:
    """A number of its own for each; what it has no number for is not written, and the lint of the order says so."""
    plain = (
        (oids.CITIZEN_NUMBER_2023, identity.citizen_number),
        (oids.PASSPORT_NUMBER_2023, identity.passport_number),
        (oids.INSURANCE_NUMBER_2023, identity.insurance_number),
        (oids.ORGANIZATION_CODE_2023, identity.organization_code),
    )
    return [(oid, der.printable(value)) for oid, value in plain if value is not None]


def _check_characters(identity: IdentityExtensions) -> None:
    for name in IdentityExtensions.__slots__:
        value = getattr(identity, name)
        pattern = _MILITARY if name == "military_number" else _CODE
        if value is not None and not pattern.fullmatch(value):
            raise InvalidInput(
                "ca.identity_characters",
                Text(
                    "证件号码含有不允许的字符或过长。",
                    "An identity number has characters that may not stand in it, or is too long.",
                ),
                faults=(FieldFault(f"/identity/{name}", Text("号码格式不对", "not such a number")),),
            )


_CODE = re.compile(r"[A-Z0-9-]{1,32}")
_MILITARY = re.compile(r"[\u4e00-\u9fff A-Z0-9-]{1,32}")


# --- constraints of a CA ---------------------------------------------------------------------------------------------


def constraint_extensions(limits: Constraints) -> bytes:
    """NameConstraints, PolicyConstraints and InhibitAnyPolicy, all critical (RFC 5280 4.2.1.10, .11, .14)."""
    found = []
    names = _subtrees(0, limits.permitted) + _subtrees(1, limits.excluded)
    if names:
        found.append(extension(oids.NAME_CONSTRAINTS, der.sequence(names), critical=True))
    policies = _depth(0, limits.require_explicit_policy) + _depth(1, limits.inhibit_policy_mapping)
    if policies:
        found.append(extension(oids.POLICY_CONSTRAINTS, der.sequence(policies), critical=True))
    if limits.inhibit_any_policy is not None:
        found.append(extension(oids.INHIBIT_ANY_POLICY, der.integer(limits.inhibit_any_policy), critical=True))
    return b"".join(found)


def _depth(number: int, depth: int | None) -> bytes:
    return b"" if depth is None else der.implicit(number, der.integer(depth))


def _subtrees(number: int, subtrees: Subtrees) -> bytes:
    """GeneralSubtrees; minimum is 0 by default and so not written."""
    if not subtrees:
        return b""
    bases = [
        *(_ascii(_EMAIL, name) for name in subtrees.email),
        *(_ascii(_DNS, name) for name in subtrees.dns),
        *(der.explicit(_DIRECTORY, write_attributes(name)) for name in subtrees.directory),
        *(_ascii(_URI, name) for name in subtrees.uri),
        *(_octets(_IP, _network(name)) for name in subtrees.ip),
    ]
    return der.implicit(number, der.sequence(*(der.sequence(base) for base in bases)))


def _network(text: str) -> bytes:
    network = ipaddress.ip_network(text)
    return network.network_address.packed + network.netmask.packed
