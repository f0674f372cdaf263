/**
 * From the scroll position of the browser to the place in a grid that is higher than any element
 * can be.
 *
 * One pixel of scrolling is one pixel of the grid as long as one moves step by step, else the
 * wheel would skip images; a leap (the scrollbar, a key) goes to the place that lies as far along
 * the grid as the browser is along its spacer. Small steps let the two drift apart, so now and
 * then the browser is put where the place belongs.
 */
import { type Layout, MAX_SPACER, spacerHeight } from "./layout";

/** Near both ends the two are the same, so that the ends are reached step by step. */
const SAME = 200_000;
/** More than so many windows at once is a leap. */
const LEAP = 4;
const MOST_DRIFT = SAME / 2;

export interface Place {
  /** Of the browser. */
  scrollTop: number;
  /** Of the grid, in virtual pixels. */
  top: number;
}

interface Ends {
  /** The last scroll position, and the last top. */
  scroll: number;
  top: number;
}

function endsOf(layout: Layout, viewport: number): Ends {
  return {
    scroll: Math.max(0, spacerHeight(layout) - viewport),
    top: Math.max(0, layout.height - viewport),
  };
}

/** The same place on a way of another length. */
function mapped(at: number, from: number, to: number): number {
  if (from === to || at <= SAME) return at;
  if (at >= from - SAME) return to - (from - at);
  return SAME + ((at - SAME) * (to - 2 * SAME)) / (from - 2 * SAME);
}

/** Where the browser's position lies in the grid when one leaps to it. */
export function toVirtual(layout: Layout, scrollTop: number, viewport: number): number {
  const ends = endsOf(layout, viewport);
  return mapped(scrollTop, ends.scroll, ends.top);
}

export function toScroll(layout: Layout, top: number, viewport: number): number {
  const ends = endsOf(layout, viewport);
  return mapped(top, ends.top, ends.scroll);
}

export function placeAt(layout: Layout, top: number, viewport: number): Place {
  return { scrollTop: toScroll(layout, top, viewport), top };
}

/** The place after the browser has scrolled from `before`. */
export function follow(layout: Layout, before: Place, scrollTop: number, viewport: number): Place {
  const step = scrollTop - before.scrollTop;
  if (layout.height <= MAX_SPACER || Math.abs(step) > LEAP * viewport) {
    return { scrollTop, top: Math.round(toVirtual(layout, scrollTop, viewport)) };
  }
  const { top: last } = endsOf(layout, viewport);
  return { scrollTop, top: Math.min(last, Math.max(0, before.top + step)) };
}

/** Whether the browser must be moved: it drifted, or it is at an end that the grid is not at. */
export function hasDrifted(layout: Layout, place: Place, viewport: number): boolean {
  const drift = Math.abs(toScroll(layout, place.top, viewport) - place.scrollTop);
  const { scroll } = endsOf(layout, viewport);
  const room = Math.min(place.scrollTop, scroll - place.scrollTop);
  return drift > MOST_DRIFT || (drift > 1 && room < LEAP * viewport);
}
