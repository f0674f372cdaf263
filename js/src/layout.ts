/**
 * Where every image of the grid stands, without a browser.
 *
 * Images are counted from 0 over all sections. Positions are in "virtual" pixels; a browser
 * refuses elements of more than some 17 million pixels, see scrolling.ts.
 */

export const MAX_SPACER = 15_000_000;
export const GAP = 6;
export const PADDING = 8;
export const HEADER = 36;
const SECTION_GAP = 10;
/** However narrow the room, a cell is not smaller than this. */
const SMALLEST = 30;
const MOST_SHRUNK = 0.85;
const MOST_STRETCHED = 1.25;

export interface Section {
  node: number;
  /** First image and one past the last. */
  start: number;
  stop: number;
}

export interface Layout {
  sections: Section[];
  columns: number;
  /** Side of a cell. */
  cell: number;
  /** 0 when sections have no header line. */
  header: number;
  /** Top of each section, and the end of the last one. */
  tops: Float64Array;
  height: number;
  count: number;
}

export interface Window {
  first: number;
  last: number;
  firstSection: number;
  lastSection: number;
}

/** Cells fill the room when that keeps them near the size asked for; else some room stays empty. */
function columnsFor(room: number, size: number): { columns: number; cell: number } {
  const sideOf = (columns: number): number => Math.floor((room - GAP * (columns - 1)) / columns);
  const fewer = Math.max(1, Math.floor((room + GAP) / (size + GAP)));
  const more = fewer + 1;
  const columns = sideOf(fewer) - size <= size - sideOf(more) ? fewer : more;
  const cell = sideOf(columns);
  const near = cell >= size * MOST_SHRUNK && cell <= size * MOST_STRETCHED;
  return near ? { columns, cell } : { columns: fewer, cell: Math.min(size, sideOf(fewer)) };
}

export function createLayout(
  sections: Section[],
  width: number,
  size: number,
  withHeaders: boolean,
): Layout {
  const room = Math.max(SMALLEST, width - 2 * PADDING);
  const { columns, cell } = columnsFor(room, size);
  const header = withHeaders ? HEADER : 0;
  const tops = new Float64Array(sections.length + 1);
  let top = withHeaders ? 0 : PADDING;
  sections.forEach((section, i) => {
    tops[i] = top;
    const lines = Math.ceil((section.stop - section.start) / columns);
    top += header + lines * (cell + GAP) + (withHeaders ? SECTION_GAP : 0);
  });
  tops[sections.length] = top;
  const count = sections.at(-1)?.stop ?? 0;
  return { sections, columns, cell, header, tops, height: top + PADDING, count };
}

/** The last index whose value is at most `value`; 0 when there is none. */
function lastAtMost(length: number, at: (i: number) => number, value: number): number {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (at(middle) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function sectionAt(layout: Layout, y: number): number {
  return lastAtMost(layout.sections.length, (i) => layout.tops[i] as number, y);
}

export function sectionOf(layout: Layout, image: number): number {
  // Empty sections share their start with the next one; the last one is the one that holds it.
  return lastAtMost(layout.sections.length, (i) => (layout.sections[i] as Section).start, image);
}

/** Left and top of an image in virtual pixels. */
export function positionOf(layout: Layout, image: number): { left: number; top: number } {
  const at = sectionOf(layout, image);
  const section = layout.sections[at];
  if (!section) return { left: PADDING, top: 0 };
  const offset = image - section.start;
  const pitch = layout.cell + GAP;
  return {
    left: PADDING + (offset % layout.columns) * pitch,
    top: (layout.tops[at] as number) + layout.header + Math.floor(offset / layout.columns) * pitch,
  };
}

function lineStart(layout: Layout, section: Section, at: number, y: number): number {
  const line = Math.floor((y - (layout.tops[at] as number) - layout.header) / (layout.cell + GAP));
  return section.start + Math.max(0, line) * layout.columns;
}

/** The images and sections between two heights; images form one run [first, last). */
export function windowBetween(layout: Layout, from: number, to: number): Window {
  const firstSection = sectionAt(layout, Math.max(0, from));
  const lastSection = sectionAt(layout, Math.max(0, to));
  const top = layout.sections[firstSection];
  const bottom = layout.sections[lastSection];
  if (!top || !bottom) return { first: 0, last: 0, firstSection: 0, lastSection: 0 };
  const first = Math.min(top.stop, lineStart(layout, top, firstSection, from));
  const last = Math.min(bottom.stop, lineStart(layout, bottom, lastSection, to) + layout.columns);
  return { first, last: Math.max(first, last), firstSection, lastSection: lastSection + 1 };
}

export function spacerHeight(layout: Layout): number {
  return Math.min(MAX_SPACER, layout.height);
}

/** The virtual top that shows an image with the least movement. */
export function scrollToShow(layout: Layout, image: number, top: number, viewport: number): number {
  const at = positionOf(layout, image).top;
  const above = at - layout.header - GAP;
  const below = at + layout.cell + GAP - viewport;
  if (top > above) return Math.max(0, above);
  return Math.max(top, below);
}

export type Direction = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

function nearestSection(layout: Layout, from: number, step: 1 | -1): Section | null {
  for (let i = from + step; i >= 0 && i < layout.sections.length; i += step) {
    const section = layout.sections[i] as Section;
    if (section.stop > section.start) return section;
  }
  return null;
}

/** The neighbour of an image; columns are kept from one section to the next. */
export function neighbour(layout: Layout, image: number, direction: Direction): number {
  if (layout.count === 0) return 0;
  if (direction === "ArrowLeft") return Math.max(0, image - 1);
  if (direction === "ArrowRight") return Math.min(layout.count - 1, image + 1);
  const at = sectionOf(layout, image);
  const section = layout.sections[at] as Section;
  const { columns } = layout;
  const column = (image - section.start) % columns;
  const line = Math.floor((image - section.start) / columns);
  if (direction === "ArrowUp") {
    if (line > 0) return image - columns;
    const above = nearestSection(layout, at, -1);
    if (!above) return image;
    const lastLine = Math.floor((above.stop - above.start - 1) / columns);
    return Math.min(above.stop - 1, above.start + lastLine * columns + column);
  }
  const lastLine = Math.floor((section.stop - section.start - 1) / columns);
  if (line < lastLine) return Math.min(section.stop - 1, image + columns);
  const below = nearestSection(layout, at, 1);
  return below ? Math.min(below.stop - 1, below.start + column) : image;
}
