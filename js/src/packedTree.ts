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
  const nodes: TreeNode[] = [];
  const byId = new Map<number, TreeNode>();
  const children = new Map<number, TreeNode[]>();
  const parts: [number, Leaf][] = [];
  let at = 0;
  // Without recursion, down and back: clusters may be nested deeper than calls.
  const waiting: [number, number | null][] = [[ROOT, null]];
  while (waiting.length > 0) {
    const [id, parent] = waiting.pop() as [number, number | null];
    const entry = packed.entries.get(id);
    if (!entry) continue;
    nodes.push({ ...entry, entry, parent, start: at } as TreeNode); // its stop is not known yet
    for (const child of [...entry.children].reverse()) waiting.push([child, id]);
    const leaf = packed.leaves.get(id);
    if (leaf) parts.push([at, leaf]);
    at += leaf?.rows.length ?? 0;
  }
  let stop = at; // where what comes next begins
  for (let i = nodes.length - 1; i >= 0; i -= 1) {
    let node = nodes[i] as TreeNode;
    const below = node.children.flatMap((id) => byId.get(id) ?? []);
    const last = below.at(-1);
    if (last) children.set(node.id, below);
    node.stop = last?.stop ?? stop;
    stop = node.start;
    const known = before?.byId.get(node.id);
    const same = known?.entry === node.entry && known.start === stop && known.stop === node.stop;
    if (same && known.parent === node.parent) node = known;
    nodes[i] = node;
    byId.set(node.id, node);
  }
  const order = new Uint32Array(at);
  const scored = parts.some(([, leaf]) => leaf.similarity.length > 0);
  const similarity = new Float32Array(scored ? at : 0).fill(Number.NaN);
  const piled: [number, Uint8Array][] = [];
  for (const [start, leaf] of parts) {
    order.set(leaf.rows, start);
    if (scored) similarity.set(leaf.similarity, start);
    if (leaf.piles.length > 0) piled.push([start, leaf.piles]);
  }
  const tree = { nodes, byId, children, root: nodes[0] ?? null };
  return { tree, order, similarity, piles: pileUp(order, piled) };
}
