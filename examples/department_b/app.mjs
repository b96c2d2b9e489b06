// Department B (示例部门系统乙): a system in Node that lets 印信 log its people in, by the certified openid-client.
//
// Run `node examples/department_b/app.mjs`; `--public-jwks` prints what to register. The library does discovery,
// PKCE S256, private_key_jwt and every check of the ID token; we keep state, nonce and verifier on our side.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as oidc from 'openid-client';
import { loadKey, publicJwks, signingKey } from './own_key.mjs';
import { page } from './page.mjs';

const CLIENT_ID = 'department-b';
const COOKIE = 'department_b'; // browsers share cookies between ports: every system of one host needs its own name
const MOST_VISITS = 1000;

const { values: given } = parseArgs({
  options: {
    issuer: { type: 'string', default: 'http://127.0.0.1:8000' },
    port: { type: 'string', default: '8102' },
    key: { type: 'string', default: fileURLToPath(new URL('.keys/private.json', import.meta.url)) },
    'public-jwks': { type: 'boolean', default: false },
  },
});
const base = `http://127.0.0.1:${given.port}`;
const key = await loadKey(given.key);

// Server-side sessions. A login gets a new cookie, so one planted beforehand opens nothing.
const visits = new Map();

function cookieOf(request) {
  const found = (request.headers.cookie ?? '').split(/; */).find((one) => one.startsWith(`${COOKIE}=`));
  return found?.slice(COOKIE.length + 1);
}

function take(request) {
  const name = cookieOf(request);
  const value = visits.get(name);
  visits.delete(name);
  return value;
}

function keep(request, response, value) {
  take(request);
  while (visits.size >= MOST_VISITS) visits.delete(visits.keys().next().value);
  const name = randomBytes(24).toString('base64url');
  visits.set(name, value);
  response.setHeader('Set-Cookie', `${COOKIE}=${name}; Path=/; HttpOnly; SameSite=Lax`);
}

let known; // the issuer's metadata, read at the first login: 印信 need not run before us

async function provider() {
  if (!known) {
    const insecure = new URL(given.issuer).protocol === 'http:' ? [oidc.allowInsecureRequests] : []; // sample region
    const proof = oidc.PrivateKeyJwt({ key: await signingKey(key), kid: key.kid });
    const metadata = { id_token_signed_response_alg: 'RS256' };
    known = await oidc.discovery(new URL(given.issuer), CLIENT_ID, metadata, proof, { execute: insecure });
    oidc.enableNonRepudiationChecks(known); // verify the ID token's signature too, not only where it came from
  }
  return known;
}

async function login(request, response) {
  const flow = {
    verifier: oidc.randomPKCECodeVerifier(),
    state: oidc.randomState(),
    nonce: oidc.randomNonce(),
  };
  const address = oidc.buildAuthorizationUrl(await provider(), {
    redirect_uri: `${base}/back`,
    scope: 'openid profile',
    state: flow.state,
    nonce: flow.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(flow.verifier),
    code_challenge_method: 'S256',
  });
  keep(request, response, { flow });
  return go(response, address.href);
}

async function back(request, response, url) {
  const flow = take(request)?.flow;
  if (!flow) throw new Error('no login was begun in this browser');
  const tokens = await oidc.authorizationCodeGrant(await provider(), url, {
    pkceCodeVerifier: flow.verifier,
    expectedState: flow.state,
    expectedNonce: flow.nonce,
    idTokenExpected: true,
  });
  const { sub } = tokens.claims();
  const told = await oidc.fetchUserInfo(await provider(), tokens.access_token, sub);
  keep(request, response, { person: { subject: sub, name: told.name, idToken: tokens.id_token } });
  return go(response, '/');
}

// Here first, then at 印信, which sends the browser back to `/goodbye`.
async function logout(request, response) {
  const person = take(request)?.person;
  if (!person) return go(response, '/');
  const address = oidc.buildEndSessionUrl(await provider(), {
    id_token_hint: person.idToken,
    post_logout_redirect_uri: `${base}/goodbye`,
    state: 'bye',
  });
  return go(response, address.href);
}

function go(response, address) {
  response.writeHead(303, { Location: address }).end();
}

function show(response, status, shown) {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' }).end(page(shown));
}

const routes = {
  '/': (request, response) => show(response, 200, { person: visits.get(cookieOf(request))?.person }),
  '/login': login,
  '/back': back,
  '/logout': logout,
  '/goodbye': (request, response) => show(response, 200, { left: true }),
};

async function answer(request, response) {
  const url = new URL(request.url, base);
  const route = request.method === 'GET' && Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined;
  if (!route) return response.writeHead(404).end();
  try {
    return await route(request, response, url);
  } catch (error) {
    return show(response, 400, { why: error.error ?? error.code ?? error.message });
  }
}

if (given['public-jwks']) console.log(JSON.stringify(publicJwks(key)));
else createServer(answer).listen(Number(given.port), '127.0.0.1');
