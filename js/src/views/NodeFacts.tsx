import type { TreeNode } from "../types";
import { useT } from "./hooks";
import { LeastSimilar } from "./LeastSimilar";
import { ScoreBadge } from "./ScoreBadge";

/** What the grid says of a node beside its name. */
export function NodeFacts({ node }: { node: TreeNode }) {
  const t = useT();
  return (
    <>
      <ScoreBadge node={node} />
      <LeastSimilar node={node} />
      <span class="muted">{t("ui.images", { n: node.rows })}</span>
    </>
  );
}
