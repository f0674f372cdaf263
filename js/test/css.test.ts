import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const built = join(import.meta.dirname, "../../panoptic_nb/static");
const css = readFileSync(join(built, "widget.css"), "utf8");

/** Selectors of all rules, also inside @media and @container; keyframes have none. */
function selectors(text: string): string[] {
  const found: string[] = [];
  let start = 0;
  let keyframes = 0;
  const open: boolean[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (character === ";") start = i + 1;
    if (character === "{") {
      const head = text.slice(start, i).trim();
      const isKeyframes = head.startsWith("@keyframes");
      if (!head.startsWith("@") && keyframes === 0) found.push(head);
      open.push(isKeyframes);
      if (isKeyframes) keyframes += 1;
      start = i + 1;
    }
    if (character === "}") {
      if (open.pop()) keyframes -= 1;
      start = i + 1;
    }
  }
  return found;
}

/** Splits at the commas between selectors, not at those inside :is(). */
function parts(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/).map((part) => part.trim());
}

it("touches nothing outside of the widget", () => {
  const all = selectors(css).flatMap(parts);
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter((selector) => !/^\.panoptic-nb(?![\w-])/.test(selector))).toEqual([]);
});

it("names its animations so that they meet no others", () => {
  const names = [...css.matchAll(/@keyframes\s+([\w-]+)/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !name?.startsWith("panoptic-nb-"))).toEqual([]);
});

it("is small, since every widget carries the bundle into its notebook", () => {
  expect(statSync(join(built, "widget.js")).size).toBeLessThan(100_000);
  expect(statSync(join(built, "widget.css")).size).toBeLessThan(36_000);
});
