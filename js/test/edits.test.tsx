import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import createWidget from "../src/index";
import { bytes, FakeModel, smallTree } from "./fakeModel";

const settle = () => vi.advanceTimersByTimeAsync(40);

let model: FakeModel;
let stop: () => void;
let view: HTMLElement;

async function start(traits: Record<string, unknown> = {}): Promise<void> {
  model = new FakeModel(traits);
  const widget = createWidget();
  const end = widget.initialize({ model });
  view = document.createElement("div");
  document.body.append(view);
  const clean = widget.render({ model, el: view });
  stop = () => {
    clean();
    end();
  };
  await settle();
}

const all = (id: string): HTMLElement[] => [
  ...view.querySelectorAll<HTMLElement>(`[data-testid="${id}"]`),
];
function one(id: string): HTMLElement {
  const [found] = all(id);
  if (!found) throw new Error(`There is no ${id}.`);
  return found;
}
const line = (path: string): HTMLElement =>
  view.querySelector(`[data-testid="tree-node"][data-path="${path}"]`) as HTMLElement;

async function press(element: HTMLElement, key: string, keys: KeyboardEventInit = {}) {
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...keys }));
  await settle();
}
async function click(element: HTMLElement, keys: MouseEventInit = {}): Promise<void> {
  element.dispatchEvent(new MouseEvent("click", { bubbles: true, ...keys }));
  await settle();
}
async function type(text: string): Promise<void> {
  const input = one("find-cluster") as HTMLInputElement;
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}
async function answer(op: string, result: Record<string, unknown> = {}): Promise<void> {
  model.reply({ id: model.questions(op).at(-1)?.id, ok: true, result });
  await settle();
}
async function refuse(op: string, key: string, values = {}): Promise<void> {
  const error = { text: key, key, values, fields: {} };
  model.reply({ id: model.questions(op).at(-1)?.id, ok: false, error });
  await settle();
}
const locked = (id: number) =>
  smallTree().map((node) => (node.id === id ? { ...node, locked: true } : node));

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  stop();
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("moving images", () => {
  it("asks for a cluster and says how many are selected, not which", async () => {
    await start({ _selected: bytes([1, 2, 8]) });
    await click(one("move-to"));
    expect(one("find-cluster").closest("[role=dialog]")?.textContent).toContain("Move 3 images to");
    await type("cats");
    await press(one("find-cluster"), "Enter");
    expect(model.questions("move")[0]).toMatchObject({ to: 3, count: 3 });
    expect(model.questions("move")[0]?.rows).toBeUndefined();
    await answer("move");
    expect(model.selected()).toEqual([]);
    expect(one("selection-count").textContent).toBe("Now in “Cats”");
    expect(line("Cluster 0/Cats").className).toContain("arrived");
  });

  it("asks again while the selection is still on its way to the kernel", async () => {
    await start({ _selected: bytes([1, 2]) });
    await click(one("move-to"));
    await type("cluster 1");
    await press(one("find-cluster"), "Enter");
    await refuse("move", "selection_late");
    await vi.advanceTimersByTimeAsync(200);
    expect(model.questions("move")).toHaveLength(2);
    expect(all("message")).toHaveLength(0);
    await answer("move");
    expect(model.selected()).toEqual([]);
  });

  it("keeps the selection and tells when the kernel refuses", async () => {
    await start({ _selected: bytes([1, 2]) });
    await click(one("move-to"));
    await type("cluster 1");
    await press(one("find-cluster"), "Enter");
    await refuse("move", "locked", { label: "Cluster 1" });
    expect(one("message").textContent).toContain("“Cluster 1” is locked");
    expect(model.selected()).toEqual([1, 2]);
  });

  it("makes a new cluster, of what was typed if that is no cluster's name", async () => {
    await start();
    await press(one("image-grid"), "ArrowRight");
    await press(one("image-grid"), "m");
    await type("Birds");
    expect(all("choice")).toHaveLength(0);
    await press(one("find-cluster"), "Enter");
    expect(model.questions("move_new")[0]).toMatchObject({ rows: [11], label: "Birds" });
  });

  it("takes the cluster whose name was typed before a second of that name", async () => {
    await start({ _selected: bytes([1]) });
    await click(one("move-to"));
    await type("Cluster 1");
    await press(one("find-cluster"), "Enter");
    expect(model.questions("move_new")).toHaveLength(0);
    expect(model.questions("move")[0]).toMatchObject({ to: 4 });
  });
});

