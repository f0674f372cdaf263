/**
 * The images that stand for a cluster, fetched for the headers on screen: the most typical one and
 * those farthest from the centre.
 *
 * Kept for what the kernel said of the node: a cluster that changes is another entry.
 */
import type { Rpc } from "./rpc";
import { PAUSE_MS, type Thumbnails } from "./thumbnails";
import type { NodeEntry } from "./types";

/** A cluster no larger than its strip needs none. */
const FEWEST = 5;
/** Four images say nothing of more, and finding them takes the kernel a second. */
const MOST = 100_000;
const SIZE = 64;
const PER_REQUEST = 200;

export interface Strips {
  /** Rows, the most typical first; empty while unknown, or when no image has a vector. */
  get(entry: NodeEntry): number[];
  /** A header has come onto the screen; returns what to do when it goes. */
  show(entry: NodeEntry, redraw: () => void): () => void;
  /** There may be other vectors: everything is asked again. */
  reset(): void;
  dispose(): void;
}

const NONE: number[] = [];

export function createStrips(rpc: Rpc, thumbnails: Thumbnails): Strips {
  let known = new WeakMap<NodeEntry, number[]>();
  const shown = new Map<() => void, NodeEntry>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const owner = {};

  const get = (entry: NodeEntry): number[] => known.get(entry) ?? NONE;

  const wantPictures = (): void => thumbnails.want(owner, [...shown.values()].flatMap(get), SIZE);

  async function ask(): Promise<void> {
    wantPictures();
    const answers = known;
    const entries = [...new Set(shown.values())]
      .filter((entry) => entry.rows >= FEWEST && entry.rows <= MOST && !answers.has(entry))
      .slice(0, PER_REQUEST);
    if (entries.length === 0) return;
    for (const entry of entries) answers.set(entry, NONE); // asked
    try {
      const { result } = await rpc.request<{ strips: Record<string, number[]> }>("strip", {
        nodes: entries.map(({ id }) => id),
      });
      for (const entry of entries) answers.set(entry, result.strips[entry.id] ?? NONE);
    } catch {
      return; // an ornament; the thumbnails say what is wrong
    }
    wantPictures();
    for (const redraw of [...shown.keys()]) redraw();
  }

  function schedule(): void {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  }

  return {
    get,
    show(entry, redraw) {
      shown.set(redraw, entry);
      const unsubscribe = thumbnails.subscribe(redraw);
      schedule();
      return () => {
        shown.delete(redraw);
        unsubscribe();
      };
    },
    reset() {
      known = new WeakMap();
      if (shown.size > 0) schedule();
    },
    dispose() {
      clearTimeout(timer);
      shown.clear();
    },
  };
}
