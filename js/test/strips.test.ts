import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRpc } from "../src/rpc";
import { createStrips, type Strips } from "../src/strips";
import { createThumbnails } from "../src/thumbnails";
import type { NodeEntry } from "../src/types";
import { entriesOf, FakeModel, node } from "./fakeModel";

const entry = (id: number, rows = 10): NodeEntry =>
  entriesOf([node({ id, stop: rows })])[0] as NodeEntry;

describe("strips", () => {
  let model: FakeModel;
  let strips: Strips;
  const questions = () => model.questions("strip");
  const pause = () => vi.advanceTimersByTimeAsync(100);
  async function answer(strip: Record<number, number[]>): Promise<void> {
    const { id } = questions().at(-1) as { id: string };
    model.reply({ id, ok: true, result: { strips: strip } });
    await pause();
  }

  beforeEach(() => {
    vi.useFakeTimers();
    model = new FakeModel();
    const rpc = createRpc(model);
    strips = createStrips(rpc, createThumbnails(rpc));
  });
  afterEach(() => {
    strips.dispose();
    vi.useRealTimers();
  });

  it("are asked for together, once, and only while their headers are on screen", async () => {
    const [one, two, gone] = [entry(1), entry(2), entry(3)];
    const redraw = vi.fn();
    strips.show(one, redraw);
    strips.show(two, () => {});
    strips.show(gone, () => {})();
    await pause();
    expect(questions().map(({ nodes }) => nodes)).toEqual([[1, 2]]);
    await answer({ 1: [4, 5, 6, 7] });
    expect(strips.get(one)).toEqual([4, 5, 6, 7]);
    expect(strips.get(two), "no image of it has a vector").toEqual([]);
    expect(redraw).toHaveBeenCalled();
    expect(model.questions("thumbnails").map(({ rows }) => rows)).toEqual([[4, 5, 6, 7]]);
    strips.show(one, () => {});
    await pause();
    expect(questions()).toHaveLength(1);
  });

  it("are asked for again when the cluster changed, or the vectors", async () => {
    strips.show(entry(1), () => {});
    await pause();
    await answer({ 1: [4] });
    strips.show(entry(1), () => {}); // what the kernel sent anew
    await pause();
    expect(questions()).toHaveLength(2);
    strips.reset();
    await pause();
    expect(questions()).toHaveLength(3);
  });

  it("are of no use to a handful of images, and too dear for all of a million", async () => {
    strips.show(entry(1, 4), () => {});
    strips.show(entry(2, 1_000_000), () => {});
    await pause();
    expect(questions()).toHaveLength(0);
  });
});
