// A detached JWS of ours by npm jose (第三方验签): the key from its own x5c, the content from beside it.

import { createPublicKey, X509Certificate } from 'node:crypto';
import { compactVerify, decodeProtectedHeader } from 'jose';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const given = JSON.parse(Buffer.concat(chunks).toString());
const { x5c } = decodeProtectedHeader(given.jws);
const key = createPublicKey(new X509Certificate(Buffer.from(x5c[0], 'base64')).publicKey.export({ type: 'spki', format: 'pem' }));

const verify = async (content) => {
  const [header, , value] = given.jws.split('.');
  const whole = `${header}.${Buffer.from(content).toString('base64url')}.${value}`;
  const { payload } = await compactVerify(whole, key, { algorithms: [given.alg] });
  return Buffer.from(payload).equals(content);
};

const content = Buffer.from(given.payload, 'base64');
const good = await verify(content);
const changed = await verify(Buffer.concat([content, Buffer.from('x')])).catch((error) => error.code);
console.log(JSON.stringify({ good, changed }));
