import { describe, expect, it } from "vitest";
import {
  boundsOf,
  choicesOf,
  isShown,
  numberAttributes,
  parseField,
  parseForm,
  sliderValue,
  startDraft,
} from "../src/form";
import type { ClusteringFunction, Field, ProjectInfo } from "../src/types";
import { FakeModel } from "./fakeModel";

const info = new FakeModel().get("_info") as ProjectInfo;
const field = (given: Partial<Field>): Field => ({
  name: "x",
  type: "int",
  label: "",
  help: "",
  default: 10,
  ...given,
});
const key = (given: Partial<Field>, raw: string): string | undefined => {
  const parsed = parseField(field(given), raw);
  return "problem" in parsed ? parsed.problem.key : undefined;
};

describe("whole numbers", () => {
  it("take the bound itself, and refuse what is below", () => {
    expect(parseField(field({ minimum: -1 }), "-1")).toEqual({ value: -1 });
    expect(key({ minimum: -1 }, "-7")).toBe("too_low");
    expect(key({ maximum: 5 }, "6")).toBe("too_high");
  });

  it("refuse halves, words and nothing", () => {
    expect(key({}, "2.5")).toBe("not_whole");
    expect(key({}, "ten")).toBe("not_a_number");
    expect(key({}, " ")).toBe("empty");
    expect(parseField(field({ default: null }), "")).toEqual({ value: null });
  });

  it("keep zero, which is a value", () => {
    expect(parseField(field({}), "0")).toEqual({ value: 0 });
  });
});

describe("decimal numbers", () => {
  it("are read with a point or a comma", () => {
    expect(parseField(field({ type: "float" }), "0,95")).toEqual({ value: 0.95 });
  });

  it("know bounds that are excluded", () => {
    const bounds = { type: "float", exclusive_minimum: 0, exclusive_maximum: 1 } as const;
    expect(key(bounds, "0")).toBe("not_above");
    expect(key(bounds, "1")).toBe("not_below");
    expect(key(bounds, "0.5")).toBeUndefined();
  });
});

it("gives inputs the bounds of their field", () => {
  expect(numberAttributes(field({ minimum: -1 }))).toEqual({ step: 1, min: -1 });
  expect(numberAttributes(field({ exclusive_minimum: 0, maximum: 9 }))).toEqual({
    step: 1,
    min: 1,
    max: 9,
  });
});

describe("the step of a decimal number", () => {
  const step = (given: Partial<Field>) => numberAttributes(field({ type: "float", ...given })).step;

  it("makes a hundred steps or so between the bounds", () => {
    expect(step({ minimum: 0, maximum: 1, default: 0.95 })).toBe(0.01);
    expect(step({ exclusive_minimum: 0, maximum: 10, default: 1 })).toBe(0.1);
    expect(step({ minimum: 0, maximum: 1000, default: 100 })).toBe(10);
  });

  it("is never coarser than the default", () => {
    expect(step({ default: 0.0001 })).toBe(0.0001);
    expect(step({ minimum: 0, maximum: 10, default: 0.05 })).toBe(0.01);
    expect(step({ default: 0 })).toBe(0.01);
    expect(step({ default: null })).toBe(0.01);
  });
});

it("says the bounds as they are, not as the arrows of an input reach them", () => {
  const words = (given: Partial<Field>) =>
    boundsOf(field(given)).map(({ key, values }) => [key, ...Object.values(values)].join(" "));
  expect(words({ type: "float", exclusive_minimum: 0, maximum: 10, default: 1 })).toEqual([
    "ui.above 0",
    "ui.at_most 10",
  ]);
  expect(words({ type: "float", minimum: 0.5, exclusive_maximum: 1 })).toEqual([
    "ui.at_least 0.5",
    "ui.below 1",
  ]);
  expect(words({ type: "float", minimum: 0, maximum: 1 })).toEqual(["ui.between 0 1"]);
  expect(words({ exclusive_minimum: 0, maximum: 9 })).toEqual(["ui.between 1 9"]);
  expect(words({ type: "float" })).toEqual([]);
});

