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
    if (node.parent === null) break;
  }
  return path;
}

/** "Cluster 0/Cluster 0.2": the name of a node in Python; "" for the root. */
export function labelPath(index: TreeIndex, id: number): string {
  return lineage(index, id)
    .filter((node) => node.kind !== "root")
    .map((node) => node.label)
    .join("/");
}

export function leavesUnder(index: TreeIndex, id: number): TreeNode[] {
  const below = childrenOf(index, id);
  if (below.length === 0) {
    const node = index.byId.get(id);
    return node ? [node] : [];
  }
  return below.flatMap((child) => leavesUnder(index, child.id));
}

/** The node itself when it is split, else its nearest ancestor that is; null when nothing is. */
export function nearestSplit(index: TreeIndex, id: number): TreeNode | null {
  const path = lineage(index, id);
  return path.reverse().find((node) => node.split !== null) ?? null;
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

/** Are all nodes below this one that have children open? */
export function childrenAreOpen(index: TreeIndex, open: ReadonlySet<number>, id: number): boolean {
  const inner = childrenOf(index, id).filter((child) => !isLeaf(index, child.id));
  return inner.every((child) => open.has(child.id) && childrenAreOpen(index, open, child.id));
}

/** Opens or closes everything below a node; the node itself ends open. */
export function withDescendants(
  index: TreeIndex,
  open: ReadonlySet<number>,
  id: number,
  on: boolean,
): Set<number> {
  const next = new Set(open);
  const walk = (parent: number): void => {
    for (const child of childrenOf(index, parent)) {
      if (isLeaf(index, child.id)) continue;
      if (on) next.add(child.id);
      else next.delete(child.id);
      walk(child.id);
    }
  };
  walk(id);
  next.add(id);
  return next;
}

export function firstOpen(index: TreeIndex, active: number): Set<number> {
  if (index.nodes.length < OPEN_ALL_BELOW) return new Set(index.children.keys());
  const open = new Set(lineage(index, active).map((node) => node.id));
  if (index.root) open.add(index.root.id);
  return open;
}

/** After the tree changed: forget dead nodes, and open what has just been split. */
export function openAfterChange(
  before: TreeIndex,
  after: TreeIndex,
  open: ReadonlySet<number>,
): Set<number> {
  const next = new Set([...open].filter((id) => after.byId.has(id)));
  for (const id of after.children.keys()) {
    if (!before.children.has(id)) {
      for (const node of lineage(after, id)) next.add(node.id);
    }
  }
  return next;
}

/** Makes a node reachable: opens all its ancestors. */
export function revealed(index: TreeIndex, open: ReadonlySet<number>, id: number): Set<number> {
  const next = new Set(open);
  for (const node of lineage(index, id)) if (node.id !== id) next.add(node.id);
  return next;
}

/** What to look at when a node is taken away: the next one beside it, or before it, or above. */
export function neighbourOf(index: TreeIndex, id: number): number {
  const parent = index.byId.get(id)?.parent ?? id;
  const siblings = childrenOf(index, parent).filter(({ kind }) => kind === "group");
  const at = siblings.findIndex((node) => node.id === id);
  return (siblings[at + 1] ?? siblings[at - 1])?.id ?? parent;
}

/** Whether all that was shown is still there, or all of today was: one's place is worth keeping. */
export function sameLeaves(before: TreeNode[], after: TreeNode[]): boolean {
  const ids = (leaves: TreeNode[]): number[] =>
    leaves.filter(({ kind }) => kind !== "unassigned").map(({ id }) => id);
  const [few, many] = [ids(before), ids(after)].sort((a, b) => a.length - b.length);
  const known = new Set(many);
  return few !== undefined && few.length > 0 && few.every((id) => known.has(id));
}

const KEY_ACTIONS = {
  delete: "close",
  backspace: "close",
  "*": "children",
  n: "apart",
  s: "save",
  f2: "rename",
  m: "move",
  j: "merge",
  l: "lock",
  ".": "menu",
  contextmenu: "menu",
} as const;

export type KeyAction = (typeof KEY_ACTIONS)[keyof typeof KEY_ACTIONS];

/** What a key does to the focused line: the same as its buttons and its menu. */
export function actionByKey(key: string): KeyAction | null {
  const name = key.toLowerCase();
  return Object.hasOwn(KEY_ACTIONS, name) ? KEY_ACTIONS[name as keyof typeof KEY_ACTIONS] : null;
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
  const go = (position: number): KeyMove | null => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, position))];
    return line ? { focus: line.node.id, open } : null;
  };
  if (key === "Home") return go(0);
  if (key === "End") return go(lines.length - 1);
  if (key === "ArrowDown") return go(at + 1);
  if (key === "ArrowUp") return go(at - 1);
  const isOpen = open.has(focus) && !isLeaf(index, focus);
  if (key === "ArrowRight") {
    if (isLeaf(index, focus)) return { focus, open };
    return isOpen ? go(at + 1) : { focus, open: toggled(open, focus, true) };
  }
  if (key === "ArrowLeft") {
    if (isOpen) return { focus, open: toggled(open, focus, false) };
    return { focus: index.byId.get(focus)?.parent ?? focus, open };
  }
  return null;
}
