// sm-crypto-v2 as a judge: SM2 decryption (C1C3C2 without 04) and SM4-ECB without padding. One JSON question on stdin.
import { readFileSync } from "node:fs";
import pkg from "sm-crypto-v2";

const { sm2, sm4 } = pkg;
const asked = JSON.parse(readFileSync(0, "utf8"));
const key = sm2.doDecrypt(asked.encryptedKey, asked.holder, 1, { output: "array" });
const text = sm4.decrypt(asked.body, sm2.arrayToHex(Array.from(key)), { mode: "ecb", padding: "none" , output: "array"});
process.stdout.write(sm2.arrayToHex(Array.from(text)));
