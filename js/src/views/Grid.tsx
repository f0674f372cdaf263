import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "../dom/hooks";
import {
  createLayout,
  type Layout,
  positionOf,
  scrollToShow,
  sectionAt,
  spacerHeight,
  windowBetween,
} from "../layout";
import { heightOf, placeOf, rowsOf, sameCells } from "../piles";
import { areSelected } from "../selection";
import { storedSize } from "../thumbnails";
import { lineage, sameLeaves } from "../tree";
import type { TreeNode } from "../types";
import { GridCell } from "./GridCell";
import { GridHeader } from "./GridHeader";
import { GridMarks } from "./GridMarks";
import { type GridInput, handleClick, handleDoubleClick, handleKey } from "./gridInput";
import { HoverZoom } from "./HoverZoom";
import { useLocal, usePictures, useShared, useT, useView } from "./hooks";
import { useContent } from "./useContent";
import { usePlace } from "./usePlace";

/** Drawn beyond the edges, so that a small scroll shows no gap. */
const OVERSCAN_PX = 240;
/** Cells stand on a sheet that begins at a multiple of this: far from it they would be blurred. */
const SHEET_PX = 1_000_000;

function useBoxSize(element: { current: HTMLElement | null }): { width: number; height: number } {
  // Until something is measured.
  const [width, setWidth] = useState(640);
  const [height, setHeight] = useState(480);
  useLayoutEffect(() => {
    const box = element.current as HTMLElement;
    const measure = (): void => {
      if (!box.clientWidth || !box.clientHeight) return; // hidden for now, as in a folded output
      setWidth(box.clientWidth);
      setHeight(box.clientHeight);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => observer.disconnect();
  }, [element]);
  return { width, height };
}

/** Tells the tree which leaf the images at the top are of. */
function useHere(leaves: TreeNode[], at: number): void {
  const view = useView();
  const tree = useShared((state) => state.tree);
  const leaf = leaves.length > 1 ? leaves[at]?.id : undefined;
  useEffect(() => {
    view.viewState.set({ here: lineage(tree, leaf ?? -1).map(({ id }) => id) });
  }, [view, tree, leaf]);
}

export function Grid() {
  const view = useView();
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useBoxSize(box);
  const content = useContent();
  const { cells } = content;
  const thumbSize = useShared((state) => state.thumbSize);
  const layout = useMemo(
    () => createLayout(content.edges, width, thumbSize, content.leaves.length > 1),
    [content, width, thumbSize],
  );
  const place = usePlace(box, layout, height);
  const selected = useShared((state) => state.selected);
  const focus = useLocal((state) => state.gridFocus);

  const { top } = place;
  const overscan = place.step < OVERSCAN_PX ? OVERSCAN_PX : 0; // left behind before it is seen
  const shown = windowBetween(layout, top - overscan, top + height + overscan);
  const { first, firstSection, lastSection } = shown;
  // As many cells in each frame: they are recycled, which is cheaper than making new ones.
  const pools = useMemo(() => new Map<number, number>(), [layout, height]);
  const pool = Math.max(1, pools.get(overscan) ?? 0, shown.last - first);
  pools.set(overscan, pool);
  const last = Math.min(layout.count, first + pool);
  const sheet = Math.floor(top / SHEET_PX) * SHEET_PX;
  const size = storedSize(layout.cell, globalThis.devicePixelRatio || 1);
  const picture = usePictures([...cells.rows.subarray(first, last)], size);

  const drawn = useRef(content);
  useLayoutEffect(() => {
    const { active, cells: before, leaves } = drawn.current;
    drawn.current = content;
    // The tree changes with every new name; one's place is lost with the images only.
    const same = sameCells(before, cells) || sameLeaves(leaves, content.leaves);
    if (active !== content.active || !same) place.moveTo(0);
  }, [content]);

  useLayoutEffect(() => {
    const now = place.now.current.top;
    const next = focus === null ? now : scrollToShow(layout, focus, now, height);
    if (next !== now) place.moveTo(next);
  }, [focus, layout, height]);

  const input: GridInput = { view, layout, cells, viewport: height };
  const pinned = sectionAt(layout, top);
  useHere(content.leaves, pinned);

  return (
    <div class="grid-frame">
      <div
        ref={box}
        class="grid"
        role="listbox"
        tabIndex={0}
        aria-multiselectable="true"
        aria-label={t("ui.grid")}
        aria-activedescendant={focus === null ? undefined : `${view.uid}-cell-${focus}`}
        data-testid="image-grid"
        onScroll={place.onScroll}
        onClick={(event) => {
          // JupyterLab takes the focus to its cell on Shift-click.
          event.currentTarget.focus({ preventScroll: true });
          handleClick(input, event);
        }}
        onDblClick={(event) => handleDoubleClick(input, event)}
        onKeyDown={(event) => handleKey(input, event)}
      >
        <div class="spacer" role="presentation" style={{ height: `${spacerHeight(layout)}px` }}>
          <div
            class="sheet"
            role="presentation"
            style={{ transform: `translateY(${sheet - top + place.scrollTop}px)` }}
          >
            {layout.header > 0 &&
              content.leaves
                .slice(firstSection, lastSection)
                .map((leaf, i) => (
                  <GridHeader
                    key={`header-${leaf.id}`}
                    node={leaf}
                    top={(layout.tops[firstSection + i] as number) - sheet}
                  />
                ))}
            {Array.from({ length: last - first }, (_, i) => {
              const at = first + i;
              const row = cells.rows[at] as number;
              const { left, top } = positionOf(layout, at);
              return (
                <GridCell
                  key={`cell-${at % pool}`}
                  t={t}
                  id={`${view.uid}-cell-${at}`}
                  at={at}
                  row={row}
                  left={left}
                  top={top - sheet}
                  size={layout.cell}
                  url={picture(row)}
                  pile={heightOf(cells, at)}
                  similarity={content.similarity[placeOf(cells, at)]}
                  selected={areSelected(selected, rowsOf(cells, at))}
                  focused={focus === at}
                />
              );
            })}
            <GridMarks layout={layout} rows={cells.rows} first={first} last={last} sheet={sheet} />
          </div>
        </div>
        {layout.count === 0 && <p class="empty">{t("ui.no_images")}</p>}
      </div>
      <HoverZoom grid={box} />
      <PinnedHeader layout={layout} leaves={content.leaves} section={pinned} top={top} />
    </div>
  );
}

interface PinnedProps {
  layout: Layout;
  leaves: TreeNode[];
  section: number;
  top: number;
}

/** Says which cluster one is in while its images scroll; the next header pushes it out. */
function PinnedHeader({ layout, leaves, section, top }: PinnedProps) {
  const leaf = leaves[section];
  if (layout.header === 0 || !leaf || top <= (layout.tops[section] as number)) return null;
  const room = (layout.tops[section + 1] as number) - top - layout.header;
  return <GridHeader node={leaf} top={Math.min(0, room)} pinned />;
}
