import { describe, expect, it } from "vitest";
import { durationText, fraction, secondsLeft } from "../src/jobs";
import { scoreLevel, scoreText } from "../src/score";
import { isDark } from "../src/theme";
import type { Job } from "../src/types";
import { place } from "../src/views/Popover";

it("gives the badge Panoptic's bounds, as shown to the reader", () => {
  expect([0, 20.4, 20.6, 21, 55.4, 56, 400].map(scoreLevel)).toEqual([
    "coherent",
    "coherent",
    "mixed",
    "mixed",
    "mixed",
    "scattered",
    "scattered",
  ]);
  expect(scoreText(27.5)).toBe("28");
});

describe("progress", () => {
  const job = (given: Partial<Job>): Job => ({
    id: 1,
    kind: "embed",
    title: "",
    node: null,
    done: 25,
    total: 100,
    rate: 10,
    text: "",
    cancelling: false,
    ...given,
  });

  it("says how much is left, or nothing when that is not known", () => {
    expect(fraction(job({}))).toBe(0.25);
    expect(secondsLeft(job({}))).toBe(7.5);
    expect(fraction(job({ total: null }))).toBeNull();
    expect(secondsLeft(job({ rate: null }))).toBeNull();
    expect(fraction(job({ done: 130 }))).toBe(1);
  });

  it("rounds times", () => {
    expect([0.2, 59.2, 61, 3700].map(durationText)).toEqual(["1 s", "60 s", "2 min", "1 h 02 min"]);
  });
});

it("keeps the popover inside the window", () => {
  const size = { width: 300, height: 200 };
  const page = { width: 400, height: 500 };
  expect(place({ left: 20, top: 40, bottom: 60 }, size, page)).toEqual({ left: 20, top: 64 });
  expect(place({ left: 390, top: 40, bottom: 60 }, size, page).left).toBe(92);
  expect(place({ left: 20, top: 400, bottom: 420 }, size, page).top).toBe(196);
  expect(place({ left: 20, top: 40, bottom: 60 }, size, { width: 200, height: 150 }).top).toBe(8);
});

it("tells dark pages from light ones", () => {
  expect(isDark("rgb(33, 33, 33)")).toBe(true);
  expect(isDark("rgb(255, 255, 255)")).toBe(false);
  expect(isDark("rgba(0, 0, 0, 0)")).toBeNull();
});
