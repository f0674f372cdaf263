import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import createWidget from "../src/index";
import { bytes, FakeModel, smallTree, type TestNode } from "./fakeModel";

/** Lets effects and the batch of trait changes run. */
const settle = () => vi.advanceTimersByTimeAsync(40);

function testId(root: ParentNode, id: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  if (!found) throw new Error(`There is no ${id}.`);
  return found;
}

const cells = (root: ParentNode): HTMLElement[] => [
  ...root.querySelectorAll<HTMLElement>('[data-testid="image-cell"]'),
];
const treeNode = (root: ParentNode, path: string): HTMLElement =>
  root.querySelector(`[data-testid="tree-node"][data-path="${path}"]`) as HTMLElement;

describe("the widget", () => {
  let model: FakeModel;
  let stop: () => void;
  let element: HTMLElement;
  let widget: ReturnType<typeof createWidget>;

  async function show(): Promise<HTMLElement> {
    element = document.createElement("div");
    document.body.append(element);
    const clean = widget.render({ model, el: element });
    const before = stop;
    stop = () => {
      clean();
      before?.();
    };
    await settle();
    return element;
  }

  function start(traits: Record<string, unknown> = {}): void {
    model = new FakeModel(traits);
    widget = createWidget();
    stop = widget.initialize({ model });
  }

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    stop();
    document.body.replaceChildren();
    vi.useRealTimers();
  });

  it("shows the tree, the images of the active node and where they went", async () => {
    start();
    const view = await show();
    expect(view.querySelectorAll('[data-testid="tree-node"]')).toHaveLength(7);
    expect(testId(treeNode(view, "Cluster 0/Cats"), "score").textContent).toBe("31");
    expect(treeNode(view, "").querySelector('[data-testid="score"]')).toBeNull();
    expect(testId(view, "count-line").textContent).toBe(
      "12 = 9 in 2 clusters + 2 unassigned + 1 without vector",
    );
    expect(
      cells(view)
        .map((cell) => cell.dataset.index)
        .sort(),
    ).toHaveLength(12);
    expect(view.querySelectorAll('[data-testid="grid-header"]')).toHaveLength(5);
  });

  it("says that it shows a part of a project", async () => {
    const info = { ...(new FakeModel().get("_info") as object), part_of: 1000 };
    start({ _info: info });
    expect(testId(await show(), "rows").textContent).toBe("12 of 1,000 images");
  });

  it("keeps notebook keys away, but lets the notebook be saved", async () => {
    start();
    const view = await show();
    const root = view.firstElementChild as HTMLElement;
    const outside = vi.fn();
    view.addEventListener("keydown", outside);
    const press = (key: string, ctrlKey = false) =>
      testId(view, "image-grid").dispatchEvent(
        new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true }),
      );
    press("b");
    press("ArrowDown");
    expect(outside).not.toHaveBeenCalled();
    press("s", true);
    expect(outside).toHaveBeenCalledOnce();
    expect(root.className).toBe("panoptic-nb");
    expect(root.tabIndex).toBe(0);
    expect(root.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
  });

  it("draws two views of one model that share state but not what is open", async () => {
    start();
    const one = await show();
    const two = await show();
    testId(treeNode(one, "Cluster 0"), "toggle").click();
    await settle();
    expect(treeNode(one, "Cluster 0/Cats")).toBeNull();
    expect(treeNode(two, "Cluster 0/Cats")).not.toBeNull();
    treeNode(one, "Cluster 1").click();
    await settle();
    expect(cells(one)).toHaveLength(4);
    expect(cells(two)).toHaveLength(4);
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("leaves nothing behind", async () => {
    start();
    const view = await show();
    stop();
    expect(view.childElementCount).toBe(0);
    expect(model.listenerCount()).toBe(0);
  });

  it("writes the selection as rows, from clicks, ranges and whole clusters", async () => {
    start();
    const view = await show();
    const at = (place: number) =>
      cells(view).find((cell) => cell.dataset.at === String(place)) as HTMLElement;
    at(1).click();
    await settle();
    expect(model.selected()).toEqual([10]);
    at(6).dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    await settle();
    expect(model.selected()).toEqual([5, 6, 7, 8, 9, 10]);
    testId(treeNode(view, "Unassigned"), "select-cluster").click();
    await settle();
    expect(model.selected()).toEqual([1, 2, 5, 6, 7, 8, 9, 10]);
    expect(testId(view, "selection-count").textContent).toContain("8");
    expect(model.saved).toBeGreaterThan(2);
  });

  it("opens an image by double-click without touching the selection", async () => {
    start({ _selected: bytes([1, 2, 3, 4]) });
    const view = await show();
    const cell = cells(view)[7] as HTMLElement;
    for (const detail of [1, 2]) {
      cell.dispatchEvent(new MouseEvent("click", { bubbles: true, detail }));
      await settle();
    }
    cell.dispatchEvent(new MouseEvent("dblclick", { bubbles: true, detail: 2 }));
    await settle();
    expect(model.selected()).toEqual([1, 2, 3, 4]);
    expect(testId(view, "large-view")).toBeTruthy();
    const details = { label: "x", properties: [], width: null, height: null, nodes: [] };
    const row = model.questions("details")[0]?.row;
    const result = { ...details, row, missing: "No such file." };
    model.reply({ id: model.questions("details")[0]?.id, ok: true, result });
    await settle();
    expect(testId(view, "large-note").textContent).toContain("No such file.");
  });

  it("does with keys what the buttons of a tree line do", async () => {
    start();
    const view = await show();
    treeNode(view, "Cluster 0").click();
    await settle();
    const press = (key: string, ctrlKey = false) =>
      testId(view, "cluster-tree").dispatchEvent(
        new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true }),
      );
    press("s");
    press("s", true); // the notebook's
    expect(model.questions("save")).toHaveLength(1);
    expect(model.questions("save")[0]).toMatchObject({ node: 1, leaves_only: false });
    press("Delete");
    expect(model.questions("close")[0]).toMatchObject({ node: 1 });
    const reachable = [...view.querySelectorAll<HTMLElement>(".tree .actions [tabindex='0']")];
    expect(reachable.map((button) => button.dataset.testid)).toEqual([
      "toggle-children",
      "close-clusters",
      "line-menu",
    ]);
  });

  it("keeps a name that is left by a click elsewhere, unless it was given up", async () => {
    start();
    const view = await show();
    const rename = async (text: string, end: Event) => {
      const name = treeNode(view, "Cluster 1").querySelector(".name") as HTMLElement;
      name.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
      await settle();
      const input = view.querySelector('input[name="label"]') as HTMLInputElement;
      expect(document.activeElement).toBe(input);
      input.value = text;
      input.dispatchEvent(end);
      await settle();
    };
    await rename("Dogs", new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(model.questions("rename")).toHaveLength(0);
    await rename("Dogs", new FocusEvent("blur"));
    expect(model.questions("rename")).toMatchObject([{ node: 4, label: "Dogs" }]);
  });

  it("saves one branch from the menu of the toolbar", async () => {
    start({ _active: 1 });
    const view = await show();
    testId(view, "save-options").click();
    await settle();
    testId(view, "save-leaves-only").click();
    expect(model.questions("save")[0]).toMatchObject({ node: 1, leaves_only: true });
  });

  describe("with duplicates", () => {
    const field = { name: "min_similarity", type: "float", default: 0.95, minimum: 0, maximum: 1 };
    const duplicates = {
      ...{ name: "find_duplicates", title: "", help: "", experimental: false, error: null },
      fields: [
        { ...field, help: "", label: "", preview: true },
        { name: "vec_type", type: "vectors", default: "lite0", help: "", label: "" },
      ],
    };
    const counted = {
      ...{ function: "find_duplicates", parameter: "min_similarity", node: 0, vec_type: "lite0" },
      ...{ thresholds: [0.985, 0.99, 0.995, 1], pairs: [7, 5, 2, 1] },
      ...{ groups: [1, 2, 2, 1], images: [6, 5, 4, 2] },
    };

    async function open(): Promise<{ view: HTMLElement; type(text: string): Promise<void> }> {
      start({
        _functions: [duplicates],
        _defaults: { function: "find_duplicates", params: { find_duplicates: {} } },
      });
      const view = await show();
      testId(view, "parameters").click();
      await settle();
      const input = view.querySelector('input[name="min_similarity"]') as HTMLInputElement;
      const type = async (text: string) => {
        input.value = text;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        await settle();
      };
      return { view, type };
    }

    it("explores thresholds, and follows the field without asking the kernel again", async () => {
      const { view, type } = await open();
      testId(view, "explore").click();
      expect(model.questions("preview")[0]).toMatchObject({
        ...{ node: 0, function: "find_duplicates", parameter: "min_similarity" },
        vec_type: "lite0",
      });
      const job = { id: 1, kind: "preview", title: "x", node: 0, done: 1, total: 2, rate: 1 };
      model.set("_job", { ...job, text: "", cancelling: false });
      await settle();
      testId(view, "cancel-preview").click();
      expect(model.questions("cancel")).toHaveLength(1);
      model.set("_job", null);
      model.set("_preview", counted);
      await settle();
      const asked = model.sent.length;
      await type("0.99");
      expect(testId(view, "would-find").textContent).toBe("At 0.99: 2 groups, 5 images");
      await type("0,9931");
      expect(testId(view, "would-find").textContent).toBe("At 0.995: 2 groups, 4 images");
      await type("0.4");
      expect(testId(view, "would-find").textContent).toBe("Thresholds are counted from 0.985 up.");
      await type("");
      expect(testId(view, "would-find").textContent).toBe("Thresholds are counted from 0.985 up.");
      expect(model.sent).toHaveLength(asked);
    });

    it("shows no counts of other vectors or another cluster", async () => {
      const { view } = await open();
      for (const other of [{ vec_type: "other" }, { node: 1 }]) {
        model.set("_preview", { ...counted, ...other });
        await settle();
        expect(view.querySelector('[data-testid="would-find"]')).toBeNull();
        expect(testId(view, "explore")).toBeTruthy();
      }
    });

    it("refuses a cluster by key, and goes on to the next", async () => {
      const nodes = smallTree().map((node) =>
        node.id === 1 || node.id === 4
          ? { ...node, refusable: true, min_similarity: 0.9712 }
          : node,
      );
      start({ _nodes: nodes, _active: 3 });
      const view = await show();
      expect(testId(treeNode(view, "Cluster 1"), "least-similar").textContent).toBe("≥ 0.971");
      treeNode(view, "Cluster 0").click();
      await settle();
      const tree = testId(view, "cluster-tree");
      const press = () =>
        tree.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true }));
      press();
      expect(model.questions("not_duplicates")).toMatchObject([{ node: 1 }]);
      expect(model.get("_active")).toBe(4);
      treeNode(view, "Unassigned").click();
      await settle();
      press();
      expect(model.questions("not_duplicates"), "there is nothing to refuse").toHaveLength(1);
      testId(treeNode(view, "Cluster 1"), "not-duplicates").click();
      expect(model.questions("not_duplicates").at(-1)).toMatchObject({ node: 4 });
    });
  });

  it("lists a function that is defined while the form is open, and keeps what was typed", async () => {
    start();
    const view = await show();
    testId(view, "parameters").click();
    await settle();
    const input = view.querySelector('input[name="nb_clusters"]') as HTMLInputElement;
    input.value = "42";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    const functions = model.get("_functions") as object[];
    model.set("_functions", [...functions, { ...functions[0], name: "late", fields: [] }]);
    await settle();
    expect(view.querySelectorAll('select[name="function"] option')).toHaveLength(2);
    expect(input.value).toBe("42");
    expect(input.isConnected).toBe(true);
  });

  it("offers to compute the vectors that are missing, until that is closed", async () => {
    const info = new FakeModel().get("_info") as object;
    start({ _info: { ...info, without_vector: 1, vec_encoder: "lite0" } });
    const view = await show();
    expect(testId(view, "vectors-missing").textContent).toContain("1 of 12 images has");
    testId(view, "embed-missing").click();
    expect(model.questions("embed")[0]).toMatchObject({ spec: "lite0" });
    testId(view, "vectors-missing").querySelector<HTMLElement>(".icon-button")?.click();
    await settle();
    expect(view.querySelector('[data-testid="vectors-missing"]')).toBeNull();
  });

  it("follows a selection made in Python", async () => {
    start();
    const view = await show();
    model.set("_selected", bytes([0, 11]));
    await settle();
    const chosen = cells(view).filter((cell) => cell.getAttribute("aria-selected") === "true");
    expect(chosen.map((cell) => cell.dataset.index).sort()).toEqual(["0", "11"]);
  });

  it("asks for clusters of the active node, and opens what was split", async () => {
    start({ _nodes: smallTree().filter(({ parent }) => parent !== 1), _active: 1 });
    const view = await show();
    testId(view, "create-clusters").click();
    expect(model.questions("run")[0]).toMatchObject({
      node: 1,
      function: "compute_clusters",
      params: {},
      remember: false,
    });
    model.changeTree(smallTree());
    await settle();
    expect(treeNode(view, "Cluster 0/Cats")).not.toBeNull();
  });

  it("refuses a value in the form before the kernel sees it, and shows what the kernel refuses", async () => {
    start();
    const view = await show();
    testId(view, "parameters").click();
    await settle();
    const input = view.querySelector('input[name="nb_clusters"]') as HTMLInputElement;
    const type = async (text: string) => {
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      await settle();
      testId(view, "run").click();
      await settle();
    };
    await type("-7");
    expect(testId(view, "field-error").textContent).toContain("-1");
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(model.questions("run")).toHaveLength(0);

    await type("0");
    const error = { text: "bad", key: null, values: {}, fields: { nb_clusters: "Not 0." } };
    model.reply({ id: model.questions("run")[0]?.id, ok: false, error });
    await settle();
    expect(testId(view, "field-error").textContent).toBe("Not 0.");

    await type("-1");
    const asked = model.questions("run").at(-1);
    expect(asked).toMatchObject({ params: { nb_clusters: -1 } });
    model.reply({ id: asked?.id, ok: true, result: {} });
    await settle();
    expect(view.querySelector('input[name="nb_clusters"]')).toBeNull();
  });

  it("shows a field with its slider while it applies, and sends what both say", async () => {
    const k = { name: "nb_clusters", type: "int", default: 10, minimum: -1, help: "", label: "" };
    const bounds = { exclusive_minimum: 0, maximum: 10, when: { nb_clusters: [-1] } };
    const granularity = { ...k, ...bounds, name: "granularity", type: "float", default: 1 };
    const [fn] = new FakeModel().get("_functions") as object[];
    start({ _functions: [{ ...fn, fields: [k, { ...granularity, minimum: null }] }] });
    const view = await show();
    testId(view, "parameters").click();
    await settle();
    const field = (css: string) => view.querySelector<HTMLInputElement>(`.field input${css}`);
    const type = async (css: string, text: string) => {
      const input = field(css) as HTMLInputElement;
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      await settle();
    };
    expect(field("[name='granularity']")).toBeNull();
    await type("[name='nb_clusters']", "-1");
    expect(field("[name='granularity']")?.value).toBe("1");
    const slider = field("[type='range']") as HTMLInputElement;
    expect(slider.getAttribute("aria-label")).toBe("Granularity");
    await type("[name='granularity']", "2.5");
    expect(slider.value).toBe("2.5");
    await type("[type='range']", "0.5");
    expect(field("[name='granularity']")?.value).toBe("0.5");
    testId(view, "run").click();
    await settle();
    expect(model.questions("run")[0]?.params).toEqual({ nb_clusters: -1, granularity: 0.5 });
  });

  it("neither checks nor sends a field that was hidden again", async () => {
    const k = { name: "nb_clusters", type: "int", default: 10, minimum: -1, help: "", label: "" };
    const when = { nb_clusters: [-1] };
    const share = { ...k, name: "share", type: "float", default: 0.5, maximum: 1, when };
    const [fn] = new FakeModel().get("_functions") as object[];
    start({
      _functions: [{ ...fn, fields: [k, share] }],
      _defaults: {
        function: "compute_clusters",
        params: { compute_clusters: { nb_clusters: -1, share: 9 } },
      },
    });
    const view = await show();
    testId(view, "parameters").click();
    await settle();
    testId(view, "run").click();
    await settle();
    expect(testId(view, "field-error").textContent).toContain("1");
    const input = view.querySelector('input[name="nb_clusters"]') as HTMLInputElement;
    input.value = "4";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(view.querySelector('[data-testid="field-error"]')).toBeNull();
    testId(view, "run").click();
    await settle();
    expect(model.questions("run")[0]?.params).toEqual({ nb_clusters: 4 });
  });

  it("renames with the kernel's blessing only", async () => {
    start();
    const view = await show();
    const name = treeNode(view, "Cluster 1").querySelector(".name") as HTMLElement;
    name.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    await settle();
    const input = view.querySelector('input[name="label"]') as HTMLInputElement;
    input.value = "a/b";
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    await settle();
    const asked = model.questions("rename")[0];
    expect(asked).toMatchObject({ node: 4, label: "a/b" });
    const error = { text: "No slash.", key: null, values: {}, fields: {} };
    model.reply({ id: asked?.id, ok: false, error });
    await settle();
    expect(testId(view, "field-error").textContent).toBe("No slash.");
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await settle();
    expect(view.querySelector('input[name="label"]')).toBeNull();
  });

  it("shows a running job with a way out, and holds back new ones", async () => {
    start();
    const view = await show();
    const job = { id: 1, kind: "function", title: "x", node: 0, done: 5, total: 20 };
    model.set("_job", { ...job, rate: 5, text: "", cancelling: false });
    await settle();
    expect(testId(view, "job").textContent).toContain("3 s left");
    expect((testId(view, "create-clusters") as HTMLButtonElement).disabled).toBe(true);
    testId(view, "cancel").click();
    expect(model.questions("cancel")).toHaveLength(1);
  });

  it("shows a message until it is closed, and the next one again", async () => {
    start();
    const view = await show();
    const message = { level: "warning", text: "Careful.", key: null, values: {}, detail: "x" };
    model.set("_message", { ...message, id: 1, action: null });
    await settle();
    expect(testId(view, "message").textContent).toContain("Careful.");
    testId(view, "message").querySelector<HTMLElement>(".icon-button")?.click();
    await settle();
    expect(view.querySelector('[data-testid="message"]')).toBeNull();
    model.set("_message", { ...message, id: 2, action: null });
    await settle();
    expect(testId(view, "message")).toBeTruthy();
  });

  it("offers to compute vectors where there are none", async () => {
    const encoders = [
      { spec: "lite0", label: "Lite0", ready: true, installed: true, download_mb: null },
    ];
    const info = new FakeModel().get("_info") as object;
    start({ _info: { ...info, has_vectors: false, encoders } });
    const view = await show();
    testId(view, "embed").click();
    expect(model.questions("embed")[0]).toMatchObject({ spec: "lite0" });
  });

  it("draws a large tree a screen at a time", async () => {
    const nodes = smallTree();
    const pattern = nodes[4] as TestNode;
    for (let i = 0; i < 5000; i += 1) nodes.push({ ...pattern, id: 100 + i, label: `C ${i}` });
    start({ _nodes: nodes });
    const view = await show();
    expect(view.querySelectorAll('[data-testid="tree-node"]').length).toBeLessThan(100);
  });
});
