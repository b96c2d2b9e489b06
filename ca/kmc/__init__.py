"""The key-management centre (密钥管理中心) as the CA works with it: pairs of certificates, envelopes, recovery of keys.

The signing key is the holder's own; the encryption key is made and kept by the escrow (`hsm.escrow`) and travels only
in envelopes. GM/T 0034-2014: 双证书, 双中心, 用户密钥恢复, 司法密钥恢复.
"""
