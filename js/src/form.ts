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

export function numberAttributes(field: Field): NumberAttributes {
  const step = field.type === "int" ? 1 : 0.01;
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

export interface ParsedForm {
  params: Params;
  problems: Record<string, FieldProblem>;
}

export function parseForm(fn: ClusteringFunction, draft: Draft): ParsedForm {
  const params: Params = {};
  const problems: Record<string, FieldProblem> = {};
  for (const field of fn.fields) {
    const parsed = parseField(field, draft[field.name] ?? "");
    if ("problem" in parsed) problems[field.name] = parsed.problem;
    else params[field.name] = parsed.value;
  }
  return { params, problems };
}
