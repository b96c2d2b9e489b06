// From a scanned text to an answer on the page (核验结果). Words come from the page's templates, none from here.

import { CodeError, check, dayText, read } from "./code.js";
import { load, status } from "./trust.js";

/**
 * `{answer, checked, at}`: the signature is checked here, and only the status index leaves this device.
 * `known` is what `load` gave; without it nothing can be said.
 */
export async function judge(text, known, place) {
  let parsed;
  try {
    parsed = read(text);
    if (!known) return { answer: "no_trust", checked: null };
    const checked = check(parsed, known.trust);
    if (checked.expires !== null && Date.now() >= checked.expires) {
      const said = await status(place.dataset.status, parsed);
      return { answer: said === "revoked" ? said : "expired", checked };
    }
    return { answer: await status(place.dataset.status, parsed), checked };
  } catch (error) {
    if (error instanceof CodeError) return { answer: error.fault, checked: null };
    throw error;
  }
}

/** Keys fetched anew when the code's key or template is not among those kept. */
export async function judgeFresh(text, known, place) {
  const first = await judge(text, known, place);
  if (!["code.key_unknown", "code.unknown_template", "no_trust"].includes(first.answer) || known?.fresh) {
    return { ...first, known };
  }
  const newer = await load(place.dataset.trust);
  return { ...(await judge(text, newer, place)), known: newer };
}

export function show(place, outcome, { forget = true } = {}) {
  const answer = part(`[data-answer="${CSS.escape(outcome.answer)}"]`) ?? part('[data-answer="code.unreadable"]');
  stamp(answer, new Date());
  const pieces = [answer];
  if (outcome.checked) pieces.push(facts(outcome.checked));
  if (outcome.known && !outcome.known.fresh) {
    const age = part('[data-part="trust-age"]');
    stamp(age, new Date(outcome.known.at));
    pieces.push(age);
  }
  if (forget) place.replaceChildren(...pieces);
  else place.append(...pieces);
}

function part(selector) {
  return document.querySelector(`template${selector}`)?.content.cloneNode(true) ?? null;
}

function stamp(fragment, moment) {
  const time = fragment.querySelector("[data-when]");
  time.dateTime = moment.toISOString();
  time.textContent = moment.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }).slice(0, 19);
}

function facts({ parsed, template, values, key }) {
  const panel = part('[data-part="facts"]');
  const heading = panel.querySelector("h2");
  const chinese = heading.dataset.name === "zh";
  heading.textContent = chinese ? template.name_zh : template.name_en;
  const list = panel.querySelector("dl");
  const rows = template.fields.map((field) => [chinese ? field.label_zh : field.label_en, values[field.key]]);
  const issued = part('[data-part="words"]').querySelector('[data-word="issued"]').textContent;
  if (!template.fields.some((field) => field.key === "issued_on")) rows.push([issued, dayText(parsed.issuedDay)]);
  for (const [label, value] of rows.filter(([, text]) => text)) {
    const row = document.createElement("div");
    row.append(element("dt", label), element("dd", value));
    list.append(row);
  }
  panel.querySelector("[data-key]").textContent = key.kid;
  panel.querySelector("[data-base]").textContent = parsed.base?.toLowerCase() ?? "";
  panel.querySelector("[data-base-line]").hidden = !parsed.base;
  return panel;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
