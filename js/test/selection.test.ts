import { describe, expect, it } from "vitest";
import { cellsOf } from "../src/piles";
import {
  countsAlong,
  decodeSelection,
  encodeSelection,
  inverted,
  NOTHING,
  only,
  pick,
  type Selection,
  stateOf,
  withRows,
} from "../src/selection";

const rows = Uint32Array.from([40, 10, 30, 20, 50]); // reading order of the grid
const cells = cellsOf(rows, null);
const click = { extend: false, range: false };
const ctrl = { extend: true, range: false };
const shift = { extend: false, range: true };

/** The rows of a selection, whose count must be theirs. */
function rowsOf({ mask, count }: Selection): number[] {
  const found = [...mask.keys()].filter((row) => mask[row] === 1);
  expect(count).toBe(found.length);
  return found;
}

describe("clicks", () => {
  it("select one image and forget the others", () => {
    const first = pick(only([1, 2]), cells, 1, null, click);
    expect(rowsOf(first.selected)).toEqual([10]);
    expect(first.anchor).toBe(1);
  });

  it("with Ctrl add and take out", () => {
    const more = pick(only([10]), cells, 0, 1, ctrl);
    expect(rowsOf(more.selected)).toEqual([10, 40]);
    expect(rowsOf(pick(more.selected, cells, 1, 0, ctrl).selected)).toEqual([40]);
  });

  it("with Shift take everything between, in reading order and either direction", () => {
    expect(rowsOf(pick(NOTHING, cells, 3, 1, shift).selected)).toEqual([10, 20, 30]);
    expect(rowsOf(pick(NOTHING, cells, 0, 2, shift).selected)).toEqual([10, 30, 40]);
    expect(pick(NOTHING, cells, 3, 1, shift).anchor).toBe(1);
  });

  it("with Shift and no anchor are ordinary clicks", () => {
    expect(rowsOf(pick(NOTHING, cells, 4, null, shift).selected)).toEqual([50]);
  });

  it("with Shift and Ctrl keep the rest", () => {
    const both = { extend: true, range: true };
    expect(rowsOf(pick(only([99]), cells, 1, 0, both).selected)).toEqual([10, 40, 99]);
  });
});

describe("whole clusters", () => {
  it("come in and go out, each row once", () => {
    expect(rowsOf(withRows(only([10, 60]), rows, true))).toEqual([10, 20, 30, 40, 50, 60]);
    expect(rowsOf(withRows(only([10, 60]), rows, false))).toEqual([60]);
    expect(rowsOf(inverted(only([10, 60]), rows))).toEqual([20, 30, 40, 50, 60]);
  });

  it("know whether none, some or all is selected", () => {
    const counts = countsAlong(rows, only([40, 10]));
    expect(stateOf(counts, 0, 2)).toBe("all");
    expect(stateOf(counts, 0, 3)).toBe("some");
    expect(stateOf(counts, 2, 5)).toBe("none");
    expect(stateOf(counts, 2, 2)).toBe("none");
    expect(stateOf(countsAlong(rows, NOTHING), 0, 5)).toBe("none");
  });
});

describe("on the way to the kernel", () => {
  it("few rows are positions, many are bits, and both come back", () => {
    for (const chosen of [[], [0], [7, 8, 4000], Array.from({ length: 300 }, (_, i) => 3 * i)]) {
      const packed = encodeSelection(only(chosen));
      expect(rowsOf(decodeSelection(packed))).toEqual(chosen);
      expect(packed.byteLength).toBeLessThanOrEqual(4 + 4 * chosen.length);
    }
    const many = encodeSelection(only(Array.from({ length: 8000 }, (_, i) => i)));
    expect(many.byteLength).toBe(1004);
  });
});
