import { act, chosen, now, sortClusters } from "../edits";
import type { Translator } from "../i18n";
import { isLocked } from "../moves";
import { nodeName } from "../names";
import { isLeaf, type KeyAction } from "../tree";
import type { Choosing, View } from "../view";
import { useShared, useT, useView } from "./hooks";
import { Menu, type MenuItem } from "./Menu";

/** What the menu offers for a line, or for all marked ones if it is one of them. */
function itemsFor(view: View, t: Translator, { cargo, anchor }: Choosing): MenuItem[] {
  const id = cargo.nodes[0] as number;
  const { tree, job } = now(view);
  const node = tree.byId.get(id);
  if (!node) return [];
  const nodes = chosen(view, id);
  const several = nodes.length > 1;
  const locked = isLocked(tree, id);
  const group = node.kind === "group";
  const loose = !group && node.kind !== "root";
  const busy = job !== null;
  const item = (action: KeyAction, label: string, keyName: string): MenuItem => ({
    ...{ id: action, label, keyName, disabled: busy && action !== "rename" && action !== "save" },
    run: () => act(view, id, action, anchor),
  });
  const edits = [
    !locked && (group || loose) && item("move", t("ui.move_to"), "M"),
    !locked &&
      (group || loose) &&
      item("merge", t(several ? "ui.merge" : "ui.merge_into", { n: nodes.length }), "J"),
  ];
  const alone = [
    group && item("rename", t("ui.rename_cluster"), "F2"),
    group && item("lock", t(node.locked ? "ui.unlock" : "ui.lock"), "L"),
  ];
  const below = [
    ...(["score", "size", "name"] as const).map((by) => ({
      ...{ id: `sort-${by}`, label: t(`ui.sort_${by}`), disabled: busy },
      run: () => void sortClusters(view, id, by),
    })),
    item("save", t("ui.save_from", { name: nodeName(t, node) }), "S"),
    !locked && item("close", t("ui.close_clusters"), t("ui.key_delete")),
  ];
  const own = several ? [] : [...alone, ...(isLeaf(tree, id) ? [] : below)];
  return [...edits, ...own].filter((one): one is MenuItem => one !== false);
}

export function LineMenu({ choosing, onClose }: { choosing: Choosing; onClose(): void }) {
  const view = useView();
  const t = useT();
  useShared((state) => state.job); // what can be done changes with it
  const items = itemsFor(view, t, choosing);
  if (items.length === 0) return null;
  return <Menu anchor={choosing.anchor} label={t("ui.actions")} items={items} onClose={onClose} />;
}
