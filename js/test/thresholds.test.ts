import { describe, expect, it } from "vitest";
import { bars, drawnFrom, foundAt, isAbout, isAbove } from "../src/thresholds";
import type { Preview } from "../src/types";
import { translator } from "./fakeModel";

/** 0.97 to 1 by thousandths; the pairs lie at 0.972, 0.978, 0.98, 0.9999 and twice at 1. */
function preview(given: Partial<Preview> = {}): Preview {
  const thresholds = Array.from({ length: 31 }, (_, i) => (970 + i) / 1000);
  const similarities = [0.972, 0.978, 0.98, 0.9999, 1, 1];
  const pairs = thresholds.map((t) => similarities.filter((s) => s >= t).length);
  return {
    function: "find_duplicates",
    parameter: "min_similarity",
    node: 0,
    vec_type: "made",
    thresholds,
    pairs,
    groups: pairs.map((n) => Math.ceil(n / 2)),
    images: pairs.map((n) => 2 * n),
    ...given,
  };
}

describe("what a threshold would find", () => {
  it("is that of a run at the same threshold, however it was typed", () => {
    expect(foundAt(preview(), 0.98)).toEqual({ threshold: 0.98, pairs: 4, groups: 2, images: 8 });
    expect(foundAt(preview(), 0.98 - 1e-12)?.threshold).toBe(0.98);
    expect(foundAt(preview(), 1)).toMatchObject({ threshold: 1, pairs: 2 });
  });

  it("is that of the next threshold counted, and named so, for a finer one", () => {
    expect(foundAt(preview(), 0.9795)).toMatchObject({ threshold: 0.98, pairs: 4 });
  });

  it("is unknown below the floor and for what is no threshold", () => {
    for (const threshold of [0.969, 0, 1.01, Number.NaN]) {
      expect(foundAt(preview(), threshold)).toBeNull();
    }
    expect(foundAt(preview({ thresholds: [], pairs: [] }), 0.9)).toBeNull();
  });

  it("is shown only for the same images, vectors and parameter", () => {
    const { function: name, parameter, node, vec_type } = preview();
    const subject = { function: name, parameter, node, vec_type };
    expect(isAbout(preview(), subject)).toBe(true);
    expect(isAbout(null, subject)).toBe(false);
    for (const other of [{ node: 1 }, { vec_type: "other" }, { parameter: "x" }, { function: "y" }])
      expect(isAbout(preview(), { ...subject, ...other })).toBe(false);
  });
});

describe("the histogram", () => {
  it("holds every pair once, equal images in its last bar", () => {
    const counted = bars(preview());
    expect(counted.map(({ pairs }) => pairs)).toEqual([1, 1, 1, 0, 0, 3]);
    expect(counted[0]).toMatchObject({ from: 0.97, to: 0.975 });
    expect(counted.at(-1)).toMatchObject({ from: 0.995, to: 1, height: 1 });
  });

  it("shows what is near the threshold, in its own measure", () => {
    const all = bars(preview());
    const near = bars(preview(), 0.98);
    expect(near.map(({ from }) => from)).toEqual([0.98, 0.985, 0.99, 0.995]);
    expect(near.map(({ pairs }) => pairs)).toEqual(all.slice(2).map(({ pairs }) => pairs));
    const crowded = preview().pairs.map((n, i) => (i === 0 ? 1000 : n));
    expect(bars(preview({ pairs: crowded }), 0.98).at(-1)?.height).toBe(1);
    expect([drawnFrom(0.95), drawnFrom(0.6), drawnFrom(Number.NaN)]).toEqual([0.75, 0, 0.75]);
  });

  it("draws a few pairs beside very many, and nothing where there are none", () => {
    const many = preview().pairs.map((n, i) => (i === 0 ? 1_000_000 : n));
    const heights = bars(preview({ pairs: many })).map(({ height }) => height);
    expect(heights[1]).toBeGreaterThan(0.04);
    expect(heights[3]).toBe(0);
    expect(
      bars(preview({ pairs: preview().pairs.map(() => 0) })).every((b) => b.height === 0),
    ).toBe(true);
  });

  it("marks the bars that would count", () => {
    const marked = (threshold: number) =>
      bars(preview())
        .filter((bar) => isAbove(bar, threshold))
        .map(({ from }) => from);
    expect(marked(0.985)).toEqual([0.985, 0.99, 0.995]);
    expect(marked(0.986)).toEqual([0.99, 0.995]);
    expect(marked(0)).toHaveLength(6);
  });
});

it("writes similarities in the reader's way, never rounded up, whatever float32 made of them", () => {
  const t = translator("en");
  expect(t.similarity(Math.fround(0.95))).toBe("0.95");
  expect(t.similarity(0.9789)).toBe("0.978");
  expect(t.similarity(0.9999)).toBe("0.999");
  expect(t.similarity(0.9999996)).toBe("1.00");
  expect(translator("fr").similarity(0.95)).toBe("0,95");
});
