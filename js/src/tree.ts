/** The cluster tree as the reader sees it: which lines, in which order, and where keys lead. */
import type { TreeNode } from "./types";

export interface TreeIndex {
  nodes: TreeNode[];
  byId: Map<number, TreeNode>;
  children: Map<number, TreeNode[]>;
  root: TreeNode | null;
}

export interface Line {
  node: TreeNode;
  /** 1 for the root, as aria-level counts. */
  level: number;
  position: number;
  siblings: number;
}

/** A project with fewer nodes than this is shown with everything open. */
const OPEN_ALL_BELOW = 300;

export function childrenOf(index: TreeIndex, id: number): TreeNode[] {
  return index.children.get(id) ?? [];
}

export function parentOf(index: TreeIndex, id: number): number | null {
  return index.byId.get(id)?.parent ?? null;
}

export function idsOf(nodes: TreeNode[]): number[] {
  return nodes.map(({ id }) => id);
}

/** The clusters right below a node, in their order. */
export function clustersIn(index: TreeIndex, parent: number): number[] {
  return idsOf(childrenOf(index, parent).filter(({ kind }) => kind === "group"));
}

export function isLeaf(index: TreeIndex, id: number): boolean {
  return !index.children.has(id);
}

export function visibleLines(index: TreeIndex, open: ReadonlySet<number>): Line[] {
  const lines: Line[] = [];
  const walk = (siblings: TreeNode[], level: number): void => {
    siblings.forEach((node, position) => {
      lines.push({ node, level, position: position + 1, siblings: siblings.length });
      if (open.has(node.id)) walk(childrenOf(index, node.id), level + 1);
    });
  };
  if (index.root) walk([index.root], 1);
  return lines;
}

/** The node and its ancestors, root first. */
export function lineage(index: TreeIndex, id: number): TreeNode[] {
  const path: TreeNode[] = [];
  for (let node = index.byId.get(id); node; node = index.byId.get(node.parent ?? -1)) {
    path.unshift(node);
  }
  return path;
}

/** "Cluster 0/Cluster 0.2": the name of a node in Python; "" for the root. */
export function labelPath(index: TreeIndex, id: number): string {
  const below = lineage(index, id).slice(1);
  return below.map(({ label }) => label).join("/");
}

export function leavesUnder(index: TreeIndex, id: number): TreeNode[] {
  const below = index.children.get(id);
  const node = index.byId.get(id);
  return below?.flatMap((child) => leavesUnder(index, child.id)) ?? (node ? [node] : []);
}

/** The node itself when it is split, else its nearest ancestor that is; null when nothing is. */
export function nearestSplit(index: TreeIndex, id: number): TreeNode | null {
  const path = lineage(index, id).reverse();
  return path.find((node) => node.split !== null) ?? null;
}

/** The number of a renamed cluster, so that colour and name are never the only way to find it. */
export function numberBeside(node: TreeNode): string {
  return node.kind === "group" && node.number && !node.label.includes(node.number)
    ? node.number
    : "";
}

export function toggled(open: ReadonlySet<number>, id: number, on = !open.has(id)): Set<number> {
  const next = new Set(open);
  if (on) next.add(id);
  else next.delete(id);
  return next;
}

/** All nodes below this one that have children. */
function branchesUnder(index: TreeIndex, id: number): number[] {
  const inner = idsOf(childrenOf(index, id)).filter((child) => !isLeaf(index, child));
  return inner.flatMap((child) => [child, ...branchesUnder(index, child)]);
}

/** Are all nodes below this one that have children open? */
export function childrenAreOpen(index: TreeIndex, open: ReadonlySet<number>, id: number): boolean {
  return branchesUnder(index, id).every((child) => open.has(child));
}

/** Opens or closes everything below a node; the node itself ends open. */
export function withDescendants(
  index: TreeIndex,
  open: ReadonlySet<number>,
  id: number,
  on: boolean,
): Set<number> {
  const below = new Set(branchesUnder(index, id));
  const others = [...open].filter((one) => !below.has(one));
  return new Set([...others, id, ...(on ? below : [])]);
}

