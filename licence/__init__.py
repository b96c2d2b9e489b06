"""licence 电子证照: the catalogue, issuing, life, sharing and import of electronic licences.

Files follow GB/T 36905, identifiers GB/T 36904, metadata GB/T 36903. This room never sees a private key and never
keeps a holder's name, number or data in clear outside the sealed files themselves.
"""
