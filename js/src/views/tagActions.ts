/** What T and the number keys do. */
import { activeCells } from "../store";
import { digitOf, type StampTarget, type TagKey } from "../tagging";
import type { View } from "../view";

/** The image of the large view, for which its keys are. */
export interface Subject {
  row: number | undefined;
  next(): void;
}

/** What T would tag: the cluster in focus in the tree, the selection, the image in focus. */
function targetAt(view: View, inTree: boolean): StampTarget {
  const shared = view.session.sharedState.get();
  const { treeFocus, gridFocus } = view.viewState.get();
  if (inTree) return { node: treeFocus };
  if (shared.selected.count > 0) return {};
  const row = gridFocus === null ? undefined : activeCells(shared).rows[gridFocus];
  return row === undefined ? { node: shared.active } : { row };
}

export function openStamp(
  view: View,
  anchor: HTMLElement,
  target: StampTarget = targetAt(view, false),
): void {
  view.viewState.set({ stamp: { target, anchor } });
}

/** Stamps the selection; without one the image in focus, and moves on to the next. */
export function pressTagKey(view: View, { column, tag }: TagKey, subject?: Subject): void {
  const shared = view.session.sharedState.get();
  const stamp = { column, tags: [tag], mode: "toggle" };
  if (!subject && shared.selected.count > 0) {
    void view.ask("stamp", stamp);
    return;
  }
  const at = view.viewState.get().gridFocus ?? -1;
  const { rows } = activeCells(shared);
  const row = subject ? subject.row : rows[at];
  if (row === undefined) {
    view.say("info", shared.t("ui.tag_keys_help"));
    return;
  }
  void view.ask("stamp", { ...stamp, row });
  if (subject) subject.next();
  else view.viewState.set({ gridFocus: Math.min(at + 1, rows.length - 1) });
}

/** True when the key was one of ours. */
export function handleTagKey(view: View, event: KeyboardEvent, subject?: Subject): boolean {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const inTree = target.closest("[role=tree]") !== null;
  if (event.key.toLowerCase() === "t") {
    const { treeFocus } = view.viewState.get();
    const line = inTree ? document.getElementById(`${view.uid}-node-${treeFocus}`) : null;
    const box = target.closest<HTMLElement>("dialog, .panoptic-nb") ?? target;
    const button = box.querySelector<HTMLElement>("[data-testid=open-stamp]");
    const row = subject?.row;
    openStamp(view, line ?? button ?? box, row === undefined ? targetAt(view, inTree) : { row });
    return true;
  }
  const digit = inTree ? null : digitOf(event);
  const bound = view.session.sharedState.get().keys.keys.find(({ key }) => key === digit);
  if (bound) pressTagKey(view, bound, subject);
  return bound !== undefined;
}
