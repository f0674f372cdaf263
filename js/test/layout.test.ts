import { describe, expect, it } from "vitest";
import {
  createLayout,
  HEADER,
  neighbour,
  positionOf,
  scrollToShow,
  windowBetween,
} from "../src/layout";

/** First image of each section, and the number of all. */
function sections(...counts: number[]): number[] {
  const edges = [0];
  for (const count of counts) edges.push((edges.at(-1) as number) + count);
  return edges;
}

describe("the window of the grid", () => {
  const shapes = [
    [0],
    [1],
    [7, 0, 0, 3, 250, 1],
    [40],
    Array.from({ length: 300 }, (_, i) => i % 5),
  ];

  it.each(shapes)(
    "shows every image exactly where it stands, over all scroll positions %#",
    (...counts) => {
      const layout = createLayout(sections(...counts), 640, 100, counts.length > 1);
      const viewport = 333;
      const seen = new Set<number>();
      for (let top = 0; top <= layout.height; top += viewport) {
        const shown = windowBetween(layout, top, top + viewport);
        for (let image = 0; image < layout.count; image += 1) {
          const at = positionOf(layout, image).top;
          const visible = at < top + viewport && at + layout.cell > top;
          if (visible) expect(image >= shown.first && image < shown.last).toBe(true);
          if (image >= shown.first && image < shown.last) seen.add(image);
        }
      }
      expect(seen.size).toBe(layout.count);
    },
  );

  it("never draws two images in one place, nor one outside of the width", () => {
    const layout = createLayout(sections(7, 0, 12, 1), 500, 90, true);
    const places = new Set<string>();
    for (let image = 0; image < layout.count; image += 1) {
      const { left, top } = positionOf(layout, image);
      places.add(`${left},${top}`);
      expect(left + layout.cell).toBeLessThanOrEqual(500);
      expect(top + layout.cell).toBeLessThanOrEqual(layout.height);
    }
    expect(places.size).toBe(20);
  });

  it("stays small whatever the number of images", () => {
    const layout = createLayout(sections(400_000, 600_000), 800, 100, true);
    const shown = windowBetween(layout, layout.height / 2, layout.height / 2 + 600);
    expect(shown.last - shown.first).toBeLessThan(80);
  });

  it("keeps room for the header of an empty section", () => {
    const layout = createLayout(sections(0, 3), 640, 100, true);
    expect((layout.tops[1] as number) - (layout.tops[0] as number)).toBeGreaterThanOrEqual(HEADER);
  });
});

describe("the size of the cells", () => {
  const cellOf = (size: number, width = 840) => createLayout(sections(9), width, size, false).cell;

  it.each([30, 60, 112, 200, 300, 400, 500])("is near what was asked for: %i", (size) => {
    for (const width of [300, 448, 640, 840, 1300]) {
      const room = width - 16;
      const cell = cellOf(size, width);
      expect(cell).toBeLessThanOrEqual(Math.min(size * 1.25, room));
      expect(cell).toBeGreaterThanOrEqual(Math.min(Math.floor(size * 0.85), room));
    }
  });

  it("takes one more column where that is nearer", () => {
    expect(cellOf(420)).toBe(409);
    expect(cellOf(300)).toBe(270);
    expect(cellOf(500)).toBe(500); // one column of 824 or two of 409 would be far from it
    expect(cellOf(300)).not.toBe(cellOf(400));
  });
});

describe("arrow keys", () => {
  const layout = createLayout(sections(7, 0, 5), 340, 100, true); // three columns

  it("go down through short last lines and empty sections, and come back up", () => {
    expect(layout.columns).toBe(3);
    expect(neighbour(layout, 1, "ArrowDown")).toBe(4);
    expect(neighbour(layout, 4, "ArrowDown")).toBe(6); // the last line holds one image
    expect(neighbour(layout, 6, "ArrowDown")).toBe(7);
    expect(neighbour(layout, 8, "ArrowUp")).toBe(6);
    expect(neighbour(layout, 11, "ArrowDown")).toBe(11);
    expect(neighbour(layout, 0, "ArrowUp")).toBe(0);
  });

  it("visit every image from left to right", () => {
    let at = 0;
    for (let i = 0; i < 20; i += 1) at = neighbour(layout, at, "ArrowRight");
    expect(at).toBe(11);
  });

  it("bring the image into view with the least movement", () => {
    const { top } = positionOf(layout, 11);
    expect(scrollToShow(layout, 11, 0, 300)).toBeGreaterThan(0);
    expect(scrollToShow(layout, 11, top - 100, 400)).toBe(top - 100);
    expect(scrollToShow(layout, 0, 500, 300)).toBe(0);
  });
});
