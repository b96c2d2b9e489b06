"""Object identifiers (对象标识符) of the algorithms: GM/T 0006 = GB/T 33560 and the PKIX registers, in one place."""

from __future__ import annotations

SM4 = "1.2.156.10197.1.104"
"""Bare SM4. Ambiguous in the field (CBC with an IV parameter, ECB without): read with care, never emit for GCM."""
SM4_ECB = "1.2.156.10197.1.104.1"
SM4_CBC = "1.2.156.10197.1.104.2"
SM4_GCM = "1.2.156.10197.1.104.8"

SM2 = "1.2.156.10197.1.301"
"""The recommended curve, and also "SM2 public key algorithm"."""
SM2_SIGN = "1.2.156.10197.1.301.1"
SM2_KEY_EXCHANGE = "1.2.156.10197.1.301.2"
SM2_ENCRYPT = "1.2.156.10197.1.301.3"

SM3 = "1.2.156.10197.1.401"
SM3_PLAIN = "1.2.156.10197.1.401.1"
HMAC_SM3 = "1.2.156.10197.1.401.2"
SM2_WITH_SM3 = "1.2.156.10197.1.501"
RSA_WITH_SM3 = "1.2.156.10197.1.504"

# GM/T 0010 = GB/T 35275: content types of the national message syntax
GM_DATA = "1.2.156.10197.6.1.4.2.1"
GM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.2"
GM_ENVELOPED_DATA = "1.2.156.10197.6.1.4.2.3"
GM_SIGNED_AND_ENVELOPED_DATA = "1.2.156.10197.6.1.4.2.4"
GM_ENCRYPTED_DATA = "1.2.156.10197.6.1.4.2.5"

RSA = "1.2.840.113549.1.1.1"
RSA_PSS = "1.2.840.113549.1.1.10"
MGF1 = "1.2.840.113549.1.1.8"
RSA_WITH_SHA1 = "1.2.840.113549.1.1.5"
RSA_WITH_SHA256 = "1.2.840.113549.1.1.11"
RSA_WITH_SHA384 = "1.2.840.113549.1.1.12"
RSA_WITH_SHA512 = "1.2.840.113549.1.1.13"

EC_PUBLIC_KEY = "1.2.840.10045.2.1"
P256 = "1.2.840.10045.3.1.7"
P384 = "1.3.132.0.34"
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3"

ML_DSA_65 = "2.16.840.1.101.3.4.3.18"
"""FIPS 204; parameters absent in keys and signatures (RFC 9881 2)."""

SHA1 = "1.3.14.3.2.26"
SHA256 = "2.16.840.1.101.3.4.2.1"
SHA384 = "2.16.840.1.101.3.4.2.2"
SHA512 = "2.16.840.1.101.3.4.2.3"

AES256_CBC = "2.16.840.1.101.3.4.1.42"
