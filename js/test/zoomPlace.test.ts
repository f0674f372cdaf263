import { describe, expect, it } from "vitest";
import { placeZoom } from "../src/zoomPlace";

const page = { width: 1280, height: 800 };
const cell = (left: number, top: number) => ({ left, top, width: 112, height: 112 });
const wide = { width: 128, height: 64 };

describe("the picture of the hover zoom", () => {
  it("stands at the right of its cell, else at the left", () => {
    expect(placeZoom(cell(100, 300), wide, page)).toMatchObject({ left: 220, width: 512 });
    expect(placeZoom(cell(1100, 300), wide, page).left).toBe(1100 - 8 - 512);
  });

  it("has the shape of the image", () => {
    const { width, height } = placeZoom(cell(100, 300), wide, page);
    expect(width / height).toBeCloseTo(2);
    expect(placeZoom(cell(0, 0), { width: 1, height: 3 }, page).height).toBe(512);
  });

  it("never leaves the page, however small that is", () => {
    for (const [width, height] of [
      [1280, 800],
      [400, 900],
      [300, 200],
    ] as const) {
      for (const left of [-50, 0, 150, width - 60, width + 20]) {
        for (const top of [-80, 0, 100, height - 40]) {
          for (const picture of [wide, { width: 1, height: 2 }, { width: 7, height: 7 }]) {
            const box = placeZoom(cell(left, top), picture, { width, height });
            expect(box.left).toBeGreaterThanOrEqual(8);
            expect(box.top).toBeGreaterThanOrEqual(8);
            expect(box.left + box.width).toBeLessThanOrEqual(width - 8);
            expect(box.top + box.height).toBeLessThanOrEqual(height - 8);
          }
        }
      }
    }
  });

  it("does not cover its cell where there is room beside, below or above", () => {
    const narrow = { ...page, width: 600 };
    const below = placeZoom(cell(240, 10), wide, narrow);
    expect(below.top).toBeGreaterThanOrEqual(122);
    const above = placeZoom(cell(240, 600), wide, narrow);
    expect(above.top + above.height).toBeLessThanOrEqual(600);
  });
});
