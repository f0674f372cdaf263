/** The badge of a cluster: Panoptic's bounds, and a shape so that colour is never alone. */

export type ScoreLevel = "coherent" | "mixed" | "scattered";

export const COHERENT_BELOW = 21;
export const MIXED_BELOW = 56;

/** Lower is more coherent. Bounds apply to the number that is shown, so that both always agree. */
export function scoreLevel(score: number): ScoreLevel {
  const shown = Math.round(score);
  if (shown < COHERENT_BELOW) return "coherent";
  return shown < MIXED_BELOW ? "mixed" : "scattered";
}

export function scoreText(score: number): string {
  return String(Math.round(score));
}
