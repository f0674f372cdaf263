/** Piles of identical images: which rows lie under each cell of the grid, without a browser. */
import type { Rows } from "./packing";
import { lastAtMost } from "./sorted";

/** Of the whole tree, made once for each version of it. */
export interface Piles {
  /** Pile i holds order[starts[i]:starts[i + 1]]; one more than there are piles. */
  starts: Uint32Array;
  /** The row on top of each pile. */
  tops: Rows;
}

/** What the grid shows of one node. */
export interface Cells {
  /** The row that is seen, one a cell. */
  rows: Rows;
  /** All rows, cell by cell. */
  all: Rows;
  /** Cell i holds all[starts[i] - starts[0] : starts[i + 1] - starts[0]]; null: one row a cell. */
  starts: Uint32Array | null;
}

/** From the flags of the leaves, each with its place; null when nothing is piled. */
export function pileUp(order: Rows, leaves: [number, Uint8Array][]): Piles | null {
  if (leaves.length === 0) return null;
  const lies = new Uint8Array(order.length);
  for (const [start, flags] of leaves) lies.set(flags, start);
  const tops = order.filter((_, i) => !lies[i]);
  const starts = new Uint32Array(tops.length + 1).fill(order.length);
  let pile = 0;
  for (let i = 0; i < lies.length; i += 1) if (!lies[i]) starts[pile++] = i;
  return { starts, tops };
}

/** The pile that begins at a place of the order: leaves begin with a new one. */
export function pileAt({ starts }: Piles, place: number): number {
  return lastAtMost(starts, place);
}

/** The cells of order[start:stop]. */
export function cellsOf(order: Rows, piles: Piles | null, start = 0, stop = order.length): Cells {
  const all = order.subarray(start, stop);
  if (!piles) return { rows: all, all, starts: null };
  const [first, last] = [pileAt(piles, start), pileAt(piles, stop)];
  return {
    rows: piles.tops.subarray(first, last),
    all,
    starts: piles.starts.subarray(first, last + 1),
  };
}

/** Where the rows of a cell begin among all. */
export function placeOf({ starts }: Cells, cell: number): number {
  return starts ? (starts[cell] as number) - (starts[0] as number) : cell;
}

/** The rows of the cells from one to another, that one excluded. */
export function rowsOf(cells: Cells, from: number, to = from + 1): Rows {
  return cells.all.subarray(placeOf(cells, from), placeOf(cells, to));
}

/** How many rows lie in a cell. */
export function heightOf(cells: Cells, cell: number): number {
  return placeOf(cells, cell + 1) - placeOf(cells, cell);
}

/** A view asks at every change of the state: the same part of the same order is not gone through. */
export function sameCells(one: Cells, other: Cells): boolean {
  const [a, b] = [one.all, other.all];
  if (one.rows.length !== other.rows.length || a.length !== b.length) return false;
  if (a.buffer === b.buffer && a.byteOffset === b.byteOffset) return true;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
