// The printed code of a licence (证照二维码), read and checked in the browser as verify/codes.py does it.
// Held together by verify/code_vectors.json. Nothing here talks to a server.

import { inflateSync } from "../vendor/fflate-0.8.3/browser.js";
import { decode as fromBase41 } from "./base41.js";
import { decode as fromCbor, signatureInput } from "./cbor.js";
import { toHex, verifies } from "./sm2.js";

const ALGORITHM = -65537;
const FORMAT = 1;
const MOST_TEXT = 4296;
const MOST_FIELD_OCTETS = 8 * 1024;
const SHAPE = /^(?:(https?:\/\/[^/#?\s]{1,253})\/v\/?#|#?)([^#]+)$/i;
const DAY = 86_400_000;
const SHANGHAI = 8 * 3_600_000;

/** `fault` is one of verify/code_errors.py: each is a different answer for the person who scans. */
export class CodeError extends Error {
  constructor(fault, why) {
    super(`${fault}: ${why}`);
    this.fault = fault;
  }
}

/** Parse a scanned text: whole address, fragment or bare base41. Nothing about it is proved yet. */
export function read(text) {
  const trimmed = text.trim();
  const shape = trimmed.length <= MOST_TEXT ? SHAPE.exec(trimmed) : null;
  if (!shape) throw new CodeError("code.unreadable", "shape of the text");
  const message = unreadable(() => fromCbor(fromBase41(shape[2])));
  const sound = Array.isArray(message) && message.length === 4 && message[0] instanceof Uint8Array
    && message[1] instanceof Map && message[1].size === 0
    && message[2] instanceof Uint8Array && message[3] instanceof Uint8Array;
  if (!sound) throw new CodeError("code.unknown_format", "not a COSE_Sign1 of ours");
  return parse(shape[1] ?? null, message[0], message[2], message[3]);
}

function parse(base, protectedHeader, payload, signature) {
  const header = unreadable(() => fromCbor(protectedHeader));
  const content = unreadable(() => fromCbor(payload));
  const kid = header instanceof Map ? header.get(4) : undefined;
  if (!(header instanceof Map) || header.size !== 2 || header.get(1) !== ALGORITHM
      || !(kid instanceof Uint8Array) || kid.length !== 8) {
    throw new CodeError("code.unknown_format", "algorithm or header");
  }
  const kinds = Array.isArray(content) ? content.map((part) => (part instanceof Uint8Array ? "octets" : typeof part)) : [];
  const known = kinds.join() === "number,string,number,octets,number,number,octets"
    && content[0] === FORMAT && content[3].length === 4 && signature.length === 64
    && content[5] >= 0 && content[5] < 2 ** 20 && content[4] >= 0 && content[4] < 2 ** 32;
  if (!known) throw new CodeError("code.unknown_format", "version or shape of the payload");
  return {
    base, signature, kid: toHex(kid), signed: signatureInput(protectedHeader, payload),
    template: content[1], edition: content[2], mark: toHex(content[3]),
    statusIndex: content[4], issuedDay: content[5], packed: content[6],
  };
}

function unreadable(work) {
  try {
    return work();
  } catch (error) {
    throw new CodeError("code.unreadable", String(error));
  }
}

/**
 * Signature, life of the key, template, in this order; `trust` is what /api/v1/verify/code-trust answers.
 * The template comes last: a forged code is called forged even where its template is unknown.
 */
export function check(parsed, trust) {
  const candidates = trust.keys.filter((key) => key.kid === parsed.kid);
  if (candidates.length === 0) throw new CodeError("code.key_unknown", parsed.kid);
  const key = candidates.find((one) => verifies(one.point, parsed.signed, parsed.signature));
  if (!key) throw new CodeError("code.signature_bad", parsed.kid);
  const start = parsed.issuedDay * DAY - SHANGHAI; // the day of issue is counted in China
  const end = start + DAY - 1;
  if (Date.parse(key.not_before) > end || start > Date.parse(key.not_after) || key.revoked) {
    throw new CodeError("code.key_not_valid", key.kid);
  }
  const template = trust.templates.find((one) => one.id === parsed.template && one.version === parsed.edition
    && one.dictionary_sha256.slice(0, 8) === parsed.mark);
  if (!template) throw new CodeError("code.unknown_template", `${parsed.template} v${parsed.edition}`);
  const values = unpack(parsed.packed, template);
  return { parsed, key, template, values, expires: expiry(template, values) };
}

function unpack(packed, template) {
  const dictionary = Uint8Array.from(atob(template.dictionary), (char) => char.charCodeAt(0));
  const text = unreadable(() => {
    // one octet more than allowed: a longer result fills it and is refused instead of growing
    const body = inflateSync(packed, { dictionary, out: new Uint8Array(MOST_FIELD_OCTETS + 1) });
    if (body.length > MOST_FIELD_OCTETS) throw new RangeError("too long");
    return new TextDecoder("gb18030", { fatal: true }).decode(body);
  });
  const values = text.split("\x1f");
  if (values.length !== template.fields.length) throw new CodeError("code.unreadable", "fields");
  return Object.fromEntries(template.fields.map((field, at) => [field.key, values[at]]));
}

function expiry(template, values) {
  const found = /^(\d{4})(?:-|年)?(\d{1,2})(?:-|月)?(\d{1,2})日?$/.exec((values[template.expiry_field] ?? "").trim());
  return found ? Date.UTC(+found[1], +found[2] - 1, +found[3]) - SHANGHAI + DAY : null;
}

/** Civil date in China of an epoch day, `2026-11-22`. */
export function dayText(epochDay) {
  return new Date(epochDay * DAY).toISOString().slice(0, 10);
}
