// The peer: npm oidc-provider with its in-memory adapter and its development login pages, RS256, PKCE required.
// Usage: node oidc_provider.mjs PORT REDIRECT_URI
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const provider = new Provider(issuer, {
  clients: [{ client_id: "bench", client_secret: "bench-secret", redirect_uris: [redirectUri], token_endpoint_auth_method: "client_secret_basic" }],
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "bench" }] },
  pkce: { required: () => true },
  cookies: { keys: ["bench-cookie-key"] },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
