/** Marked clusters: what an edit of several is about. */
import { now } from "./edits";
import { between } from "./moves";
import { toggled, visibleLines } from "./tree";
import type { View } from "./view";

function set(view: View, marked: Set<number>): void {
  const { root } = now(view).tree;
  if (root) marked.delete(root.id); // all images are no cluster among others
  view.viewState.set({ marked });
}

export function toggleMark(view: View, id: number): void {
  const { marked, treeFocus } = view.viewState.get();
  // Marking begins with what one looks at, as in a list of files.
  if (marked.size > 0) set(view, toggled(marked, id));
  else set(view, new Set([treeFocus, id]));
}

export function addMarks(view: View, ids: number[]): void {
  set(view, new Set([...view.viewState.get().marked, ...ids]));
}

/** Marks from the line with the focus to this one. */
export function markTo(view: View, id: number): void {
  const { open, treeFocus } = view.viewState.get();
  const lines = visibleLines(now(view).tree, open);
  addMarks(view, between(lines, treeFocus, id));
}
