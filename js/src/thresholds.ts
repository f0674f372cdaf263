/** What a threshold would find, read off the counts that the kernel made once. */
import type { Preview } from "./types";

/** Which form the counts must be about. */
export type Subject = {
  function: string;
  parameter: string;
  node: number;
  vec_type: string | null;
};

export interface Found {
  /** The threshold that the counts are for: the one asked, or the next that was counted. */
  threshold: number;
  pairs: number;
  groups: number;
  images: number;
}

export interface Bar {
  from: number;
  to: number;
  pairs: number;
  /** Between 0 and 1. */
  height: number;
}

/** Thresholds a bar. */
const BAR_STEPS = 5;
/** The histogram begins here while the threshold is above: further down nearly everything lies. */
const NEAR = 0.75;
/** Numbers that are typed and numbers that are computed differ in their last digit. */
const SAME = 1e-9;

export function isAbout(preview: Preview | null, subject: Subject): preview is Preview {
  return (
    preview !== null &&
    Object.entries(subject).every(([name, value]) => preview[name as keyof Subject] === value)
  );
}

/** Null below the lowest threshold that was counted, and for what is no threshold. */
export function foundAt(preview: Preview, threshold: number): Found | null {
  const { thresholds, pairs, groups, images } = preview;
  const at = thresholds.findIndex((counted) => counted >= threshold - SAME);
  if (at < 0 || threshold < (thresholds[0] as number) - SAME) return null;
  return {
    threshold: thresholds[at] as number,
    pairs: pairs[at] as number,
    groups: groups[at] as number,
    images: images[at] as number,
  };
}

/**
 * How many pairs have which similarity, from about `lowest` up. Their numbers differ by powers of
 * ten, so the heights are logarithms.
 */
export function bars({ thresholds, pairs }: Preview, lowest = 0): Bar[] {
  const last = thresholds.length - 1;
  const counted: Bar[] = [];
  for (let next = last; next >= BAR_STEPS; next -= BAR_STEPS) {
    const from = thresholds[next - BAR_STEPS] as number;
    if (from < lowest - SAME) break;
    const above = next === last ? 0 : (pairs[next] as number); // the last bar holds 1 itself
    counted.unshift({
      from,
      to: thresholds[next] as number,
      pairs: (pairs[next - BAR_STEPS] as number) - above,
      height: 0,
    });
  }
  const most = Math.log1p(Math.max(1, ...counted.map((bar) => bar.pairs)));
  return counted.map((bar) => ({ ...bar, height: Math.log1p(bar.pairs) / most }));
}

/** Where the histogram begins: near the threshold, or with all there is. */
export function drawnFrom(threshold: number): number {
  return threshold < NEAR ? 0 : NEAR;
}

/** Whether the pairs of a bar would count: it begins at the threshold or above. */
export function isAbove(bar: Bar, threshold: number): boolean {
  return bar.from >= threshold - SAME;
}
