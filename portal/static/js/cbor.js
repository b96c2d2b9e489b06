// The small part of CBOR a printed code uses (RFC 8949 4.2.1), strict and bounded like verify/cbor.py.
// Integers become numbers, byte strings Uint8Array, maps Map. Anything but the one deterministic spelling throws.

const DEPTH = 4;
const MOST = 64;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function decode(data) {
  const reader = { data, at: 0 };
  const value = read(reader, DEPTH);
  if (reader.at !== data.length) throw new RangeError("octets after the end");
  return value;
}

function number(reader) {
  const { data } = reader;
  const low = data[reader.at] & 0x1f;
  reader.at += 1;
  if (low < 24) return low;
  if (low > 27) throw new RangeError("indefinite length or reserved value");
  const size = 1 << (low - 24);
  if (reader.at + size > data.length) throw new RangeError("cut off");
  let value = 0;
  for (const octet of data.subarray(reader.at, reader.at + size)) value = value * 256 + octet;
  reader.at += size;
  if (value < (size === 1 ? 24 : 256 ** (size / 2))) throw new RangeError("number is not in its shortest form");
  if (!Number.isSafeInteger(value)) throw new RangeError("number too large");
  return value;
}

function read(reader, depth) {
  if (reader.at >= reader.data.length) throw new RangeError("cut off");
  if (depth === 0) throw new RangeError("too deep");
  const major = reader.data[reader.at] >> 5;
  const value = number(reader);
  if (major === 0) return value;
  if (major === 1) return -1 - value;
  if (major === 2) return octets(reader, value);
  if (major === 3) return UTF8.decode(octets(reader, value));
  if ((major === 4 || major === 5) && value > MOST) throw new RangeError("too many parts");
  if (major === 4) return Array.from({ length: value }, () => read(reader, depth - 1));
  if (major === 5) return map(reader, value, depth);
  throw new RangeError("tags and simple values are not used here");
}

function octets(reader, size) {
  if (reader.at + size > reader.data.length) throw new RangeError("cut off");
  reader.at += size;
  return reader.data.slice(reader.at - size, reader.at);
}

function map(reader, count, depth) {
  const pairs = new Map();
  let last = new Uint8Array();
  for (let index = 0; index < count; index += 1) {
    const start = reader.at;
    const key = read(reader, depth - 1);
    const spelled = reader.data.slice(start, reader.at);
    if (typeof key !== "number" || !after(spelled, last)) throw new RangeError("keys are not integers in order");
    last = spelled;
    pairs.set(key, read(reader, depth - 1));
  }
  return pairs;
}

function after(one, other) {
  for (let at = 0; at < Math.min(one.length, other.length); at += 1) {
    if (one[at] !== other[at]) return one[at] > other[at];
  }
  return one.length > other.length;
}

/** Sig_structure of RFC 9052 4.4: ["Signature1", protected, h'', payload]. */
export function signatureInput(protectedHeader, payload) {
  const context = new TextEncoder().encode("Signature1");
  return Uint8Array.from([
    0x84, 0x60 | context.length, ...context, ...head(2, protectedHeader.length), ...protectedHeader,
    0x40, ...head(2, payload.length), ...payload,
  ]);
}

function head(major, size) {
  if (size < 24) return [(major << 5) | size];
  if (size < 256) return [(major << 5) | 24, size];
  return [(major << 5) | 25, size >> 8, size & 0xff];
}
