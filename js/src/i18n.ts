/** Words in the reader's language; the kernel sends them, so that the script stays small. */

export type Language = "en" | "fr";
export type Values = Record<string, unknown>;

export interface Translator {
  language: Language;
  /** The words for a key; the key itself when there are none, so that a gap is seen. */
  (key: string, values?: Values): string;
  /** The words for a key, or `otherwise` when the locale has none. */
  or(key: string, otherwise: string, values?: Values): string;
  /** With the separators of the language: 1,903. */
  number(value: number): string;
  /** A similarity, never rounded up: 0.95, 0.953. */
  similarity(value: number): string;
  /** An error of the kernel: its key's sentence, if all of its values came along, else its text. */
  error(error: { key: string | null; text: string; values: Values }): string;
}

type Entry = string | { [key: string]: Entry };
export type Texts = Partial<Record<Language, Entry>>;

export function chooseLanguage(setting: string, pageLanguages: readonly string[]): Language {
  for (const tag of [setting, ...pageLanguages]) {
    const language = tag.slice(0, 2).toLowerCase();
    if (language === "fr" || language === "en") return language;
  }
  return "en";
}

/** "auto": the language of the page if it says one besides English, else of the browser. */
export function pageLanguages(): string[] {
  const page = document.documentElement.lang;
  // Jupyter pages say lang="en" whatever the reader chose, so English is no statement.
  return page.startsWith("en") ? [...navigator.languages] : [page, ...navigator.languages];
}

function lookUp(texts: Entry | undefined, key: string): Entry | undefined {
  let entry = texts;
  for (const part of key.split(".")) {
    if (typeof entry !== "object") return undefined;
    entry = Object.hasOwn(entry, part) ? entry[part] : undefined;
  }
  return entry;
}

/** Letters that are read from right to left, and marks that turn the direction. */
const TURNED = /[\u0590-\u08ff\u200f\u202a-\u202e\ufb1d-\ufefc]/;

/** A name that is read from right to left does not turn the sentence around it. */
function isolated(value: string): string {
  return TURNED.test(value) ? `\u2068${value}\u2069` : value;
}

export function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? isolated(String(values[name])) : placeholder,
  );
}

export function createTranslator(language: Language, texts: Texts): Translator {
  const words = texts[language];
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const similarities = new Intl.NumberFormat(language, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 3,
  });
  const plural = new Intl.PluralRules(language);
  const or = (key: string, otherwise: string, values: Values = {}): string => {
    let entry = lookUp(words, key);
    if (typeof entry === "object") {
      const form = plural.select(Number(values.n ?? 0)) === "one" ? "one" : "other";
      entry = entry[form];
    }
    return typeof entry === "string" ? fill(entry, values) : otherwise;
  };
  const t = (key: string, values?: Values): string => or(key, key, values);
  return Object.assign(t, {
    language,
    number: numbers.format as (value: number) => string, // bound to its language
    // Similarities are float32: equal vectors come out a little below 1, 0.95 as 0.94999999.
    similarity: (value: number): string =>
      similarities.format(Math.floor(value * 1000 + 0.01) / 1000),
    or,
    error({ key, text, values }: { key: string | null; text: string; values: Values }): string {
      const sentence = key ? lookUp(words, `errors.${key}`) : undefined;
      if (typeof sentence !== "string") return text;
      const needed = [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
      return needed.every((name) => Object.hasOwn(values, name)) ? fill(sentence, values) : text;
    },
  });
}
