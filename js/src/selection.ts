/** The selection: row positions in ascending order, each once. Every gesture gives a new array. */

export type Rows = Uint32Array;

export const NOTHING: Rows = new Uint32Array(0);

export function asRows(values: Iterable<number>): Rows {
  const sorted = Uint32Array.from(values).sort();
  let kept = 0;
  for (let i = 0; i < sorted.length; i += 1) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[kept++] = sorted[i] as number;
  }
  return sorted.slice(0, kept);
}

export function sameRows(one: Rows, other: Rows): boolean {
  return one.length === other.length && one.every((row, i) => row === other[i]);
}

/** One byte per row, so that asking for many rows is cheap. */
export function maskOf(selected: Rows): Uint8Array {
  const highest = selected.reduce((max, row) => Math.max(max, row), -1);
  const mask = new Uint8Array(highest + 1);
  for (const row of selected) mask[row] = 1;
  return mask;
}

export function toggleRow(selected: Rows, row: number): Rows {
  return selected.includes(row) ? selected.filter((other) => other !== row) : add(selected, [row]);
}

export function add(selected: Rows, rows: Iterable<number>): Rows {
  return asRows([...selected, ...rows]);
}

export function remove(selected: Rows, rows: Iterable<number>): Rows {
  const gone = new Set(rows);
  return selected.filter((row) => !gone.has(row));
}

/** The whole cluster: added, or taken out when all of it was in. */
export function toggleCluster(selected: Rows, rows: Rows): Rows {
  const mask = maskOf(selected);
  return rows.every((row) => mask[row] === 1) ? remove(selected, rows) : add(selected, rows);
}

export interface Gesture {
  /** Ctrl or Cmd: keep what is selected. */
  extend: boolean;
  /** Shift: everything from the anchor to here. */
  range: boolean;
}

export interface Picked {
  selected: Rows;
  anchor: number;
}

/** A click on the image at `at` of the grid, whose rows are `rows` in reading order. */
export function pick(
  selected: Rows,
  rows: Rows,
  at: number,
  anchor: number | null,
  gesture: Gesture,
): Picked {
  const row = rows[at];
  if (row === undefined) return { selected, anchor: anchor ?? 0 };
  if (gesture.range && anchor !== null && anchor < rows.length) {
    const run = rows.subarray(Math.min(anchor, at), Math.max(anchor, at) + 1);
    return { selected: gesture.extend ? add(selected, run) : asRows(run), anchor };
  }
  if (gesture.extend) return { selected: toggleRow(selected, row), anchor: at };
  return { selected: asRows([row]), anchor: at };
}

export type Tristate = "none" | "some" | "all";

/** How many of order[0:i] are selected, so that a node's state is one subtraction. */
export function countsAlong(order: Rows, selected: Rows): Uint32Array {
  const mask = maskOf(selected);
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
