// The system's own ES256 key (本系统私钥), made at first start. The private half never leaves this folder.

import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { calculateJwkThumbprint } from 'jose';

const ES256 = { name: 'ECDSA', namedCurve: 'P-256' };

// The private JWK at `path`. Whoever comes first makes it; a second start at the same moment gets the same key.
export async function loadKey(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, JSON.stringify(await makeKey()), { mode: 0o600, flag: 'wx' });
  await link(fresh, path).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await unlink(fresh);
  return JSON.parse(await readFile(path, 'utf8'));
}

// What is registered with 印信: public members only.
export function publicJwks({ kty, crv, x, y, kid, alg }) {
  return { keys: [{ kty, crv, x, y, kid, alg, use: 'sig' }] };
}

export function signingKey({ kty, crv, x, y, d }) {
  return crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, ES256, false, ['sign']);
}

async function makeKey() {
  const pair = await crypto.subtle.generateKey(ES256, true, ['sign', 'verify']);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  return { kty, crv, x, y, d, kid: await calculateJwkThumbprint({ kty, crv, x, y }), alg: 'ES256' };
}
