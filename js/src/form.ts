/** From a field of a clustering function to an input, and from what was typed to a value. */
import type { ClusteringFunction, Field, FieldValue, Params, ProjectInfo } from "./types";

export interface NumberAttributes {
  min?: number;
  max?: number;
  step: number;
}

export interface FieldProblem {
  key: string;
  values: Record<string, string | number>;
}

export type Parsed = { value: FieldValue } | { problem: FieldProblem };

const known = (value: unknown): value is number => typeof value === "number";

/** An option as a choice writes it: none is empty. */
const textOf = (value: FieldValue | undefined): string => String(value ?? "");

/** With a point or a comma; NaN for nothing. */
export function numberFrom(raw: string): number {
  return raw.trim() === "" ? Number.NaN : Number(raw.replace(",", "."));
}

/** A power of ten: some hundred steps between the bounds, and no coarser than the default. */
function stepOf(field: Field): number {
  if (field.type === "int") return 1;
  const low = field.minimum ?? field.exclusive_minimum;
  const high = field.maximum ?? field.exclusive_maximum;
  const fine = known(low) && known(high) && high > low ? (high - low) / 50 : 0.01;
  const value = Math.abs(Number(field.default)) || fine;
  // Divided, because 10 ** -2 is not always the number that 0.01 is.
  return 1 / 10 ** -Math.floor(Math.log10(Math.min(fine, value)));
}

export function numberAttributes(field: Field): NumberAttributes {
  const { minimum, maximum, exclusive_minimum: above, exclusive_maximum: below } = field;
  const step = stepOf(field);
  const lows = [minimum, known(above) && above + step].filter(known);
  const highs = [maximum, known(below) && below - step].filter(known);
  const attributes: NumberAttributes = { step };
  if (lows.length) attributes.min = Math.max(...lows);
  if (highs.length) attributes.max = Math.min(...highs);
  return attributes;
}

/** The bounds in words: keys of the locale with what fills them in. */
export function boundsOf(field: Field): FieldProblem[] {
  const { min, max } = numberAttributes(field);
  const { type, exclusive_minimum: above, exclusive_maximum: below } = field;
  const words: FieldProblem[] = [];
  if (type !== "int" && known(above)) words.push({ key: "ui.above", values: { min: above } });
  else if (known(min)) words.push({ key: "ui.at_least", values: { min } });
  if (type !== "int" && known(below)) words.push({ key: "ui.below", values: { max: below } });
  else if (known(max)) words.push({ key: "ui.at_most", values: { max } });
  const [low, high] = words;
  return low?.key === "ui.at_least" && high?.key === "ui.at_most"
    ? [{ key: "ui.between", values: { ...low.values, ...high.values } }]
    : words;
}

/** Where a slider stands while its number is typed: at the default as long as that is none. */
export function sliderValue(field: Field, raw: string): number {
  const value = numberFrom(raw);
  return Number.isFinite(value) ? value : Number(field.default);
}

/** What can be chosen; null when the field is typed, not chosen. */
export function choicesOf(
  field: Field,
  info: ProjectInfo,
): { value: string; label: string }[] | null {
  if (!["enum", "column", "vectors"].includes(field.type)) return null;
  const given = (field.options ?? []).map(({ value, label }) => ({
    value: textOf(value),
    label: label || textOf(value),
  }));
  if (given.length > 0 || field.type !== "vectors") return given;
  return info.vector_sets.map((name) => ({ value: name, label: name }));
}

/** The text or tick an input starts with. */
function startValue(field: Field, stored: FieldValue | undefined): string | boolean {
  const value = stored === undefined ? field.default : stored;
  return field.type === "bool" ? value === true : textOf(value);
}

export type Draft = Record<string, string | boolean>;

/** What the form starts with: stored values, else defaults, and never an impossible choice. */
export function startDraft(
  fn: ClusteringFunction,
  stored: Params | undefined,
  info: ProjectInfo,
): Draft {
  const draft: Draft = {};
  for (const field of fn.fields) {
    const value = startValue(field, stored?.[field.name]);
    const choices = choicesOf(field, info);
    const possible = !choices || choices.some((choice) => choice.value === value);
    draft[field.name] = possible ? value : (choices?.[0]?.value ?? "");
  }
  return draft;
}

const LIMITS = [
  ["minimum", "too_low", (value: number, limit: number) => value < limit],
  ["maximum", "too_high", (value: number, limit: number) => value > limit],
  ["exclusive_minimum", "not_above", (value: number, limit: number) => value <= limit],
  ["exclusive_maximum", "not_below", (value: number, limit: number) => value >= limit],
] as const;

function outOfBounds(field: Field, value: number): FieldProblem | null {
  for (const [name, key, isBeyond] of LIMITS) {
    const limit = field[name];
    if (known(limit) && isBeyond(value, limit)) return { key, values: { limit, value } };
  }
  return null;
}

function parseNumber(field: Field, raw: string): Parsed {
  if (raw.trim() === "") {
    return field.default === null ? { value: null } : { problem: { key: "empty", values: {} } };
  }
  const value = numberFrom(raw);
  if (!Number.isFinite(value)) return { problem: { key: "not_a_number", values: { value: raw } } };
  if (field.type === "int" && !Number.isInteger(value)) {
    return { problem: { key: "not_whole", values: { value: raw } } };
  }
  const problem = outOfBounds(field, value);
  return problem ? { problem } : { value };
}

export function parseField(field: Field, raw: string | boolean): Parsed {
  if (field.type === "bool") return { value: raw === true };
  const text = String(raw);
  if (field.type === "int" || field.type === "float") return parseNumber(field, text);
  if (field.type === "str") return { value: text };
  const option = field.options?.find(({ value }) => textOf(value) === text);
  if (option) return { value: option.value };
  if (text !== "") return { value: text };
  return field.default === null && field.type === "vectors"
    ? { value: null }
    : { problem: { key: "nothing_to_choose", values: {} } };
}

/** Whether a field matters: what it depends on is shown and has one of the right values. */
export function isShown(fn: ClusteringFunction, field: Field, draft: Draft): boolean {
  return Object.entries(field.when ?? {}).every(([name, values]) => {
    const other = fn.fields.find((one) => one.name === name);
    if (!other || !isShown(fn, other, draft)) return false;
    const parsed = parseField(other, draft[name] ?? "");
    return "value" in parsed && values.includes(parsed.value);
  });
}

export interface ParsedForm {
  params: Params;
  problems: Record<string, FieldProblem>;
}

/** The values of what is shown; for the rest the defaults of the kernel hold. */
export function parseForm(fn: ClusteringFunction, draft: Draft): ParsedForm {
  const params: Params = {};
  const problems: Record<string, FieldProblem> = {};
  for (const field of fn.fields) {
    if (!isShown(fn, field, draft)) continue;
    const parsed = parseField(field, draft[field.name] ?? "");
    if ("problem" in parsed) problems[field.name] = parsed.problem;
    else params[field.name] = parsed.value;
  }
  return { params, problems };
}
