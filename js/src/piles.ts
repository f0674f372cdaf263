/** Piles of identical images: which rows lie under each cell of the grid, without a browser. */
import type { Rows } from "./packing";

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
  let count = 0;
  for (let i = 0; i < lies.length; i += 1) count += 1 - (lies[i] as number);
  const starts = new Uint32Array(count + 1);
  const tops = new Uint32Array(count);
  let pile = 0;
  for (let i = 0; i < lies.length; i += 1) {
    if (lies[i]) continue;
    starts[pile] = i;
    tops[pile++] = order[i] as number;
  }
  starts[count] = order.length;
  return { starts, tops };
}

/** The pile that begins at a place of the order: leaves begin with a new one. */
export function pileAt({ starts }: Piles, place: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) < place) low = middle + 1;
    else high = middle;
  }
  return low;
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
export function heightOf({ starts }: Cells, cell: number): number {
  return starts ? (starts[cell + 1] as number) - (starts[cell] as number) : 1;
}

export function sameCells(one: Cells, other: Cells): boolean {
  return one.rows.length === other.rows.length && sameRows(one.all, other.all);
}

function sameRows(one: Rows, other: Rows): boolean {
  return one.length === other.length && one.every((row, i) => row === other[i]);
}
