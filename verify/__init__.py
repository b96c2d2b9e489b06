"""verify 核验: is this genuine, and why? Certificates, PDF, OFD, CMS, seals, printed codes, trust folders, reports.

It knows nothing of registers and asks a `StatusSource`; it believes only its trust store, fetches nothing, and gives a
full report for whatever octets come in. A library's summary verdict is never its own.
"""
