import { useMemo } from "../dom/hooks";
import { type Cells, cellsOf, pileAt } from "../piles";
import { leavesUnder } from "../tree";
import type { TreeNode } from "../types";
import { useShared } from "./hooks";

export interface Content {
  active: number;
  cells: Cells;
  /** Of each row of the cells. */
  similarity: Float32Array;
  leaves: TreeNode[];
  /** First cell of each leaf, and the end of the last. */
  edges: number[];
}

/** The images of the active node, in reading order, and the leaves they stand in. */
export function useContent(): Content {
  const tree = useShared((state) => state.tree);
  const order = useShared((state) => state.order);
  const similarity = useShared((state) => state.similarity);
  const piles = useShared((state) => state.piles);
  const active = useShared((state) => state.active);
  return useMemo(() => {
    const node = tree.byId.get(active) ?? tree.root;
    const [start, stop] = [node?.start ?? 0, node?.stop ?? 0];
    const leaves = node ? leavesUnder(tree, node.id) : [];
    const cellAt = (place: number): number => (piles ? pileAt(piles, place) : place);
    const origin = cellAt(start);
    return {
      active: node?.id ?? active,
      cells: cellsOf(order, piles, start, stop),
      similarity: similarity.subarray(start, stop),
      leaves,
      edges: [...leaves.map((leaf) => leaf.start), stop].map((edge) => cellAt(edge) - origin),
    };
  }, [tree, order, similarity, piles, active]);
}
