import type { ComponentChildren } from "preact";
import { boundsOf, choicesOf, numberAttributes, sliderValue } from "../form";
import type { Field } from "../types";
import { FieldError } from "./FieldError";
import { useShared, useT } from "./hooks";

interface Props {
  field: Field;
  functionName: string;
  value: string | boolean;
  error: string | undefined;
  id: string;
  onChange(value: string | boolean): void;
  /** Stands below the field. */
  children?: ComponentChildren;
}

function FieldInput({ field, functionName, value, error, id, onChange }: Props) {
  const t = useT();
  const info = useShared((state) => state.info);
  const common = {
    id,
    name: field.name,
    "aria-invalid": error ? true : undefined,
    "aria-describedby": error ? `${id}-error` : `${id}-help`,
  };
  const choices = choicesOf(field, info);
  if (choices) {
    return (
      <select
        {...common}
        value={String(value)}
        disabled={choices.length === 0}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {choices.length === 0 ? <option value="">–</option> : null}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {t.or(`functions.${functionName}.${field.name}.options.${choice.value}`, choice.label)}
          </option>
        ))}
      </select>
    );
  }
  if (field.type === "bool") {
    return (
      <input
        {...common}
        type="checkbox"
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  const typed = {
    ...common,
    value: String(value),
    autocomplete: "off",
    spellcheck: false,
    onInput: (event: { currentTarget: HTMLInputElement }) => onChange(event.currentTarget.value),
  };
  if (field.type === "str") return <input {...typed} type="text" />;
  const attributes = numberAttributes(field);
  const number = <input {...typed} {...attributes} type="number" />;
  const { min, max } = attributes;
  if (field.type === "int" || min === undefined || max === undefined) return number;
  return (
    <div class="bounded">
      <input
        {...attributes}
        type="range"
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-help`}
        value={sliderValue(field, String(value))}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {number}
    </div>
  );
}

/** One parameter: label, input made from its type, help, and what is wrong with it. */
export function FieldRow(props: Props) {
  const { field, functionName, error, id } = props;
  const t = useT();
  const label = t.or(`functions.${functionName}.${field.name}.label`, field.label || field.name);
  const help = t.or(`functions.${functionName}.${field.name}.help`, field.help);
  const bounds = boundsOf(field).map(({ key, values }) => t(key, values));
  const info = useShared((state) => state.info);
  const nothing = choicesOf(field, info)?.length === 0 ? t("ui.nothing_to_choose") : "";
  return (
    <div class={`field field-${field.type}`}>
      <label id={`${id}-label`} for={id} title={field.name}>
        {label}
      </label>
      <FieldInput {...props} />
      <div class="field-help" id={`${id}-help`}>
        {[help, ...bounds, nothing].filter(Boolean).join(" ")}
      </div>
      <FieldError id={`${id}-error`} text={error} />
      {props.children}
    </div>
  );
}
