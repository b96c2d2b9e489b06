// One whole flow by npm openid-client (第三方客户端): discovery, PKCE, private_key_jwt, ID token, UserInfo.
//
// Speaks JSON lines: first the settings come in, the address for the browser goes out; then the address the browser
// was sent back to comes in, and what the library accepted goes out. Its refusals go to standard error.

import { createInterface } from 'node:readline';
import * as oidc from 'openid-client';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value);
const write = (value) => console.log(JSON.stringify(value));

const given = await read();
const { kid, ...jwk } = given.key;
const importing = { name: 'ECDSA', namedCurve: 'P-256' };
const key = await crypto.subtle.importKey('jwk', { ...jwk, alg: undefined }, importing, false, ['sign']);
const config = await oidc.discovery(
  new URL(given.issuer),
  given.clientId,
  { id_token_signed_response_alg: given.alg },
  oidc.PrivateKeyJwt({ key, kid }),
  { execute: [oidc.allowInsecureRequests] }, // a loopback region has no TLS
);
oidc.enableNonRepudiationChecks(config);

const verifier = oidc.randomPKCECodeVerifier();
const state = oidc.randomState();
const nonce = oidc.randomNonce();
const address = oidc.buildAuthorizationUrl(config, {
  redirect_uri: given.redirectUri,
  scope: 'openid profile phone',
  state,
  nonce,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
});
write({ address: address.href, usesPkce: config.serverMetadata().supportsPKCE() });

const { back } = await read();
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
const tokens = await oidc.authorizationCodeGrant(config, new URL(back), checks);
const claims = tokens.claims();
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
const program = await oidc.clientCredentialsGrant(config, { scope: 'licence:read' });
write({ idToken: tokens.id_token, claims, userinfo, programScope: program.scope });
process.exit(0);
