import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Layout } from "../layout";
import { follow, hasDrifted, type Place, placeAt } from "../scrolling";

/** Scrolling counts as ended after so long. */
const REST_MS = 150;

/**
 * Where one is in the grid, and two ways to move: as the browser has scrolled, or to a height.
 *
 * `step` is how far the last frame moved, 0 once one rests.
 */
export function usePlace(box: { current: HTMLElement | null }, layout: Layout, height: number) {
  const [place, setPlace] = useState<Place>({ scrollTop: 0, top: 0 });
  const [step, setStep] = useState(0);
  const now = useRef(place);
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  const put = (next: Place): void => {
    now.current = next;
    setPlace(next);
  };
  const moveTo = (top: number): void => {
    if (!box.current) return;
    box.current.scrollTop = placeAt(layout, top, height).scrollTop;
    put({ scrollTop: box.current.scrollTop, top }); // as the browser has rounded it
  };
  const onScroll = (): void => {
    if (!box.current) return;
    const next = follow(layout, now.current, box.current.scrollTop, height);
    setStep(Math.abs(next.top - now.current.top));
    if (hasDrifted(layout, next, height)) moveTo(next.top);
    else put(next);
    clearTimeout(rest.current);
    rest.current = setTimeout(() => {
      setStep(0);
      const { scrollTop, top } = now.current;
      if (Math.abs(placeAt(layout, top, height).scrollTop - scrollTop) > 1) moveTo(top);
    }, REST_MS);
  };
  useLayoutEffect(() => {
    // Cells became larger or fewer: the browser may stand elsewhere for the same place.
    setStep(0);
    const { scrollTop, top } = now.current;
    const next = placeAt(layout, Math.max(0, Math.min(top, layout.height - height)), height);
    if (next.top !== top || Math.abs(next.scrollTop - scrollTop) > 1) moveTo(next.top);
    return () => clearTimeout(rest.current);
  }, [layout, height]);
  return { ...place, step, now, moveTo, onScroll };
}
