import { readablePath } from "../names";
import { numberBeside } from "../tree";
import { useShared, useT } from "./hooks";
import { ScoreBadge } from "./ScoreBadge";

/** Which node the grid shows. */
export function GridTitle() {
  const t = useT();
  const tree = useShared((state) => state.tree);
  const active = useShared((state) => state.active);
  const node = tree.byId.get(active) ?? tree.root;
  if (!node) return null;
  const number = numberBeside(node);
  return (
    <div class="grid-title">
      <span class="name" title={readablePath(t, tree, node.id)}>
        <b class="name-text">{readablePath(t, tree, node.id)}</b>
        {number ? <span class="number">{number}</span> : null}
      </span>
      <ScoreBadge node={node} />
      <span class="muted">{t("ui.images", { n: node.rows })}</span>
      {node.split ? <span class="muted">{t("ui.groups", { n: node.split.groups })}</span> : null}
    </div>
  );
}
