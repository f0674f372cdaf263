import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "../../panoptic_nb/locale/en.json";
import fr from "../../panoptic_nb/locale/fr.json";
import { chooseLanguage } from "../src/i18n";
import { translator } from "./fakeModel";

type Entry = string | { [key: string]: Entry };

function flat(entry: Entry, prefix = ""): Map<string, string> {
  if (typeof entry === "string") return new Map([[prefix, entry]]);
  return new Map(
    Object.entries(entry).flatMap(([key, value]) => [
      ...flat(value, prefix ? `${prefix}.${key}` : key),
    ]),
  );
}

const english = flat(en);
const french = flat(fr);
const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

describe("the two languages", () => {
  it("have the same keys", () => {
    expect([...french.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it.each([...english.keys()])("have the same values to fill in: %s", (key) => {
    expect(placeholders(french.get(key) ?? "")).toEqual(placeholders(english.get(key) ?? ""));
  });

  it("hold every text that the views ask for", () => {
    const folder = join(import.meta.dirname, "../src");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const source = files
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
    const used = [...source.matchAll(/"((?:ui|score|kinds|jobs|form)\.\w+)"/g)].map(
      ([, key]) => key as string,
    );
    expect(used.length).toBeGreaterThan(50);
    for (const key of used) {
      expect(english.has(key) || english.has(`${key}.one`), key).toBe(true);
    }
  });
});

describe("translation", () => {
  const t = translator("en");
  const inFrench = translator("fr");

  it("counts as each language does", () => {
    expect([0, 1, 2].map((n) => t("ui.images", { n }))).toEqual([
      "0 images",
      "1 image",
      "2 images",
    ]);
    expect(inFrench("ui.images", { n: 0 })).toBe("0 image");
  });

  it("uses the words people know from Panoptic", () => {
    expect(inFrench("ui.create")).toBe("Créer des clusters");
    expect(inFrench("ui.remember")).toBe("par défaut");
    expect(inFrench("ui.close_clusters")).toBe("Retirer les clusters");
    expect(inFrench("kinds.unassigned")).toBe("Non classées");
  });

  it("says an error in the reader's language only when all of its values came along", () => {
    const error = { key: "label_taken", text: "taken", values: { label: "Cats" } };
    expect(inFrench.error(error)).toContain("Cats");
    expect(inFrench.error({ ...error, values: {} })).toBe("taken");
    expect(inFrench.error({ ...error, key: "unheard_of" })).toBe("taken");
    expect(inFrench.error({ ...error, key: null })).toBe("taken");
  });

  it("says errors in English from the locale too, whatever their values look like", () => {
    const error = { key: "label_taken", text: "taken", values: { label: "{a}" } };
    expect(t.error(error)).toContain("“{a}” beside it");
    expect(t.error({ ...error, values: {} })).toBe("taken");
  });

  it("writes large numbers with the separators of the language", () => {
    expect(t.number(1903)).toBe("1,903");
    expect(inFrench.number(1903)).toMatch(/^1\s903$/);
  });

  it("does not fill in what a value brings itself", () => {
    expect(t("ui.save_from", { name: "{name} {x}" })).toContain("{name} {x}");
  });
});

it("chooses the language that was set, else the page's, else English", () => {
  expect(chooseLanguage("fr", ["en"])).toBe("fr");
  expect(chooseLanguage("auto", ["fr-CA", "en"])).toBe("fr");
  expect(chooseLanguage("auto", ["de", "fr"])).toBe("fr");
  expect(chooseLanguage("auto", [])).toBe("en");
});