export function firstOpen(index: TreeIndex, active: number): Set<number> {
  if (index.nodes.length < OPEN_ALL_BELOW) return new Set(index.children.keys());
  const root = index.root ? [index.root] : [];
  return new Set(idsOf([...root, ...lineage(index, active)]));
}

/** After the tree changed: forget dead nodes, and open what has just been split. */
export function openAfterChange(
  before: TreeIndex,
  after: TreeIndex,
  open: ReadonlySet<number>,
): Set<number> {
  const kept = [...open].filter((id) => after.byId.has(id));
  const split = [...after.children.keys()].filter((id) => !before.children.has(id));
  return new Set([...kept, ...split.flatMap((id) => idsOf(lineage(after, id)))]);
}

/** Makes a node reachable: opens all its ancestors. */
export function revealed(index: TreeIndex, open: ReadonlySet<number>, id: number): Set<number> {
  return new Set([...open, ...idsOf(lineage(index, id)).slice(0, -1)]);
}

/** What to look at when a node is taken away: the next one beside it, or before it, or above. */
export function neighbourOf(index: TreeIndex, id: number): number {
  const parent = parentOf(index, id) ?? id;
  const siblings = clustersIn(index, parent);
  const at = siblings.indexOf(id);
  return siblings[at + 1] ?? siblings[at - 1] ?? parent;
}

/** Whether all that was shown is still there, or all of today was: one's place is worth keeping. */
export function sameLeaves(before: TreeNode[], after: TreeNode[]): boolean {
  const ids = (leaves: TreeNode[]): number[] =>
    idsOf(leaves.filter(({ kind }) => kind !== "unassigned"));
  const [few, many] = [ids(before), ids(after)].sort((a, b) => a.length - b.length);
  const known = new Set(many);
  return few !== undefined && few.length > 0 && few.every((id) => known.has(id));
}

export type KeyAction =
  | "close"
  | "children"
  | "apart"
  | "save"
  | "rename"
  | "move"
  | "merge"
  | "lock"
  | "menu";

// A map, since the build may give members of our own objects other names.
const KEY_ACTIONS = new Map<string, KeyAction>([
  ["delete", "close"],
  ["backspace", "close"],
  ["*", "children"],
  ["n", "apart"],
  ["s", "save"],
  ["f2", "rename"],
  ["m", "move"],
  ["j", "merge"],
  ["l", "lock"],
  [".", "menu"],
  ["contextmenu", "menu"],
]);

/** What a key does to the focused line: the same as its buttons and its menu. */
export function actionByKey(key: string): KeyAction | null {
  return KEY_ACTIONS.get(key.toLowerCase()) ?? null;
}

export interface KeyMove {
  focus: number;
  open: ReadonlySet<number>;
}

/** Where an arrow key leads, as in every file tree; null when the key means nothing here. */
export function moveByKey(
  index: TreeIndex,
  open: ReadonlySet<number>,
  focus: number,
  key: string,
): KeyMove | null {
  const lines = visibleLines(index, open);
  const at = lines.findIndex((line) => line.node.id === focus);
  const leaf = isLeaf(index, focus);
  const isOpen = open.has(focus) && !leaf;
  const go = (position: number): KeyMove | null => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, position))];
    return line ? { focus: line.node.id, open } : null;
  };
  if (key === "Home") return go(0);
  if (key === "End") return go(lines.length - 1);
  if (key === "ArrowUp") return go(at - 1);
  if (key === "ArrowDown" || (key === "ArrowRight" && isOpen)) return go(at + 1);
  if (key === "ArrowRight") return { focus, open: leaf ? open : toggled(open, focus, true) };
  if (key !== "ArrowLeft") return null;
  if (isOpen) return { focus, open: toggled(open, focus, false) };
  return { focus: parentOf(index, focus) ?? focus, open };
}
