import { act } from "../edits";
import { isLocked } from "../moves";
import { childrenAreOpen, isLeaf } from "../tree";
import type { TreeNode } from "../types";
import { CreateButton } from "./CreateButton";
import { useLocal, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import type { IconName } from "./icons";

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
  popup?: "menu";
  onClick(button: HTMLElement): void;
}

function LineAction(props: ActionProps) {
  const { icon, label, help, shortcut, keyName, reachable, testId, once, disabled, popup } = props;
  const t = useT();
  return (
    <IconButton
      small
      icon={icon}
      label={label}
      title={t("ui.with_key", { label: help ?? label, key: keyName })}
      aria-keyshortcuts={shortcut}
      aria-haspopup={popup}
      data-testid={testId}
      tabIndex={reachable ? 0 : -1}
      disabled={disabled}
      onClick={(event) => {
        event.stopPropagation();
        if (!(once && event.detail > 1)) props.onClick(event.currentTarget);
      }}
    />
  );
}

interface LineProps {
  node: TreeNode;
  reachable: boolean;
}

function BranchActions({ node, reachable, locked }: LineProps & { locked: boolean }) {
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
        shortcut="*"
        keyName="*"
        reachable={reachable}
        testId="toggle-children"
        onClick={() => view.toggleChildren(node.id)}
      />
      {locked ? null : (
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
      )}
    </>
  );
}

function RefuseAction({ node, reachable }: LineProps) {
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

function MoreAction({ node, reachable }: LineProps) {
  const view = useView();
  const t = useT();
  return (
    <LineAction
      icon="more"
      label={t("ui.actions")}
      shortcut="."
      keyName="."
      reachable={reachable}
      testId="line-menu"
      popup="menu"
      onClick={(button) => {
        button.closest<HTMLElement>("[role=tree]")?.focus(); // where the focus is back afterwards
        act(view, node.id, "menu", button);
      }}
    />
  );
}

/** What a pointer can do at once; a locked cluster offers nothing that would change it. */
export function LineActions({ node, reachable }: LineProps) {
  const tree = useShared((state) => state.tree);
  const leaf = isLeaf(tree, node.id);
  const locked = isLocked(tree, node.id);
  const canSplit = leaf && !locked && node.kind !== "without_vector";
  return (
    <span class="actions">
      {node.refusable && !locked ? <RefuseAction node={node} reachable={reachable} /> : null}
      {leaf ? null : <BranchActions node={node} reachable={reachable} locked={locked} />}
      {canSplit ? <CreateButton node={node.id} compact /> : null}
      {node.kind === "root" && leaf ? null : <MoreAction node={node} reachable={reachable} />}
    </span>
  );
}

/** Says that a cluster is locked, and unlocks it. */
export function LockBadge({ node }: { node: TreeNode }) {
  const view = useView();
  const t = useT();
  return (
    <IconButton
      icon="lock"
      size={12}
      label={t("ui.unlock")}
      class="icon-button small lock"
      title={t("ui.with_key", { label: t("ui.locked_help"), key: "L" })}
      aria-keyshortcuts="L"
      data-testid="lock"
      tabIndex={-1}
      onClick={(event) => {
        event.stopPropagation();
        act(view, node.id, "lock", event.currentTarget);
      }}
    />
  );
}
