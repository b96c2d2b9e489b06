"""Certificate profiles (证书模板) as files: `*.toml` in this folder, and an operator's own beside them.

What a profile may say stands in `schema`; how it becomes octets in `ca.template`; that its files did not change behind
our back in `ca.frozen`. Signing certificates of a pair (双证书) have digitalSignature and nonRepudiation, their
`-encryption` twins keyEncipherment, dataEncipherment and (SM2) keyAgreement.
"""

from __future__ import annotations

from pathlib import Path

from ca.profiles.profile import Constraints, Holder, Numbering, Profile, Role, Subtrees
from ca.profiles.reading import read_folder
from foundation.errors import InvalidInput
from foundation.text import Text

__all__ = [
    "CITIZEN",
    "CODE_SIGNER",
    "DEPARTMENT_SEAL",
    "ISSUING",
    "OCSP",
    "OFFICIAL",
    "PROFILES",
    "REQUESTABLE",
    "ROOT",
    "SEAL_MAKER",
    "TSA",
    "Constraints",
    "Holder",
    "Numbering",
    "Profile",
    "Role",
    "Subtrees",
    "profile_named",
]

PROFILES: dict[str, Profile] = dict(sorted(read_folder(Path(__file__).parent).items(), key=lambda item: item[1].number))
"""The shipped ones. `CaRoom.profile` knows the operator's own as well."""
ROOT, ISSUING, TSA, OCSP = (PROFILES[name] for name in ("root", "issuing", "tsa", "ocsp"))
SEAL_MAKER, DEPARTMENT_SEAL = PROFILES["seal-maker"], PROFILES["department-seal"]
OFFICIAL, CITIZEN, CODE_SIGNER = PROFILES["official"], PROFILES["citizen"], PROFILES["code-signer"]
REQUESTABLE = tuple(profile for profile in PROFILES.values() if profile.requestable)
"""What may be asked for over the API; CAs, services and encryption certificates are made by the platform."""


def profile_named(name: str) -> Profile:
    """A shipped profile by name."""
    try:
        return PROFILES[name]
    except KeyError:
        raise unknown_profile() from None


def unknown_profile() -> InvalidInput:
    return InvalidInput(
        "ca.profile_unknown",
        Text(
            "没有这种证书模板，请从列表中选择。",
            f"There is no certificate profile of that name; choose one of {', '.join(PROFILES)}.",
        ),
    )
