/**
 * The tree as the kernel sends it: whole when the widget opens, then only what changed.
 *
 * A leaf has its rows; what stands where in the grid follows from the order of the leaves.
 */
import { type Rows, toBytes, toFloats, toRows } from "./packing";
import { type Piles, pileUp } from "./piles";
import type { TreeIndex } from "./tree";
import type { NodeEntry, TreeNode } from "./types";

/** What a node without children has beside its entry; parallel arrays. */
interface Leaf {
  rows: Rows;
  /** Empty where there is none. */
  similarity: Float32Array;
  /** 1 = the same image as the row before it; empty where nothing is piled. */
  piles: Uint8Array;
}

export interface PackedTree {
  version: number;
  entries: ReadonlyMap<number, NodeEntry>;
  leaves: ReadonlyMap<number, Leaf>;
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
const EMPTY: PackedTree = { version: 0, entries: new Map(), leaves: new Map() };

/** The buffers are those of a patch: rows, similarities, piles. */
export function readTree(content: unknown, buffers: readonly unknown[]): PackedTree {
  const { version = 0, nodes = [] } = (content ?? {}) as { version?: number; nodes?: NodeEntry[] };
  const leaves = nodes
    .filter((entry) => entry.children.length === 0)
    .map(({ id, rows }): [number, number] => [id, rows]);
  const patch = { base: EMPTY.version, version, nodes, removed: [], leaves };
  return patched(EMPTY, patch, buffers) as PackedTree;
}

/** The tree after a patch; null when a patch before it was lost. */
export function patched(
  tree: PackedTree,
  patch: TreePatch,
  buffers: readonly unknown[],
): PackedTree | null {
  if (patch.base !== tree.version) return null;
  const entries = new Map(tree.entries);
  const leaves = new Map(tree.leaves);
  for (const id of patch.removed) {
    entries.delete(id);
    leaves.delete(id);
  }
  for (const entry of patch.nodes) {
    entries.set(entry.id, entry);
    if (entry.children.length > 0) leaves.delete(entry.id);
  }
  const rows = toRows(buffers[0]);
  const similarity = toFloats(buffers[1]);
  const piles = toBytes(buffers[2]);
  let start = 0;
  for (const [id, count] of patch.leaves) {
    const stop = start + count;
    leaves.set(id, {
      rows: rows.subarray(start, stop),
      similarity: similarity.subarray(start, stop),
      piles: piles.subarray(start, stop),
    });
    start = stop;
  }
  return { version: patch.version, entries, leaves };
}

/** Nodes depth first with their slices; nodes that stayed as they were are the same objects. */
export function unpack(packed: PackedTree, before: TreeIndex | null): Unpacked {
  const byId = new Map<number, TreeNode>();
  const children = new Map<number, TreeNode[]>();
  const parts: [number, Leaf][] = [];
  let at = 0;

  const visit = (entry: NodeEntry, parent: number | null): TreeNode => {
    const start = at;
    byId.set(entry.id, entry as TreeNode); // its place; its stop is not known yet
    const below: TreeNode[] = [];
    for (const id of entry.children) {
      const child = packed.entries.get(id);
      if (child) below.push(visit(child, entry.id));
    }
    if (below.length > 0) {
      children.set(entry.id, below);
    } else {
      const leaf = packed.leaves.get(entry.id);
      if (leaf) parts.push([at, leaf]);
      at += leaf?.rows.length ?? 0;
    }
    const known = before?.byId.get(entry.id);
    const same = known?.start === start && known.stop === at && known.parent === parent;
    const node =
      known && same && known.entry === entry ? known : { ...entry, entry, parent, start, stop: at };
    byId.set(node.id, node);
    return node;
  };

  const top = packed.entries.get(ROOT);
  const root = top ? visit(top, null) : null;
  const order = new Uint32Array(at);
  const scored = parts.some(([, leaf]) => leaf.similarity.length > 0);
  const similarity = new Float32Array(scored ? at : 0).fill(Number.NaN);
  const piled: [number, Uint8Array][] = [];
  for (const [start, leaf] of parts) {
    order.set(leaf.rows, start);
    if (scored) similarity.set(leaf.similarity, start);
    if (leaf.piles.length > 0) piled.push([start, leaf.piles]);
  }
  const tree = { nodes: [...byId.values()], byId, children, root };
  return { tree, order, similarity, piles: pileUp(order, piled) };
}
