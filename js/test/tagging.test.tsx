import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fill } from "../src/i18n";
import createWidget from "../src/index";
import { digitOf } from "../src/tagging";
import { bytes, FakeModel } from "./fakeModel";

it("reads a number key by its place, whatever the layout types there", () => {
  expect(digitOf({ code: "Digit1", key: "&" })).toBe("1");
  expect(digitOf({ code: "Numpad9", key: "9" })).toBe("9");
  expect(digitOf({ key: "3" })).toBe("3");
  for (const key of ["0", "12", "a", "F1"]) expect(digitOf({ code: key, key })).toBeNull();
});

it("keeps a name that is read from right to left apart from the sentence", () => {
  expect(fill("“{name}”: {n}", { name: "שלום", n: 3 })).toBe("“\u2068שלום\u2069”: 3");
  expect(fill("“{name}”", { name: "\u202ereversed" })).toBe("“\u2068\u202ereversed\u2069”");
  expect(fill("“{name}”", { name: "été" })).toBe("“été”");
});

const KEYS = {
  version: 1,
  column: "mine",
  keys: [{ key: "1", column: "mine", tag: "<b>birds</b>", colour: "#123456" }],
};

describe("tags in the widget", () => {
  let model: FakeModel;
  let stop: () => void;
  let view: HTMLElement;

  const settle = () => vi.advanceTimersByTimeAsync(80);
  const testId = (id: string): HTMLElement =>
    view.querySelector(`[data-testid="${id}"]`) as HTMLElement;
  const press = (target: HTMLElement, key: string): void => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  };
  const answer = async (op: string, result: unknown): Promise<void> => {
    const question = model.questions(op).at(-1);
    model.reply({ id: question?.id, ok: true, result });
    await settle();
  };
  const found = (...tags: string[]) => ({
    columns: ["kind", "mine"],
    single: false,
    total: tags.length,
    tags: tags.map((tag) => ({ tag, colour: "#123456" })),
  });

  async function show(traits: Record<string, unknown> = {}): Promise<void> {
    model = new FakeModel({ _keys: KEYS, ...traits });
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

  it("stamps the image in focus by a number key and moves on", async () => {
    await show();
    const grid = testId("image-grid");
    press(grid, "Home");
    press(grid, "1");
    press(grid, "1");
    press(grid, "2"); // no tag has this key
    await settle();
    const stamp = { column: "mine", tags: ["<b>birds</b>"], mode: "toggle" };
    expect(model.questions("stamp")).toMatchObject([
      { ...stamp, row: 11 },
      { ...stamp, row: 10 },
    ]);
    expect(view.querySelector(".cell.focused")?.getAttribute("data-at")).toBe("2");
  });

  it("stamps the selection by a number key, and sends no rows", async () => {
    await show({ _selected: bytes([3, 4]) });
    press(testId("image-grid"), "1");
    await settle();
    const [question] = model.questions("stamp");
    expect(question).not.toHaveProperty("row");
    expect(question).not.toHaveProperty("node");
  });

  it("marks the images that have a tag with a key", async () => {
    await show();
    await answer("marks", { marks: { 9: "1" } });
    const marks = view.querySelectorAll<HTMLElement>(".tag-marks");
    expect([...marks].map((mark) => [mark.dataset.row, mark.textContent])).toEqual([["9", "1"]]);
    const asked = model.questions("marks").length;
    model.set("_keys", { ...KEYS, version: 2 });
    await settle();
    expect(model.questions("marks")).toHaveLength(asked + 1);
  });

  it("asks for no marks where no key has a tag", async () => {
    await show({ _keys: { version: 1, column: null, keys: [] } });
    expect(model.questions("marks")).toHaveLength(0);
    expect(testId("tag-keys")).toBeNull();
  });

  it("tags the cluster in focus from the tree, with tags found, made and typed", async () => {
    await show();
    const tree = testId("cluster-tree");
    press(tree, "ArrowDown");
    press(tree, "t");
    await settle();
    expect(testId("stamp").textContent).toContain("Tag “Cluster 0”");
    await answer("tags", found("Animals", "Animals/<i>"));
    const field = view.querySelector("input[name=tags]") as HTMLInputElement;
    const type = async (text: string): Promise<void> => {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await settle();
    };
    press(field, "ArrowDown");
    await settle();
    press(field, "Enter");
    await settle();
    await type("new");
    await answer("tags", found("newt"));
    const options = [...view.querySelectorAll('[data-testid="tag-option"]')];
    expect(options.map((option) => option.textContent)).toEqual(["Create “new”", "newt"]);
    (options[0] as HTMLElement).click();
    await settle();
    await type(" typed ");
    (testId("stamp") as HTMLFormElement).requestSubmit();
    await settle();
    expect(model.questions("stamp")).toMatchObject([
      { column: "mine", tags: ["Animals", "new", "typed"], mode: "add", node: 1 },
    ]);
    await answer("stamp", { pending: false });
    expect(testId("stamp")).toBeNull();
  });

  it("shows on its field why a stamp was refused, and stays open", async () => {
    await show({ _selected: bytes([3]) });
    testId("stamp-selection").click();
    await settle();
    await answer("tags", found());
    (testId("stamp") as HTMLFormElement).requestSubmit();
    await settle();
    const error = { text: "none", key: "no_stamp", values: {}, fields: { tags: "none" } };
    model.reply({ id: model.questions("stamp").at(-1)?.id, ok: false, error });
    await settle();
    expect(testId("field-error").textContent).toBe("Choose a tag first.");
    expect(view.querySelector("input[name=tags]")?.getAttribute("aria-invalid")).toBe("true");
  });

  it("leaves the full height by Escape once nothing is selected", async () => {
    await show({ height: "full", _selected: bytes([3]) });
    const grid = testId("image-grid");
    press(grid, "Escape");
    await settle();
    expect([model.selected(), model.get("height")]).toEqual([[], "full"]);
    press(grid, "Escape");
    await settle();
    expect(model.get("height")).toBe("");
    testId("full-height").click();
    expect(model.get("height")).toBe("full");
  });
});
