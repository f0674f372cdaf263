import { act } from "../edits";
import { consume } from "../events";
import { markTo, toggleMark } from "../marks";
import { nodeName } from "../names";
import { stateOf } from "../selection";
import { isLeaf, type Line, labelPath, lineage, numberBeside, toggled } from "../tree";
import type { TreeNode } from "../types";
import type { View, ViewState } from "../view";
import { useLocal, useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";
import { LeastSimilar } from "./LeastSimilar";
import { LineActions, LockBadge } from "./LineActions";
import { Rename } from "./Rename";
import { ScoreBadge } from "./ScoreBadge";

/** Pixels that each level stands further in. */
const INDENT = 14;

/** What the view says of a line, as its classes. */
function flagsOf({ treeFocus, marked, here, arrived, open }: ViewState, id: number, leaf: boolean) {
  const flags = [
    treeFocus === id && "focused",
    marked.has(id) && "marked",
    here.includes(id) && (leaf || !open.has(id)) && "here",
    arrived === id && "arrived",
  ];
  return flags.filter(Boolean).join(" ");
}

/** A click with a key marks clusters, as in every list of files; without one it shows this one. */
function handleClick(view: View, node: TreeNode, event: MouseEvent): void {
  const guide = (event.target as HTMLElement).dataset.guide;
  // JupyterLab takes the focus to its cell on Shift-click.
  (event.currentTarget as HTMLElement).closest<HTMLElement>("[role=tree]")?.focus();
  if (event.shiftKey) markTo(view, node.id);
  else if (event.ctrlKey || event.metaKey) toggleMark(view, node.id);
  else view.activate(guide === undefined ? node.id : Number(guide));
}

export function TreeLine({ line, top }: { line: Line; top: number | null }) {
  const { node, level } = line;
  const view = useView();
  const t = useT();
  const tree = useShared((state) => state.tree);
  const active = useShared((state) => state.active === node.id);
  const state = useShared((shared) => stateOf(shared.counts, node.start, node.stop));
  const open = useLocal((local) => local.open.has(node.id));
  const renaming = useLocal((local) => local.renaming === node.id);
  const badge = useShared((shared) => shared.badges[node.id]);
  const leaf = isLeaf(tree, node.id);
  const name = nodeName(t, node);
  const number = numberBeside(node);
  const groups = node.split?.groups ?? 0;
  const canRename = node.kind === "group";
  const flags = useLocal((local) => flagsOf(local, node.id, leaf));
  return (
    <div
      id={`${view.uid}-node-${node.id}`}
      class={`tree-line kind-${node.kind} ${active ? "active " : ""}${flags}`}
      role="treeitem"
      aria-level={level}
      aria-posinset={line.position}
      aria-setsize={line.siblings}
      aria-expanded={leaf ? undefined : open}
      aria-selected={active || flags.includes("marked")}
      aria-current={flags.includes("here") ? "location" : undefined}
      draggable={!renaming && node.kind !== "root"}
      data-testid="tree-node"
      data-node={node.id}
      data-path={labelPath(tree, node.id)}
      style={{
        paddingLeft: `${4 + (level - 1) * INDENT}px`,
        top: top === null ? undefined : `${top}px`,
      }}
      onClick={(event) => handleClick(view, node, event)}
      onContextMenu={(event) => {
        if (event.shiftKey) return; // the browser's own menu, as everywhere
        consume(event);
        view.viewState.set({ treeFocus: node.id });
        act(view, node.id, "menu", event.currentTarget);
      }}
    >
      {/* Of the ancestors: each leads from its caret down to its last descendant. */}
      {lineage(tree, node.id)
        .slice(0, -1)
        .map((above, i) => (
          <span
            key={above.id}
            class="guide"
            title={nodeName(t, above)}
            data-guide={above.id}
            style={{ left: `${5 + i * INDENT}px` }}
          />
        ))}
      <span
        class={`caret${open ? " open" : ""}${leaf ? " leaf" : ""}`}
        data-testid="toggle"
        onClick={(event) => {
          if (leaf) return;
          event.stopPropagation();
          view.viewState.set({ open: toggled(view.viewState.get().open, node.id) });
        }}
      >
        {!leaf && <Icon name="caret" size={12} />}
      </span>
      <span
        class={`circle circle-${state}`}
        data-testid="select-cluster"
        data-state={state}
        title={t("ui.select_cluster")}
        onClick={(event) => {
          event.stopPropagation();
          view.toggleCluster(node.id);
        }}
      >
        {state === "all" && <Icon name="check" size={10} />}
      </span>
      {renaming ? (
        <Rename node={node} />
      ) : (
        <span
          class="name"
          title={canRename ? t("ui.rename_hint", { name }) : name}
          onDblClick={() => canRename && view.viewState.set({ renaming: node.id })}
        >
          <span class="name-text">{name}</span>
          {number && <span class="number">{number}</span>}
        </span>
      )}
      {node.locked && <LockBadge node={node} />}
      <ScoreBadge node={node} />
      {badge && (
        <span class="badge badge-second" title={badge[1]} data-testid="second-badge">
          {badge[0]}
        </span>
      )}
      <LeastSimilar node={node} />
      <span class="counts">
        {t("ui.images", { n: node.rows })}
        {groups > 0 && <span class="groups">{t("ui.groups", { n: groups })}</span>}
      </span>
      <LineActions node={node} reachable={active} />
    </div>
  );
}
