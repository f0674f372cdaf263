import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import createWidget from "../src/index";
import { bytes, FakeModel } from "./fakeModel";

const settle = () => vi.advanceTimersByTimeAsync(200);

/** Rows 11 and 10 show one image, and so do 9, 8 and 7. */
const FLAGS = new DataView(Uint8Array.from([0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]).buffer);
const AUTO = { by: "auto", column: null, descending: false };

describe("order and focus", () => {
  let model: FakeModel;
  let view: HTMLElement;
  let stop: () => void;

  const find = (id: string): HTMLElement | null => view.querySelector(`[data-testid="${id}"]`);
  const all = (id: string): HTMLElement[] => [
    ...view.querySelectorAll<HTMLElement>(`[data-testid="${id}"]`),
  ];
  async function click(id: string): Promise<void> {
    find(id)?.click();
    await settle();
  }
  async function press(target: Element | null, key: string, more = {}): Promise<void> {
    target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
    await settle();
  }
  async function answer(op: string, result: object, ok = true): Promise<void> {
    const { id } = model.questions(op).at(-1) as { id: string };
    const error = { text: "no", key: null, values: {}, fields: {} };
    model.reply(ok ? { id, ok, result } : { id, ok, error });
    await settle();
  }
  async function start(traits: Record<string, unknown> = {}, info: object = {}): Promise<void> {
    const usual = new FakeModel().get("_info") as object;
    model = new FakeModel({ sort: AUTO, ...traits, _info: { ...usual, ...info } });
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

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    stop();
    document.body.replaceChildren();
    vi.useRealTimers();
  });

  it("asks for an order, and is busy until the kernel has it or refuses", async () => {
    await start({}, { sort_columns: ["year"] });
    await click("sort");
    await click("order-column-year");
    expect(model.questions("sort")).toMatchObject([
      { sort: { by: "column", column: "year" }, piles: false },
    ]);
    expect(model.questions("sort")[0]?.sort, "the usual direction").not.toHaveProperty(
      "descending",
    );
    await answer("sort", {});
    expect(find("sort")?.getAttribute("aria-busy")).toBe("true");
    await click("sort-direction");
    expect(model.questions("sort"), "one at a time").toHaveLength(1);
    model.set("sort", { by: "column", column: "year", descending: false });
    await settle();
    expect(find("sort")?.getAttribute("aria-busy")).toBe("false");
    expect(find("sort")?.textContent).toBe("year");

    await click("sort-direction");
    expect(model.questions("sort")[1]).toMatchObject({ sort: { descending: true } });
    await answer("sort", {}, false);
    expect(find("sort")?.getAttribute("aria-busy")).toBe("false");
  });

  it("asks for no order that is there already", async () => {
    await start();
    await click("sort");
    expect(find("order-auto")?.getAttribute("aria-checked")).toBe("true");
    await click("order-auto");
    expect(model.questions("sort")).toHaveLength(0);
  });

  it("offers piles only where rows share an image", async () => {
    await start();
    expect(find("piles")).toBeNull();
    stop();
    await start({}, { images: 9 });
    await click("piles");
    expect(model.questions("sort")).toMatchObject([{ sort: AUTO, piles: true }]);
  });

  it("shows a pile as one cell, and selects all that lies on it", async () => {
    await start({ _piles: FLAGS, piles: true }, { images: 9 });
    expect(all("image-cell")).toHaveLength(9);
    expect(all("pile").map(({ textContent }) => textContent)).toEqual(["2", "3"]);
    const at = (place: number) => view.querySelector<HTMLElement>(`[data-at="${place}"]`);
    at(1)?.click();
    await settle();
    expect(model.selected()).toEqual([7, 8, 9]);
    expect(at(1)?.getAttribute("aria-selected")).toBe("true");
    await press(find("image-grid"), " ");
    expect(model.selected()).toEqual([]);
    await press(find("image-grid"), "i", { ctrlKey: true });
    expect(model.selected()).toHaveLength(12);
    model.set("_selected", bytes([7, 8]));
    await settle();
    expect(at(1)?.getAttribute("aria-selected"), "a part of it").toBe("false");
    await press(find("image-grid"), "Enter");
    expect(find("large-view")?.querySelector(".muted")?.textContent).toBe("2 of 9");
    expect(model.questions("details").at(-1)).toMatchObject({ row: 9 });
  });

  it("walks from one similar image to the next, and back", async () => {
    await start();
    await press(find("image-grid"), "ArrowDown");
    await press(find("image-grid"), "Enter");
    await click("similar");
    expect(model.questions("similar")).toMatchObject([{ row: 11 }]);
    await answer("similar", { rows: [4, 2], similarity: [0.9512, 0.5], percentile: [99.96, 20] });
    const [first, second] = all("similar-image");
    expect(first?.textContent).toBe("0.951 · 99.9 %");
    const list = first?.parentElement as Element;
    await press(list, " ");
    expect(model.selected()).toEqual([4]);
    await click("select-similar");
    expect(model.selected()).toEqual([2, 4]);
    second?.click();
    await settle();
    expect(model.questions("details").at(-1)).toMatchObject({ row: 2 });
    expect(model.questions("similar").at(-1)).toEqual(expect.objectContaining({ row: 2 }));
    await answer("similar", {}, false);
    expect(find("similar-panel")?.textContent).toContain("no");
    await press(list, "ArrowLeft", { altKey: true });
    expect(model.questions("details").at(-1)).toMatchObject({ row: 11 });
    await press(find("large-view"), "ArrowRight");
    expect(model.questions("details").at(-1)).toMatchObject({ row: 10 });
  });

  it("finds what is similar to the selection, and to a cluster", async () => {
    await start({ _selected: bytes([3]) });
    await click("find-similar");
    expect(model.questions("similar").at(-1)).not.toHaveProperty("node");
    expect(model.questions("details"), "there is no image to show yet").toHaveLength(0);
    await press(find("large-view"), "Escape");
    find("large-view")?.querySelector<HTMLElement>(".large-header button")?.click();
    await settle();
    expect(find("large-view")).toBeNull();
    const header = view.querySelector('[data-testid="grid-header"][data-node="4"]');
    expect(header?.querySelector('[data-testid="find-similar"]')).toBeNull();
    header?.dispatchEvent(new PointerEvent("pointerenter"));
    await settle();
    header?.querySelector<HTMLElement>('[data-testid="invert"]')?.click();
    await settle();
    expect(model.selected()).toEqual([4, 5, 6]);
    header?.querySelector<HTMLElement>('[data-testid="find-similar"]')?.click();
    await settle();
    expect(model.questions("similar").at(-1)).toMatchObject({ node: 4 });
  });

  it("zooms the image with the focus, and Escape leaves the selection alone", async () => {
    await start({ _selected: bytes([3]) });
    const grid = find("image-grid");
    await press(grid, "z");
    expect(find("hover-zoom"), "no image has the focus").toBeNull();
    await press(grid, "ArrowDown");
    await press(grid, "z");
    expect(find("hover-zoom")?.dataset.index).toBe("11");
    expect(model.questions("thumbnails").some(({ size }) => size === 512)).toBe(true);
    await press(grid, "ArrowRight");
    expect(find("hover-zoom")?.dataset.index).toBe("10");
    await press(grid, "Escape");
    expect(find("hover-zoom")).toBeNull();
    expect(model.selected()).toEqual([3]);
  });

  it("zooms what the pointer rests on while Ctrl is held, never for a finger", async () => {
    await start();
    const cell = view.querySelector<HTMLElement>('[data-at="2"]');
    const move = (more: object) =>
      cell?.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, ...more }));
    move({ ctrlKey: true, pointerType: "touch" });
    await settle();
    await settle();
    expect(find("hover-zoom")).toBeNull();
    move({ pointerType: "mouse" });
    await settle();
    expect(find("hover-zoom"), "Ctrl is not held").toBeNull();
    await press(document.body, "Control");
    await settle();
    expect(find("hover-zoom")?.dataset.index).toBe("9");
    document.dispatchEvent(new KeyboardEvent("keyup", { key: "Control" }));
    await settle();
    expect(find("hover-zoom")).toBeNull();
  });
});
