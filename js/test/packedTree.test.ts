import { describe, expect, it } from "vitest";
import { patched, readTree, type TreePatch, unpack } from "../src/packedTree";
import { entriesOf, node, smallTree, words } from "./fakeModel";

const ORDER = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
const whole = () =>
  readTree({ version: 7, nodes: entriesOf(smallTree()) }, [words(ORDER), words([])]);
const nothing = { base: 7, version: 8, nodes: [], removed: [], leaves: [] };

const slice = ({ tree, order }: ReturnType<typeof unpack>, id: number): number[] => {
  const found = tree.byId.get(id);
  return [...order.subarray(found?.start, found?.stop)];
};

describe("the packed tree", () => {
  it("is unpacked into slices, depth first", () => {
    const drawn = unpack(whole(), null);
    expect(drawn.tree.nodes.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(slice(drawn, 0)).toEqual(ORDER);
    expect(slice(drawn, 1)).toEqual([11, 10, 9, 8, 7]);
    expect(slice(drawn, 6)).toEqual([0]);
    expect(drawn.tree.byId.get(3)?.parent).toBe(1);
    expect(drawn.similarity).toHaveLength(0);
  });

  it("takes a split, and moves what stands behind it", () => {
    const packed = whole();
    const before = unpack(packed, null);
    const parts = [
      node({ id: 4, label: "Cluster 1", rows: 4 }),
      node({ id: 20, parent: 4, stop: 3 }),
      node({ id: 21, parent: 4, stop: 3 }),
    ];
    const patch: TreePatch = {
      ...nothing,
      nodes: entriesOf(parts),
      leaves: [
        [20, 3],
        [21, 3],
      ],
    };
    const scores = new DataView(Float32Array.from([1, 0.9, 0.8, 1, 1, 1]).buffer);
    const next = patched(packed, patch, [words([6, 5, 4, 6, 5, 3]), scores]);
    if (!next) throw new Error("refused");
    const after = unpack(next, before.tree);
    expect(slice(after, 4)).toEqual([6, 5, 4, 6, 5, 3]);
    expect(slice(after, 5)).toEqual([2, 1]);
    expect(after.tree.byId.get(5)?.start).toBe(11);
    expect(after.similarity[6]).toBeCloseTo(0.9);
    expect(after.similarity[0]).toBeNaN();
    expect(after.tree.byId.get(2), "stood where it stood").toBe(before.tree.byId.get(2));
  });

  it("takes a close: what is below goes, the node has its rows again", () => {
    const closed = node({ id: 1, label: "Cluster 0", stop: 5 });
    const patch = { ...nothing, nodes: entriesOf([closed]), removed: [2, 3], leaves: [[1, 5]] };
    const next = patched(whole(), patch as TreePatch, [words([7, 8, 9, 10, 11]), words([])]);
    if (!next) throw new Error("refused");
    const after = unpack(next, null);
    expect(after.tree.nodes.map(({ id }) => id)).toEqual([0, 1, 4, 5, 6]);
    expect(slice(after, 0)).toEqual([7, 8, 9, 10, 11, 6, 5, 4, 3, 2, 1, 0]);
  });

  it("piles up what the kernel says, leaf by leaf, until it says nothing of piles", () => {
    const flags = (...values: number[]) => new DataView(Uint8Array.from(values).buffer);
    const leaves: TreePatch["leaves"] = [
      [4, 4],
      [6, 1],
    ];
    const piled = patched(whole(), { ...nothing, leaves }, [
      words([3, 4, 5, 6, 0]),
      words([]),
      flags(0, 1, 1, 0, 0),
    ]);
    if (!piled) throw new Error("refused");
    const { order, piles } = unpack(piled, null);
    expect([...order.subarray(5, 9)]).toEqual([3, 4, 5, 6]);
    expect([...(piles?.starts ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12]);
    const flat = patched(piled, { ...nothing, base: 8, leaves }, [words([3, 4, 5, 6, 0])]);
    expect(flat && unpack(flat, null).piles).toBeNull();
  });

  it("refuses a patch of another version, and reads nothing as an empty tree", () => {
    expect(patched(whole(), { ...nothing, base: 6 }, [])).toBeNull();
    const empty = unpack(readTree(undefined, []), null);
    expect(empty.tree.root).toBeNull();
    expect(empty.order).toHaveLength(0);
  });
});
