import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRpc, RESEND_AFTER_MS, RequestError, SILENT_AFTER_MS } from "../src/rpc";
import { FakeModel } from "./fakeModel";

describe("questions and replies", () => {
  let model: FakeModel;
  beforeEach(() => {
    vi.useFakeTimers();
    model = new FakeModel();
  });
  afterEach(() => vi.useRealTimers());

  it("are matched by id, whatever the order of the replies", async () => {
    const rpc = createRpc(model);
    const first = rpc.request<string>("undo");
    const second = rpc.request<string>("redo", { x: 1 });
    const [one, two] = model.sent;
    expect(two).toMatchObject({ op: "redo", x: 1 });
    const buffer = new DataView(new ArrayBuffer(2));
    model.reply({ id: two?.id, ok: true, result: "second" }, [buffer]);
    model.reply({ id: one?.id, ok: true, result: "first" });
    expect(await first).toEqual({ result: "first", buffers: [] });
    expect(await second).toEqual({ result: "second", buffers: [buffer] });
  });

  it("have ids that another page load does not repeat", () => {
    void createRpc(model).request("undo");
    void createRpc(model).request("undo");
    expect(model.sent[0]?.id).not.toBe(model.sent[1]?.id);
  });

  it("find a model that cannot send any more silent, and throw nothing", () => {
    const rpc = createRpc(model);
    model.send = () => {
      throw new Error("Cannot send");
    };
    expect(() => void rpc.request("undo")).not.toThrow();
    expect(rpc.status.get().silent).toBe(true);
    expect(() => vi.advanceTimersByTime(RESEND_AFTER_MS)).not.toThrow();
  });

  it("ignore replies to somebody else", () => {
    createRpc(model);
    expect(() => model.reply({ id: "other-1", ok: true, result: 1 })).not.toThrow();
  });

  it("are sent once more, with the same id, when nothing comes back", async () => {
    const rpc = createRpc(model);
    const answer = rpc.request("undo");
    vi.advanceTimersByTime(RESEND_AFTER_MS * 5);
    expect(model.sent.map(({ id }) => id)).toEqual([model.sent[0]?.id, model.sent[0]?.id]);
    model.reply({ id: model.sent[0]?.id, ok: true, result: 1 });
    model.reply({ id: model.sent[0]?.id, ok: true, result: 2 });
    expect((await answer).result).toBe(1);
  });

  it("are not sent again after the reply", () => {
    const rpc = createRpc(model);
    void rpc.request("undo");
    model.reply({ id: model.sent[0]?.id, ok: true, result: null });
    vi.advanceTimersByTime(SILENT_AFTER_MS * 2);
    expect(model.sent).toHaveLength(1);
    expect(rpc.status.get().silent).toBe(false);
  });

  it("that may take long do not make the kernel silent", () => {
    const rpc = createRpc(model);
    void rpc.request("command", {}, true);
    vi.advanceTimersByTime(SILENT_AFTER_MS * 2);
    expect(rpc.status.get().silent).toBe(false);
  });

  it("say when the kernel is silent, and when it is back", () => {
    const rpc = createRpc(model);
    void rpc.request("undo");
    vi.advanceTimersByTime(SILENT_AFTER_MS);
    expect(rpc.status.get().silent).toBe(true);
    model.reply({ id: model.sent[0]?.id, ok: true, result: null });
    expect(rpc.status.get().silent).toBe(false);
  });

  it("carry errors with one message per field", async () => {
    const answer = createRpc(model).request("run");
    const error = { text: "no", key: "k", values: { n: 1 }, fields: { nb_clusters: "too low" } };
    model.reply({ id: model.sent[0]?.id, ok: false, error });
    const problem = await answer.catch((reason: unknown) => reason);
    expect(problem).toBeInstanceOf(RequestError);
    expect((problem as RequestError).error).toEqual(error);
  });

  it("end with the client", () => {
    const rpc = createRpc(model);
    void rpc.request("undo");
    rpc.dispose();
    vi.advanceTimersByTime(SILENT_AFTER_MS);
    expect(model.sent).toHaveLength(1);
    expect(model.listenerCount()).toBe(0);
  });
});
