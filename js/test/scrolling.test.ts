import { describe, expect, it } from "vitest";
import { createLayout, type Layout, MAX_SPACER, spacerHeight, windowBetween } from "../src/layout";
import { follow, hasDrifted, type Place, placeAt, toScroll, toVirtual } from "../src/scrolling";

const viewport = 560;
const layoutOf = (count: number, size = 100) => createLayout([0, count], 450, size, false);

/** Scrolls as the page does: the browser moves, the place follows, and is put right when off. */
function scrollBy(layout: Layout, place: Place, step: number): Place {
  const end = spacerHeight(layout) - viewport;
  const scrollTop = Math.min(end, Math.max(0, place.scrollTop + step));
  const next = follow(layout, place, scrollTop, viewport);
  return hasDrifted(layout, next, viewport) ? placeAt(layout, next.top, viewport) : next;
}

describe("a million images", () => {
  const layout = layoutOf(1_000_000);
  const end = MAX_SPACER - viewport;
  const bottom = layout.height - viewport;

  it("fit into what a browser can draw, and leaps go from end to end in order", () => {
    expect(layout.height).toBeGreaterThan(MAX_SPACER);
    expect(spacerHeight(layout)).toBe(MAX_SPACER);
    expect(toVirtual(layout, 0, viewport)).toBe(0);
    expect(toVirtual(layout, end, viewport)).toBeCloseTo(bottom);
    let before = -1;
    for (let scrollTop = 0; scrollTop < end; scrollTop += 49_999) {
      const top = toVirtual(layout, scrollTop, viewport);
      expect(top).toBeGreaterThan(before);
      expect(toScroll(layout, top, viewport)).toBeCloseTo(scrollTop, 3);
      before = top;
    }
  });

  it("are reached to the last one", () => {
    expect(windowBetween(layout, bottom, bottom + viewport).last).toBe(1_000_000);
    const place = scrollBy(layout, placeAt(layout, 0, viewport), end);
    expect(place.top).toBe(Math.round(bottom));
  });

  it.each([40, -40, 400, -400])("pass one by one, none is skipped: %i pixels a step", (step) => {
    let place = placeAt(layout, Math.round(layout.height / 3), viewport);
    for (let i = 0; i < 3000; i += 1) {
      const next = scrollBy(layout, place, step);
      expect(next.top - place.top).toBe(step);
      const far = Math.abs(toScroll(layout, next.top, viewport) - next.scrollTop);
      expect(far).toBeLessThan(101_000);
      place = next;
    }
  });

  it.each([0, bottom])("both ends are reached in steps, never too early: %i", (goal) => {
    const step = goal === 0 ? -700 : 700;
    let place = placeAt(layout, goal === 0 ? 900_000 : bottom - 900_000, viewport);
    for (let i = 0; i < 1300; i += 1) place = scrollBy(layout, place, step);
    expect(place.top).toBeCloseTo(goal, 0);
    expect(place.scrollTop).toBeCloseTo(goal === 0 ? 0 : end, 0);
  });

  it("however few fit side by side", () => {
    const narrow = layoutOf(1_000_000, 434);
    expect(narrow.height).toBeGreaterThan(25 * MAX_SPACER);
    let place = scrollBy(narrow, placeAt(narrow, 0, viewport), 7_000_000);
    for (const step of [100, 100, -100, 30]) {
      const next = scrollBy(narrow, place, step);
      expect(next.top - place.top).toBe(step);
      place = next;
    }
  });
});

describe("a grid that fits", () => {
  it("stands where the browser stands", () => {
    const layout = layoutOf(5000);
    let place = placeAt(layout, 0, viewport);
    for (const step of [13, 4000, 90_000, -50]) {
      place = scrollBy(layout, place, step);
      expect(place.top).toBe(place.scrollTop);
      expect(hasDrifted(layout, place, viewport)).toBe(false);
    }
  });
});
