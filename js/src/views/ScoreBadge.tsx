import { COHERENT_BELOW, MIXED_BELOW, type ScoreLevel, scoreLevel, scoreText } from "../score";
import type { TreeNode } from "../types";
import { useT } from "./hooks";

const SHAPES: Record<ScoreLevel, string> = {
  coherent: "M5 1.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7",
  mixed: "M5 .8 9.2 5 5 9.2.8 5z",
  scattered: "M5 .9 9.5 9H.5z",
};

/** How coherent a cluster is: number, colour and shape; nothing for nodes that have no score. */
export function ScoreBadge({ node }: { node: TreeNode }) {
  const t = useT();
  if (node.kind === "unassigned") {
    return (
      <span class="badge badge-none" data-testid="score" title={t("score.none")}>
        –
      </span>
    );
  }
  const { kind, score } = node;
  if (kind !== "group" || score === null || !Number.isFinite(score)) return null;
  const level = scoreLevel(score);
  const text = scoreText(score);
  const meaning = t(`score.${level}`);
  const tip = t("score.tip", {
    score: score.toFixed(2),
    meaning,
    low: COHERENT_BELOW,
    high: MIXED_BELOW,
  });
  return (
    <span
      class={`badge badge-${level}`}
      data-testid="score"
      role="img"
      aria-label={t("score.label", { score: text, meaning })}
      title={tip}
    >
      <svg viewBox="0 0 10 10" width="8" height="8" aria-hidden="true">
        <path d={SHAPES[level]} fill="currentColor" />
      </svg>
      {text}
    </span>
  );
}
