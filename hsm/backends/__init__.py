"""Where private keys live (密钥后端): in software under the key-encryption key, in a PKCS#11 token, in an SDF device.

One protocol (`backend`), three implementations, one contract (`contract`) that each must pass, ours and a customer's.
"""
