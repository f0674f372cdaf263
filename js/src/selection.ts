/** The selection: one byte a row. Every gesture gives a new one, in time that no eye sees. */
import { fromMask, type Rows, toMask } from "./packing";
import { type Cells, rowsOf } from "./piles";

export interface Selection {
  /** 1 where a row is selected; rows beyond its end are not. */
  mask: Uint8Array;
  count: number;
}

export const NOTHING: Selection = { mask: new Uint8Array(0), count: 0 };

export function isSelected({ mask }: Selection, row: number): boolean {
  return mask[row] === 1;
}

/** A pile is selected when all of its rows are. */
export function areSelected(selection: Selection, rows: Rows | number[]): boolean {
  return rows.every((row) => isSelected(selection, row));
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
  const value = Number(on);
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    count += value - (mask[row] ?? 0);
    mask[row] = value;
  }
  return { mask, count };
}

export function only(rows: ArrayLike<number> & Iterable<number>): Selection {
  return withRows(NOTHING, rows, true);
}

/** All of them in, unless all of them are in: then out. */
export function toggleRows(selection: Selection, rows: Rows | number[]): Selection {
  return withRows(selection, rows, !areSelected(selection, rows));
}

/** What is in goes out, and the reverse, among these rows. */
export function inverted(selection: Selection, rows: Rows): Selection {
  const inside = rows.filter((row) => isSelected(selection, row));
  return withRows(withRows(selection, rows, true), inside, false);
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
  const from = gesture.range ? (anchor ?? at) : at;
  const rows = rowsOf(cells, Math.min(from, at), Math.max(from, at) + 1);
  if (!gesture.extend) return { selected: only(rows), anchor: from };
  const ranged = gesture.range && anchor !== null;
  return {
    selected: ranged ? withRows(selected, rows, true) : toggleRows(selected, rows),
    anchor: from,
  };
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
  return { mask, count: mask.reduce((count, bit) => count + bit, 0) };
}

export const encodeSelection: (selection: Selection) => DataView = fromMask;
