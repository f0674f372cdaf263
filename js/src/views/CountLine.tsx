import type { Translator } from "../i18n";
import { nodeName } from "../names";
import { nearestSplit } from "../tree";
import type { Split } from "../types";
import { useShared, useT } from "./hooks";

/** "1683 = 1600 in 10 clusters + 80 unassigned + 3 without vector": nothing ever vanishes. */
export function splitText(t: Translator, split: Split): string {
  return t("ui.count_split", {
    rows: split.rows,
    clusters: t("ui.in_clusters", { rows: split.clusters, n: split.groups }),
    unassigned: t("ui.unassigned", { n: split.unassigned }),
    without_vector: t("ui.without_vector", { n: split.without_vector }),
  });
}

export function CountLine() {
  const t = useT();
  const tree = useShared((state) => state.tree);
  const active = useShared((state) => state.active);
  const node = nearestSplit(tree, active);
  const text = node?.split ? splitText(t, node.split) : t("ui.images", { n: tree.root?.rows ?? 0 });
  return (
    <div class="count-line" data-testid="count-line" title={text}>
      {node && node.kind !== "root" ? <b>{nodeName(t, node)}: </b> : null}
      {text}
    </div>
  );
}
