/**
 * Thumbnails by row, fetched in batches once scrolling pauses, kept for the rows used last.
 *
 * They are data: URLs: cheaper than blob: URLs in Chromium, allowed by stricter pages, and
 * nothing has to be revoked.
 */
import type { Rpc } from "./rpc";

/** A pause this long in scrolling starts a request. */
export const PAUSE_MS = 60;
const KEPT = 4000;
const PER_REQUEST = 400;
/** Pauses after the tries that failed; then the image counts as not available. */
export const RETRY_AFTER_MS = [3000, 9000];
const SIZES = [128, 256] as const;

/** A data: URL; null: the file has none; false: the kernel does not give it; undefined: not yet. */
export type Thumbnail = string | null | false | undefined;

export interface Thumbnails {
  get(row: number, size: number): Thumbnail;
  /** What one view shows now; replaces what it asked for before. */
  want(view: object, rows: number[], size: number): void;
  forget(view: object): void;
  subscribe(listener: () => void): () => void;
  dispose(): void;
}

interface Batch {
  rows: number[];
  lengths: number[];
  size: number;
}

/** The stored size that fills a cell on this screen; a little blur is better than four times the bytes. */
export function storedSize(cell: number, pixelRatio: number): number {
  return cell * pixelRatio <= SIZES[0] * 1.2 ? SIZES[0] : SIZES[1];
}

export function jpegUrl(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return `data:image/jpeg;base64,${btoa(text)}`;
}

export function bytesOf(buffer: DataView | undefined): Uint8Array {
  if (!buffer) return new Uint8Array(0);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

export function createThumbnails(rpc: Rpc): Thumbnails {
  const cache = new Map<string, string | null | false>();
  const failures = new Map<string, number>();
  const asked = new Set<string>();
  const wanted = new Map<object, { rows: number[]; size: number }>();
  const listeners = new Set<() => void>();
  const retries = new Set<ReturnType<typeof setTimeout>>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let disposed = false;
  const keyOf = (row: number, size: number): string => `${size}:${row}`;

  function keep(key: string, url: string | null | false): void {
    cache.delete(key); // a Map remembers insertion order: the oldest is the first
    cache.set(key, url);
    if (cache.size > KEPT) cache.delete(cache.keys().next().value as string);
  }

  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };

  function store(batch: Batch, buffer: DataView | undefined): void {
    const bytes = bytesOf(buffer);
    let offset = 0;
    batch.rows.forEach((row, i) => {
      const length = batch.lengths[i] ?? 0;
      const key = keyOf(row, batch.size);
      keep(key, length > 0 ? jpegUrl(bytes.subarray(offset, offset + length)) : null);
      offset += length;
      failures.delete(key);
    });
    tell();
  }

  /** The kernel refused: ask again a little later, but not for ever, and not a closed project. */
  function refused(keys: string[]): void {
    const closed = rpc.status.get().closed !== null;
    const again = new Map<number, string[]>();
    for (const key of keys) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const pause = closed ? undefined : RETRY_AFTER_MS[count];
      if (pause === undefined) keep(key, false);
      else again.set(pause, [...(again.get(pause) ?? []), key]);
    }
    for (const [pause, waiting] of again) {
      for (const key of waiting) asked.add(key);
      const retry = setTimeout(() => {
        retries.delete(retry);
        for (const key of waiting) asked.delete(key);
        schedule();
      }, pause);
      retries.add(retry);
    }
    tell();
  }

  async function fetchBatch(rows: number[], size: number): Promise<void> {
    const keys = rows.map((row) => keyOf(row, size));
    for (const key of keys) asked.add(key);
    try {
      const reply = await rpc.request<Batch>("thumbnails", { rows, size });
      for (const key of keys) asked.delete(key);
      store({ ...reply.result, size }, reply.buffers[0]);
    } catch {
      for (const key of keys) asked.delete(key);
      if (!disposed) refused(keys);
    }
  }

  function fetchMissing(): void {
    const closed = rpc.status.get().closed !== null;
    for (const { rows, size } of wanted.values()) {
      const missing = rows.filter((row) => {
        const key = keyOf(row, size);
        return !cache.has(key) && !asked.has(key);
      });
      if (closed) refused(missing.map((row) => keyOf(row, size)));
      for (let i = 0; !closed && i < missing.length; i += PER_REQUEST) {
        void fetchBatch(missing.slice(i, i + PER_REQUEST), size);
      }
    }
  }

  function schedule(): void {
    clearTimeout(timer);
    if (!disposed) timer = setTimeout(fetchMissing, PAUSE_MS);
  }

  rpc.onUnsolicited("thumbnails", (content, buffers) => {
    store(content as unknown as Batch, buffers[0]);
  });

  return {
    get(row, size) {
      const exact = cache.get(keyOf(row, size));
      if (exact !== undefined && exact !== false) return exact;
      for (const other of SIZES) {
        const url = cache.get(keyOf(row, other));
        if (url !== undefined && url !== false) return url;
      }
      return exact;
    },
    want(view, rows, size) {
      const unique = [...new Set(rows)];
      for (const row of unique) {
        const key = keyOf(row, size);
        const url = cache.get(key);
        if (url !== undefined) keep(key, url); // what is on screen is used, so not thrown away first
      }
      wanted.set(view, { rows: unique, size });
      schedule();
    },
    forget(view) {
      wanted.delete(view);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispose() {
      disposed = true;
      clearTimeout(timer);
      retries.forEach(clearTimeout);
      listeners.clear();
      cache.clear();
    },
  };
}
