import { useLayoutEffect, useRef, useState } from "../dom/hooks";
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
  const rest = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const put = (next: Place): void => {
    now.current = next;
    setPlace(next);
  };
  const moveTo = (top: number): void => {
    const element = box.current as HTMLElement;
    element.scrollTop = placeAt(layout, top, height).scrollTop;
    put({ scrollTop: element.scrollTop, top }); // as the browser has rounded it
  };
  /** The browser may stand elsewhere for this place. */
  const settle = (top: number): void => {
    const { scrollTop, top: before } = now.current;
    const moved =
      top !== before || Math.abs(placeAt(layout, top, height).scrollTop - scrollTop) > 1;
    if (moved) moveTo(top);
  };
  const onScroll = (event: { currentTarget: HTMLElement }): void => {
    const next = follow(layout, now.current, event.currentTarget.scrollTop, height);
    setStep(Math.abs(next.top - now.current.top));
    if (hasDrifted(layout, next, height)) moveTo(next.top);
    else put(next);
    clearTimeout(rest.current);
    rest.current = setTimeout(() => {
      setStep(0);
      settle(now.current.top);
    }, REST_MS);
  };
  useLayoutEffect(() => {
    // Cells became larger or fewer.
    setStep(0);
    settle(Math.max(0, Math.min(now.current.top, layout.height - height)));
    return () => clearTimeout(rest.current);
  }, [layout, height]);
  return { ...place, step, now, moveTo, onScroll };
}
