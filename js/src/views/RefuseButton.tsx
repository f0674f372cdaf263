import type { TreeNode } from "../types";
import { useBusy, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";

interface Props {
  node: TreeNode;
  /** Not by Tab where a whole list has one each: the tree does the same with N. */
  reachable: boolean;
}

/** "Not duplicates", beside a cluster that was found as such. */
export function RefuseButton({ node, reachable }: Props) {
  const view = useView();
  const t = useT();
  const busy = useBusy();
  if (!node.refusable) return null;
  const label = t("ui.not_duplicates");
  return (
    <IconButton
      icon="apart"
      size={12}
      class="refuse"
      label={label}
      help={t("ui.not_duplicates_help")}
      keyName="N"
      testId="not-duplicates"
      tabIndex={reachable ? 0 : -1}
      disabled={busy}
      onClick={(event) => event.detail < 2 && void view.notDuplicates(node.id)}
    >
      <span>{label}</span>
    </IconButton>
  );
}
