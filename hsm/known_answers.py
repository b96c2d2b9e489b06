"""Known answers (标准示例数据) of the algorithms, as printed in the standards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """GB/T 32918.5 annex A (signature, encryption), GB/T 32905 annex A, GB/T 32907 annex A, RFC 8998 A.1."""

    sm2_public: str = (
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    sm2_private: str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
    sm2_message: bytes = b"message digest"
    sm2_z: str = "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
    sm2_e: str = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
    sm2_signature: str = (
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    )
    sm2_text: bytes = b"encryption standard"
    sm2_ciphertext: str = (
        "307c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
        "022100e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
        "042059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
        "041321886ca989ca9c7d58087307ca93092d651efa"
    )
    sm3_abc: str = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    sm4_key: str = "0123456789abcdeffedcba9876543210"
    sm4_block: str = "681edf34d206965e86b3e94f536e4246"
    gcm_nonce: str = "00001234567800000000abcd"
    gcm_bound: str = "feedfacedeadbeeffeedfacedeadbeefabaddad2"
    gcm_text: str = (
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    gcm_sealed: str = (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    sha256_abc: str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


KNOWN = KnownAnswers()
