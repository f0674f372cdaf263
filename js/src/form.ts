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

const known = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined;

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
  const step = stepOf(field);
  const lows = [
    known(field.minimum) ? field.minimum : null,
    known(field.exclusive_minimum) ? field.exclusive_minimum + step : null,
  ].filter(known);
  const highs = [
    known(field.maximum) ? field.maximum : null,
    known(field.exclusive_maximum) ? field.exclusive_maximum - step : null,
  ].filter(known);
  const attributes: NumberAttributes = { step };
  if (lows.length) attributes.min = Math.max(...lows);
  if (highs.length) attributes.max = Math.min(...highs);
  return attributes;
}

/** The bounds in words: keys of the locale with what fills them in. */
export function boundsOf(field: Field): FieldProblem[] {
  const { min, max } = numberAttributes(field);
  const whole = field.type === "int";
  const above = !whole && known(field.exclusive_minimum) ? field.exclusive_minimum : undefined;
  const below = !whole && known(field.exclusive_maximum) ? field.exclusive_maximum : undefined;
  if (known(min) && known(max) && !known(above) && !known(below)) {
    return [{ key: "ui.between", values: { min, max } }];
  }
  const words: FieldProblem[] = [];
  if (known(above)) words.push({ key: "ui.above", values: { min: above } });
  else if (known(min)) words.push({ key: "ui.at_least", values: { min } });
  if (known(below)) words.push({ key: "ui.below", values: { max: below } });
  else if (known(max)) words.push({ key: "ui.at_most", values: { max } });
  return words;
}

/** Where a slider stands while its number is typed: at the default as long as that is none. */
export function sliderValue(field: Field, raw: string): number {
  const value = raw.trim() === "" ? Number.NaN : Number(raw.replace(",", "."));
  return Number.isFinite(value) ? value : Number(field.default);
}

/** What can be chosen; null when the field is typed, not chosen. */
export function choicesOf(
  field: Field,
  info: ProjectInfo,
): { value: string; label: string }[] | null {
  if (field.type !== "enum" && field.type !== "column" && field.type !== "vectors") return null;
  const given = (field.options ?? []).map(({ value, label }) => ({
    value: value === null ? "" : String(value),
    label: label || String(value ?? ""),
  }));
  if (given.length > 0 || field.type !== "vectors") return given;
  return info.vector_sets.map((name) => ({ value: name, label: name }));
}

/** The text or tick an input starts with. */
export function startValue(field: Field, stored: FieldValue | undefined): string | boolean {
  const value = stored === undefined ? field.default : stored;
  if (field.type === "bool") return value === true;
  return value === null || value === undefined ? "" : String(value);
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

function outOfBounds(field: Field, value: number): FieldProblem | null {
  const problem = (key: string, limit: number): FieldProblem => ({
    key,
    values: { limit, value },
  });
  if (known(field.minimum) && value < field.minimum) return problem("too_low", field.minimum);
  if (known(field.maximum) && value > field.maximum) return problem("too_high", field.maximum);
  if (known(field.exclusive_minimum) && value <= field.exclusive_minimum) {
    return problem("not_above", field.exclusive_minimum);
  }
  if (known(field.exclusive_maximum) && value >= field.exclusive_maximum) {
    return problem("not_below", field.exclusive_maximum);
  }
  return null;
}

function parseNumber(field: Field, raw: string): Parsed {
  const text = raw.trim().replace(",", ".");
  if (text === "") {
    return field.default === null ? { value: null } : { problem: { key: "empty", values: {} } };
  }
  const value = Number(text);
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
  const option = field.options?.find(({ value }) => (value === null ? "" : String(value)) === text);
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
