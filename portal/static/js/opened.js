// The page a printed code opens (/V#…): the fragment is read here and never leaves the browser.

import { judgeFresh, show } from "./result.js";
import { load } from "./trust.js";

const place = document.getElementById("result");
const working = document.getElementById("working");
const empty = document.getElementById("empty");

async function run() {
  const text = location.hash.slice(1);
  empty.hidden = Boolean(text);
  if (!text) {
    place.replaceChildren();
    return;
  }
  working.hidden = false;
  const known = await load(place.dataset.trust);
  show(place, await judgeFresh(decoded(text), known, place));
  document.title = `${place.querySelector("h2").textContent} · ${document.title.split(" · ").at(-1)}`;
}

/** Some mail programs and scanners escape a fragment's signs. */
function decoded(text) {
  try {
    return decodeURIComponent(text).toUpperCase();
  } catch {
    return text;
  }
}

addEventListener("hashchange", run);
run();
