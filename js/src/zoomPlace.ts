/** Where the picture of the hover zoom stands, without a browser. */

export interface Size {
  width: number;
  height: number;
}

export interface Box extends Size {
  left: number;
  top: number;
}

/** Longest side, as large as the kernel makes thumbnails. */
const SIDE = 512;
const MARGIN = 8;

/**
 * Beside the cell where there is more room, else above or below it; always inside of the page, and
 * of the shape of the picture, so that nothing moves when it arrives.
 */
export function placeZoom(cell: Box, picture: Size, page: Size): Box {
  const most = (side: number): number => Math.min(SIDE, side - 2 * MARGIN);
  const scale = Math.min(most(page.width) / picture.width, most(page.height) / picture.height);
  const width = Math.round(picture.width * scale);
  const height = Math.round(picture.height * scale);
  const right = cell.left + cell.width + MARGIN;
  const left = cell.left - MARGIN - width;
  const below = cell.top + cell.height + MARGIN;
  const middle = (at: number, side: number, own: number): number => at + (side - own) / 2;
  const isFree = (at: number, own: number, side: number): boolean => at + own + MARGIN <= side;
  const beside = isFree(right, width, page.width) ? right : left >= MARGIN ? left : null;
  const under = isFree(below, height, page.height) ? below : cell.top - MARGIN - height;
  return {
    left: inside(beside ?? middle(cell.left, cell.width, width), width, page.width),
    top: inside(
      beside === null ? under : middle(cell.top, cell.height, height),
      height,
      page.height,
    ),
    width,
    height,
  };
}

function inside(at: number, own: number, side: number): number {
  return Math.max(MARGIN, Math.min(at, side - own - MARGIN));
}
