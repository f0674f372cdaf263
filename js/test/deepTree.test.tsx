import { afterEach, expect, it } from "vitest";
import { readTree, unpack } from "../src/packedTree";
import { createSession } from "../src/store";
import { mount } from "../src/views/mount";
import { FakeModel, words } from "./fakeModel";

/** Each cluster but the last splits off one row. */
function deepEntries(depth: number) {
  const entry = { number: "", kind: "group" as const, score: null, function: null, split: null };
  return Array.from({ length: depth + 1 }, (_, level) => {
    const rest = { ...entry, id: 2 * level, label: `level ${level}`, rows: depth + 1 - level };
    const children = level < depth ? [2 * level + 1, 2 * level + 2] : [];
    const one = { ...entry, id: 2 * level + 1, label: "one", rows: 1, children: [] as number[] };
    const kind = level === 0 ? ("root" as const) : ("group" as const);
    return level < depth ? [{ ...rest, kind, children }, one] : [{ ...rest, kind, children }];
  }).flat();
}

afterEach(() => document.body.replaceChildren());

it("a tree of thousands of levels is unpacked", () => {
  const depth = 5000;
  const nodes = deepEntries(depth);
  const order = Array.from({ length: depth + 1 }, (_, row) => row);
  const { tree } = unpack(readTree({ version: 1, nodes }, [words(order)]), null);
  expect(tree.nodes).toHaveLength(2 * depth + 1);
  expect(tree.byId.get(2 * depth)).toMatchObject({ start: depth, stop: depth + 1 });
});

it("a tree of hundreds of levels is drawn", async () => {
  const depth = 400;
  const nodes = deepEntries(depth);
  const order = Array.from({ length: depth + 1 }, (_, row) => row);
  const model = new FakeModel({
    _tree: { version: 1, nodes },
    _order: words(order),
    _active: 2 * depth,
  });
  const session = createSession(model);
  const unmount = mount(session, document.body);
  await expect
    .poll(() => document.querySelectorAll("[data-testid=tree-node]").length)
    .toBeGreaterThan(0);
  expect(document.body.textContent).toContain("level");
  unmount();
  session.dispose();
});
