import { useEffect, useLayoutEffect, useRedraw, useRef, useState } from "../dom/hooks";
import { consume } from "../events";
import { placeZoom } from "../zoomPlace";
import { cellOf, focusedCell } from "./gridInput";
import { useLocal, usePictures, useView } from "./hooks";

/** The pointer rests: a Ctrl+click on the way to another image shows nothing. */
const REST_MS = 250;
const SIZE = 512;

/**
 * Shows an image larger while Ctrl is held and the pointer rests on its cell, or after Z for the
 * cell that has the focus. Nothing else moves, and clicks go through it.
 */
export function HoverZoom({ grid }: { grid: { current: HTMLElement | null } }) {
  const [cell, setCell] = useState<HTMLElement | null>(null);
  const view = useView();
  const focus = useLocal((state) => state.gridFocus);
  const redraw = useRedraw();
  const pinned = useRef(false);

  useEffect(() => {
    const ends = new AbortController();
    /** Listens before anything inside does. */
    const listen = (target: EventTarget | null, handlers: object): void => {
      for (const [name, handler] of Object.entries(handlers)) {
        target?.addEventListener(name, handler, { capture: true, signal: ends.signal });
      }
    };
    let under: HTMLElement | null = null;
    let rest: ReturnType<typeof setTimeout> | undefined;
    const show = (next: HTMLElement | null, pin = false): void => {
      clearTimeout(rest);
      pinned.current = pin;
      setCell(next);
    };
    const close = (): void => show(null);
    const release = (): void => {
      clearTimeout(rest);
      if (!pinned.current) close();
    };
    const wait = (): void => {
      if (!pinned.current) rest = setTimeout(() => show(under), REST_MS);
    };
    listen(grid.current, {
      pointermove(event: PointerEvent) {
        const last = under;
        under = event.pointerType === "touch" ? null : cellOf(event);
        if (under === last) return;
        release();
        if (under && event.ctrlKey && !event.buttons) wait();
      },
      pointerleave() {
        under = null;
        release();
      },
      pointerdown: close,
      blur: close,
      scroll() {
        if (!pinned.current) return close();
        setCell(focusedCell(view));
        redraw(); // it may be the same element elsewhere
      },
      keydown(event: KeyboardEvent) {
        const zoom = event.key === "z" && !event.ctrlKey && !event.metaKey;
        if (!zoom && !(event.key === "Escape" && pinned.current)) return;
        const next = pinned.current ? null : focusedCell(view);
        show(next, next !== null);
        consume(event);
      },
    });
    // Of the whole page: the pointer may rest here while the focus is elsewhere.
    listen(document, {
      keydown(event: KeyboardEvent) {
        if (event.key !== "Control")
          release(); // a shortcut, or Escape
        else if (under && !event.repeat) wait();
      },
      keyup: release,
    });
    listen(window, { blur: close });
    return () => {
      clearTimeout(rest);
      ends.abort();
    };
  }, [grid, view]);

  useLayoutEffect(() => {
    if (pinned.current) setCell(focusedCell(view));
  }, [focus, view]);

  return cell?.isConnected ? <Zoomed cell={cell} /> : null;
}

function Zoomed({ cell }: { cell: HTMLElement }) {
  const row = Number(cell.dataset.index);
  const url = usePictures([row], SIZE)(row);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => box.current?.showPopover(), []); // over what JupyterLab would cut off
  const shown = cell.querySelector("img");
  const picture = { width: shown?.naturalWidth || 1, height: shown?.naturalHeight || 1 };
  const page = { width: document.documentElement.clientWidth, height: window.innerHeight };
  const place = placeZoom(cell.getBoundingClientRect(), picture, page);
  return (
    <div
      ref={box}
      class="hover-zoom"
      popover="manual"
      aria-hidden="true"
      data-testid="hover-zoom"
      data-index={row}
      style={Object.fromEntries(Object.entries(place).map(([name, value]) => [name, `${value}px`]))}
    >
      {url && <img src={url} alt="" />}
    </div>
  );
}
