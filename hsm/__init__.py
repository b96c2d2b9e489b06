"""hsm 密钥服务: the only room that sees a private key, and the one home of the algorithms.

SM2, SM3, SM4 (GB/T 32918, 32905, 32907), RSA and EC. Other rooms hold a `KeyRef` and a `Signer`; private octets never
leave this folder. Nothing is signed without a one-use token, and nothing leaves before it was verified back.
"""
