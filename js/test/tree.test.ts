import { describe, expect, it } from "vitest";
import {
  childrenAreOpen,
  firstOpen,
  labelPath,
  leavesUnder,
  moveByKey,
  nearestSplit,
  neighbourOf,
  numberBeside,
  openAfterChange,
  sameLeaves,
  visibleLines,
  withDescendants,
} from "../src/tree";
import type { NodeEntry, TreeNode } from "../src/types";
import { entriesOf, indexTree, node, smallTree } from "./fakeModel";

const index = indexTree(smallTree());
const all = firstOpen(index, 0);
const single = (given: Parameters<typeof node>[0]): TreeNode => {
  const made = node(given);
  const [entry] = entriesOf([made]) as [NodeEntry];
  return { ...made, ...entry, entry };
};
const shown = (open: ReadonlySet<number>): number[] =>
  visibleLines(index, open).map((line) => line.node.id);

describe("lines of the tree", () => {
  it("are depth first, and only under open nodes", () => {
    expect(shown(all)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(shown(new Set([0]))).toEqual([0, 1, 4, 5, 6]);
    expect(shown(new Set([1]))).toEqual([0]);
  });

  it("say their level and place among siblings", () => {
    const line = visibleLines(index, all)[3];
    expect(line).toMatchObject({ level: 3, position: 2, siblings: 2 });
  });

  it("have a path that Python understands", () => {
    expect(labelPath(index, 0)).toBe("");
    expect(labelPath(index, 3)).toBe("Cluster 0/Cats");
  });

  it("show the number beside a name that does not say it", () => {
    expect(numberBeside(single({ id: 9, label: "Cats", number: "0.1" }))).toBe("0.1");
    expect(numberBeside(single({ id: 9, label: "Cluster 0.1", number: "0.1" }))).toBe("");
  });
});

describe("leaves", () => {
  it("cover the slice of their ancestor without a gap", () => {
    for (const ancestor of index.nodes) {
      let at = ancestor.start;
      for (const leaf of leavesUnder(index, ancestor.id)) {
        expect(leaf.start).toBe(at);
        at = leaf.stop;
      }
      expect(at).toBe(ancestor.stop);
    }
  });

  it("find the nearest node that is split", () => {
    expect(nearestSplit(index, 3)?.id).toBe(1);
    expect(nearestSplit(index, 4)?.id).toBe(0);
    expect(nearestSplit(index, 1)?.id).toBe(1);
    expect(nearestSplit(indexTree([node({ id: 0, parent: null, kind: "root" })]), 0)).toBeNull();
  });
});

describe("open and closed", () => {
  it("opens what has just been split, up to the root", () => {
    const before = indexTree(smallTree().filter(({ parent }) => parent !== 1));
    const open = openAfterChange(before, index, new Set());
    expect(open.has(1) && open.has(0)).toBe(true);
  });

  it("keeps closed what was closed, and forgets nodes that are gone", () => {
    const open = openAfterChange(index, index, new Set([0, 99]));
    expect([...open]).toEqual([0]);
  });

  it("opens and closes all children", () => {
    const closed = withDescendants(index, all, 0, false);
    expect(shown(closed)).toEqual([0, 1, 4, 5, 6]);
    expect(childrenAreOpen(index, closed, 0)).toBe(false);
    expect(childrenAreOpen(index, withDescendants(index, closed, 0, true), 0)).toBe(true);
  });

  it("opens only the way to the active node in a large tree", () => {
    const many = Array.from({ length: 1000 }, (_, i) => node({ id: i + 10, parent: 4 }));
    const large = indexTree([...smallTree(), ...many]);
    expect([...firstOpen(large, 3)].sort()).toEqual([0, 1, 3]);
  });
});

describe("keys", () => {
  const focusAfter = (focus: number, key: string, open: ReadonlySet<number> = all) =>
    moveByKey(index, open, focus, key);

  it("move through visible lines and stop at both ends", () => {
    expect(focusAfter(3, "ArrowDown")?.focus).toBe(4);
    expect(focusAfter(0, "ArrowUp")?.focus).toBe(0);
    expect(focusAfter(6, "ArrowDown")?.focus).toBe(6);
    expect(focusAfter(3, "Home")?.focus).toBe(0);
    expect(focusAfter(3, "End")?.focus).toBe(6);
  });

  it("close, then go to the parent; open, then go to the first child", () => {
    const closed = focusAfter(1, "ArrowLeft");
    expect(closed).toMatchObject({ focus: 1 });
    expect(closed?.open.has(1)).toBe(false);
    expect(focusAfter(3, "ArrowLeft")?.focus).toBe(1);
    expect(focusAfter(1, "ArrowRight", new Set([0]))?.open.has(1)).toBe(true);
    expect(focusAfter(1, "ArrowRight")?.focus).toBe(2);
  });

  it("leave other keys alone", () => {
    expect(focusAfter(1, "b")).toBeNull();
  });
});

it("finds what to look at when a cluster is taken away", () => {
  expect(neighbourOf(index, 1)).toBe(4);
  expect(neighbourOf(index, 4), "no cluster behind it").toBe(1);
  const alone = smallTree().filter(({ id }) => id !== 4);
  expect(neighbourOf(indexTree(alone), 1), "no other cluster").toBe(0);
});

describe("one's place among the leaves", () => {
  const leaves = leavesUnder(index, 0);
  const without = leaves.filter(({ id }) => id !== 3);
  const unassigned = single({ id: 9, kind: "unassigned" });

  it("is kept when one cluster goes away or comes back", () => {
    expect(sameLeaves(leaves, without)).toBe(true);
    expect(sameLeaves(without, leaves)).toBe(true);
    expect(sameLeaves(leaves, [...without.slice(0, -2), unassigned])).toBe(true);
  });

  it("is lost when they are others", () => {
    expect(sameLeaves(leaves, [single({ id: 20 }), single({ id: 21 })])).toBe(false);
    expect(sameLeaves(leaves, [single({ id: 0, kind: "root" })])).toBe(false);
    expect(sameLeaves([unassigned], leaves)).toBe(false);
  });
});
