/** Dragging images and clusters onto clusters; nothing of an image travels but that it is selected. */
import { drop, now } from "./edits";
import { type Cargo, type Drop, dropAt, isLocked, SELECTION } from "./moves";
import { nodeName } from "./names";
import { isSelected } from "./selection";
import { isLeaf, toggled } from "./tree";
import type { View } from "./view";

/** Of drags of ours, not of files or texts. */
const TYPE = "application/x-panoptic-nb";
const OPEN_AFTER_MS = 600;

function cargoOf(view: View, target: HTMLElement): Cargo | null {
  const { tree, selected } = now(view);
  const row = target.closest<HTMLElement>("[data-index]")?.dataset.index;
  if (row !== undefined) {
    const one = Number(row);
    return isSelected(selected, one) ? SELECTION : { nodes: [], row: one };
  }
  const node = Number(target.closest<HTMLElement>("[data-node]")?.dataset.node);
  const { marked } = view.state.get();
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

export function createDrag(view: View) {
  let cargo: Cargo | null = null;
  let over: HTMLElement | null = null;
  let opening: ReturnType<typeof setTimeout> | undefined;

  function mark(target: HTMLElement | null, how: Drop | null, hint: string | null = null): void {
    if (over !== target) {
      clearTimeout(opening);
      over?.removeAttribute("data-drop");
      over = target;
      openLater(target);
    }
    if (!target) return;
    if (how === null) target.removeAttribute("data-drop");
    else Object.assign(target.dataset, { drop: how, hint });
  }

  function openLater(line: HTMLElement | null): void {
    const node = Number(line?.dataset.node);
    const { tree } = now(view);
    if (line?.getAttribute("role") !== "treeitem" || isLeaf(tree, node)) return;
    opening = setTimeout(() => {
      view.state.set({ open: toggled(view.state.get().open, node, true) });
    }, OPEN_AFTER_MS);
  }

  /** The line, header or step of the path under the pointer, and what a drop there does. */
  function targetOf(event: DragEvent, load: Cargo) {
    const { tree, job } = now(view);
    const element = (event.target as HTMLElement).closest<HTMLElement>("[data-node]");
    if (!element || job !== null) return { element, how: null, node: -1 };
    const node = Number(element.dataset.node);
    const { top, height } = element.getBoundingClientRect();
    const inTree = element.getAttribute("role") === "treeitem";
    const at = inTree && height > 0 ? (event.clientY - top) / height : 0.5;
    const merge = event.ctrlKey || event.altKey; // the one or the other, by system
    return { element, node, how: dropAt(tree, load, node, at, merge) };
  }

  return {
    onDragStart(event: DragEvent): void {
      cargo = cargoOf(view, event.target as HTMLElement);
      if (!cargo || !event.dataTransfer || now(view).job !== null) {
        event.preventDefault();
        return;
      }
      event.stopPropagation();
      event.dataTransfer.effectAllowed = "copyMove";
      event.dataTransfer.setData(TYPE, "");
      showGhost(view, cargo, event);
    },
    onDragOver(event: DragEvent): void {
      const { dataTransfer } = event;
      if (!cargo || !dataTransfer?.types.includes(TYPE)) return;
      event.stopPropagation();
      const { element, how } = targetOf(event, cargo);
      const hint = cargo.nodes.length > 0 && how === "move" ? "either" : how;
      mark(element, how, how && now(view).t(`ui.drop_${hint}`));
      if (!how) return;
      event.preventDefault();
      dataTransfer.dropEffect = how === "merge" ? "copy" : "move";
    },
    onDragLeave(event: DragEvent): void {
      const inside = event.currentTarget as HTMLElement;
      if (!inside.contains(event.relatedTarget as Node | null)) mark(null, null);
    },
    onDrop(event: DragEvent): void {
      mark(null, null);
      if (!cargo || !event.dataTransfer?.types.includes(TYPE)) return;
      event.preventDefault();
      event.stopPropagation();
      const { how, node } = targetOf(event, cargo);
      if (how) void drop(view, cargo, node, how);
    },
    onDragEnd(): void {
      mark(null, null);
      cargo = null;
    },
  };
}
