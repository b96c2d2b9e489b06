// SM2 with SM3 (GB/T 32918.2): verifying only, with the vendored library and the signer ID every code uses.

import "../vendor/sm-crypto-v2-1.15.1/index.umd.js";

const ORDER = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
export const SM2_ID = "1234567812345678";

/** Does the raw r‖s signature over `message` belong to the uncompressed point (hex, 04…)? */
export function verifies(point, message, signature) {
  const hex = toHex(signature);
  const numbers = [hex.slice(0, 64), hex.slice(64)].map((part) => BigInt(`0x${part || "0"}`));
  // the library leaves the range check of r and s (GB/T 32918.2 7.1 B1, B2) to its caller
  if (hex.length !== 128 || numbers.some((value) => value < 1n || value >= ORDER)) return false;
  try {
    return globalThis.SmCryptoV2.sm2.doVerifySignature(message, hex, point, { hash: true, der: false, userId: SM2_ID });
  } catch {
    return false; // a point that is not on the curve, or infinity on the way: not a signature
  }
}

export function toHex(octets) {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
