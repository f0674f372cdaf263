import type { TreeNode } from "../types";
import { useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";

interface Props {
  node: TreeNode;
  /** Not by Tab where a whole list has one each: the tree does the same with N. */
  reachable: boolean;
}

/** "Not duplicates", beside a cluster that was found as such. */
export function RefuseButton({ node, reachable }: Props) {
  const view = useView();
  const t = useT();
  const busy = useShared((state) => state.job !== null);
  if (!node.refusable) return null;
  return (
    <button
      type="button"
      class="refuse"
      title={t("ui.with_key", { label: t("ui.not_duplicates_help"), key: "N" })}
      data-testid="not-duplicates"
      tabIndex={reachable ? 0 : -1}
      disabled={busy}
      onClick={(event) => event.detail < 2 && void view.notDuplicates(node.id)}
    >
      <Icon name="apart" size={12} />
      <span>{t("ui.not_duplicates")}</span>
    </button>
  );
}
