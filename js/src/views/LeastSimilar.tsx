import type { TreeNode } from "../types";
import { useT } from "./hooks";

/** Vectors count as equal when their similarity is so close to 1, as in the kernel. */
const EQUAL = 1e-6;

/** How alike any two images of a cluster are at least, where the function said so. */
export function LeastSimilar({ node }: { node: TreeNode }) {
  const t = useT();
  const lowest = node.min_similarity;
  if (typeof lowest !== "number") return null;
  const similarity = t.similarity(lowest);
  return (
    <span
      class="least-similar"
      title={t("ui.least_similar", { similarity })}
      data-testid="least-similar"
    >
      {lowest >= 1 - EQUAL ? "=" : "≥"} {similarity}
    </span>
  );
}
