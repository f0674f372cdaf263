import { describe, expect, it } from "vitest";
import { add, asRows, countsAlong, NOTHING, pick, stateOf, toggleCluster } from "../src/selection";

const rows = Uint32Array.from([40, 10, 30, 20, 50]); // reading order of the grid
const click = { extend: false, range: false };
const ctrl = { extend: true, range: false };
const shift = { extend: false, range: true };

describe("clicks", () => {
  it("select one image and forget the others", () => {
    const first = pick(asRows([1, 2]), rows, 1, null, click);
    expect([...first.selected]).toEqual([10]);
    expect(first.anchor).toBe(1);
  });

  it("with Ctrl add and take out", () => {
    const more = pick(asRows([10]), rows, 0, 1, ctrl);
    expect([...more.selected]).toEqual([10, 40]);
    expect([...pick(more.selected, rows, 1, 0, ctrl).selected]).toEqual([40]);
  });

  it("with Shift take everything between, in reading order and either direction", () => {
    expect([...pick(NOTHING, rows, 3, 1, shift).selected]).toEqual([10, 20, 30]);
    expect([...pick(NOTHING, rows, 0, 2, shift).selected]).toEqual([10, 30, 40]);
    expect(pick(NOTHING, rows, 3, 1, shift).anchor).toBe(1);
  });

  it("with Shift and no anchor are ordinary clicks", () => {
    expect([...pick(NOTHING, rows, 4, null, shift).selected]).toEqual([50]);
  });

  it("with Shift and Ctrl keep the rest", () => {
    const both = { extend: true, range: true };
    expect([...pick(asRows([99]), rows, 1, 0, both).selected]).toEqual([10, 40, 99]);
  });
});

describe("whole clusters", () => {
  it("are added unless all of them was in", () => {
    expect([...toggleCluster(asRows([10]), rows)]).toEqual([10, 20, 30, 40, 50]);
    expect([...toggleCluster(asRows([10, 20, 30, 40, 50, 60]), rows)]).toEqual([60]);
  });

  it("know whether none, some or all is selected", () => {
    const counts = countsAlong(rows, asRows([40, 10]));
    expect(stateOf(counts, 0, 2)).toBe("all");
    expect(stateOf(counts, 0, 3)).toBe("some");
    expect(stateOf(counts, 2, 5)).toBe("none");
    expect(stateOf(counts, 2, 2)).toBe("none");
  });
});

it("keeps each row once, in ascending order", () => {
  expect([...add(asRows([3, 1, 3]), [2, 1])]).toEqual([1, 2, 3]);
});
