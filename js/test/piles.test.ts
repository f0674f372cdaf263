import { describe, expect, it } from "vitest";
import { cellsOf, heightOf, pileAt, pileUp, rowsOf, sameCells } from "../src/piles";
import { NOTHING, pick } from "../src/selection";

const ORDER = Uint32Array.from([7, 8, 3, 5, 6, 9, 1]);
/** Two leaves: piles of 2, 1 and 3 rows, then one of 1. */
const piles = () =>
  pileUp(ORDER, [
    [0, Uint8Array.from([0, 1, 0, 0, 1, 1])],
    [6, Uint8Array.from([0])],
  ]);
const rows = (selected: { mask: Uint8Array }): number[] =>
  [...selected.mask.keys()].filter((row) => selected.mask[row]);

describe("piles", () => {
  it("are found from the flags of the leaves", () => {
    expect([...(piles()?.starts ?? [])]).toEqual([0, 2, 3, 6, 7]);
    expect([...(piles()?.tops ?? [])]).toEqual([7, 3, 5, 1]);
    expect(pileUp(ORDER, [])).toBeNull();
  });

  it("are cells of the grid, each with all of its rows", () => {
    const cells = cellsOf(ORDER, piles());
    expect([...cells.rows]).toEqual([7, 3, 5, 1]);
    expect([0, 1, 2, 3].map((cell) => heightOf(cells, cell))).toEqual([2, 1, 3, 1]);
    expect([...rowsOf(cells, 2)]).toEqual([5, 6, 9]);
    expect([...rowsOf(cells, 1, 4)]).toEqual([3, 5, 6, 9, 1]);
    const every = [...cells.rows.keys()].flatMap((cell) => [...rowsOf(cells, cell)]);
    expect(every, "no row is lost").toEqual([...ORDER]);
  });

  it("of one node are those of its slice", () => {
    const found = piles();
    const cells = cellsOf(ORDER, found, 3, 7);
    expect([...cells.rows]).toEqual([5, 1]);
    expect([...rowsOf(cells, 0)]).toEqual([5, 6, 9]);
    expect([...rowsOf(cells, 1)]).toEqual([1]);
    expect(found && [0, 2, 3, 6, 7].map((place) => pileAt(found, place))).toEqual([0, 1, 2, 3, 4]);
    expect(cellsOf(ORDER, found, 7, 7).rows).toHaveLength(0);
  });

  it("are one row a cell where nothing is piled", () => {
    const cells = cellsOf(ORDER, null, 2, 5);
    expect([...cells.rows]).toEqual([3, 5, 6]);
    expect([...rowsOf(cells, 1)]).toEqual([5]);
    expect(heightOf(cells, 1)).toBe(1);
  });

  it("are selected whole, by clicks and by ranges", () => {
    const cells = cellsOf(ORDER, piles());
    const click = { extend: false, range: false };
    expect(rows(pick(NOTHING, cells, 0, null, click).selected)).toEqual([7, 8]);
    const range = pick(NOTHING, cells, 3, 1, { extend: false, range: true });
    expect(rows(range.selected)).toEqual([1, 3, 5, 6, 9]);
    const twice = pick(range.selected, cells, 2, null, { extend: true, range: false });
    expect(rows(twice.selected)).toEqual([1, 3]);
  });

  it("change what is shown even when the order of the rows stays", () => {
    const [piled, flat] = [cellsOf(ORDER, piles()), cellsOf(ORDER, null)];
    expect(sameCells(piled, flat)).toBe(false);
    expect(sameCells(piled, cellsOf(ORDER.slice(), piles()))).toBe(true);
  });
});
