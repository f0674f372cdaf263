import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import createWidget from "../src/index";
import { FakeModel } from "./fakeModel";

const settle = () => vi.advanceTimersByTimeAsync(40);

const REFINE = {
  name: "refine",
  title: "Refine…",
  help: "Splits what is too mixed.",
  error: null,
  begins: true,
};
const FIELD = { name: "max_size", type: "int", default: 200, label: "Images above", help: "" };
const RESULT = {
  ...{ id: 3, node: 0, title: "Tags of mine", note: "2 tags", text: "", images: null },
  actions: [{ name: "again", title: "Again", params: { count: 1 } }],
  head: ["Tag", "Images", "Chart"],
  rows: [
    [
      { text: "big", pick: 0, colour: "#b3261e" },
      { text: "12", pick: 1 },
      { text: "", bar: 1 },
    ],
    [
      { text: "small", pick: 2 },
      { text: "3", pick: 3 },
      { text: "", bar: 0.25 },
    ],
  ],
};

describe("actions of the kernel", () => {
  let model: FakeModel;
  let view: HTMLElement;
  let stop: () => void;

  const find = (id: string): HTMLElement =>
    view.querySelector(`[data-testid="${id}"]`) as HTMLElement;
  /** The kernel answers the last question of this kind. */
  async function answer(op: string, result: object): Promise<Record<string, unknown>> {
    const question = model.questions(op).at(-1) as Record<string, unknown>;
    model.reply({ id: question.id, ok: true, result: result as never });
    await settle();
    return question;
  }
  async function click(id: string): Promise<void> {
    find(id).click();
    await settle();
  }
  async function choose(name: string): Promise<void> {
    await click("more");
    await answer("commands", {
      commands: [
        { ...REFINE, name },
        { ...REFINE, name: "other", error: "Not here." },
      ],
    });
    await click(name);
  }

  beforeEach(async () => {
    vi.useFakeTimers();
    model = new FakeModel();
    const widget = createWidget();
    const dispose = widget.initialize({ model });
    view = document.createElement("div");
    document.body.append(view);
    const clean = widget.render({ model, el: view });
    stop = () => {
      clean();
      dispose();
    };
    await settle();
  });
  afterEach(() => {
    stop();
    document.body.replaceChildren();
    vi.useRealTimers();
  });

  it("are asked for when the menu opens; what cannot be used says why", async () => {
    await click("more");
    expect(view.querySelector("[role=menu]")).toBeNull();
    const question = await answer("commands", {
      commands: [REFINE, { ...REFINE, name: "other", error: "Not here.", begins: false }],
    });
    expect(question).toMatchObject({ place: "project", node: 0, language: "en" });
    expect((find("other") as HTMLButtonElement).disabled).toBe(true);
    expect(find("other").title).toBe("Not here.");
    expect(find("refine").title).toBe(REFINE.help);
  });

  it("ask for values in the form of the functions, and say what they would do", async () => {
    await choose("refine");
    await answer("command", { form: { ...REFINE, title: "Refine", fields: [FIELD], would: true } });
    expect(view.querySelector("form")?.textContent).toContain("Splits what is too mixed.");
    expect(find("reset-form")).toBeNull();
    await vi.advanceTimersByTimeAsync(400);
    await answer("would", { text: "3 would be split." });
    expect(find("would").textContent).toBe("3 would be split.");
    const input = view.querySelector("input[name=max_size]") as HTMLInputElement;
    input.value = "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    await click("run");
    expect(model.questions("command")).toHaveLength(1);
    input.value = "50";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    await click("run");
    const asked = await answer("command", { title: "" });
    expect(asked).toMatchObject({ name: "refine", node: 0, params: { max_size: 50 } });
    expect(view.querySelector("form")).toBeNull();
    expect(find("result")).toBeNull();
  });

  it("refused values are said on their field, other errors over the grid", async () => {
    await choose("refine");
    await answer("command", { form: { ...REFINE, fields: [FIELD], would: false } });
    await click("run");
    const fail = async (fields: object): Promise<void> => {
      const { id } = model.questions("command").at(-1) as { id: string };
      model.reply({ id, ok: false, error: { text: "No.", key: null, values: {}, fields } });
      await settle();
    };
    await fail({ max_size: "Too few." });
    expect(find("field-error").textContent).toBe("Too few.");
    await click("run");
    await fail({});
    expect(find("message").textContent).toContain("No.");
  });

  it("answer with a table whose cells select images, and with more to do", async () => {
    await choose("tags");
    await answer("command", RESULT);
    const panel = find("result");
    expect(document.activeElement).toBe(panel);
    expect([...panel.querySelectorAll("thead th")].map((cell) => cell.textContent)).toEqual(
      RESULT.head,
    );
    expect([...panel.querySelectorAll<HTMLElement>(".bar")].map((bar) => bar.style.width)).toEqual([
      "160px",
      "40px",
    ]);
    const picks = [...panel.querySelectorAll<HTMLElement>("[data-testid=pick]")];
    expect(picks.map((one) => one.tabIndex)).toEqual([0, -1, -1, -1]);
    picks[3]?.click();
    await settle();
    expect(model.questions("pick").at(-1)).toMatchObject({ result: 3, at: 3 });
    picks[0]?.focus();
    for (const [key, at] of [
      ["ArrowRight", 1],
      ["ArrowDown", 3],
      ["ArrowLeft", 2],
      ["ArrowUp", 0],
      ["ArrowUp", 0],
    ] as const) {
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      expect(document.activeElement, key).toBe(picks[at]);
    }
    await click("again");
    expect(model.questions("command").at(-1)).toMatchObject({
      name: "again",
      params: { count: 1 },
    });
    await answer("command", {
      ...RESULT,
      id: 4,
      text: "import x",
      head: [],
      rows: [],
      actions: [],
    });
    expect(find("result").querySelector("pre")?.textContent).toBe("import x");
    find("result").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await settle();
    expect(find("result")).toBeNull();
  });

  it("a second badge stands beside the score of its node", async () => {
    model.set("_badges", { 4: ["≈ 0.8", "Stability 0.8"] });
    await settle();
    const badge = find("second-badge");
    expect(badge.textContent).toBe("≈ 0.8");
    expect(badge.closest("[data-node]")?.getAttribute("data-node")).toBe("4");
  });
});
