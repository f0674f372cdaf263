import { describe, expect, it } from "vitest";
import {
  accepts,
  between,
  type Cargo,
  dropAt,
  isLocked,
  matching,
  movable,
  orderAfter,
  SELECTION,
} from "../src/moves";
import { visibleLines } from "../src/tree";
import { indexTree, node, smallTree } from "./fakeModel";

const nodes = (...ids: number[]): Cargo => ({ nodes: ids, row: null });
const [ALL, SPLIT, LEAF, CATS, OTHER, UNASSIGNED, WITHOUT] = [0, 1, 2, 3, 4, 5, 6];
const index = indexTree(smallTree());
const withLock = (id: number) =>
  indexTree(smallTree().map((one) => (one.id === id ? { ...one, locked: true } : one)));

describe("what can be moved", () => {
  it("is no cluster twice, not all images, and nothing that is locked", () => {
    expect(movable(index, [ALL])).toEqual([]);
    expect(movable(index, [CATS, OTHER, UNASSIGNED])).toEqual([CATS, OTHER, UNASSIGNED]);
    expect(movable(index, [CATS, SPLIT])).toEqual([SPLIT]);
    expect(movable(withLock(SPLIT), [CATS, OTHER])).toEqual([OTHER]);
    expect(isLocked(withLock(SPLIT), CATS)).toBe(true);
    expect(isLocked(withLock(CATS), SPLIT)).toBe(false);
  });
});

describe("what a cluster takes", () => {
  it("is images, but not among those without a vector, nor where nothing is split", () => {
    const takers = index.nodes.filter(({ id }) => accepts(index, SELECTION, id, "move"));
    expect(takers.map(({ id }) => id)).toEqual([ALL, SPLIT, LEAF, CATS, OTHER, UNASSIGNED]);
    expect(accepts(index, SELECTION, OTHER, "merge")).toBe(false);
    const alone = indexTree([node({ id: 0, parent: null, kind: "root", stop: 4 })]);
    expect(accepts(alone, SELECTION, 0, "move")).toBe(false);
  });

  it("is a cluster that does not stand there, and never itself or what it holds", () => {
    const takers = (what: Cargo, how: "move" | "merge") =>
      index.nodes.filter(({ id }) => accepts(index, what, id, how)).map(({ id }) => id);
    expect(takers(nodes(CATS), "move")).toEqual([ALL, LEAF, OTHER]);
    expect(takers(nodes(SPLIT), "move")).toEqual([OTHER]);
    expect(takers(nodes(CATS), "merge")).toEqual([LEAF, OTHER]);
    expect(takers(nodes(UNASSIGNED), "move")).toEqual([]);
    expect(takers(nodes(WITHOUT), "merge")).toEqual([SPLIT, LEAF, CATS, OTHER]);
  });

  it("is nothing while it is locked", () => {
    for (const id of [SPLIT, CATS]) {
      expect(accepts(withLock(SPLIT), SELECTION, id, "move")).toBe(false);
    }
  });
});

describe("a drop", () => {
  it("puts images into a line wherever they fall on it", () => {
    for (const at of [0, 0.5, 1]) expect(dropAt(index, SELECTION, OTHER, at, false)).toBe("move");
    expect(dropAt(index, SELECTION, WITHOUT, 0.5, false)).toBeNull();
  });

  it("between two lines orders siblings, on a line moves or merges", () => {
    const drop = (at: number, merge = false) => dropAt(index, nodes(OTHER), SPLIT, at, merge);
    expect([drop(0.1), drop(0.5), drop(0.9)]).toEqual(["before", "move", "after"]);
    expect(drop(0.1, true)).toBe("merge");
    expect(dropAt(index, nodes(CATS), OTHER, 0.1, false)).toBe("move");
    expect(dropAt(index, nodes(OTHER), OTHER, 0.1, false)).toBeNull();
    expect(dropAt(index, nodes(OTHER), UNASSIGNED, 0.1, false)).toBeNull();
  });

  it("of what is in no cluster makes it part of one", () => {
    expect(dropAt(index, nodes(UNASSIGNED), OTHER, 0.1, false)).toBe("merge");
  });

  it("between two lines gives all clusters once, in the order that one sees", () => {
    const tree = indexTree([
      node({ id: 0, parent: null, kind: "root" }),
      ...[1, 2, 3, 4].map((id) => node({ id, start: id - 1, stop: id })),
      node({ id: 5, kind: "unassigned", start: 4, stop: 5 }),
    ]);
    expect(orderAfter(tree, [4], 1, "before")).toEqual([4, 1, 2, 3]);
    expect(orderAfter(tree, [1], 3, "after")).toEqual([2, 3, 1, 4]);
    expect(orderAfter(tree, [4, 1], 2, "after")).toEqual([2, 1, 4, 3]);
  });
});

it("marks from one line to another in either direction", () => {
  const lines = visibleLines(index, new Set([ALL, SPLIT]));
  expect(between(lines, SPLIT, CATS)).toEqual([SPLIT, LEAF, CATS]);
  expect(between(lines, CATS, SPLIT)).toEqual([SPLIT, LEAF, CATS]);
  expect(between(lines, 99, OTHER)).toEqual([OTHER]);
});

it("finds names by parts of them, whatever their case and accents", () => {
  const names = ["Écoles › Filles", "Ecole", "Filles"];
  const find = (typed: string) => matching(names, (name) => name, typed);
  expect(find("ecole")).toEqual(["Écoles › Filles", "Ecole"]);
  expect(find(" fil  ÉCO ")).toEqual(["Écoles › Filles"]);
  expect(find("  ")).toEqual(names);
  expect(find("xyz")).toEqual([]);
});
