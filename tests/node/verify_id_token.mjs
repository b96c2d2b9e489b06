// Verify an ID token from the published keys by npm jose (第三方验签). Status 1 and the library's code when refused.

import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { token, jwksUri, issuer, audience, alg } = JSON.parse(readFileSync(0, 'utf8'));
try {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience, algorithms: [alg] });
  console.log(JSON.stringify({ sub: payload.sub, alg: protectedHeader.alg }));
} catch (error) {
  console.log(JSON.stringify({ refused: error.code }));
  process.exitCode = 1;
}
