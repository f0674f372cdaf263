/**
 * Thumbnails by row, fetched in batches once scrolling pauses, kept for the rows used last.
 *
 * They are data: URLs: cheaper than blob: URLs in Chromium, allowed by stricter pages, and
 * nothing has to be revoked.
 */
import { createObservable } from "./observable";
import { toBytes } from "./packing";
import type { Rpc } from "./rpc";

/** A pause this long in scrolling starts a request. */
export const PAUSE_MS = 60;
/** While one scrolls slowly, so does this, so that one need not stop to see something. */
const SLOW_MS = 150;
/** Slowly: at least this share of what was on screen before is still there. */
const SLOW_SHARE = 0.75;
/** Of all pictures together, as the characters of their URLs; some 8,000 of 128 pixels. */
const KEPT_BYTES = 40e6;
/** Pauses after the tries that failed; then the image counts as not available. */
export const RETRY_AFTER_MS = [3000, 9000];
/** Longest sides in pixels. The kernel keeps two of them; the last it makes from the file. */
const SIZES = [64, 128, 256, 512] as const;
const MADE = 512;
/** What is there at once, while the kernel makes the large ones. */
const BEFORE_MADE = 256;
const PER_REQUEST = 400;
/** Few at a time, one request after the other: who has scrolled on does not wait for them. */
const MADE_PER_REQUEST = 8;

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

interface Wanted {
  rows: number[];
  size: number;
  /** What was shown when the speed of scrolling was looked at, and when that was. */
  before: Set<number>;
  since: number;
}

interface Batch {
  rows: number[];
  lengths: number[];
  size: number;
}

/** The stored size that fills a cell on this screen; a little blur is better than four times the bytes. */
export function storedSize(cell: number, pixelRatio: number): number {
  return SIZES.find((size) => cell * pixelRatio <= size * 1.2) ?? MADE;
}

function keyOf(row: number, size: number): number {
  return row * 1024 + size;
}

/** For each size, those that may be shown for it, the best first: larger ones, then smaller ones. */
const BEST_FIRST = new Map<number, number[]>(
  SIZES.map((size, i) => [size, [...SIZES.slice(i), ...SIZES.slice(0, i).reverse()]]),
);

/** Null when there are no bytes. */
export function jpegUrl(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null;
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return `data:image/jpeg;base64,${btoa(text)}`;
}

export function createThumbnails(rpc: Rpc): Thumbnails {
  const cache = new Map<number, string | null | false>();
  const failures = new Map<number, number>();
  const asked = new Set<number>();
  const wanted = new Map<object, Wanted>();
  const changes = createObservable({ count: 0 });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let bytes = 0;
  let making = false;
  let disposed = false;

  function drop(key: number): void {
    bytes -= (cache.get(key) || "").length;
    cache.delete(key);
  }

  function keep(key: number, url: string | null | false): void {
    drop(key); // a Map remembers insertion order: the oldest is the first
    cache.set(key, url);
    bytes += (url || "").length;
    while (bytes > KEPT_BYTES) drop(cache.keys().next().value as number);
  }

  const isClosed = (): boolean => rpc.status.get().closed !== null;

  const tell = (): void => changes.set({ count: changes.get().count + 1 });

  function store(batch: Batch, buffer: DataView | undefined): void {
    const content = toBytes(buffer);
    let offset = 0;
    batch.rows.forEach((row, i) => {
      const length = batch.lengths[i] ?? 0;
      const key = keyOf(row, batch.size);
      keep(key, jpegUrl(content.subarray(offset, offset + length)));
      offset += length;
      failures.delete(key);
    });
    tell();
  }

  /** The kernel refused: ask again a little later, but not for ever, and not a closed project. */
  function refused(keys: number[]): void {
    for (const key of keys) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const pause = isClosed() ? undefined : RETRY_AFTER_MS[count];
      const retry = (): void => {
        asked.delete(key);
        schedule();
      };
      if (pause === undefined) {
        asked.delete(key);
        keep(key, false);
      } else setTimeout(retry, pause);
    }
    tell();
  }

  async function fetchBatch(rows: number[], size: number): Promise<void> {
    const keys = rows.map((row) => keyOf(row, size));
    for (const key of keys) asked.add(key);
    try {
      const reply = await rpc.request<Batch>("thumbnails", { rows, size });
      store({ ...reply.result, size }, reply.buffers[0]);
      for (const key of keys) asked.delete(key);
    } catch {
      if (!disposed) refused(keys);
    }
  }

  const missing = (rows: number[], size: number): number[] =>
    rows.filter((row) => {
      const key = keyOf(row, size);
      return !cache.has(key) && !asked.has(key);
    });

  async function make(rows: number[]): Promise<void> {
    making = true;
    await fetchBatch(rows.slice(0, MADE_PER_REQUEST), MADE);
    making = false;
    fetchMissing(); // of what is wanted by now
  }

  function fetchMissing(): void {
    if (disposed) return;
    for (const { rows, size } of wanted.values()) {
      const first = size === MADE ? BEFORE_MADE : size;
      const lacking = missing(rows, first);
      const toMake = missing(rows, size); // the same, but for the largest size
      if (isClosed()) {
        refused(toMake.map((row) => keyOf(row, size)));
        continue;
      }
      for (let i = 0; i < lacking.length; i += PER_REQUEST) {
        void fetchBatch(lacking.slice(i, i + PER_REQUEST), first);
      }
      if (size === MADE && !making && toMake.length > 0) void make(toMake);
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
      for (const one of BEST_FIRST.get(size) ?? []) {
        const url = cache.get(keyOf(row, one));
        if (url !== undefined && url !== false) return url;
      }
      return cache.get(keyOf(row, size));
    },
    want(view, rows, size) {
      const shown = new Set(rows);
      for (const row of shown) {
        const key = keyOf(row, size);
        const url = cache.get(key);
        if (url !== undefined) keep(key, url); // what is on screen is used, so not thrown away first
      }
      const last = wanted.get(view);
      const since = Date.now();
      const look = !last || since - last.since >= SLOW_MS;
      wanted.set(view, { before: shown, since, ...(look ? {} : last), rows: [...shown], size });
      const still = rows.filter((row) => last?.before.has(row));
      if (look && last && still.length >= SLOW_SHARE * rows.length) fetchMissing();
      schedule();
    },
    forget(view) {
      wanted.delete(view);
    },
    subscribe: changes.subscribe,
    dispose() {
      disposed = true;
      clearTimeout(timer);
      cache.clear();
    },
  };
}