describe("clusters", () => {
  it("are marked with Ctrl and merged, the one that was looked at too", async () => {
    await start();
    await click(line("Cluster 1"));
    await click(line("Cluster 0/Cats"), { ctrlKey: true });
    expect(model.get("_active")).toBe(4);
    expect(view.querySelectorAll(".tree-line.marked")).toHaveLength(2);
    await press(one("cluster-tree"), "j");
    expect(model.questions("merge")[0]).toMatchObject({ nodes: [3, 4] });
  });

  it("are marked with Shift and the arrows, and unmarked with Escape", async () => {
    await start();
    await click(line("Cluster 0/Cluster 0.0"));
    await press(one("cluster-tree"), "ArrowDown", { shiftKey: true });
    await press(one("cluster-tree"), "ArrowDown", { shiftKey: true });
    const marked = () => [...view.querySelectorAll<HTMLElement>(".tree-line.marked")];
    expect(marked().map(({ dataset }) => dataset.node)).toEqual(["2", "3", "4"]);
    await press(one("cluster-tree"), "j");
    expect(model.questions("merge")[0]).toMatchObject({ nodes: [2, 3, 4] });
    await answer("merge", { node: 2 });
    expect(marked()).toHaveLength(0);
    expect(model.get("_active")).toBe(2);
    await press(one("cluster-tree"), "ArrowDown", { shiftKey: true });
    await press(one("cluster-tree"), "Escape");
    expect(marked()).toHaveLength(0);
  });

  it("are locked with L, and a locked one offers nothing that changes it", async () => {
    await start({ _nodes: locked(4) });
    await click(line("Cluster 1"));
    expect(one("create-clusters").hasAttribute("disabled")).toBe(true);
    expect(line("Cluster 1").querySelector('.actions [data-testid="create-clusters"]')).toBeNull();
    await press(one("cluster-tree"), ".");
    expect(all("move")).toHaveLength(0);
    expect(all("merge")).toHaveLength(0);
    await click(one("lock"));
    expect(model.questions("lock")[0]).toMatchObject({ node: 4, locked: false });
    await press(one("cluster-tree"), "m");
    expect(all("find-cluster")).toHaveLength(0);
  });

  it("are left alone while something runs", async () => {
    await start({
      _job: {
        id: 1,
        kind: "function",
        title: "",
        node: 0,
        done: 0,
        total: 1,
        rate: null,
        text: "",
      },
    });
    await click(line("Cluster 1"));
    for (const key of ["l", "m", "j"]) await press(one("cluster-tree"), key);
    expect(all("find-cluster")).toHaveLength(0);
    expect(model.questions("lock")).toHaveLength(0);
    expect(one("history").hasAttribute("disabled")).toBe(true);
  });

  it("are sorted from the menu of their parent, by keys", async () => {
    await start();
    await click(line("Cluster 0"));
    await press(one("cluster-tree"), "F10", { shiftKey: true });
    const menu = one("menu");
    expect(document.activeElement?.getAttribute("role")).toBe("menuitem");
    await press(menu, "End");
    await press(menu, "ArrowDown"); // round to the first
    expect((document.activeElement as HTMLElement).dataset.testid).toBe("move");
    await click(one("sort-size"));
    expect(model.questions("sort_clusters")[0]).toMatchObject({ node: 1, by: "size" });
  });
});

it("shows the history with the present marked, and goes where one clicks", async () => {
  const step = (position: number, name: string, about = "") => ({
    ...{ position, name, about, images: null },
  });
  const steps = [
    step(1, "compute_clusters"),
    step(2, "merge", "Cluster 0 → Cats"),
    step(3, "lock"),
  ];
  await start({ _history: { undo: "merge", redo: "lock", position: 2, steps } });
  await click(one("history"));
  const entries = [...view.querySelectorAll<HTMLElement>("[role=menuitemradio]")];
  expect(entries.map(({ dataset }) => dataset.testid)).toEqual([
    ...["step-3", "step-2", "step-1", "step-0"],
  ]);
  expect(entries.map((entry) => entry.getAttribute("aria-checked"))).toEqual([
    ...["false", "true", "false", "false"],
  ]);
  expect(entries[1]?.textContent).toContain("Cluster 0 → Cats");
  expect(document.activeElement).toBe(entries[1]);
  await click(entries[2] as HTMLElement);
  expect(model.questions("go_to")[0]).toMatchObject({ position: 1 });
});

