// Public keys and templates for checking codes (信任数据): asked of the server, kept for when it is away.

const PLACE = "yinxin.code-trust.v1";
const PATIENCE = 2500;

/** `{trust, at, fresh}`; null when there is no network and nothing was kept. */
export async function load(address) {
  try {
    const answer = await fetch(address, { credentials: "omit", signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const trust = await answer.json();
    const at = new Date().toISOString();
    keep({ at, trust });
    return { trust, at, fresh: true };
  } catch {
    const kept = recall();
    return kept ? { ...kept, fresh: false } : null;
  }
}

function keep(entry) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(entry));
  } catch {
    // private windows and full disks keep nothing; the page then needs the network
  }
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "null");
    return kept?.trust?.keys && kept.trust.templates ? kept : null;
  } catch {
    return null;
  }
}

/** Key of an answer: `valid`, `revoked`…, `unregistered`, or `offline` when the register cannot be asked. */
export async function status(address, parsed) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE),
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ template: parsed.template, status_index: parsed.statusIndex }),
    });
    if (answer.status === 404) return "unregistered";
    return answer.ok ? (await answer.json()).state : "offline";
  } catch {
    return "offline";
  }
}
