/** One's place in the grid: what of it stays when the tree changes. */
import { leavesUnder, sameLeaves, type TreeIndex } from "./tree";

/** Whether a node still has its clusters, with some images more or fewer. */
export function sameContent(before: TreeIndex, after: TreeIndex, node: number): boolean {
  return sameLeaves(leavesUnder(before, node), leavesUnder(after, node));
}

/** The same place, or the last one where there are fewer: the next image came there. */
export function within(at: number | null, count: number): number | null {
  return at === null || count === 0 ? null : Math.min(at, count - 1);
}