it("leads back by the path, and says in the tree what is at the top of the grid", async () => {
  await start();
  expect(line("Cluster 0/Cluster 0.0").getAttribute("aria-current")).toBe("location");
  await click(line("Cluster 0").querySelector('[data-testid="toggle"]') as HTMLElement);
  expect(line("Cluster 0").getAttribute("aria-current")).toBe("location");
  await click(line("Cluster 1"));
  const crumbs = one("breadcrumb");
  expect(crumbs.textContent).toBe("AllCluster 1");
  await click(crumbs.querySelector("button") as HTMLElement);
  expect(model.get("_active")).toBe(0);
  await click(all("grid-header")[2]?.querySelector(".name") as HTMLElement);
  expect(model.get("_active")).toBe(4);
});

describe("dragging", () => {
  class Transfer {
    data = new Map<string, string>();
    dropEffect = "none";
    effectAllowed = "all";
    get types(): string[] {
      return [...this.data.keys()];
    }
    setData(kind: string, value: string): void {
      this.data.set(kind, value);
    }
    getData(kind: string): string {
      return this.data.get(kind) ?? "";
    }
    setDragImage(): void {}
  }
  function drag(kind: string, target: Element, transfer: Transfer, keys: MouseEventInit = {}) {
    const event = new MouseEvent(kind, { bubbles: true, cancelable: true, ...keys });
    Object.defineProperty(event, "dataTransfer", { value: transfer });
    target.dispatchEvent(event);
    return event;
  }

  it("a selected image takes all that are selected along, another only itself", async () => {
    await start({ _selected: bytes([9, 10]) });
    for (const [row, expected] of [
      [10, { count: 2 }],
      [3, { rows: [3] }],
    ] as const) {
      const transfer = new Transfer();
      const cell = view.querySelector(`[data-index="${row}"]`) as HTMLElement;
      drag("dragstart", cell.querySelector("img") as Element, transfer);
      const over = drag("dragover", line("Cluster 1"), transfer);
      expect(over.defaultPrevented).toBe(true);
      expect(line("Cluster 1").dataset.drop).toBe("move");
      expect(JSON.stringify([...transfer.data]).length).toBeLessThan(200);
      drag("drop", line("Cluster 1"), transfer);
      expect(line("Cluster 1").dataset.drop).toBeUndefined();
      expect(model.questions("move").at(-1)).toMatchObject({ to: 4, ...expected });
    }
  });

  it("a cluster onto another moves it, with Ctrl merges it, onto itself does nothing", async () => {
    await start();
    const transfer = new Transfer();
    drag("dragstart", line("Cluster 1"), transfer);
    expect(drag("dragover", line("Cluster 1"), transfer).defaultPrevented).toBe(false);
    drag("dragover", line("Cluster 0/Cats"), transfer);
    expect(line("Cluster 0/Cats").dataset.hint).toContain("Ctrl");
    drag("drop", line("Cluster 0/Cats"), transfer);
    expect(model.questions("move")[0]).toMatchObject({ nodes: [4], to: 3 });
    drag("drop", line("Cluster 0/Cats"), transfer, { ctrlKey: true });
    expect(model.questions("merge")[0]).toMatchObject({ nodes: [3, 4] });
  });

  it("opens a closed line that it rests on, and takes nothing from elsewhere", async () => {
    await start({ _selected: bytes([1]) });
    await click(line("Cluster 0").querySelector('[data-testid="toggle"]') as HTMLElement);
    const foreign = new Transfer();
    foreign.setData("Files", "");
    expect(drag("dragover", line("Cluster 1"), foreign).defaultPrevented).toBe(false);
    const fromElsewhere = new Transfer();
    fromElsewhere.setData("application/x-panoptic-nb+other+4+", "");
    expect(drag("dragover", line("Cluster 1"), fromElsewhere).defaultPrevented).toBe(false);
    const transfer = new Transfer();
    drag("dragstart", view.querySelector('[data-index="1"]') as HTMLElement, transfer);
    drag("dragover", line("Cluster 0"), transfer);
    await vi.advanceTimersByTimeAsync(500);
    expect(line("Cluster 0/Cats")).toBeNull();
    await vi.advanceTimersByTimeAsync(200);
    expect(line("Cluster 0/Cats")).not.toBeNull();
  });
});