it("puts a slider where the number is, and at the default while there is none", () => {
  const share = field({ type: "float", minimum: 0, maximum: 1, default: 0.5 });
  expect(["0,25", "0.75", "", " ", "x"].map((raw) => sliderValue(share, raw))).toEqual([
    0.25, 0.75, 0.5, 0.5, 0.5,
  ]);
});

describe("choices", () => {
  const parent = field({
    type: "enum",
    default: "use",
    options: [
      { value: "use", label: "every tag" },
      { value: 2, label: "" },
    ],
  });

  it("give back the value, not its text", () => {
    expect(parseField(parent, "2")).toEqual({ value: 2 });
  });

  it("offer the vector sets of the project", () => {
    expect(choicesOf(field({ type: "vectors", default: null }), info)).toEqual([
      { value: "lite0", label: "lite0" },
    ]);
  });

  it("say when there is no column to choose", () => {
    expect(key({ type: "column", default: null, options: [] }, "")).toBe("nothing_to_choose");
  });
});

describe("the whole form", () => {
  const fn: ClusteringFunction = {
    name: "f",
    title: "",
    help: "",
    experimental: false,
    error: null,
    fields: [
      field({ name: "k", minimum: 1 }),
      field({ name: "on", type: "bool", default: true }),
      field({ name: "vec_type", type: "vectors", default: null }),
      field({ name: "prefix", type: "str", default: "" }),
    ],
  };

  it("starts with stored values, also when they are false or zero", () => {
    const draft = startDraft(fn, { k: 0, on: false, vec_type: "deleted" }, info);
    expect(draft).toEqual({ k: "0", on: false, vec_type: "lite0", prefix: "" });
  });

  it("returns typed values, or one problem per field", () => {
    const draft = startDraft(fn, undefined, info);
    expect(parseForm(fn, draft)).toEqual({
      params: { k: 10, on: true, vec_type: "lite0", prefix: "" },
      problems: {},
    });
    expect(Object.keys(parseForm(fn, { ...draft, k: "0" }).problems)).toEqual(["k"]);
  });
});

describe("fields that depend on others", () => {
  const fn: ClusteringFunction = {
    name: "f",
    title: "",
    help: "",
    experimental: false,
    error: null,
    fields: [
      field({ name: "k", minimum: -1 }),
      field({ name: "fine", type: "float", minimum: 0, default: 1, when: { k: [-1, 0] } }),
      field({ name: "deep", type: "bool", default: false, when: { k: [-1] } }),
      field({ name: "levels", minimum: 1, default: 2, when: { deep: [true] } }),
    ],
  };
  const start = startDraft(fn, undefined, info);
  const shown = (draft: Record<string, string | boolean>) =>
    fn.fields.filter((one) => isShown(fn, one, { ...start, ...draft })).map(({ name }) => name);

  it("are shown for each of the values, whichever way these are typed", () => {
    expect(shown({})).toEqual(["k"]);
    expect(shown({ k: "0" })).toEqual(["k", "fine"]);
    expect(shown({ k: " -1,0 " })).toEqual(["k", "fine", "deep"]);
  });

  it("are hidden while it cannot be told", () => {
    for (const k of ["", "-", "-2", "many"]) expect(shown({ k })).toEqual(["k"]);
  });

  it("are hidden with what they depend on", () => {
    expect(shown({ k: "-1", deep: true })).toEqual(["k", "fine", "deep", "levels"]);
    expect(shown({ k: "5", deep: true })).toEqual(["k"]);
  });

  it("are neither checked nor sent while they are hidden", () => {
    const wrong = { ...start, fine: "-3", levels: "none" };
    expect(parseForm(fn, wrong)).toEqual({ params: { k: 10 }, problems: {} });
    const { params, problems } = parseForm(fn, { ...wrong, k: "-1" });
    expect(params).toEqual({ k: -1, deep: false });
    expect(Object.keys(problems)).toEqual(["fine"]);
  });
});
