"""Domain parameters (曲线参数) of the curves we certify, for saying why a point is refused. No arithmetic with secrets.

SM2 from GB/T 32918.5-2017, P-256 and P-384 from SP 800-186 3.2.1. All three have a = p - 3 and cofactor 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from hsm import oids


@dataclass(frozen=True, slots=True)
class Curve:
    octets: int
    prime: int
    b: int
    base_x: int

    def has(self, x: int, y: int) -> bool:
        """Whether y^2 = x^3 - 3x + b holds, both coordinates reduced."""
        if not (0 <= x < self.prime and 0 <= y < self.prime):
            return False
        return (y * y - (x * x * x - 3 * x + self.b)) % self.prime == 0


SM2 = Curve(
    32,
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
)
P256 = Curve(
    32,
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
)
P384 = Curve(
    48,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
)
CURVES: dict[str, Curve] = {oids.SM2: SM2, oids.P256: P256, oids.P384: P384}
