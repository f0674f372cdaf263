import { Popover } from "./Popover";

export interface MenuItem {
  /** Also its test id. */
  id: string;
  label: string;
  /** Said smaller: below the label, or the key that does the same beside it. */
  detail?: string;
  /** Of one-of-many: whether it is this one. */
  checked?: boolean;
  disabled?: boolean;
  faint?: boolean;
  /** Said when the pointer rests on it. */
  tip?: string;
  /** A line is drawn above it. */
  begins?: boolean;
  run(): void;
}

interface Props {
  anchor: HTMLElement;
  label: string;
  items: MenuItem[];
  onClose(): void;
}

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: 0, End: 0 };

function onKey(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("button:enabled")];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  const next = event.key === "Home" ? 0 : event.key === "End" ? -1 : (at + step) % buttons.length;
  buttons.at(next)?.focus();
  event.preventDefault();
}

function roleOf(checked: boolean | undefined) {
  const role = checked === undefined ? "menuitem" : "menuitemradio";
  return { role, "aria-checked": checked } as const;
}

/** What one can do or choose, one line each: arrow keys, Enter, Escape. */
export function Menu({ anchor, label, items, onClose }: Props) {
  return (
    <Popover anchor={anchor} label={label} onClose={onClose}>
      <div class="menu choices" role="menu" aria-label={label} data-testid="menu" onKeyDown={onKey}>
        {items.map(({ id, label: text, detail, checked, disabled, faint, tip, begins, run }) => (
          <button
            key={id}
            type="button"
            class={faint ? "faint" : begins ? "begins" : undefined}
            title={tip}
            {...roleOf(checked)}
            data-testid={id}
            disabled={disabled}
            onClick={() => {
              onClose();
              run();
            }}
          >
            <span>{text}</span>
            {detail && <small>{detail}</small>}
          </button>
        ))}
      </div>
    </Popover>
  );
}
