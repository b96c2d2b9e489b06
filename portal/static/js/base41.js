// Base41 (四十一进制文本): the arithmetic of RFC 9285 over the 41 characters of verify/base41.py.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+-./:";
const VALUE = new Map([...ALPHABET].map((char, value) => [char, value]));

/** Octets of a text; throws for anything `encode` does not write, so one text belongs to one octet string. */
export function decode(text) {
  if (text.length % 3 === 1) throw new RangeError("length");
  const out = [];
  for (let at = 0; at < text.length; at += 3) {
    const group = text.slice(at, at + 3);
    const size = group.length - 1;
    let value = 0;
    for (let power = group.length - 1; power >= 0; power -= 1) {
      const digit = VALUE.get(group[power]);
      if (digit === undefined) throw new RangeError("character outside the alphabet");
      value = value * 41 + digit;
    }
    if (value >= 256 ** size) throw new RangeError("group too large");
    if (size === 2) out.push(value >> 8);
    out.push(value & 0xff);
  }
  return Uint8Array.from(out);
}
