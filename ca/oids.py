"""Object identifiers of certificates, revocation and time stamps (对象标识符).

RFC 5280, RFC 6960, RFC 3161 and the identity arcs of GB/T 20518 (GM/T 0015). Those of algorithms live in `hsm.oids`.
"""

from __future__ import annotations

from typing import Final

# --- distinguished names (X.520, RFC 4519) ---------------------------------------------------------------------------
COMMON_NAME: Final = "2.5.4.3"
SERIAL_NUMBER: Final = "2.5.4.5"
COUNTRY: Final = "2.5.4.6"
LOCALITY: Final = "2.5.4.7"
STATE: Final = "2.5.4.8"
ORGANIZATION: Final = "2.5.4.10"
ORGANIZATIONAL_UNIT: Final = "2.5.4.11"

SHORT_NAMES: Final = {
    COMMON_NAME: "CN",
    SERIAL_NUMBER: "serialNumber",
    COUNTRY: "C",
    LOCALITY: "L",
    STATE: "ST",
    ORGANIZATION: "O",
    ORGANIZATIONAL_UNIT: "OU",
    "2.5.4.9": "street",
    "2.5.4.12": "title",
    "2.5.4.45": "x500UniqueIdentifier",
    "1.2.840.113549.1.9.1": "emailAddress",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}

# --- extensions (RFC 5280 4.2, 5.2) ----------------------------------------------------------------------------------
SUBJECT_KEY_ID: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_NUMBER: Final = "2.5.29.20"
CRL_REASON: Final = "2.5.29.21"
INVALIDITY_DATE: Final = "2.5.29.24"
DELTA_CRL: Final = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
CERTIFICATE_ISSUER: Final = "2.5.29.29"
NAME_CONSTRAINTS: Final = "2.5.29.30"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
ANY_POLICY: Final = "2.5.29.32.0"
POLICY_MAPPINGS: Final = "2.5.29.33"
AUTHORITY_KEY_ID: Final = "2.5.29.35"
POLICY_CONSTRAINTS: Final = "2.5.29.36"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
FRESHEST_CRL: Final = "2.5.29.46"
INHIBIT_ANY_POLICY: Final = "2.5.29.54"
EXPIRED_CERTS_ON_CRL: Final = "2.5.29.60"
ANY_EXTENDED_KEY_USAGE: Final = "2.5.29.37.0"
AUTHORITY_INFO_ACCESS: Final = "1.3.6.1.5.5.7.1.1"
ACCESS_OCSP: Final = "1.3.6.1.5.5.7.48.1"
ACCESS_CA_ISSUERS: Final = "1.3.6.1.5.5.7.48.2"

# --- extended key usages ---------------------------------------------------------------------------------------------
SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH: Final = "1.3.6.1.5.5.7.3.2"
EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"
"""RFC 9336."""

# --- OCSP (RFC 6960) -------------------------------------------------------------------------------------------------
OCSP_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
OCSP_NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
OCSP_NO_CHECK: Final = "1.3.6.1.5.5.7.48.1.5"

# --- CMS and time stamps (RFC 5652, 3161, 5816) ----------------------------------------------------------------------
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
GM_SIGNED_DATA: Final = "1.2.156.10197.6.1.4.2.2"
"""GB/T 35275; met in the field around tokens too."""
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
ATTRIBUTE_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
ATTRIBUTE_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
ATTRIBUTE_SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
ATTRIBUTE_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"

# --- GB/T 20518 identity extensions ----------------------------------------------------------------------------------
IDENTIFY_CODE: Final = "1.2.156.10260.4.1.1"
INSURANCE_NUMBER: Final = "1.2.156.10260.4.1.2"
REGISTRATION_NUMBER: Final = "1.2.156.10260.4.1.3"
ORGANIZATION_CODE: Final = "1.2.156.10260.4.1.4"
TAXATION_NUMBER: Final = "1.2.156.10260.4.1.5"
CITIZEN_NUMBER_2023: Final = "1.2.156.10260.4.1.1.1"
PASSPORT_NUMBER_2023: Final = "1.2.156.10260.4.1.1.2"
INSURANCE_NUMBER_2023: Final = INSURANCE_NUMBER
ORGANIZATION_CODE_2023: Final = "1.2.156.10260.4.4"
"""GM/T 0015-2023 by one implementer; another writes 4.4.4. Both are read (facts: standards 1.5)."""
IDENTITY_ARC: Final = "1.2.156.10260.4."

EXAMPLE_ARC: Final = "1.3.6.1.4.1.32473"
"""IANA's number for documentation (RFC 5612): certificate policies of a region that has no arc of its own."""
