"""Key escrow (密钥管理中心的密钥库): encryption key pairs of the dual-certificate scheme, kept for their owners.

Their own key-encryption key, their own tables, and two ways out only: to the public key an allotment was made for, and
to the recipient of a grant that enough people approved. GM/T 0034-2014 clauses on KMC and key recovery; GM/T 0014.
"""
