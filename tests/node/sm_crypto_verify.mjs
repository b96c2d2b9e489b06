// npm sm-crypto as a judge of SM2 signatures: JSON list of {key, message, value} (hexadecimal) on stdin, list of verdicts out.
import { readFileSync } from 'node:fs';
import pkg from 'sm-crypto';

const { sm2 } = pkg;
const asked = JSON.parse(readFileSync(0, 'utf8'));
const judge = ({ key, message, value }) =>
  sm2.doVerifySignature(Buffer.from(message, 'hex'), value, key, { der: true, hash: true, userId: '1234567812345678' });
console.log(JSON.stringify(asked.map(judge)));
