import { nodeName } from "../names";
import { lineage, numberBeside } from "../tree";
import type { TreeNode } from "../types";
import { useShared, useT, useView } from "./hooks";

/** The way from all images down to what the grid shows; a click goes back up. */
export function Breadcrumbs({ node }: { node: TreeNode }) {
  const view = useView();
  const t = useT();
  const tree = useShared((state) => state.tree);
  const number = numberBeside(node);
  return (
    <nav class="crumbs" aria-label={t("ui.path")} data-testid="breadcrumb">
      {lineage(tree, node.id).map((one) => {
        const name = nodeName(t, one);
        return one.id === node.id ? (
          <b key={one.id} class="name-text" aria-current="page" title={name}>
            {name}
          </b>
        ) : (
          <button
            key={one.id}
            type="button"
            title={name}
            data-node={one.id}
            onClick={() => view.activate(one.id)}
          >
            {name}
          </button>
        );
      })}
      {number && <span class="number">{number}</span>}
    </nav>
  );
}
