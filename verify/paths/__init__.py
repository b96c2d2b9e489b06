"""Certification paths (证书路径): RFC 5280 6 complete, link by link, for SM2, RSA, ECDSA and what `hsm` learns next.

`building` finds chains, `judging` walks one from its anchor down a visible list of checks, `crls` and `answers` say who
was revoked. Bounded by `limits`. Knows no register and fetches nothing: what it believes stands in the trust store.
"""
