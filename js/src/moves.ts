/** Moving, merging and ordering clusters: what goes where, and what a drop means. */
import { clustersIn, idsOf, type Line, lineage, parentOf, type TreeIndex } from "./tree";
import type { TreeNode } from "./types";

/** What is moved: clusters, one row, or (neither) everything that is selected. */
export interface Cargo {
  nodes: number[];
  row: number | null;
}

export const SELECTION: Cargo = { nodes: [], row: null };

/** What a drop does: images or clusters go into the target, become one with it, or stand beside. */
export type Drop = "move" | "merge" | "before" | "after";

/** The part of a line, from its top and from its bottom, that means "between". */
const EDGE = 0.28;

/** Nothing changes the images of a cluster that is locked, or stands in a locked one. */
export function isLocked(tree: TreeIndex, id: number): boolean {
  return lineage(tree, id).some((node) => node.locked);
}

export function isCluster(tree: TreeIndex, id: number): boolean {
  return tree.byId.get(id)?.kind === "group";
}

/** Those of some nodes that can be taken away from where they are; none that stands in another. */
export function movable(tree: TreeIndex, ids: Iterable<number>): number[] {
  const chosen = new Set(ids);
  const free = (node: TreeNode): boolean =>
    chosen.has(node.id) &&
    node.parent !== null &&
    !isLocked(tree, node.id) &&
    !lineage(tree, node.parent).some(({ id }) => chosen.has(id));
  return idsOf(tree.nodes.filter(free));
}

function isInside(tree: TreeIndex, id: number, nodes: number[]): boolean {
  return lineage(tree, id).some((above) => nodes.includes(above.id));
}

/** Can these be put into the target, or become one cluster with it? */
export function accepts(
  tree: TreeIndex,
  cargo: Cargo,
  target: number,
  drop: "move" | "merge",
): boolean {
  const { nodes } = cargo;
  const kind = tree.byId.get(target)?.kind;
  if (!kind || isLocked(tree, target) || isInside(tree, target, nodes)) return false;
  if (nodes.length === 0) {
    return drop === "move" && kind !== "without_vector" && tree.nodes.length > 1;
  }
  if (drop === "merge") {
    return kind === "group" && !nodes.some((id) => isInside(tree, id, [target]));
  }
  const clusters = nodes.every((id) => isCluster(tree, id));
  const alreadyThere = nodes.every((id) => parentOf(tree, id) === target);
  return clusters && !alreadyThere && (kind === "group" || kind === "root");
}

/** What letting go here does; `at` is 0 at the top of the line and 1 at its bottom. */
export function dropAt(
  tree: TreeIndex,
  cargo: Cargo,
  target: number,
  at: number,
  merge: boolean,
): Drop | null {
  const { nodes } = cargo;
  const parent = parentOf(tree, target);
  const siblings = nodes.every((id) => parentOf(tree, id) === parent);
  // What is in no cluster has no place elsewhere; its images can join a cluster.
  const loose = nodes.some((id) => !isCluster(tree, id));
  const between = nodes.length > 0 && siblings && !nodes.includes(target);
  if (between && !merge && !loose && isCluster(tree, target)) {
    if (at < EDGE) return "before";
    if (at > 1 - EDGE) return "after";
  }
  const drop = merge || loose ? "merge" : "move";
  return accepts(tree, cargo, target, drop) ? drop : null;
}

/** The clusters beside the target in their new order. */
export function orderAfter(
  tree: TreeIndex,
  nodes: number[],
  target: number,
  side: "before" | "after",
): number[] {
  const ids = clustersIn(tree, parentOf(tree, target) ?? 0);
  const moved = ids.filter((id) => nodes.includes(id));
  const rest = ids.filter((id) => !nodes.includes(id));
  rest.splice(rest.indexOf(target) + (side === "after" ? 1 : 0), 0, ...moved);
  return rest;
}

/** The lines from one to another, both included. */
export function between(lines: Line[], from: number, to: number): number[] {
  const ids = idsOf(lines.map(({ node }) => node));
  const [start, end] = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b);
  return ids.slice(start === -1 ? end : start, (end as number) + 1);
}

/** Names that hold every word that was typed, whatever its case and accents. */
export function matching<T>(entries: T[], nameOf: (entry: T) => string, typed: string): T[] {
  const plain = (text: string): string =>
    text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const words = plain(typed).split(/\s+/).filter(Boolean);
  return entries.filter((entry) => words.every((word) => plain(nameOf(entry)).includes(word)));
}
