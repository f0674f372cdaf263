import type { ComponentChildren } from "preact";
import { enteredIn } from "../events";
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

interface InputProps extends Props {
  choices: ReturnType<typeof choicesOf>;
  /** The words of the locale about this field, else those of the function. */
  words(key: string, otherwise: string): string;
}

function FieldInput({ field, choices, words, value, error, id, onChange }: InputProps) {
  const common = {
    id,
    name: field.name,
    "aria-invalid": error ? true : undefined,
    "aria-describedby": `${id}-${error ? "error" : "help"}`,
  };
  if (choices) {
    return (
      <select
        {...common}
        value={String(value)}
        disabled={choices.length === 0}
        onChange={(event) => onChange(enteredIn(event))}
      >
        {choices.length === 0 && <option value="">–</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {words(`options.${choice.value}`, choice.label)}
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
    onInput: (event: { currentTarget: HTMLInputElement }) => onChange(enteredIn(event)),
  };
  if (field.type === "str") {
    const { suggest = [] } = field;
    return (
      <>
        <input {...typed} type="text" dir="auto" list={suggest.length ? `${id}-list` : undefined} />
        {suggest.length > 0 && (
          <datalist id={`${id}-list`}>
            {suggest.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        )}
      </>
    );
  }
  const attributes = numberAttributes(field);
  const number = <input {...typed} {...attributes} type="number" />;
  const { min, max } = attributes;
  if (field.type === "int" || min === undefined || max === undefined) return number;
  return (
    <div class="bounded">
      <input
        {...attributes}
        type="range"
        aria-label={words("label", field.label || field.name)}
        aria-describedby={`${id}-help`}
        value={sliderValue(field, String(value))}
        onInput={(event) => onChange(enteredIn(event))}
      />
      {number}
    </div>
  );
}

/** One parameter: label, input made from its type, help, and what is wrong with it. */
export function FieldRow(props: Props) {
  const { field, functionName, error, id } = props;
  const t = useT();
  const words = (key: string, otherwise: string): string =>
    t.or(`functions.${functionName}.${field.name}.${key}`, otherwise);
  const bounds = boundsOf(field).map(({ key, values }) => t(key, values));
  const choices = choicesOf(
    field,
    useShared((state) => state.info),
  );
  const nothing = choices?.length === 0 && t("ui.nothing_to_choose");
  return (
    <div class={`field field-${field.type}`}>
      <label for={id} title={field.name}>
        {words("label", field.label || field.name)}
      </label>
      <FieldInput {...props} choices={choices} words={words} />
      <div class="field-help" id={`${id}-help`}>
        {[words("help", field.help), ...bounds, nothing].filter(Boolean).join(" ")}
      </div>
      <FieldError id={`${id}-error`} text={error} />
      {props.children}
    </div>
  );
}
