/** Packed numbers as they travel: little-endian, at any offset of a message. */

export type Rows = Uint32Array;

/** Bytes come at any offset, so they are copied to an aligned buffer. */
function aligned(raw: unknown): ArrayBuffer {
  if (!ArrayBuffer.isView(raw)) return new ArrayBuffer(0);
  return new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength).slice().buffer;
}

export function toRows(raw: unknown): Rows {
  return new Uint32Array(aligned(raw));
}

export function toFloats(raw: unknown): Float32Array {
  return new Float32Array(aligned(raw));
}

export function toBytes(raw: unknown): Uint8Array {
  return new Uint8Array(aligned(raw));
}

const ROWS = 1;
const BITS = 2;
const KIND_BYTES = 4;

/** One byte a row, 1 where it is in; rows come as positions or as bits, whichever was shorter. */
export function toMask(raw: unknown): Uint8Array {
  const bytes = toBytes(raw);
  if (bytes[0] === ROWS) {
    const rows = new Uint32Array(bytes.buffer, KIND_BYTES);
    const mask = new Uint8Array((rows.at(-1) ?? -1) + 1);
    for (const row of rows) mask[row] = 1;
    return mask;
  }
  const bits = bytes.subarray(bytes[0] === BITS ? KIND_BYTES : bytes.length);
  return new Uint8Array(bits.length * 8).map((_, i) => ((bits[i >> 3] as number) >> (i & 7)) & 1);
}

export function fromMask({ mask, count }: { mask: Uint8Array; count: number }): DataView {
  if (count * 4 > mask.length / 8) {
    const bytes = new Uint8Array(KIND_BYTES + Math.ceil(mask.length / 8));
    bytes[0] = BITS;
    for (let i = 0; i < mask.length; i += 1) {
      const at = KIND_BYTES + (i >> 3);
      bytes[at] = (bytes[at] as number) | ((mask[i] as number) << (i & 7));
    }
    return new DataView(bytes.buffer);
  }
  const words = new Uint32Array(1 + count);
  words[0] = ROWS;
  let at = 1;
  for (let row = mask.indexOf(1); row >= 0; row = mask.indexOf(1, row + 1)) words[at++] = row;
  return new DataView(words.buffer);
}
