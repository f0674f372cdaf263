import type { AriaAttributes, ComponentChildren, HTMLAttributes } from "preact";
import { useLayoutEffect, useRef } from "../dom/hooks";

interface Field extends AriaAttributes {
  name?: string;
  value: string;
  placeholder?: string;
  "data-testid"?: string;
  onInput(event: { currentTarget: HTMLInputElement }): void;
}

interface Props<T> {
  id: string;
  input: Field;
  options: T[];
  /** The option that Enter takes; -1 for none. */
  at: number;
  listClass: string;
  listLabel: string;
  describe(option: T, at: number): HTMLAttributes<HTMLDivElement>;
  /** An arrow key leads to the option at `to`, which may lie beyond the ends. */
  onMove(to: number): void;
  onTake(option: T): void;
  onOtherKey?(key: string): void;
  /** Between the field and its list. */
  children?: ComponentChildren;
}

/** A text field, and below it the options that it finds: arrow keys and Enter, or a click. */
export function Combobox<T>(props: Props<T>) {
  const { id, input, options, at, onMove, onTake } = props;
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at, input.value]);
  return (
    <>
      <input
        id={id}
        type="text"
        dir="auto"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-expanded={options.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
        {...input}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          const option = options[at];
          if (step) onMove(at + step);
          else if (event.key === "Enter" && option) onTake(option);
          else return props.onOtherKey?.(event.key);
          event.preventDefault();
        }}
      />
      {props.children}
      <div
        ref={list}
        class={props.listClass}
        onMouseDown={(event) => event.preventDefault() /* the focus stays where one types */}
        id={`${id}-list`}
        role="listbox"
        aria-label={props.listLabel}
      >
        {options.map((option, i) => (
          <div
            {...props.describe(option, i)}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === at}
            onClick={() => onTake(option)}
          />
        ))}
      </div>
    </>
  );
}
