/**
 * Dragging images and clusters onto clusters, in one widget or from one to another of a project;
 * nothing of an image travels but that it is selected.
 */

import { drop, now } from "./edits";
import { consume } from "./events";
import { type Cargo, type Drop, dropAt, isLocked, SELECTION } from "./moves";
import { nodeName } from "./names";
import { isSelected } from "./selection";
import { isLeaf, toggled } from "./tree";
import type { View } from "./view";

/** Of drags of ours, not of files or texts. */
const TYPE = "application/x-panoptic-nb";

/** While something is dragged a page may read the types of what it is only: so they say all. */
function typeOf(view: View): string {
  return `${TYPE}+${now(view).info.key}+`;
}

function written(view: View, { nodes, row }: Cargo): string {
  return `${typeOf(view)}${nodes.join(".")}+${row ?? ""}`;
}

/** What is dragged from a widget of the same project; null for anything else. */
function cargoIn(view: View, transfer: DataTransfer | null): Cargo | null {
  const type = transfer?.types.find((one) => one.startsWith(typeOf(view)));
  if (!type) return null;
  const [nodes = "", row] = type.slice(typeOf(view).length).split("+");
  return { nodes: nodes ? nodes.split(".").map(Number) : [], row: row ? Number(row) : null };
}
const OPEN_AFTER_MS = 600;

function cargoOf(view: View, target: HTMLElement): Cargo | null {
  const { tree, selected } = now(view);
  const row = target.closest<HTMLElement>("[data-index]")?.dataset.index;
  if (row !== undefined) {
    const one = Number(row);
    return isSelected(selected, one) ? SELECTION : { nodes: [], row: one };
  }
  const node = Number(target.closest<HTMLElement>("[data-node]")?.dataset.node);
  const { marked } = view.viewState.get();
  const all = marked.has(node) ? [...marked] : [node];
  const nodes = all.filter((id) => tree.byId.has(id) && !isLocked(tree, id));
  return nodes.length > 0 ? { nodes, row: null } : null;
}

/** The picture under the pointer says how much is dragged. */
function showGhost(view: View, { nodes, row }: Cargo, event: DragEvent): void {
  const { t, tree, selected } = now(view);
  const node = nodes.length === 1 ? tree.byId.get(nodes[0] as number) : undefined;
  const n = nodes.length || (row === null ? selected.count : 1);
  const ghost = document.createElement("div");
  ghost.className = "drag-ghost";
  ghost.textContent = node
    ? nodeName(t, node)
    : t(nodes.length > 0 ? "ui.clusters" : "ui.images", { n });
  (event.currentTarget as HTMLElement).append(ghost);
  event.dataTransfer?.setDragImage(ghost, -12, -6);
  setTimeout(() => ghost.remove()); // the browser has drawn it by then
}

interface Target {
  element: HTMLElement | null;
  node: number;
  how: Drop | null;
}

function isLine(element: HTMLElement | null): boolean {
  return element?.getAttribute("role") === "treeitem";
}

export function createDrag(view: View) {
  let over: HTMLElement | null = null;
  let opening: ReturnType<typeof setTimeout> | undefined;

  function unmark(): void {
    clearTimeout(opening);
    over?.removeAttribute("data-drop");
    over = null;
  }

  function mark({ element, node, how }: Target, hint: string | null): void {
    if (over !== element) {
      unmark();
      over = element;
      if (isLine(element) && !isLeaf(now(view).tree, node)) {
        opening = setTimeout(() => {
          view.viewState.set({ open: toggled(view.viewState.get().open, node, true) });
        }, OPEN_AFTER_MS);
      }
    }
    if (how) Object.assign(element?.dataset ?? {}, { drop: how, hint });
    else element?.removeAttribute("data-drop");
  }

  /** The line, header or step of the path under the pointer, and what a drop there does. */
  function targetOf(event: DragEvent, load: Cargo): Target {
    const { tree, job } = now(view);
    const element = (event.target as HTMLElement).closest<HTMLElement>("[data-node]");
    const node = Number(element?.dataset.node);
    if (!element || job !== null) return { element, node, how: null };
    const { top, height } = element.getBoundingClientRect();
    const at = isLine(element) && height > 0 ? (event.clientY - top) / height : 0.5;
    const merge = event.ctrlKey || event.altKey; // the one or the other, by system
    return { element, node, how: dropAt(tree, load, node, at, merge) };
  }

  return {
    onDragStart(event: DragEvent): void {
      const cargo = cargoOf(view, event.target as HTMLElement);
      if (!cargo || !event.dataTransfer || now(view).job !== null) {
        event.preventDefault();
        return;
      }
      event.stopPropagation();
      event.dataTransfer.effectAllowed = "copyMove";
      event.dataTransfer.setData(written(view, cargo), "");
      showGhost(view, cargo, event);
    },
    onDragOver(event: DragEvent): void {
      const { dataTransfer } = event;
      const cargo = cargoIn(view, dataTransfer);
      if (!cargo || !dataTransfer) return;
      event.stopPropagation();
      const target = targetOf(event, cargo);
      const { how } = target;
      const hint = cargo.nodes.length > 0 && how === "move" ? "either" : how;
      mark(target, how && now(view).t(`ui.drop_${hint}`));
      if (!how) return;
      event.preventDefault();
      dataTransfer.dropEffect = how === "merge" ? "copy" : "move";
    },
    onDragLeave(event: DragEvent): void {
      const inside = event.currentTarget as HTMLElement;
      if (!inside.contains(event.relatedTarget as Node | null)) unmark();
    },
    onDrop(event: DragEvent): void {
      unmark();
      const cargo = cargoIn(view, event.dataTransfer);
      if (!cargo) return;
      consume(event);
      const { how, node } = targetOf(event, cargo);
      if (how) void drop(view, cargo, node, how);
    },
    onDragEnd: unmark,
  };
}
