/** What clicks and keys do in the image grid. */

import { choose } from "../edits";
import { consume } from "../events";
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
  const { session, viewState: state } = view;
  const picked = pick(session.sharedState.get().selected, cells, at, state.get().anchor, gesture);
  session.setSelected(picked.selected);
  state.set({ anchor: picked.anchor, gridFocus: at });
}

export function cellOf({ target }: Event): HTMLElement | null {
  return (target as HTMLElement).closest<HTMLElement>("[data-at]");
}

export function focusedCell({ uid, viewState: state }: View): HTMLElement | null {
  return document.getElementById(`${uid}-cell-${state.get().gridFocus}`);
}

function placeOf(event: Event): { at: number; action: string | undefined } | null {
  const cell = cellOf(event);
  const mark = (event.target as HTMLElement).closest<HTMLElement>("[data-action]");
  return cell && { at: Number(cell.dataset.at), action: mark?.dataset.action };
}

/** Click selects one image; Ctrl or Cmd and the circle add or take out; Shift selects a range. */
export function handleClick(input: GridInput, event: MouseEvent): void {
  const place = placeOf(event);
  if (!place) return;
  if (place.action === "zoom") {
    input.view.viewState.set({ large: place.at, gridFocus: place.at });
    return;
  }
  if (!place.action && !event.shiftKey && event.detail > 1) return; // the second click of a double-click: nothing to select
  const { session, viewState: state } = input.view;
  const before = { selected: session.sharedState.get().selected, anchor: state.get().anchor };
  state.set({ beforeClick: before });
  apply(input, place.at, {
    extend: event.ctrlKey || event.metaKey || place.action === "check",
    range: event.shiftKey,
  });
}

export function handleDoubleClick(input: GridInput, event: MouseEvent): void {
  const place = placeOf(event);
  if (!place || place.action) return;
  const { session, viewState: state } = input.view;
  const before = state.get().beforeClick;
  if (before) {
    // To look is not to select: the first click of the two is taken back.
    session.setSelected(before.selected);
    state.set({ anchor: before.anchor, beforeClick: null });
  }
  state.set({ large: place.at, gridFocus: place.at });
}

function target({ layout, viewport }: GridInput, focus: number | null, key: string): number | null {
  if (key === "Home") return 0;
  if (key === "End") return layout.count - 1;
  if (key.startsWith("Arrow"))
    return focus === null ? 0 : neighbour(layout, focus, key as Direction);
  if (!key.startsWith("Page")) return null;
  const direction = key.replace("Page", "Arrow") as Direction;
  let at = focus ?? 0;
  const lines = Math.max(1, Math.floor(viewport / layout.cell) - 1);
  for (let i = 0; i < lines; i += 1) at = neighbour(layout, at, direction);
  return at;
}

/** Where do the selected images go, or else the one that has the focus? */
function moveFrom({ view, cells }: GridInput, at: number | null, grid: HTMLElement): void {
  const row = cells.rows[at ?? -1];
  const some = view.session.sharedState.get().selected.count > 0;
  const cargo = some ? SELECTION : row === undefined ? null : { nodes: [], row };
  if (cargo) choose(view, "move", cargo, focusedCell(view) ?? grid);
}

export function handleKey(input: GridInput, event: KeyboardEvent): void {
  const { view, cells } = input;
  const { session, viewState: state } = view;
  const focus = state.get().gridFocus;
  const next = target(input, focus, event.key);
  const { selected } = session.sharedState.get();
  const command = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : "";
  if (next !== null && cells.rows.length > 0) {
    if (event.shiftKey) {
      state.set({ anchor: state.get().anchor ?? focus ?? 0 });
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
  consume(event);
}
