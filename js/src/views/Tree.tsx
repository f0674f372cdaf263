import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { actionByKey, isLeaf, type KeyAction, type Line, moveByKey, visibleLines } from "../tree";
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

function act(view: View, node: number, action: KeyAction): void {
  if (action === "children") view.toggleChildren(node);
  else if (action === "save") void view.save(node, false);
  else if (action === "apart") void view.notDuplicates(node);
  else void view.closeClusters(node);
}

function useKeys(): (event: KeyboardEvent) => void {
  const view = useView();
  return (event) => {
    const target = event.target as HTMLElement;
    const presses = event.key === "Enter" || event.key === " ";
    if (target.closest("input") || (presses && target.closest("button"))) return;
    const { tree } = view.session.state.get();
    const { open, treeFocus } = view.state.get();
    const action = target.closest("button") || hasModifier(event) ? null : actionByKey(event.key);
    const move = moveByKey(tree, open, treeFocus, event.key);
    if (move) {
      view.state.set({ open: move.open, treeFocus: move.focus });
    } else if (action) {
      if (action === "apart" || !isLeaf(tree, treeFocus)) act(view, treeFocus, action);
    } else if (event.key === "Enter") {
      view.activate(treeFocus);
    } else if (event.key === " ") {
      view.toggleCluster(treeFocus);
    } else if (event.key === "F2") {
      if (tree.byId.get(treeFocus)?.kind === "group") view.state.set({ renaming: treeFocus });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
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
    if (bottom - element.clientHeight > element.scrollTop) {
      element.scrollTop = bottom - element.clientHeight;
    }
    if (top < element.scrollTop) element.scrollTop = top;
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
