/**
 * The tree as the kernel sends it: whole when the widget opens, then only what changed.
 *
 * A leaf has its rows; what stands where in the grid follows from the order of the leaves.
 */
import { type Rows, toBytes, toFloats, toRows } from "./packing";
import { type Piles, pileUp } from "./piles";
import type { TreeIndex } from "./tree";
import type { NodeEntry, TreeNode } from "./types";

export interface PackedTree {
  version: number;
  entries: ReadonlyMap<number, NodeEntry>;
  rows: ReadonlyMap<number, Rows>;
  similarity: ReadonlyMap<number, Float32Array>;
  /** Parallel to the rows, 1 = the same image as the row before it; none where nothing is piled. */
  piles: ReadonlyMap<number, Uint8Array>;
}

/** What a view draws. */
export interface Unpacked {
  tree: TreeIndex;
  /** Rows of the images, leaf by leaf. */
  order: Rows;
  /** Parallel to `order`, NaN where there is none; empty when nowhere is one. */
  similarity: Float32Array;
  /** Null when each row has a cell of its own. */
  piles: Piles | null;
}

export interface TreePatch {
  base: number;
  version: number;
  nodes: NodeEntry[];
  removed: number[];
  /** Id and number of rows of the leaves whose rows come along. */
  leaves: [number, number][];
}

const ROOT = 0;
const NO_ROWS = new Uint32Array(0);

interface Leaves {
  rows: Map<number, Rows>;
  similarity: Map<number, Float32Array>;
  piles: Map<number, Uint8Array>;
}

function takeLeaves(
  into: Leaves,
  leaves: Iterable<readonly [number, number]>,
  [order, similarity, piles]: readonly unknown[],
): void {
  const rows = toRows(order);
  const values = toFloats(similarity);
  const flags = toBytes(piles);
  let start = 0;
  for (const [id, count] of leaves) {
    into.rows.set(id, rows.subarray(start, start + count));
    if (values.length > 0) into.similarity.set(id, values.subarray(start, start + count));
    else into.similarity.delete(id);
    if (flags.length > 0) into.piles.set(id, flags.subarray(start, start + count));
    else into.piles.delete(id);
    start += count;
  }
}

/** The buffers are those of a patch: rows, similarities, piles. */
export function readTree(content: unknown, buffers: readonly unknown[]): PackedTree {
  const { version = 0, nodes = [] } = (content ?? {}) as { version?: number; nodes?: NodeEntry[] };
  const into: Leaves = { rows: new Map(), similarity: new Map(), piles: new Map() };
  const leaves = nodes.filter((entry) => entry.children.length === 0);
  takeLeaves(
    into,
    leaves.map(({ id, rows }) => [id, rows] as const),
    buffers,
  );
  return { version, entries: new Map(nodes.map((entry) => [entry.id, entry])), ...into };
}

/** The tree after a patch; null when a patch before it was lost. */
export function patched(tree: PackedTree, patch: TreePatch, buffers: unknown[]): PackedTree | null {
  if (patch.base !== tree.version) return null;
  const entries = new Map(tree.entries);
  const into: Leaves = {
    rows: new Map(tree.rows),
    similarity: new Map(tree.similarity),
    piles: new Map(tree.piles),
  };
  const forget = (id: number): void => {
    into.rows.delete(id);
    into.similarity.delete(id);
    into.piles.delete(id);
  };
  for (const id of patch.removed) {
    entries.delete(id);
    forget(id);
  }
  for (const entry of patch.nodes) {
    entries.set(entry.id, entry);
    if (entry.children.length > 0) forget(entry.id);
  }
  takeLeaves(into, patch.leaves, buffers);
  return { version: patch.version, entries, ...into };
}

function joined(parts: Rows[], length: number): Rows {
  const order = new Uint32Array(length);
  let start = 0;
  for (const part of parts) {
    order.set(part, start);
    start += part.length;
  }
  return order;
}

/** Nodes depth first with their slices; nodes that stayed as they were are the same objects. */
export function unpack(packed: PackedTree, before: TreeIndex | null): Unpacked {
  const nodes: TreeNode[] = [];
  const byId = new Map<number, TreeNode>();
  const children = new Map<number, TreeNode[]>();
  const parts: Rows[] = [];
  const scored: [number, Float32Array][] = [];
  const piled: [number, Uint8Array][] = [];
  let at = 0;

  const visit = (entry: NodeEntry, parent: number | null): TreeNode => {
    const start = at;
    const place = nodes.length;
    nodes.push(entry as TreeNode); // its stop is not known yet
    const below: TreeNode[] = [];
    for (const id of entry.children) {
      const child = packed.entries.get(id);
      if (child) below.push(visit(child, entry.id));
    }
    if (below.length > 0) {
      children.set(entry.id, below);
    } else {
      const rows = packed.rows.get(entry.id) ?? NO_ROWS;
      const values = packed.similarity.get(entry.id);
      if (values) scored.push([at, values]);
      const flags = packed.piles.get(entry.id);
      if (flags) piled.push([at, flags]);
      parts.push(rows);
      at += rows.length;
    }
    const known = before?.byId.get(entry.id);
    const same = known?.start === start && known.stop === at && known.parent === parent;
    const node =
      known && same && known.entry === entry ? known : { ...entry, entry, parent, start, stop: at };
    nodes[place] = node;
    byId.set(node.id, node);
    return node;
  };

  const top = packed.entries.get(ROOT);
  const root = top ? visit(top, null) : null;
  const similarity = new Float32Array(scored.length > 0 ? at : 0).fill(Number.NaN);
  for (const [start, values] of scored) similarity.set(values, start);
  const order = joined(parts, at);
  return { tree: { nodes, byId, children, root }, order, similarity, piles: pileUp(order, piled) };
}
