/** Names of nodes as the reader sees them: the kernel's labels, and translated fixed ones. */
import type { Translator } from "./i18n";
import { lineage, type TreeIndex } from "./tree";
import type { TreeNode } from "./types";

export function nodeName(t: Translator, node: TreeNode): string {
  return node.kind === "group" ? node.label : t(`kinds.${node.kind}`);
}

/** "Cluster 0 › Cluster 0.2"; the root only when it stands alone. */
export function readablePath(t: Translator, tree: TreeIndex, id: number): string {
  const path = lineage(tree, id);
  const named = path.length > 1 ? path.slice(1) : path;
  return named.map((node) => nodeName(t, node)).join(" › ");
}
