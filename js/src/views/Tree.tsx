import { useLayoutEffect, useMemo, useRef, useState } from "../dom/hooks";
import { act, drop, now } from "../edits";
import { consume } from "../events";
import { addMarks, toggleMark } from "../marks";
import { actionByKey, clustersIn, type Line, moveByKey, parentOf, visibleLines } from "../tree";
import type { View } from "../view";
import { useLocal, useShared, useT, useView } from "./hooks";
import { TreeLine } from "./TreeLine";

export const LINE_HEIGHT = 28;
/** Fewer lines than this are all in the page, which is kinder to screen readers and to Ctrl-F. */
const DRAW_ALL_BELOW = 250;
const OVERSCAN = 10;

/** The pixels that a line and the open lines below it take. */
function spanOf(lines: Line[], at: number): { top: number; bottom: number } {
  const level = lines[at]?.level ?? 0;
  let end = at + 1;
  while ((lines[end]?.level ?? 0) > level) end += 1;
  return { top: at * LINE_HEIGHT, bottom: end * LINE_HEIGHT };
}

function hasModifier(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}

function lineOf(view: View, node: number): HTMLElement | null {
  return document.getElementById(`${view.uid}-node-${node}`);
}

/** Moves the focus, and with Shift marks on the way; null when the key means nothing here. */
function move(view: View, event: KeyboardEvent): boolean {
  const { tree } = now(view);
  const { open, treeFocus } = view.viewState.get();
  const to = moveByKey(tree, open, treeFocus, event.key);
  if (!to) return false;
  if (event.shiftKey && to.focus !== treeFocus) addMarks(view, [treeFocus, to.focus]);
  view.viewState.set({ open: to.open, treeFocus: to.focus });
  return true;
}

const BESIDE: Record<string, number> = { ArrowUp: -1, ArrowDown: 1 };

/** Puts a cluster before or after the one beside it, as dragging does. */
function shift(view: View, event: KeyboardEvent): boolean {
  const { tree } = now(view);
  const { treeFocus } = view.viewState.get();
  const step = BESIDE[event.key];
  if (!event.altKey || !step) return false;
  const ids = clustersIn(tree, parentOf(tree, treeFocus) ?? -1);
  const at = ids.indexOf(treeFocus);
  const other = at < 0 ? undefined : ids[at + step];
  const cargo = { nodes: [treeFocus], row: null };
  if (other !== undefined) void drop(view, cargo, other, step < 0 ? "before" : "after");
  return true;
}

function useKeys(): (event: KeyboardEvent) => void {
  const view = useView();
  return (event) => {
    const target = event.target as HTMLElement;
    const presses = event.key === "Enter" || event.key === " ";
    if (target.closest("input") || (presses && target.closest("button"))) return;
    const { treeFocus, marked } = view.viewState.get();
    const plain = !target.closest("button") && !hasModifier(event);
    const wantsMenu = event.key === "F10" && event.shiftKey;
    const action = wantsMenu ? "menu" : plain ? actionByKey(event.key) : null;
    if (action) {
      act(view, treeFocus, action, lineOf(view, treeFocus) ?? target);
    } else if (shift(view, event) || move(view, event)) {
      // done
    } else if (event.key === "Enter") {
      view.activate(treeFocus);
    } else if (event.key === " ") {
      if (event.shiftKey) toggleMark(view, treeFocus);
      else view.toggleCluster(treeFocus);
    } else if (event.key === "Escape" && marked.size > 0) {
      view.viewState.set({ marked: new Set() });
    } else {
      return;
    }
    consume(event);
  };
}

/** The cluster tree. Focus stays on the list, so that lines may come and go while it scrolls. */
export function Tree() {
  const view = useView();
  const t = useT();
  const tree = useShared((state) => state.tree);
  const open = useLocal((state) => state.open);
  const focus = useLocal((state) => state.treeFocus);
  const renaming = useLocal((state) => state.renaming);
  const lines = useMemo(() => visibleLines(tree, open), [tree, open]);
  const list = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState({ top: 0, height: 600 });
  const onKey = useKeys();
  const drawAll = lines.length < DRAW_ALL_BELOW;
  const first = drawAll ? 0 : Math.max(0, Math.floor(scroll.top / LINE_HEIGHT) - OVERSCAN);
  const last = drawAll
    ? lines.length
    : Math.ceil((scroll.top + scroll.height) / LINE_HEIGHT) + OVERSCAN;

  useLayoutEffect(() => {
    const element = list.current;
    const at = lines.findIndex((line) => line.node.id === focus);
    if (!element || at < 0 || element.clientHeight === 0) return;
    const { top, bottom } = spanOf(lines, at);
    const atLeast = Math.max(element.scrollTop, bottom - element.clientHeight);
    element.scrollTop = Math.min(atLeast, top);
  }, [focus, lines]);

  const wasRenaming = useRef<number | null>(null);
  useLayoutEffect(() => {
    const focused = document.activeElement;
    const ours = focused === document.body || list.current?.contains(focused);
    // Who left the name by a click elsewhere wants to be there.
    if (wasRenaming.current !== null && renaming === null && ours) list.current?.focus();
    wasRenaming.current = renaming;
  }, [renaming]);

  return (
    <div
      ref={list}
      class="tree"
      role="tree"
      tabIndex={0}
      aria-label={t("ui.tree")}
      aria-multiselectable="true"
      aria-activedescendant={`${view.uid}-node-${focus}`}
      data-testid="cluster-tree"
      onKeyDown={onKey}
      onScroll={(event) => {
        const { scrollTop, clientHeight } = event.currentTarget;
        if (!drawAll) setScroll({ top: scrollTop, height: clientHeight });
      }}
    >
      <div
        class={drawAll ? "tree-lines" : "tree-lines virtual"}
        role="none"
        style={drawAll ? undefined : { height: `${lines.length * LINE_HEIGHT}px` }}
      >
        {lines.slice(first, last).map((line, i) => (
          <TreeLine
            key={line.node.id}
            line={line}
            top={drawAll ? null : (first + i) * LINE_HEIGHT}
          />
        ))}
      </div>
    </div>
  );
}
