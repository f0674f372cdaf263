import { useEffect, useRef, useState } from "preact/hooks";
import { nodeName } from "../names";
import { stateOf, type Tristate } from "../selection";
import {
  childrenAreOpen,
  isLeaf,
  type Line,
  labelPath,
  numberBeside,
  toggled,
  withDescendants,
} from "../tree";
import type { TreeNode } from "../types";
import { CreateButton } from "./CreateButton";
import { useLocal, useShared, useT, useView } from "./hooks";
import { Icon, type IconName } from "./icons";
import { ScoreBadge } from "./ScoreBadge";

interface ActionProps {
  icon: IconName;
  label: string;
  testId: string;
  disabled?: boolean;
  onClick(): void;
}

/** Reached by pointer only: the toolbar and the keys of the tree do the same. */
function LineAction({ icon, label, testId, disabled, onClick }: ActionProps) {
  return (
    <button
      type="button"
      class="icon-button small"
      title={label}
      aria-label={label}
      data-testid={testId}
      tabIndex={-1}
      disabled={disabled}
      onClick={(event) => {
        event.stopPropagation();
        onClick();
      }}
    >
      <Icon name={icon} size={14} />
    </button>
  );
}

function BranchActions({ node }: { node: TreeNode }) {
  const view = useView();
  const t = useT();
  const tree = useShared((state) => state.tree);
  const busy = useShared((state) => state.job !== null);
  const open = useLocal((state) => state.open);
  const allOpen = open.has(node.id) && childrenAreOpen(tree, open, node.id);
  return (
    <>
      <LineAction
        icon={allOpen ? "collapse" : "expand"}
        label={t(allOpen ? "ui.close_children" : "ui.open_children")}
        testId="toggle-children"
        onClick={() => view.state.set({ open: withDescendants(tree, open, node.id, !allOpen) })}
      />
      <LineAction
        icon="save"
        label={t("ui.save_from", { name: nodeName(t, node) })}
        testId="save-node"
        onClick={() => void view.save(node.id, false)}
      />
      <LineAction
        icon="close"
        label={t("ui.close_clusters")}
        testId="close-clusters"
        disabled={busy}
        onClick={() => void view.ask("close", { node: node.id })}
      />
    </>
  );
}

/** The name as an input: Enter keeps, Escape gives back the old one. */
function Rename({ node }: { node: TreeNode }) {
  const view = useView();
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState("");
  const stop = (): void => {
    if (view.state.get().renaming === node.id) view.state.set({ renaming: null });
  };
  useEffect(() => input.current?.select(), []);
  const commit = async (): Promise<void> => {
    const label = input.current?.value.trim() ?? "";
    if (label === node.label) return stop();
    const refused = await view.rename(node.id, label);
    if (refused === null) stop();
    else setError(refused);
  };
  return (
    <span class="rename">
      <input
        ref={input}
        name="label"
        defaultValue={node.label}
        aria-label={t("ui.rename")}
        aria-invalid={error ? true : undefined}
        spellcheck={false}
        onClick={(event) => event.stopPropagation()}
        onDblClick={(event) => event.stopPropagation()}
        onBlur={stop}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter") void commit();
          if (event.key === "Escape") stop();
        }}
      />
      {error ? (
        <span class="field-error" role="alert" data-testid="field-error">
          {error}
        </span>
      ) : null}
    </span>
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
      <Counts node={node} groups={node.split?.groups ?? 0} />
      <span class="actions">
        {leaf ? (
          node.kind === "without_vector" ? null : (
            <CreateButton node={node.id} compact />
          )
        ) : (
          <BranchActions node={node} />
        )}
      </span>
    </div>
  );
}
