import type { TreeNode } from "../types";
import { useT } from "./hooks";

/** How alike any two images of a cluster are at least, where the function said so. */
export function LeastSimilar({ node }: { node: TreeNode }) {
  const t = useT();
  const lowest = node.min_similarity;
  if (lowest === null || lowest === undefined) return null;
  const similarity = t.similarity(lowest);
  return (
    <span
      class="least-similar"
      title={t("ui.least_similar", { similarity })}
      data-testid="least-similar"
    >
      ≥ {similarity}
    </span>
  );
}
