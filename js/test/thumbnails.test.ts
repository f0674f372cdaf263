import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRpc } from "../src/rpc";
import {
  createThumbnails,
  jpegUrl,
  PAUSE_MS,
  RETRY_AFTER_MS,
  storedSize,
  type Thumbnails,
} from "../src/thumbnails";
import { FakeModel } from "./fakeModel";

describe("thumbnails", () => {
  let model: FakeModel;
  let thumbnails: Thumbnails;
  const view = {};
  const asked = () => model.questions("thumbnails");
  const answer = (rows: number[], lengths: number[], content: number[]) =>
    model.reply({ id: asked().at(-1)?.id, ok: true, result: { rows, lengths } }, [
      new DataView(Uint8Array.from(content).buffer),
    ]);

  beforeEach(() => {
    vi.useFakeTimers();
    model = new FakeModel();
    thumbnails = createThumbnails(createRpc(model));
  });
  afterEach(() => {
    thumbnails.dispose();
    vi.useRealTimers();
  });

  it("are asked for in one message, when scrolling pauses, for the last place only", () => {
    thumbnails.want(view, [1, 2], 128);
    vi.advanceTimersByTime(PAUSE_MS - 1);
    thumbnails.want(view, [8, 9, 9], 128);
    expect(asked()).toHaveLength(0);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(asked()).toHaveLength(1);
    expect(asked()[0]).toMatchObject({ rows: [8, 9], size: 128 });
  });

  it("are cut out of one buffer; no bytes means no file", async () => {
    const told = vi.fn();
    thumbnails.subscribe(told);
    thumbnails.want(view, [4, 5, 6], 128);
    vi.advanceTimersByTime(PAUSE_MS);
    answer([4, 5, 6], [2, 0, 1], [1, 2, 3]);
    await vi.advanceTimersByTimeAsync(0);
    expect(thumbnails.get(4, 128)).toBe(jpegUrl(Uint8Array.of(1, 2)));
    expect(thumbnails.get(5, 128)).toBeNull();
    expect(thumbnails.get(6, 128)).toBe(jpegUrl(Uint8Array.of(3)));
    expect(thumbnails.get(7, 128)).toBeUndefined();
    expect(told).toHaveBeenCalledOnce();
  });

  it("are not asked for twice, neither on the way nor once here", async () => {
    thumbnails.want(view, [1], 128);
    vi.advanceTimersByTime(PAUSE_MS);
    thumbnails.want(view, [1, 2], 128);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(asked().map(({ rows }) => rows)).toEqual([[1], [2]]);
    answer([2], [1], [7]);
    await vi.advanceTimersByTimeAsync(0);
    thumbnails.want(view, [2], 128);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(asked()).toHaveLength(2);
  });

  it("come with the first screen, without a question", () => {
    const content = { id: null, op: "thumbnails", size: 128, rows: [3], lengths: [1] };
    model.reply(content, [new DataView(Uint8Array.of(5).buffer)]);
    expect(thumbnails.get(3, 128)).toBe(jpegUrl(Uint8Array.of(5)));
    thumbnails.want(view, [3], 128);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(asked()).toHaveLength(0);
  });

  it("of another size stand in until the right one is here", () => {
    const content = { id: null, op: "thumbnails", size: 128, rows: [3], lengths: [1] };
    model.reply(content, [new DataView(Uint8Array.of(5).buffer)]);
    expect(thumbnails.get(3, 256)).toBe(jpegUrl(Uint8Array.of(5)));
    thumbnails.want(view, [3], 256);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(asked()[0]).toMatchObject({ rows: [3], size: 256 });
  });

  const refuse = async (key: string | null) => {
    const error = { text: "no", key, values: {}, fields: {} };
    model.reply({ id: asked().at(-1)?.id, ok: false, error });
    await vi.advanceTimersByTimeAsync(0);
  };

  it("are asked for three times, with longer and longer pauses, then given up", async () => {
    thumbnails.want(view, [1], 128);
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    await refuse(null);
    thumbnails.want(view, [1], 128); // scrolling does not shorten the pause
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    expect(asked()).toHaveLength(1);
    for (const [tries, pause] of RETRY_AFTER_MS.entries()) {
      await vi.advanceTimersByTimeAsync(pause + PAUSE_MS);
      expect(new Set(asked().map(({ id }) => id)).size).toBe(tries + 2);
      expect(thumbnails.get(1, 128)).toBeUndefined();
      await refuse(null);
    }
    expect(thumbnails.get(1, 128)).toBe(false);
    const sent = asked().length;
    thumbnails.want(view, [1], 128);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toHaveLength(sent);
  });

  it("are not asked for again once the project is closed", async () => {
    thumbnails.want(view, [1], 128);
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    await refuse("closed");
    expect(thumbnails.get(1, 128)).toBe(false);
    thumbnails.want(view, [1, 2], 128);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toHaveLength(1);
    expect(thumbnails.get(2, 128)).toBe(false);
  });

  it("are as large as the screen needs", () => {
    expect([30, 70, 112, 150, 160, 300, 500].map((cell) => storedSize(cell, 1))).toEqual([
      64, 64, 128, 128, 256, 256, 512,
    ]);
    expect([30, 70, 112, 160, 500].map((cell) => storedSize(cell, 2))).toEqual([
      64, 128, 256, 512, 512,
    ]);
  });

  it("that the kernel has to make come a few at a time, after what is there at once", async () => {
    const rows = Array.from({ length: 30 }, (_, row) => row);
    const give = async () => {
      const wanted = (asked().at(-1) as unknown as { rows: number[] }).rows;
      answer(
        wanted,
        wanted.map(() => 1),
        wanted,
      );
      await vi.advanceTimersByTimeAsync(0);
    };
    thumbnails.want(view, rows, 512);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(asked().map(({ size }) => size)).toEqual([256, 512]);
    expect(asked()[0]?.rows).toEqual(rows);
    const few = (asked()[1] as unknown as { rows: number[] }).rows.length;
    expect(few).toBeLessThan(20);
    thumbnails.want(view, rows.slice(20), 512); // scrolled on: the others are not made any more
    await give();
    expect(asked()).toHaveLength(3);
    expect(asked()[2]?.rows).toEqual(rows.slice(20, 20 + few));
  });

  it("are fetched during slow scrolling, too", () => {
    const windowAt = (first: number) => Array.from({ length: 60 }, (_, i) => first + i);
    const scroll = (from: number, step: number) => {
      for (let i = 0; i < 40; i += 1) {
        thumbnails.want(view, windowAt(from + i * step), 128);
        vi.advanceTimersByTime(16);
      }
    };
    scroll(1000, 10);
    expect(asked()).toHaveLength(0);
    vi.advanceTimersByTime(PAUSE_MS);
    const before = asked().length;
    scroll(5000, 1);
    expect(asked().length).toBeGreaterThan(before + 1);
  });

  it("are forgotten when many bytes were seen, those on screen last", () => {
    const content = new Uint8Array(600_000);
    const show = (row: number) =>
      model.reply({ id: null, op: "thumbnails", size: 512, rows: [row], lengths: [600_000] }, [
        new DataView(content.buffer),
      ]);
    show(0);
    show(1);
    for (let row = 2; row < 80; row += 1) {
      thumbnails.want(view, [0], 512);
      show(row);
    }
    expect(thumbnails.get(0, 512)).toBeTypeOf("string");
    expect(thumbnails.get(1, 512)).toBeUndefined();
    expect(thumbnails.get(79, 512)).toBeTypeOf("string");
  });
});
