/** The selection: one byte a row. Every gesture gives a new one, in time that no eye sees. */
import { fromMask, type Rows, toMask } from "./packing";
import { type Cells, rowsOf } from "./piles";

export interface Selection {
  /** 1 where a row is selected; rows beyond its end are not. */
  mask: Uint8Array;
  count: number;
}

export const NOTHING: Selection = { mask: new Uint8Array(0), count: 0 };

export function isSelected({ mask }: Selection, row: number | undefined): boolean {
  return row !== undefined && mask[row] === 1;
}

function highest(rows: Iterable<number>): number {
  let max = -1;
  for (const row of rows) if (row > max) max = row;
  return max;
}

/** With these rows in (or out). */
export function withRows(
  selection: Selection,
  rows: ArrayLike<number> & Iterable<number>,
  on: boolean,
): Selection {
  const mask = new Uint8Array(Math.max(selection.mask.length, on ? highest(rows) + 1 : 0));
  mask.set(selection.mask);
  let { count } = selection;
  const value = on ? 1 : 0;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    if ((mask[row] ?? 0) === value) continue;
    mask[row] = value;
    count += on ? 1 : -1;
  }
  return { mask, count };
}

export function only(rows: ArrayLike<number> & Iterable<number>): Selection {
  return withRows(NOTHING, rows, true);
}

/** All of them in, unless all of them are in: then out. */
export function toggleRows(selection: Selection, rows: Rows | number[]): Selection {
  return withRows(selection, rows, !rows.every((row) => isSelected(selection, row)));
}

/** What is in goes out, and the reverse, among these rows. */
export function inverted(selection: Selection, rows: Rows): Selection {
  const inside = rows.filter((row) => isSelected(selection, row));
  const outside = rows.filter((row) => !isSelected(selection, row));
  return withRows(withRows(selection, outside, true), inside, false);
}

export interface Gesture {
  /** Ctrl or Cmd: keep what is selected. */
  extend: boolean;
  /** Shift: everything from the anchor to here. */
  range: boolean;
}

export interface Picked {
  selected: Selection;
  anchor: number;
}

/** A click on the cell at `at` of the grid; all rows of a pile go together. */
export function pick(
  selected: Selection,
  cells: Cells,
  at: number,
  anchor: number | null,
  gesture: Gesture,
): Picked {
  const { length } = cells.rows;
  if (at >= length) return { selected, anchor: anchor ?? 0 };
  if (gesture.range && anchor !== null && anchor < length) {
    const run = rowsOf(cells, Math.min(anchor, at), Math.max(anchor, at) + 1);
    return { selected: gesture.extend ? withRows(selected, run, true) : only(run), anchor };
  }
  const rows = rowsOf(cells, at);
  return { selected: gesture.extend ? toggleRows(selected, rows) : only(rows), anchor: at };
}

export type Tristate = "none" | "some" | "all";

const NONE = new Uint32Array(0);

/** How many of order[0:i] are selected, so that a node's state is one subtraction. */
export function countsAlong(order: Rows, { mask, count }: Selection): Uint32Array {
  if (count === 0) return NONE;
  const counts = new Uint32Array(order.length + 1);
  for (let i = 0; i < order.length; i += 1) {
    counts[i + 1] = (counts[i] as number) + (mask[order[i] as number] ?? 0);
  }
  return counts;
}

export function stateOf(counts: Uint32Array, start: number, stop: number): Tristate {
  const inside = (counts[stop] ?? 0) - (counts[start] ?? 0);
  if (inside === 0) return "none";
  return inside === stop - start ? "all" : "some";
}

export function decodeSelection(raw: unknown): Selection {
  const mask = toMask(raw);
  let count = 0;
  for (let i = 0; i < mask.length; i += 1) count += mask[i] as number;
  return { mask, count };
}

export function encodeSelection({ mask, count }: Selection): DataView {
  return fromMask(mask, count);
}

/** A pile is selected when all of its rows are; `counts` are those along the whole order. */
export function isCellSelected(
  selected: Selection,
  counts: Uint32Array,
  { rows, starts }: Cells,
  at: number,
): boolean {
  if (!starts) return isSelected(selected, rows[at]);
  return stateOf(counts, starts[at] as number, starts[at + 1] as number) === "all";
}
