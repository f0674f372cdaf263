/**
 * Where every image of the grid stands, without a browser.
 *
 * Images are counted from 0 over all sections. Positions are in "virtual" pixels; a browser
 * refuses elements of more than some 17 million pixels, see scrolling.ts.
 */
import { lastAtMost } from "./sorted";

export const MAX_SPACER = 15_000_000;
export const GAP = 6;
export const PADDING = 8;
export const HEADER = 36;
const SECTION_GAP = 10;
/** However narrow the room, a cell is not smaller than this. */
const SMALLEST = 30;
const MOST_SHRUNK = 0.85;
const MOST_STRETCHED = 1.25;

export interface Layout {
  /** First image of each section, and the number of images. */
  edges: number[];
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
  edges: number[],
  width: number,
  size: number,
  withHeaders: boolean,
): Layout {
  const room = Math.max(SMALLEST, width - 2 * PADDING);
  const { columns, cell } = columnsFor(room, size);
  const header = withHeaders ? HEADER : 0;
  const tops = new Float64Array(edges.length);
  let top = withHeaders ? 0 : PADDING;
  edges.forEach((start, i) => {
    tops[i] = top;
    const lines = Math.ceil(((edges[i + 1] ?? start) - start) / columns);
    top += header + lines * (cell + GAP) + (withHeaders ? SECTION_GAP : 0);
  });
  const end = tops.at(-1) ?? top;
  return { edges, columns, cell, header, tops, height: end + PADDING, count: edges.at(-1) ?? 0 };
}

export function sectionAt({ tops }: Layout, y: number): number {
  return lastAtMost(tops, y, tops.length - 1);
}

interface Section {
  at: number;
  /** First image and one past the last. */
  start: number;
  stop: number;
}

function sectionOf({ edges }: Layout, at: number): Section {
  return { at, start: edges[at] ?? 0, stop: edges[at + 1] ?? 0 };
}

/** Empty sections share their start with the next one; the last one is the one that holds it. */
function sectionWith(layout: Layout, image: number): Section {
  return sectionOf(layout, lastAtMost(layout.edges, image, layout.edges.length - 1));
}

/** Left and top of an image in virtual pixels. */
export function positionOf(layout: Layout, image: number): { left: number; top: number } {
  const { columns, header, tops } = layout;
  const { at, start } = sectionWith(layout, image);
  const pitch = layout.cell + GAP;
  return {
    left: PADDING + ((image - start) % columns) * pitch,
    top: (tops[at] as number) + header + Math.floor((image - start) / columns) * pitch,
  };
}

/** The images and sections between two heights; images form one run [first, last). */
export function windowBetween(layout: Layout, from: number, to: number): Window {
  /** The image that begins the line at a height. */
  const imageAt = (y: number, { at, start }: Section): number => {
    const line = Math.floor(
      (y - (layout.tops[at] as number) - layout.header) / (layout.cell + GAP),
    );
    return start + Math.max(0, line) * layout.columns;
  };
  const top = sectionOf(layout, sectionAt(layout, from));
  const bottom = sectionOf(layout, sectionAt(layout, to));
  const first = Math.min(top.stop, imageAt(from, top));
  const last = Math.min(bottom.stop, imageAt(to, bottom) + layout.columns);
  return { first, last, firstSection: top.at, lastSection: bottom.at + 1 };
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

/** The neighbour of an image; columns are kept from one section to the next. */
export function neighbour(layout: Layout, image: number, direction: Direction): number {
  if (direction === "ArrowLeft") return Math.max(0, image - 1);
  if (direction === "ArrowRight") return Math.min(layout.count - 1, image + 1);
  const { columns, edges } = layout;
  const { at, start, stop } = sectionWith(layout, image);
  const startOfLine = (offset: number): number => offset - (offset % columns);
  const step = direction === "ArrowUp" ? -1 : 1;
  const offset = image - start;
  const inside = step < 0 ? offset >= columns : offset < startOfLine(stop - start - 1);
  if (inside) return Math.min(stop - 1, image + step * columns);
  for (let next = at + step; next >= 0 && next < edges.length - 1; next += step) {
    const other = sectionOf(layout, next);
    const count = other.stop - other.start;
    const line = step < 0 ? startOfLine(count - 1) : 0;
    if (count > 0) return other.start + Math.min(count - 1, line + (offset % columns));
  }
  return image;
}
