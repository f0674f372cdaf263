/** What clicks and keys do in the image grid. */
import { choose } from "../edits";
import { type Direction, type Layout, neighbour } from "../layout";
import { SELECTION } from "../moves";
import { type Cells, rowsOf } from "../piles";
import { type Gesture, inverted, only, pick, toggleRows } from "../selection";
import type { View } from "../view";

export interface GridInput {
  view: View;
  layout: Layout;
  cells: Cells;
  viewport: number;
}

function apply({ view, cells }: GridInput, at: number, gesture: Gesture): void {
  const { session, state } = view;
  const picked = pick(session.state.get().selected, cells, at, state.get().anchor, gesture);
  session.setSelected(picked.selected);
  state.set({ anchor: picked.anchor, gridFocus: at });
}

function placeOf(event: Event): { at: number; action: string | undefined } | null {
  const target = event.target as HTMLElement;
  const cell = target.closest<HTMLElement>("[data-at]");
  if (!cell) return null;
  return {
    at: Number(cell.dataset.at),
    action: target.closest<HTMLElement>("[data-action]")?.dataset.action,
  };
}

/** Click selects one image; Ctrl or Cmd and the circle add or take out; Shift selects a range. */
export function handleClick(input: GridInput, event: MouseEvent): void {
  const place = placeOf(event);
  if (!place) return;
  if (place.action === "zoom") {
    input.view.state.set({ large: place.at, gridFocus: place.at });
    return;
  }
  const circle = place.action === "check";
  const plain = !place.action && !event.shiftKey;
  if (plain && event.detail > 1) return; // the second click of a double-click: nothing to select
  const { session, state } = input.view;
  const before = { selected: session.state.get().selected, anchor: state.get().anchor };
  state.set({ beforeClick: before });
  apply(input, place.at, {
    extend: event.ctrlKey || event.metaKey || circle,
    range: event.shiftKey,
  });
}

export function handleDoubleClick(input: GridInput, event: MouseEvent): void {
  const place = placeOf(event);
  if (!place || place.action) return;
  const { session, state } = input.view;
  const before = state.get().beforeClick;
  // To look is not to select: the first click of the two is taken back.
  if (before) session.setSelected(before.selected);
  state.set({
    large: place.at,
    gridFocus: place.at,
    anchor: before ? before.anchor : state.get().anchor,
    beforeClick: null,
  });
}

function target({ layout, viewport }: GridInput, focus: number | null, key: string): number | null {
  const at = focus ?? 0;
  const lines = Math.max(1, Math.floor(viewport / layout.cell) - 1);
  if (key === "Home") return 0;
  if (key === "End") return layout.count - 1;
  if (key === "PageDown" || key === "PageUp") {
    const direction = key === "PageDown" ? "ArrowDown" : "ArrowUp";
    let place = at;
    for (let i = 0; i < lines; i += 1) place = neighbour(layout, place, direction);
    return place;
  }
  if (!key.startsWith("Arrow")) return null;
  return focus === null ? 0 : neighbour(layout, at, key as Direction);
}

/** Where do the selected images go, or else the one that has the focus? */
function moveFrom({ view, cells }: GridInput, at: number | null, grid: HTMLElement): void {
  const row = cells.rows[at ?? -1];
  const cell = document.getElementById(`${view.uid}-cell-${at}`) ?? grid;
  const some = view.session.state.get().selected.count > 0;
  if (some || row !== undefined) {
    choose(view, "move", some ? SELECTION : { nodes: [], row: row ?? 0 }, cell);
  }
}

export function handleKey(input: GridInput, event: KeyboardEvent): void {
  const { view, cells } = input;
  const { session, state } = view;
  const focus = state.get().gridFocus;
  const next = target(input, focus, event.key);
  const { selected } = session.state.get();
  const command = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : "";
  if (next !== null && cells.rows.length > 0) {
    if (event.shiftKey) {
      if (state.get().anchor === null) state.set({ anchor: focus ?? 0 });
      apply(input, next, { extend: false, range: true });
    } else {
      state.set({ gridFocus: next });
    }
  } else if (event.key === " " && focus !== null) {
    session.setSelected(toggleRows(selected, rowsOf(cells, focus)));
    state.set({ anchor: focus });
  } else if (event.key === "Enter" && focus !== null) {
    state.set({ large: focus });
  } else if (command === "a") {
    session.setSelected(only(cells.all));
  } else if (command === "i") {
    session.setSelected(inverted(selected, cells.all));
  } else if (event.key.toLowerCase() === "m" && !command) {
    moveFrom(input, focus, event.currentTarget as HTMLElement);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}
