import { act } from "../edits";
import { isLocked } from "../moves";
import { childrenAreOpen, isLeaf, type KeyAction } from "../tree";
import type { TreeNode } from "../types";
import { CreateButton } from "./CreateButton";
import { useBusy, useLocal, useShared, useT, useView } from "./hooks";
import { IconButton, type IconButtonProps } from "./IconButton";

interface ActionProps extends IconButtonProps {
  node: TreeNode;
  action: KeyAction;
  /** The key of the tree that does the same. */
  keyName: string;
  /** It changes the tree: not while something runs, and not twice by a double-click. */
  edits?: boolean;
}

function LineAction({ node, action, edits, ...props }: ActionProps) {
  const view = useView();
  const busy = useBusy();
  return (
    <IconButton
      small
      aria-keyshortcuts={props.keyName}
      disabled={edits && busy}
      onClick={(event) => {
        event.stopPropagation();
        if (edits && event.detail > 1) return;
        const button = event.currentTarget;
        // The line goes away, or the focus is to be back there afterwards.
        if (action === "apart" || action === "menu") {
          button.closest<HTMLElement>("[role=tree]")?.focus();
        }
        act(view, node.id, action, button);
      }}
      {...props}
    />
  );
}

interface LineProps {
  node: TreeNode;
  /** Reached by Tab: on the active line only, or a tree would have hundreds of stops. */
  reachable: boolean;
}

/** What a pointer can do at once; a locked cluster offers nothing that would change it. */
export function LineActions({ node, reachable }: LineProps) {
  const t = useT();
  const tree = useShared((state) => state.tree);
  const open = useLocal((state) => state.open);
  const leaf = isLeaf(tree, node.id);
  const free = !isLocked(tree, node.id);
  const allOpen = open.has(node.id) && childrenAreOpen(tree, open, node.id);
  const line = { node, tabIndex: reachable ? 0 : -1 };
  return (
    <span class="actions">
      {node.refusable && free && (
        <LineAction
          {...line}
          action="apart"
          icon="apart"
          label={t("ui.not_duplicates")}
          help={t("ui.not_duplicates_help")}
          keyName="N"
          testId="not-duplicates"
          edits
        />
      )}
      {!leaf && (
        <LineAction
          {...line}
          action="children"
          icon={allOpen ? "collapse" : "expand"}
          label={t(allOpen ? "ui.close_children" : "ui.open_children")}
          keyName="*"
          testId="toggle-children"
        />
      )}
      {!leaf && free && (
        <LineAction
          {...line}
          action="close"
          icon="close"
          label={t("ui.close_clusters")}
          keyName={t("ui.key_delete")}
          aria-keyshortcuts="Delete"
          testId="close-clusters"
          edits
        />
      )}
      {leaf && free && node.kind !== "without_vector" && <CreateButton node={node.id} compact />}
      {!(leaf && node.kind === "root") && (
        <LineAction
          {...line}
          action="menu"
          icon="more"
          label={t("ui.actions")}
          keyName="."
          aria-haspopup="menu"
          testId="line-menu"
        />
      )}
    </span>
  );
}

/** Says that a cluster is locked, and unlocks it. */
export function LockBadge({ node }: { node: TreeNode }) {
  const t = useT();
  return (
    <LineAction
      node={node}
      action="lock"
      icon="lock"
      size={12}
      label={t("ui.unlock")}
      help={t("ui.locked_help")}
      keyName="L"
      class="icon-button small lock"
      testId="lock"
      tabIndex={-1}
    />
  );
}
