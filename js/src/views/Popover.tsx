import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "../dom/hooks";

const MARGIN = 8;
/** What one wants first: to type the first parameter, before the function that has it, or a name. */
const FIRST =
  ".field input:not([type='range']), .field select, [role=combobox], [aria-checked=true]";

/** Below the anchor, or above it when there is no room, and never outside of the window. */
export function place(
  anchor: { left: number; top: number; bottom: number },
  size: { width: number; height: number },
  page: { width: number; height: number },
): { left: number; top: number } {
  const left = Math.max(MARGIN, Math.min(anchor.left, page.width - size.width - MARGIN));
  const below = anchor.bottom + 4;
  const above = anchor.top - size.height - 4;
  const fitsBelow = below + size.height + MARGIN <= page.height;
  const top = fitsBelow || above < MARGIN ? below : above;
  return { left, top: Math.max(MARGIN, Math.min(top, page.height - size.height - MARGIN)) };
}

interface Props {
  anchor: HTMLElement;
  label: string;
  onClose(): void;
  children: ComponentChildren;
}

/** A native popover beside its button: focus goes in, and back when it closes. */
export function Popover({ anchor, label, onClose, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement;
    const before = document.activeElement as HTMLElement | null;
    const move = (): void => {
      const { left, top } = place(
        anchor.getBoundingClientRect(),
        { width: element.offsetWidth, height: element.offsetHeight },
        { width: document.documentElement.clientWidth, height: window.innerHeight },
      );
      element.style.left = `${left}px`;
      element.style.top = `${top}px`;
    };
    const toggled = (event: Event): void => {
      if ((event as ToggleEvent).newState === "closed") close.current();
    };
    element.showPopover();
    move();
    const start =
      element.querySelector<HTMLElement>(FIRST) ??
      element.querySelector<HTMLElement>("button:not([disabled])");
    start?.focus();
    if (start instanceof HTMLInputElement && start.type !== "checkbox") start.select();
    const listening = new AbortController();
    const { signal } = listening;
    element.addEventListener("toggle", toggled, { signal });
    window.addEventListener("resize", move, { signal });
    window.addEventListener("scroll", move, { signal, capture: true });
    const grown = new ResizeObserver(move);
    grown.observe(element);
    return () => {
      grown.disconnect();
      listening.abort();
      // A click elsewhere has already moved the focus there: leave it.
      if (element.contains(document.activeElement) || document.activeElement === document.body) {
        before?.focus();
      }
    };
  }, [anchor]);

  return (
    <div
      ref={box}
      class="popover"
      popover="auto"
      role="dialog"
      aria-label={label}
      onClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      {children}
    </div>
  );
}
