"""Departures from the standards that real seals show (偏离标准的写法): from what a reader noted to what is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seal.ses import SealSignature
from seal.ses_seal import Seal
from verify.report import Finding
from verify.words import finding

_NOTES: Mapping[str, str | None] = {
    "signature.raw_rs": None,  # told by `verify.values`, which knows under which reading the value stood
    "extension.explicit_false": "deviation.explicit_false",
    "extension.boolean": "deviation.boolean",
    "version.header": "deviation.version",
    "version.signature": "deviation.version",
    "time.form": "deviation.time_form",
    "string.not_ascii": "deviation.string",
    "picture.size": "deviation.picture_size",
    "cert_list.not_a_certificate": "seal.list_item",
}


def noted(notes: Iterable[str]) -> list[Finding]:
    """Each departure a reader noted, once."""
    codes = dict.fromkeys((note, _NOTES.get(note, "deviation.other")) for note in notes)
    return list(
        dict.fromkeys(
            finding(code, note) if code == "deviation.other" else finding(code) for note, code in codes if code
        )
    )


def of_seal(seal: Seal) -> list[Finding]:
    found = noted(seal.deviations)
    return found + [finding("seal.critical_extension", item.oid) for item in seal.extensions if item.critical]


def of_signature(signature: SealSignature) -> list[Finding]:
    """Of the signature and of the seal inside it."""
    found = noted((*signature.deviations, *signature.seal.deviations))
    extensions = (*signature.extensions, *signature.seal.extensions)
    found += [finding("seal.critical_extension", item.oid) for item in extensions if item.critical]
    if signature.certificate == signature.seal.maker_certificate:
        found.append(finding("seal.same_signer"))
    return found
