import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSession, type Session } from "../src/store";
import { createView, type View } from "../src/view";
import { FakeModel, smallTree } from "./fakeModel";

const settle = () => vi.advanceTimersByTimeAsync(10);

describe("a view", () => {
  let model: FakeModel;
  let session: Session;
  let view: View;
  const anchor = document.createElement("span");
  const answer = async (op: string, result: object = {}): Promise<void> => {
    model.reply({ id: model.questions(op).at(-1)?.id, ok: true, result });
    await settle();
  };
  const start = (traits: Record<string, unknown> = {}): void => {
    model = new FakeModel(traits);
    session = createSession(model);
    view = createView(session, "v");
  };

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    view.dispose();
    session.dispose();
    vi.useRealTimers();
  });

  it("starts one run for two clicks, and none while something runs", async () => {
    start();
    void view.runDefault(0, anchor);
    void view.runDefault(0, anchor);
    expect(model.questions("run")).toHaveLength(1);
    await answer("run");
    model.set("_job", { id: 1, kind: "function" });
    await settle();
    void view.runDefault(0, anchor);
    expect(model.questions("run")).toHaveLength(1);
    model.set("_job", null);
    await settle();
    void view.runDefault(0, anchor);
    expect(model.questions("run")).toHaveLength(2);
    expect(view.viewState.get().notice).toBeNull();
  });

  it("may run again when the answer was lost but the job is over", async () => {
    start();
    void view.runDefault(0, anchor);
    model.set("_job", { id: 1, kind: "function" });
    await settle();
    model.set("_job", null);
    await settle();
    void view.runDefault(0, anchor);
    expect(new Set(model.questions("run").map(({ id }) => id)).size).toBe(2);
  });

  it("saves once for two clicks, and says when that has to wait", async () => {
    start();
    void view.save(0, false);
    void view.save(0, false);
    expect(model.questions("save")).toHaveLength(1);
    expect(view.viewState.get().saving).toBe(true);
    await answer("save", { pending: true });
    expect(view.viewState.get()).toMatchObject({ saving: false, notice: { level: "info" } });
    void view.save(0, false);
    expect(view.viewState.get().notice).toBeNull();
    expect(model.questions("save")).toHaveLength(2);
  });

  it("does not promise what the kernel has said to be done", async () => {
    start();
    void view.save(0, false);
    model.set("_message", { id: 3, level: "info", text: "Saved.", key: null, values: {} });
    await settle();
    await answer("save", { pending: true });
    expect(view.viewState.get().notice).toBeNull();
  });

  it("closes a message here at once, and everywhere through the kernel", async () => {
    start({ _message: { id: 7, level: "info", text: "x", key: null, values: {} } });
    view.dismiss();
    expect(view.viewState.get().dismissed).toBe(7);
    const id = model.questions("dismiss")[0]?.id;
    model.reply({ id, ok: false, error: { text: "unknown" } });
    await settle();
    expect(view.viewState.get().notice).toBeNull();
  });

  it("keeps one's place in the grid when only names change", async () => {
    start();
    view.viewState.set({ gridFocus: 4, anchor: 2, large: 4 });
    model.changeTree(smallTree().map((node) => ({ ...node, label: `${node.label}!` })));
    await settle();
    expect(view.viewState.get()).toMatchObject({ gridFocus: 4, anchor: 2, large: 4 });
    model.changeTree(smallTree(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await settle();
    expect(view.viewState.get()).toMatchObject({ gridFocus: null, anchor: null, large: null });
  });

  it("opens the form when the remembered function is not defined", () => {
    start({ _defaults: { function: "late", params: {} } });
    void view.runDefault(1, anchor);
    expect(model.questions("run")).toHaveLength(0);
    expect(view.viewState.get().form).toMatchObject({ node: 1 });
  });

  it("does not close clusters where there are none, or while something runs", async () => {
    start();
    void view.closeClusters(4);
    void view.closeClusters(1);
    expect(model.questions("close").map(({ node }) => node)).toEqual([1]);
    model.set("_job", { id: 1, kind: "function" });
    await settle();
    void view.closeClusters(0);
    expect(model.questions("close")).toHaveLength(1);
  });
});
