import { nodeName } from "../names";
import { stateOf, type Tristate } from "../selection";
import { childrenAreOpen, isLeaf, type Line, labelPath, numberBeside, toggled } from "../tree";
import type { TreeNode } from "../types";
import { CreateButton } from "./CreateButton";
import { useLocal, useShared, useT, useView } from "./hooks";
import { Icon, type IconName } from "./icons";
import { LeastSimilar } from "./LeastSimilar";
import { Rename } from "./Rename";
import { ScoreBadge } from "./ScoreBadge";

interface ActionProps {
  icon: IconName;
  label: string;
  /** What is shown in place of the label, where that does not say enough. */
  help?: string;
  /** The key of the tree that does the same: what the browser calls it, and its name for readers. */
  shortcut: string;
  keyName: string;
  /** Reached by Tab: on the active line only, or a tree would have hundreds of stops. */
  reachable: boolean;
  testId: string;
  /** The second click of a double-click does nothing. */
  once?: boolean;
  disabled?: boolean;
  onClick(button: HTMLElement): void;
}

function LineAction(props: ActionProps) {
  const { icon, label, help, shortcut, keyName, reachable, testId, once, disabled, onClick } =
    props;
  const t = useT();
  return (
    <button
      type="button"
      class="icon-button small"
      title={t("ui.with_key", { label: help ?? label, key: keyName })}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      data-testid={testId}
      tabIndex={reachable ? 0 : -1}
      disabled={disabled}
      onClick={(event) => {
        event.stopPropagation();
        if (!(once && event.detail > 1)) onClick(event.currentTarget);
      }}
    >
      <Icon name={icon} size={14} />
    </button>
  );
}

function BranchActions({ node, reachable }: { node: TreeNode; reachable: boolean }) {
  const view = useView();
  const t = useT();
  const tree = useShared((state) => state.tree);
  const busy = useShared((state) => state.job !== null);
  const open = useLocal((state) => state.open);
  const saving = useLocal((state) => state.saving);
  const allOpen = open.has(node.id) && childrenAreOpen(tree, open, node.id);
  return (
    <>
      <LineAction
        icon={allOpen ? "collapse" : "expand"}
        label={t(allOpen ? "ui.close_children" : "ui.open_children")}
        shortcut="*"
        keyName="*"
        reachable={reachable}
        testId="toggle-children"
        onClick={() => view.toggleChildren(node.id)}
      />
      <LineAction
        icon="save"
        label={t("ui.save_from", { name: nodeName(t, node) })}
        shortcut="S"
        keyName="S"
        reachable={reachable}
        testId="save-node"
        once
        disabled={saving}
        onClick={() => void view.save(node.id, false)}
      />
      <LineAction
        icon="close"
        label={t("ui.close_clusters")}
        shortcut="Delete"
        keyName={t("ui.key_delete")}
        reachable={reachable}
        testId="close-clusters"
        once
        disabled={busy}
        onClick={() => void view.closeClusters(node.id)}
      />
    </>
  );
}

function RefuseAction({ node, reachable }: { node: TreeNode; reachable: boolean }) {
  const view = useView();
  const t = useT();
  const busy = useShared((state) => state.job !== null);
  return (
    <LineAction
      icon="apart"
      label={t("ui.not_duplicates")}
      help={t("ui.not_duplicates_help")}
      shortcut="N"
      keyName="N"
      reachable={reachable}
      testId="not-duplicates"
      once
      disabled={busy}
      onClick={(button) => {
        button.closest<HTMLElement>("[role=tree]")?.focus(); // the line goes away
        void view.notDuplicates(node.id);
      }}
    />
  );
}

function GroupCircle({ node, state }: { node: TreeNode; state: Tristate }) {
  const view = useView();
  const t = useT();
  return (
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
      {state === "all" ? <Icon name="check" size={10} /> : null}
    </span>
  );
}

function Counts({ node, groups }: { node: TreeNode; groups: number }) {
  const t = useT();
  return (
    <span class="counts">
      {t("ui.images", { n: node.rows })}
      {groups > 0 ? <span class="groups">{t("ui.groups", { n: groups })}</span> : null}
    </span>
  );
}

export function TreeLine({ line, top }: { line: Line; top: number | null }) {
  const { node, level } = line;
  const view = useView();
  const t = useT();
  const tree = useShared((state) => state.tree);
  const active = useShared((state) => state.active === node.id);
  const state = useShared((shared) => stateOf(shared.counts, node.start, node.stop));
  const open = useLocal((local) => local.open.has(node.id));
  const focused = useLocal((local) => local.treeFocus === node.id);
  const renaming = useLocal((local) => local.renaming === node.id);
  const leaf = isLeaf(tree, node.id);
  const name = nodeName(t, node);
  const number = numberBeside(node);
  const canRename = node.kind === "group";
  return (
    <div
      id={`${view.uid}-node-${node.id}`}
      class={`tree-line kind-${node.kind}${active ? " active" : ""}${focused ? " focused" : ""}`}
      role="treeitem"
      aria-level={level}
      aria-posinset={line.position}
      aria-setsize={line.siblings}
      aria-expanded={leaf ? undefined : open}
      aria-selected={active}
      data-testid="tree-node"
      data-node={node.id}
      data-path={labelPath(tree, node.id)}
      style={{
        paddingLeft: `${4 + (level - 1) * 14}px`,
        top: top === null ? undefined : `${top}px`,
      }}
      onClick={() => view.activate(node.id)}
    >
      <span
        class={`caret${open ? " open" : ""}${leaf ? " leaf" : ""}`}
        data-testid="toggle"
        onClick={(event) => {
          if (leaf) return;
          event.stopPropagation();
          view.state.set({ open: toggled(view.state.get().open, node.id) });
        }}
      >
        {leaf ? null : <Icon name="caret" size={12} />}
      </span>
      <GroupCircle node={node} state={state} />
      {renaming ? (
        <Rename node={node} />
      ) : (
        <span
          class="name"
          title={canRename ? t("ui.rename_hint", { name }) : name}
          onDblClick={() => canRename && view.state.set({ renaming: node.id })}
        >
          <span class="name-text">{name}</span>
          {number ? <span class="number">{number}</span> : null}
        </span>
      )}
      <ScoreBadge node={node} />
      <LeastSimilar node={node} />
      <Counts node={node} groups={node.split?.groups ?? 0} />
      <span class="actions">
        {node.refusable ? <RefuseAction node={node} reachable={active} /> : null}
        {leaf ? (
          node.kind === "without_vector" ? null : (
            <CreateButton node={node.id} compact />
          )
        ) : (
          <BranchActions node={node} reachable={active} />
        )}
      </span>
    </div>
  );
}
